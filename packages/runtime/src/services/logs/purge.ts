import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import type { OwedHandler } from "../../owed.ts";
import type { Key, WriteTransaction } from "../../store/store.ts";

/** Entries that one transaction clears away: some milliseconds, so that other writes get their turn in between. */
const PURGE_ENTRIES_MAX = 2_000;

export const PURGE = "logs:purge";

interface Purge {
  /** Everything that begins with one of these goes. */
  readonly prefixes: Key[];
}

/** Owes the clearing of all entries below these keys, which nothing can reach any more. */
export function owePurge(
  cloud: Cloud,
  tx: WriteTransaction,
  caller: Caller,
  prefixes: Key[],
): void {
  const payload: Purge = { prefixes };
  cloud.owed.add(tx, { kind: PURGE, caller, payload });
}

export const purge: OwedHandler = async (cloud, owed) => {
  // What is owed as PURGE was written by owePurge alone.
  const { prefixes } = owed.payload as Purge;
  for (const prefix of prefixes) {
    let left = true;
    while (left && !cloud.stopping.aborted)
      left = await cloud.store.write((tx) => deleteRange(tx, prefix, PURGE_ENTRIES_MAX) > 0);
  }
  return { done: true };
};

/** Deletes at most `limit` entries below a key; returns how many. */
export function deleteRange(tx: WriteTransaction, prefix: Key, limit: number): number {
  // Read first and delete then: a range is read lazily, and would be changed under its own cursor.
  const keys = [...tx.range({ prefix, limit })].map(({ key }) => key);
  for (const key of keys) tx.delete(key);
  return keys.length;
}
