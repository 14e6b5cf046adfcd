import { sleepUntil } from "../../../clock/clock.ts";
import { passesFilters } from "../../../event-sources/sqs-filter.ts";
import { type SqsRecord, toRecord } from "../../../event-sources/sqs-record.ts";
import { compileFilters } from "./filter.ts";
import { callerOf } from "./mapping.ts";
import { PAYLOAD_BYTES_MAX } from "./payload.ts";
import type { Polling } from "./source.ts";
import { queueUrlOf } from "./sqs-url.ts";

/** What one call to SQS takes at most. */
const MESSAGES_PER_CALL = 10;
const LONG_POLL_SECONDS = 20;

/** The queue of a mapping, as its poller uses it. */
export class SqsQueue {
  readonly isFifo: boolean;
  readonly #polling: Polling;
  readonly #queueUrl: string;
  readonly #filters: ReturnType<typeof compileFilters>;

  constructor(polling: Polling) {
    const { mapping, cloud } = polling;
    this.#polling = polling;
    this.isFifo = mapping.eventSourceArn.endsWith(".fifo");
    this.#queueUrl = queueUrlOf(cloud, mapping.eventSourceArn);
    this.#filters = compileFilters(mapping.settings.filterPatterns ?? []);
  }

  /**
   * Waits for messages and gathers them until there are as many as a batch takes, they weigh 6 MB, or the batching
   * window has passed since the first of them. Messages that the filters leave out are deleted, and count for
   * nothing. Resolves with what was gathered, maybe nothing, when the mapping's signal aborts; `received` is called
   * with what each receive brought.
   */
  async gather(received: (count: number) => void): Promise<SqsRecord[]> {
    const { cloud, mapping, signal } = this.#polling;
    const { batchSize, maximumBatchingWindowInSeconds } = mapping.settings;
    const windowMs = maximumBatchingWindowInSeconds * 1000;
    const gathered: SqsRecord[] = [];
    let bodyCharacters = 0;
    let closesAt: number | undefined;
    while (!signal.aborted) {
      const waitSeconds = await this.#waitSeconds(closesAt);
      const records = await this.#receive(batchSize - gathered.length, waitSeconds);
      received(records.length);
      const passed = await this.#filter(records);
      for (const record of passed) bodyCharacters += record.body.length;
      gathered.push(...passed);
      if (gathered.length === 0) continue;
      const now = cloud.clock.now();
      closesAt ??= now + windowMs;
      if (gathered.length >= batchSize || bodyCharacters >= PAYLOAD_BYTES_MAX || now >= closesAt)
        break;
    }
    return gathered;
  }

  /** Deletes messages; those that another receive has taken over meanwhile stay. */
  async delete(records: readonly SqsRecord[]): Promise<void> {
    const { cloud, mapping } = this.#polling;
    const calls = chunksOf(records, MESSAGES_PER_CALL).map((chunk) =>
      cloud.call(callerOf(mapping), "sqs", "DeleteMessageBatch", {
        QueueUrl: this.#queueUrl,
        Entries: chunk.map(({ receiptHandle }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
        })),
      }),
    );
    await Promise.all(calls);
  }

  /** Gives back messages that were received and not passed on. */
  async release(records: readonly SqsRecord[]): Promise<void> {
    const { cloud, mapping } = this.#polling;
    const calls = chunksOf(records, MESSAGES_PER_CALL).map((chunk) =>
      cloud.call(callerOf(mapping), "sqs", "ChangeMessageVisibilityBatch", {
        QueueUrl: this.#queueUrl,
        Entries: chunk.map(({ receiptHandle }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: 0,
        })),
      }),
    );
    await Promise.all(calls);
  }

  async visibilityTimeoutMs(): Promise<number> {
    const { cloud, mapping } = this.#polling;
    const { Attributes } = await cloud.call(callerOf(mapping), "sqs", "GetQueueAttributes", {
      QueueUrl: this.#queueUrl,
      AttributeNames: ["VisibilityTimeout"],
    });
    return Number(Attributes?.VisibilityTimeout ?? 0) * 1000;
  }

  /** How long the next receive may wait. SQS waits whole seconds: the window's last part is slept. */
  async #waitSeconds(closesAt: number | undefined): Promise<number> {
    if (closesAt === undefined) return LONG_POLL_SECONDS;
    const { clock } = this.#polling.cloud;
    const seconds = Math.floor((closesAt - clock.now()) / 1000);
    if (seconds > 0) return Math.min(LONG_POLL_SECONDS, seconds);
    // An abort closes the window early.
    await sleepUntil(clock, closesAt, this.#polling.signal).catch(() => {});
    return 0;
  }

  /** Receives up to ten messages; none when the signal aborts while it waits. */
  async #receive(most: number, waitSeconds: number): Promise<SqsRecord[]> {
    const { cloud, mapping, signal } = this.#polling;
    try {
      const { Messages = [] } = await cloud.call(
        callerOf(mapping),
        "sqs",
        "ReceiveMessage",
        {
          QueueUrl: this.#queueUrl,
          MaxNumberOfMessages: Math.min(MESSAGES_PER_CALL, most),
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ["All"],
          MessageAttributeNames: ["All"],
        },
        { signal },
      );
      const { eventSourceArn, region } = mapping;
      return Messages.map((message) => toRecord(message, eventSourceArn, region));
    } catch (error) {
      if (signal.aborted) return [];
      throw error;
    }
  }

  async #filter(records: SqsRecord[]): Promise<SqsRecord[]> {
    if (this.#filters.length === 0) return records;
    const passed = records.filter((record) => passesFilters(this.#filters, record));
    const left = records.filter((record) => !passed.includes(record));
    if (left.length > 0) await this.delete(left);
    return passed;
  }
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
