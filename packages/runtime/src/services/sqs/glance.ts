import type { ReadTransaction } from "../../store/store.ts";
import { inSpace, readTally } from "./message.ts";
import type { Queue } from "./queue.ts";

/** Whether there is anything to receive now: reads two entries, so that waiters need no transaction to find nothing. */
export function anyAvailable(tx: ReadTransaction, queue: Queue, now: number): boolean {
  const tally = readTally(tx, queue);
  if (!tally) return false;
  const prefix = inSpace(queue, queue.fifo ? "turn" : "visible", tally.space);
  for (const _ of tx.range({ prefix, to: [now + 1], limit: 1 })) return true;
  return false;
}
