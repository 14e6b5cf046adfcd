import type { Cloud } from "../../cloud.ts";
import { DONE, type Owed, type OwedOutcome } from "../../owed.ts";
import type { Key, WriteTransaction } from "../../store/store.ts";
import type { Queue } from "./queue.ts";

export const SWEEP = "sqs:sweep";
/** Entries that are deleted in one transaction, so that nobody waits long behind it. */
const ENTRIES_PER_TRANSACTION = 500;

interface Sweep {
  readonly prefixes: Key[];
}

/** Has everything under these prefixes deleted: what nobody can reach any more when the transaction is committed. */
export function sweepLater(
  cloud: Cloud,
  tx: WriteTransaction,
  queue: Queue,
  prefixes: Key[],
): void {
  const { account, region } = queue;
  const caller = { account, region, principal: "sqs.amazonaws.com" };
  const payload: Sweep = { prefixes };
  cloud.owed.add(tx, { kind: SWEEP, caller, payload });
}

export async function sweep(cloud: Cloud, { payload }: Owed<Sweep>): Promise<OwedOutcome> {
  for (const prefix of payload.prefixes) {
    for (let left = true; left && !cloud.stopping.aborted; )
      left = await cloud.store.write((tx) => {
        const keys = [...tx.range({ prefix, limit: ENTRIES_PER_TRANSACTION })];
        for (const { key } of keys) tx.delete(key);
        return keys.length === ENTRIES_PER_TRANSACTION;
      });
  }
  return cloud.stopping.aborted ? { done: false, againAt: cloud.clock.now() } : DONE;
}
