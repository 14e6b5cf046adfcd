import type { Cloud } from "../../cloud.ts";
import { inSpace, type Message, readTally } from "./message.ts";
import type { Queue } from "./queue.ts";
import { writeMessages } from "./storage.ts";

const EXPIRED_PER_TRANSACTION = 500;

/** When the oldest message of a queue was sent; undefined when it is empty. Reads one entry. */
export function oldestSentAt(cloud: Cloud, queue: Queue): number | undefined {
  return cloud.store.read((tx) => {
    const tally = readTally(tx, queue);
    if (!tally) return undefined;
    const prefix = inSpace(queue, "message", tally.space);
    for (const { value } of tx.range<Message>({ prefix, limit: 1 })) return value.sentAt;
    return undefined;
  });
}

/** Deletes the messages that are older than the queue keeps them. Without any, it writes nothing. */
export async function expireAll(cloud: Cloud, queue: Queue): Promise<void> {
  for (;;) {
    const oldest = oldestSentAt(cloud, queue);
    if (oldest === undefined || oldest + queue.settings.retentionMs > cloud.clock.now()) return;
    await writeMessages(cloud, queue, (storage) => storage.expire(EXPIRED_PER_TRANSACTION));
  }
}
