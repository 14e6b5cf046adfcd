/**
 * How messages lie in the store. Every operation costs a few puts and looks at a few entries, however long the
 * queue is. All keys begin with ["sqs", account, region].
 *
 *   tally    name               → [space, sequence, messages, queue id]
 *            Which space the queue's messages lie in, the last sequence number given, how many messages there are.
 *            Read by every write: without one there is no such queue. PurgeQueue gives the queue an empty space and
 *            leaves the old one to be swept.
 *   message  space sentAt seq   → the message; the oldest first, so that retention and the age of the oldest are at
 *            the front. It stays here from its sending to its deletion.
 *   body     space seq          → the body, when it is long: receiving then does not write it again.
 *   visible  space at seq       → [sentAt, receives]: standard queues only, every message once, at the instant from
 *            which it can be received. Receiving reads the front up to now, and moves what it takes to the end of
 *            its visibility timeout.
 *   lineup   space group seq    → sentAt: FIFO queues only, each group's messages in their order.
 *   group    space group        → [at, seq]: where the group stands among the turns.
 *   turn     space at seq       → group: FIFO queues only, every group once, at the instant from which its first
 *            message can be received, after all that are in flight in it; seq is its first message's.
 *
 * A send is three puts (message, visible, tally), a receive two puts and a delete, a deletion two deletes and a put.
 */
import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { StoredAttribute } from "./message-attributes.ts";
import type { Later } from "./population.ts";
import type { Queue, QueueName } from "./queue.ts";

export interface Message {
  readonly messageId: string;
  /** Undefined when it lies by itself, being long. */
  readonly body?: string;
  readonly bodyMd5: string;
  /** Bytes of body and attributes, as the limits count them. */
  readonly size: number;
  readonly attributes?: Readonly<Record<string, StoredAttribute>>;
  readonly traceHeader?: string;
  readonly senderId: string;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  /** The queue that it was moved here from, by a redrive policy. */
  readonly deadLetterSourceArn?: string;
  readonly sentAt: number;
  readonly sequence: number;
  /** From when it can be received (again). */
  readonly visibleAt: number;
  /** How often it was received in this queue, which the redrive policy counts. */
  readonly receives: number;
  /** How often it was received in all queues. */
  readonly receiveCount: number;
  readonly receivedAt?: number;
  readonly firstReceivedAt?: number;
}

/** The queue's space and numbers, as one transaction reads and leaves them. */
export interface Tally {
  space: number;
  sequence: number;
  messages: number;
  readonly queueId: number;
}

/** Characters from which a body is kept by itself. */
export const LONG_BODY_CHARACTERS = 8_192;

/** The most messages that one receive can have put in flight, and so the most of one FIFO group that can be. */
export const RECEIVE_MESSAGES_MAX = 10;

export function tallyKey({ account, region, name }: QueueName): Key {
  return ["sqs", account, region, "tally", name];
}

export function readTally(tx: ReadTransaction, queue: QueueName): Tally | undefined {
  const tally = tx.get<[number, number, number, number]>(tallyKey(queue));
  if (!tally) return undefined;
  const [space, sequence, messages, queueId] = tally;
  return { space, sequence, messages, queueId };
}

export function putTally(tx: WriteTransaction, queue: QueueName, tally: Tally): void {
  tx.put(tallyKey(queue), [tally.space, tally.sequence, tally.messages, tally.queueId]);
}

/** The kinds of entries that lie in a space. */
export const SPACE_NOUNS = ["message", "body", "visible", "lineup", "group", "turn"] as const;
export type SpaceNoun = (typeof SPACE_NOUNS)[number];

export function inSpace(queue: QueueName, noun: SpaceNoun, space: number): Key {
  return ["sqs", queue.account, queue.region, noun, space];
}

export function messageKey(
  queue: QueueName,
  space: number,
  { sentAt, sequence }: Pick<Message, "sentAt" | "sequence">,
): Key {
  return ["sqs", queue.account, queue.region, "message", space, sentAt, sequence];
}

export function bodyKey(queue: QueueName, space: number, { sequence }: Message): Key {
  return ["sqs", queue.account, queue.region, "body", space, sequence];
}

export function visibleKey(queue: QueueName, space: number, { visibleAt, sequence }: Message): Key {
  return ["sqs", queue.account, queue.region, "visible", space, visibleAt, sequence];
}

/**
 * From when a message can be received, its group aside. The delay of a FIFO queue is the queue's, and holds for
 * messages that lie in it already when it is changed (API reference of CreateQueue, DelaySeconds).
 */
export function visibleAtOf(queue: Queue, message: Message): number {
  return queue.fifo && message.receives === 0
    ? message.sentAt + queue.settings.delayMs
    : message.visibleAt;
}

export function inFlight(message: Message, now: number): boolean {
  return message.receives > 0 && message.visibleAt > now;
}

/** The messages that are not visible at an instant, with when they will be. */
export function* notYetVisible(
  tx: ReadTransaction,
  queue: Queue,
  now: number,
): Iterable<{ at: number; later: Later }> {
  const tally = readTally(tx, queue);
  if (!tally) return;
  if (!queue.fifo) {
    const prefix = inSpace(queue, "visible", tally.space);
    for (const { key, value } of tx.range<[number, number]>({ prefix, from: [now + 1] }))
      yield { at: Number(key[prefix.length]), later: value[1] > 0 ? "held" : "delayed" };
    return;
  }
  yield* groupsNotYetVisible(tx, queue, tally.space, now);
}

function* groupsNotYetVisible(
  tx: ReadTransaction,
  queue: Queue,
  space: number,
  now: number,
): Iterable<{ at: number; later: Later }> {
  const read = (sentAt: number, sequence: number) =>
    tx.get<Message>(messageKey(queue, space, { sentAt, sequence }));
  const turns = inSpace(queue, "turn", space);
  for (const { value: group } of tx.range<string>({ prefix: turns, from: [now + 1] })) {
    const prefix: Key = [...inSpace(queue, "lineup", space), group];
    for (const entry of tx.range<number>({ prefix, limit: RECEIVE_MESSAGES_MAX })) {
      const message = read(entry.value, Number(entry.key[prefix.length]));
      if (message && inFlight(message, now)) yield { at: message.visibleAt, later: "held" };
    }
  }
  const young = inSpace(queue, "message", space);
  const from = [now - queue.settings.delayMs + 1];
  for (const { value } of tx.range<Message>({ prefix: young, from }))
    if (value.receives === 0) yield { at: visibleAtOf(queue, value), later: "delayed" };
}
