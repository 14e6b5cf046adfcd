import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { DONE, type OwedHandler } from "../../owed.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { clearExpiries } from "./expiry-schedule.ts";
import { spaceKey } from "./storage.ts";
import { removeTally } from "./tally.ts";

/** What a deleted table or index leaves behind is cleared away after the answer, so many entries a transaction. */
const ENTRIES_MAX = 500;

export const EMPTY = "dynamodb:empty";

export interface Left {
  readonly spaces: readonly number[];
  /** Set where the table itself has gone: its count and its expiries go too. */
  readonly tableSpace?: number;
}

export function emptySpaces(cloud: Cloud, tx: WriteTransaction, caller: Caller, left: Left): void {
  cloud.owed.add(tx, { kind: EMPTY, caller, payload: left });
}

export const empty: OwedHandler = async (cloud, { payload }) => {
  // Only emptySpaces owes this kind.
  const { spaces, tableSpace } = payload as Left;
  for (const space of spaces) await whileMore(cloud, (tx) => clearSpace(tx, space));
  if (tableSpace === undefined) return DONE;
  await whileMore(cloud, (tx) => clearExpiries(tx, tableSpace, ENTRIES_MAX));
  return { done: true, commit: (tx) => removeTally(tx, tableSpace) };
};

async function whileMore(cloud: Cloud, some: (tx: WriteTransaction) => boolean): Promise<void> {
  while (!cloud.stopping.aborted && (await cloud.store.write(some)));
}

/** Deletes some entries of a space; returns whether more may be left. */
function clearSpace(tx: WriteTransaction, space: number): boolean {
  const entries = [...tx.range({ prefix: spaceKey(space), limit: ENTRIES_MAX })];
  for (const { key } of entries) tx.delete(key);
  return entries.length === ENTRIES_MAX;
}
