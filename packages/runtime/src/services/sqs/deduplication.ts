import { hash } from "node:crypto";
import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import { invalidParameter } from "./errors.ts";
import type { Message } from "./message.ts";
import type { Queue } from "./queue.ts";
import type { MessageStorage } from "./storage.ts";

/**
 * What a queue remembers for five minutes: the messages that were sent (so that the same one is not taken twice)
 * and the receives that were attempted (so that one can be repeated). Keys, after ["sqs", account, region]:
 *   recent  queue-id what…       → [until, value]
 *   recent-until  queue-id until what…  → 0: the order in which they are forgotten
 * Each new memory has two old ones forgotten, so that there are never many more than five minutes' worth.
 */
const REMEMBERED_MS = 5 * 60 * 1000;
const FORGOTTEN_EACH_TIME = 2;

type Sent = Pick<Message, "messageId" | "sequence">;

function recent(queue: Queue): Key {
  return ["sqs", queue.account, queue.region, "recent", queue.id];
}

function recentUntil(queue: Queue): Key {
  return ["sqs", queue.account, queue.region, "recent-until", queue.id];
}

export function recall<T>(
  tx: ReadTransaction,
  queue: Queue,
  what: readonly string[],
  now: number,
): T | undefined {
  const [until, value] = tx.get<[number, T]>([...recent(queue), ...what]) ?? [];
  return until !== undefined && until > now ? value : undefined;
}

export function remember(
  tx: WriteTransaction,
  queue: Queue,
  what: readonly string[],
  value: unknown,
  now: number,
): void {
  const order = recentUntil(queue);
  const old = tx.range({ prefix: order, to: [now + 1], limit: FORGOTTEN_EACH_TIME });
  for (const { key } of [...old]) {
    tx.delete(key);
    const forgotten: Key = [...recent(queue), ...key.slice(order.length + 1)];
    // It may have been remembered anew since.
    const [until] = tx.get<[number]>(forgotten) ?? [];
    if (until !== undefined && until <= now) tx.delete(forgotten);
  }
  const until = now + REMEMBERED_MS;
  tx.put([...recent(queue), ...what], [until, value]);
  tx.put([...order, until, ...what], 0);
}

/** The key prefixes under which a queue's memories lie, to be swept when it is deleted. */
export function memoriesOf(queue: Queue): Key[] {
  return [recent(queue), recentUntil(queue)];
}

/**
 * A FIFO message's deduplication id: the given one, or the SHA-256 of the body when the queue deduplicates by
 * content. Throws `InvalidParameterValue` when there is neither.
 */
export function deduplicationIdOf(queue: Queue, given: string | undefined, body: string): string {
  if (given !== undefined) return given;
  if (!queue.settings.contentBasedDeduplication)
    throw invalidParameter(
      "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    );
  return hash("sha256", body);
}

function scopeOf(
  queue: Queue,
  { groupId = "", deduplicationId = "" }: Pick<Message, "groupId" | "deduplicationId">,
): string[] {
  return queue.settings.deduplicationScope === "messageGroup"
    ? ["sent-group", groupId, deduplicationId]
    : ["sent", deduplicationId];
}

/** The message with the same deduplication id that was taken in the last five minutes. */
export function recallDuplicate(
  { tx, queue, now }: MessageStorage,
  message: Pick<Message, "groupId" | "deduplicationId">,
): Sent | undefined {
  return recall<Sent>(tx, queue, scopeOf(queue, message), now);
}

export function rememberSent(
  { tx, queue, now }: MessageStorage,
  message: Pick<Message, "groupId" | "deduplicationId">,
  { messageId, sequence }: Sent,
): void {
  remember(tx, queue, scopeOf(queue, message), { messageId, sequence }, now);
}
