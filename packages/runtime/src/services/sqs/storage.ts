import type { Cloud } from "../../cloud.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { groupOf, joinGroup, leaveGroup, settleGroup } from "./group.ts";
import {
  bodyKey,
  inFlight,
  inSpace,
  LONG_BODY_CHARACTERS,
  type Message,
  messageKey,
  putTally,
  RECEIVE_MESSAGES_MAX,
  readTally,
  type Tally,
  visibleAtOf,
  visibleKey,
} from "./message.ts";
import { type Later, makePopulations, type Population } from "./population.ts";
import { noSuchQueue, type Queue } from "./queue.ts";
import type { Receipt } from "./receipt.ts";

const INDEX_ENTRIES_READ = 2 * RECEIVE_MESSAGES_MAX;

/** A message before it has its place in a queue. */
export type NewMessage = Omit<Message, "sequence" | "body">;

/**
 * Runs one atomic change of a queue's messages. Rejects with `QueueDoesNotExist` when the queue has gone meanwhile.
 */
export function writeMessages<T>(
  cloud: Cloud,
  queue: Queue,
  body: (storage: MessageStorage) => T,
): Promise<T> {
  return cloud.store.write((tx) => {
    const storage = openMessages(cloud, tx, queue);
    const result = body(storage);
    storage.finish();
    return result;
  });
}

/** A queue's messages in a transaction. Call `finish` at its end. Throws `QueueDoesNotExist` when it has gone. */
export function openMessages(cloud: Cloud, tx: WriteTransaction, queue: Queue): MessageStorage {
  const storage = openMessagesIfAny(cloud, tx, queue);
  if (!storage) throw noSuchQueue();
  return storage;
}

/** As `openMessages`; undefined when the queue has gone. */
export function openMessagesIfAny(
  cloud: Cloud,
  tx: WriteTransaction,
  queue: Queue,
): MessageStorage | undefined {
  const tally = readTally(tx, queue);
  return tally?.queueId === queue.id ? new MessageStorage(cloud, tx, queue, tally) : undefined;
}

/** One transaction's work on one queue's messages: keeps the entries of a message together, and counts. */
export class MessageStorage {
  readonly tx: WriteTransaction;
  readonly queue: Queue;
  readonly now: number;
  readonly #population: Population;
  readonly #tally: Tally;
  readonly #before: Tally;
  readonly #later: [number, Later, 1 | -1][] = [];
  /** Groups whose turn has to be found anew. */
  readonly #unsettled = new Set<string>();
  #appeared = 0;

  constructor(cloud: Cloud, tx: WriteTransaction, queue: Queue, tally: Tally) {
    // It counts what is written from now on, so it has to be there before.
    this.#population = cloud.derived(makePopulations).of(queue);
    this.tx = tx;
    this.queue = queue;
    this.#tally = tally;
    this.#before = { ...tally };
    this.now = cloud.clock.now();
  }

  get space(): number {
    return this.#tally.space;
  }

  /** Writes the numbers; once committed, tells the population and whoever waits. */
  finish(): void {
    for (const group of this.#unsettled) {
      const at = settleGroup(this.tx, this.queue, this.space, group, this.now);
      if (at !== undefined && at <= this.now) this.#appeared += 1;
    }
    this.#unsettled.clear();
    const { sequence, messages } = this.#tally;
    const more = messages - this.#before.messages;
    if (more !== 0 || sequence !== this.#before.sequence)
      putTally(this.tx, this.queue, this.#tally);
    const population = this.#population;
    this.tx.afterCommit(() => {
      population.total(more);
      for (const [at, later, by] of this.#later) population.later(at, later, by);
      if (this.#appeared > 0) population.ring(this.#appeared);
    });
  }

  /** Adds a message, and gives it its sequence number. */
  insert(draft: NewMessage, body: string): Message {
    this.#tally.sequence += 1;
    this.#tally.messages += 1;
    const long = body.length >= LONG_BODY_CHARACTERS;
    const placed: Message = { ...draft, sequence: this.#tally.sequence };
    const message: Message = long ? placed : { ...placed, body };
    if (long) this.tx.put(bodyKey(this.queue, this.space, message), body);
    this.tx.put(messageKey(this.queue, this.space, message), message);
    if (this.queue.fifo) {
      if (joinGroup(this.tx, this.queue, this.space, message)) this.#appeared += 1;
    } else {
      this.tx.put(visibleKey(this.queue, this.space, message), [message.sentAt, message.receives]);
      if (message.visibleAt <= this.now) this.#appeared += 1;
    }
    this.#count(message, 1);
    return message;
  }

  remove(message: Message): void {
    this.#tally.messages -= 1;
    this.tx.delete(messageKey(this.queue, this.space, message));
    if (message.body === undefined) this.tx.delete(bodyKey(this.queue, this.space, message));
    if (this.queue.fifo) {
      leaveGroup(this.tx, this.queue, this.space, message);
      this.#unsettled.add(groupOf(message));
    } else this.tx.delete(visibleKey(this.queue, this.space, message));
    this.#count(message, -1);
  }

  /** Puts a message's next visibility at an instant; a receive also counts. Returns the message as it now is. */
  change(before: Message, changes: Partial<Message> & { readonly visibleAt: number }): Message {
    const after: Message = { ...before, ...changes };
    this.tx.put(messageKey(this.queue, this.space, after), after);
    if (this.queue.fifo) this.#unsettled.add(groupOf(after));
    else {
      if (before.visibleAt !== after.visibleAt)
        this.tx.delete(visibleKey(this.queue, this.space, before));
      this.tx.put(visibleKey(this.queue, this.space, after), [after.sentAt, after.receives]);
      if (after.visibleAt <= this.now) this.#appeared += 1;
    }
    this.#count(before, -1);
    this.#count(after, 1);
    return after;
  }

  body(message: Message): string {
    return message.body ?? this.tx.get<string>(bodyKey(this.queue, this.space, message)) ?? "";
  }

  /** The message of a receipt, unless it was deleted. */
  find(receipt: Pick<Receipt, "sentAt" | "sequence">): Message | undefined {
    return this.tx.get<Message>(messageKey(this.queue, this.space, receipt));
  }

  inFlight(message: Message): boolean {
    return inFlight(message, this.now);
  }

  isExpired({ sentAt }: Message): boolean {
    return sentAt + this.queue.settings.retentionMs <= this.now;
  }

  /** Deletes messages that are older than the queue keeps them, `limit` at most; returns how many. */
  expire(limit: number): number {
    const oldest = [
      ...this.tx.range<Message>({
        prefix: inSpace(this.queue, "message", this.space),
        to: [this.now - this.queue.settings.retentionMs + 1],
        limit,
      }),
    ];
    for (const { value } of oldest) this.remove(value);
    return oldest.length;
  }

  /**
   * Messages that can be received now, in the order in which they are to be: those longest visible first. Of a FIFO
   * queue, groups in the order of their turns, each with its messages in order until one cannot be received yet.
   * The caller takes or removes each one before it asks for the next.
   */
  *available(): Generator<Message> {
    if (this.queue.fifo) {
      for (const { value: group } of this.#ordered<string>("turn")) yield* this.#lineup(group);
      return;
    }
    for (const { value, sequence } of this.#ordered<[number, number]>("visible")) {
      const message = this.find({ sentAt: value[0], sequence });
      if (message) yield message;
    }
  }

  /**
   * The entries of an index by instants, up to now. They are read a few at one go, since what they lead to is
   * moved meanwhile; what moves to this very instant is not met twice.
   */
  *#ordered<T>(noun: "turn" | "visible"): Generator<{ value: T; sequence: number }> {
    const prefix = inSpace(this.queue, noun, this.space);
    const seen = new Set<number>();
    for (let from: [number, number] = [0, 0]; ; ) {
      const range = { prefix, from, to: [this.now + 1], limit: INDEX_ENTRIES_READ };
      const entries = [...this.tx.range<T>(range)];
      for (const { key, value } of entries) {
        const sequence = Number(key[prefix.length + 1]);
        from = [Number(key[prefix.length]), sequence + 1];
        if (seen.has(sequence)) continue;
        seen.add(sequence);
        yield { value, sequence };
      }
      if (entries.length < INDEX_ENTRIES_READ) return;
    }
  }

  *#lineup(group: string): Generator<Message> {
    const prefix = [...inSpace(this.queue, "lineup", this.space), group];
    for (let from = 0; ; ) {
      const next = [
        ...this.tx.range<number>({ prefix, from: [from], limit: RECEIVE_MESSAGES_MAX }),
      ];
      for (const { key, value } of next) {
        const sequence = Number(key[prefix.length]);
        from = sequence + 1;
        const message = this.find({ sentAt: value, sequence });
        if (!message) continue;
        if (visibleAtOf(this.queue, message) > this.now) return;
        yield message;
      }
      if (next.length < RECEIVE_MESSAGES_MAX) return;
    }
  }

  #count(message: Message, by: 1 | -1): void {
    const at = visibleAtOf(this.queue, message);
    this.#later.push([at, message.receives > 0 ? "held" : "delayed", by]);
  }
}
