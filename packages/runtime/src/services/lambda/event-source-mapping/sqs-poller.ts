import { sleepUntil } from "../../../clock/clock.ts";
import type { Cloud } from "../../../cloud.ts";
import { ServiceError } from "../../../errors.ts";
import type { SqsRecord } from "../../../event-sources/sqs-record.ts";
import { Concurrency } from "./concurrency.ts";
import { cutByPayload } from "./payload.ts";
import type { Polling } from "./source.ts";
import { type BatchResult, SqsBatch } from "./sqs-batch.ts";
import { SqsQueue } from "./sqs-queue.ts";

// Lambda developer guide, "Configuring scaling behavior for SQS event source mappings".
const BATCHES_AT_ONCE_START = 5;
const BATCHES_AT_ONCE_MAX = 1_250;
const BATCHES_PER_PROVISIONED_POLLER = 10;

/** A mapping that does not work is tried again after a second, then after twice that, and so on up to a minute. */
const PAUSE_MS_LEAST = 1_000;
const PAUSE_MS_MOST = 60_000;
/** Nothing rings when a limit is not going to rise: a batch's end does. */
const CAPACITY_WAIT_MS_MAX = 60_000;

/** AWS's own words for it, as Kinesis and DynamoDB mappings show them. */
const INTERNAL_ERROR = "PROBLEM: internal Lambda error. Please contact Lambda customer support.";

/** The errors by which a function or a queue is not there. */
const GONE = ["ResourceNotFoundException", "QueueDoesNotExist"];

/**
 * Reads a queue for a mapping: gathers batches, has them processed side by side, and rests when the mapping does
 * not work. The long poll is woken by the commit of a message, so a message is on its way at once.
 */
export class SqsPoller {
  readonly #polling: Polling;
  readonly #cloud: Cloud;
  readonly #queue: SqsQueue;
  readonly #concurrency: Concurrency;
  readonly #batches = new Set<Promise<void>>();
  #pauseMs = 0;
  /** The last receive failed. */
  #unreadable = false;

  constructor(polling: Polling) {
    const { maximumConcurrency, provisionedPollers } = polling.mapping.settings;
    this.#polling = polling;
    this.#cloud = polling.cloud;
    this.#queue = new SqsQueue(polling);
    this.#concurrency = new Concurrency(
      provisionedPollers
        ? {
            start: provisionedPollers.minimum * BATCHES_PER_PROVISIONED_POLLER,
            most: provisionedPollers.maximum * BATCHES_PER_PROVISIONED_POLLER,
          }
        : { start: BATCHES_AT_ONCE_START, most: maximumConcurrency ?? BATCHES_AT_ONCE_MAX },
    );
  }

  async run(): Promise<void> {
    const { signal } = this.#polling;
    while (!signal.aborted) {
      try {
        await this.#capacity();
        await this.#pause();
        const records = await this.#queue.gather((count) => this.#received(count));
        if (records.length > 0) await this.#dispatch(records);
      } catch (error) {
        if (signal.aborted) break;
        this.#unreadable = true;
        this.#broken(error);
      }
    }
    await Promise.all(this.#batches);
  }

  /** Waits until another batch may begin. */
  async #capacity(): Promise<void> {
    const { clock, wakes } = this.#cloud;
    const { signal } = this.#polling;
    for (;;) {
      const batchEnd = wakes.listen(this.#channel);
      if (this.#concurrency.mayBegin(clock.now())) return batchEnd.close();
      const until = this.#concurrency.risesAt() ?? clock.now() + CAPACITY_WAIT_MS_MAX;
      await batchEnd.woken(until, signal);
    }
  }

  async #pause(): Promise<void> {
    if (this.#pauseMs === 0) return;
    const { clock } = this.#cloud;
    await sleepUntil(clock, clock.now() + this.#pauseMs, this.#polling.signal);
  }

  #received(count: number): void {
    if (count === 0) this.#concurrency.idle();
    if (!this.#unreadable) return;
    this.#unreadable = false;
    this.#learn({ kind: "ok" });
  }

  async #dispatch(records: SqsRecord[]): Promise<void> {
    if (this.#cloud.stopping.aborted) return this.#queue.release(records);
    const cuts = cutByPayload(records);
    // The cuts of what one receive gave may share message groups: one after the other keeps their order.
    const lanes = this.#queue.isFifo ? [cuts] : cuts.map((cut) => [cut]);
    for (const [index, lane] of lanes.entries()) {
      // When the mapping is stopped meanwhile, what was gathered still goes to the function.
      if (index > 0) await this.#capacity().catch(() => {});
      this.#begin(lane);
    }
  }

  #begin(lane: SqsRecord[][]): void {
    this.#concurrency.begin();
    const done = this.#process(lane).finally(() => {
      this.#concurrency.end();
      this.#batches.delete(done);
      this.#cloud.wakes.wake(this.#channel);
    });
    this.#batches.add(done);
  }

  async #process(lane: SqsRecord[][]): Promise<void> {
    try {
      for (const records of lane) {
        const result = await new SqsBatch(this.#polling, this.#queue, records).process();
        this.#learn(result);
        if (result.kind !== "ok") return;
      }
    } catch (error) {
      if (this.#cloud.stopping.aborted) return;
      this.#broken(error);
    }
  }

  #learn(result: BatchResult): void {
    switch (result.kind) {
      case "ok":
        this.#pauseMs = 0;
        this.#concurrency.succeeded();
        this.#polling.report({ kind: "ok" });
        return;
      case "failed":
        this.#pauseMs = 0;
        if (result.backOff) this.#concurrency.failed();
        this.#polling.report({ kind: "failed", result: `PROBLEM: ${result.problem}` });
        return;
      case "refused":
        this.#broken(result.error);
        return;
      case "interrupted":
        return;
    }
  }

  /** Something is gone, not allowed or amiss: says so, and rests before the next try. */
  #broken(error: unknown): void {
    this.#pauseMs = Math.min(PAUSE_MS_MOST, Math.max(PAUSE_MS_LEAST, this.#pauseMs * 2));
    if (!(error instanceof ServiceError)) {
      this.#cloud.notices.emit("defect", error);
      this.#polling.report({ kind: "failed", result: INTERNAL_ERROR });
      return;
    }
    const gone = GONE.includes(error.code);
    this.#polling.report({
      kind: gone ? "broken" : "failed",
      result: `PROBLEM: ${gone ? error.message : `${error.code}: ${error.message}`}`,
    });
  }

  get #channel(): string {
    const { account, region, uuid } = this.#polling.mapping;
    return `lambda:event-source-mapping:${account}:${region}:${uuid}`;
  }
}
