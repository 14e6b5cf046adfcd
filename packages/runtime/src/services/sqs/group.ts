/** The message groups of a FIFO queue: one turn a group, which comes when its first message can be received. */
import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import {
  inFlight,
  inSpace,
  type Message,
  messageKey,
  RECEIVE_MESSAGES_MAX,
  visibleAtOf,
} from "./message.ts";
import type { Queue } from "./queue.ts";

export function groupOf({ groupId }: Message): string {
  return groupId ?? "";
}

function lineupKey(queue: Queue, space: number, message: Message): Key {
  return [...inSpace(queue, "lineup", space), groupOf(message), message.sequence];
}

/** Puts a message at the end of its group; returns whether the group's turn came by that. */
export function joinGroup(
  tx: WriteTransaction,
  queue: Queue,
  space: number,
  message: Message,
): boolean {
  tx.put(lineupKey(queue, space, message), message.sentAt);
  const group = groupOf(message);
  const key: Key = [...inSpace(queue, "group", space), group];
  if (tx.get(key)) return false;
  const at = visibleAtOf(queue, message);
  tx.put(key, [at, message.sequence]);
  tx.put([...inSpace(queue, "turn", space), at, message.sequence], group);
  return at <= message.sentAt;
}

export function leaveGroup(
  tx: WriteTransaction,
  queue: Queue,
  space: number,
  message: Message,
): void {
  tx.delete(lineupKey(queue, space, message));
}

/**
 * Finds a group's turn anew after its messages changed: when none of them is in flight any more and the first can
 * be received. Returns that instant; undefined when the group has no messages left.
 */
export function settleGroup(
  tx: WriteTransaction,
  queue: Queue,
  space: number,
  group: string,
  now: number,
): number | undefined {
  const key: Key = [...inSpace(queue, "group", space), group];
  const turns = inSpace(queue, "turn", space);
  const before = tx.get<[number, number]>(key);
  const first = firstMessages(tx, queue, space, group);
  const head = first[0];
  const at =
    head &&
    first
      .filter((message) => inFlight(message, now))
      .reduce((latest, { visibleAt }) => Math.max(latest, visibleAt), visibleAtOf(queue, head));
  if (before && before[0] === at && before[1] === head?.sequence) return at;
  if (before) tx.delete([...turns, ...before]);
  if (!head || at === undefined) {
    tx.delete(key);
    return undefined;
  }
  tx.put(key, [at, head.sequence]);
  tx.put([...turns, at, head.sequence], group);
  return at;
}

/**
 * The first messages of a group, among which are all that are in flight: no receive takes more of a group than
 * these, and none begins before those of the last one are deleted or visible again.
 */
function firstMessages(tx: ReadTransaction, queue: Queue, space: number, group: string): Message[] {
  const prefix: Key = [...inSpace(queue, "lineup", space), group];
  const found: Message[] = [];
  for (const { key, value } of tx.range<number>({ prefix, limit: RECEIVE_MESSAGES_MAX })) {
    const place = { sentAt: value, sequence: Number(key[prefix.length]) };
    const message = tx.get<Message>(messageKey(queue, space, place));
    if (message) found.push(message);
  }
  return found;
}
