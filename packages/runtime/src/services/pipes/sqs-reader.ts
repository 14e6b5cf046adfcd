import { sleepUntil } from "../../clock/clock.ts";
import type { Cloud } from "../../cloud.ts";
import { passesFilters } from "../../event-sources/sqs-filter.ts";
import { type SqsRecord, toRecord } from "../../event-sources/sqs-record.ts";
import type { CompiledPattern } from "../../patterns/pattern.ts";
import { queueUrl } from "../../queue-url.ts";
import { execute, type PipeEvent } from "./execution.ts";
import { callerOf } from "./pipe.ts";
import { batchMaxOf, parseSource } from "./place.ts";
import { compileFilters, type Reading } from "./reading.ts";

/** What one call to SQS takes at most. */
const MESSAGES_PER_CALL = 10;
const LONG_POLL_SECONDS = 20;
/** Batches of a standard queue that are under way at once. A FIFO queue's go one after the other. */
const BATCHES_AT_ONCE_MAX = 100;

/** Reads a queue for a pipe. The long poll is woken by the commit of a message, so a message is on its way at once. */
export class SqsReader {
  readonly #reading: Reading;
  readonly #cloud: Cloud;
  readonly #queueUrl: string;
  readonly #filters: readonly CompiledPattern[];
  readonly #batchesMax: number;
  readonly #batches = new Set<Promise<void>>();

  constructor(reading: Reading) {
    const { cloud, pipe } = reading;
    const { account = "", resource: name = "" } = parseSource(pipe.settings.source) ?? {};
    this.#reading = reading;
    this.#cloud = cloud;
    this.#queueUrl = queueUrl(cloud, { account, name });
    this.#filters = compileFilters(pipe);
    this.#batchesMax = name.endsWith(".fifo") ? 1 : BATCHES_AT_ONCE_MAX;
  }

  /** Rejects where the queue is not there. */
  async check(): Promise<void> {
    await this.#cloud.call(this.#caller, "sqs", "GetQueueAttributes", {
      QueueUrl: this.#queueUrl,
      AttributeNames: ["QueueArn"],
    });
  }

  /** Reads until the signal aborts and what was read is dealt with; rejects where the queue cannot be read. */
  async read(): Promise<void> {
    const { signal } = this.#reading;
    try {
      while (!signal.aborted) {
        while (this.#batches.size >= this.#batchesMax) await Promise.race(this.#batches);
        const records = await this.#gather();
        if (records.length > 0) this.#begin(records);
      }
    } finally {
      await Promise.all(this.#batches);
    }
  }

  #begin(records: readonly SqsRecord[]): void {
    const done = this.#process(records)
      .catch((error) => {
        if (!this.#cloud.stopping.aborted) this.#cloud.notices.emit("defect", error);
      })
      .finally(() => this.#batches.delete(done));
    this.#batches.add(done);
  }

  /** What failed is left alone: it comes back when its visibility timeout has passed. */
  async #process(records: readonly SqsRecord[]): Promise<void> {
    const result = await execute(this.#cloud, this.#reading.pipe, records.map(toEvent));
    if (result.kind === "succeeded") return this.#delete(records);
    if (result.kind === "partlyFailed")
      await this.#delete(records.filter((_, place) => !result.failed.has(place)));
  }

  /** Waits for messages and gathers them until a batch is full, or its window has passed since the first of them. */
  async #gather(): Promise<SqsRecord[]> {
    const { pipe, signal } = this.#reading;
    const { BatchSize = MESSAGES_PER_CALL, MaximumBatchingWindowInSeconds = 0 } =
      pipe.settings.sourceParameters.SqsQueueParameters ?? {};
    const size = Math.min(BatchSize, batchMaxOf(pipe.settings.target) ?? BatchSize);
    const gathered: SqsRecord[] = [];
    let closesAt: number | undefined;
    while (!signal.aborted) {
      const received = await this.#receive(size - gathered.length, await this.#waitUntil(closesAt));
      gathered.push(...(await this.#filter(received)));
      if (gathered.length === 0) continue;
      const now = this.#cloud.clock.now();
      closesAt ??= now + MaximumBatchingWindowInSeconds * 1_000;
      if (gathered.length >= size || now >= closesAt) break;
    }
    return gathered;
  }

  /** How many seconds the next receive may wait. SQS waits whole ones: the window's last part is slept. */
  async #waitUntil(closesAt: number | undefined): Promise<number> {
    if (closesAt === undefined) return LONG_POLL_SECONDS;
    const { clock } = this.#cloud;
    const seconds = Math.floor((closesAt - clock.now()) / 1_000);
    if (seconds > 0) return Math.min(LONG_POLL_SECONDS, seconds);
    // An abort closes the window early.
    await sleepUntil(clock, closesAt, this.#reading.signal).catch(() => {});
    return 0;
  }

  async #receive(most: number, WaitTimeSeconds: number): Promise<SqsRecord[]> {
    const { pipe, signal } = this.#reading;
    try {
      const { Messages = [] } = await this.#cloud.call(
        this.#caller,
        "sqs",
        "ReceiveMessage",
        {
          QueueUrl: this.#queueUrl,
          MaxNumberOfMessages: Math.min(MESSAGES_PER_CALL, most),
          WaitTimeSeconds,
          MessageSystemAttributeNames: ["All"],
          MessageAttributeNames: ["All"],
        },
        { signal },
      );
      return Messages.map((message) => toRecord(message, pipe.settings.source, pipe.region));
    } catch (error) {
      if (signal.aborted) return [];
      throw error;
    }
  }

  /**
   * Messages that no filter lets through are deleted. Source: EventBridge user guide, "Event filtering in Amazon
   * EventBridge Pipes".
   */
  async #filter(records: SqsRecord[]): Promise<SqsRecord[]> {
    if (this.#filters.length === 0) return records;
    const passed = records.filter((record) => passesFilters(this.#filters, record));
    await this.#delete(records.filter((record) => !passed.includes(record)));
    return passed;
  }

  async #delete(records: readonly SqsRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += MESSAGES_PER_CALL)
      await this.#cloud.call(this.#caller, "sqs", "DeleteMessageBatch", {
        QueueUrl: this.#queueUrl,
        Entries: records
          .slice(from, from + MESSAGES_PER_CALL)
          .map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle })),
      });
  }

  get #caller() {
    return callerOf(this.#reading.pipe);
  }
}

function toEvent(record: SqsRecord): PipeEvent {
  const { messageId: identifier, attributes } = record;
  return { identifier, record, traceHeader: attributes.AWSTraceHeader };
}
