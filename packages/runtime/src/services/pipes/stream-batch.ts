import { sleepUntil } from "../../clock/clock.ts";
import type { ServiceError } from "../../errors.ts";
import {
  createdAt,
  type StreamRecord,
  sequenceNumberOf,
  TRACE_HEADER,
} from "../../event-sources/stream-record.ts";
import type { DiscardCondition, Discarded } from "./discarded.ts";
import { type ExecutionResult, execute, type PipeEvent } from "./execution.ts";
import type { Reading } from "./reading.ts";

/** A batch that fails is tried again after a second, then after twice that, and so on up to a minute. */
const RETRY_MS_FIRST = 1_000;
const RETRY_MS_MAX = 60_000;
/** A stream keeps its records for a day. */
const RETENTION_MS = 24 * 60 * 60 * 1_000;
const UNLIMITED = -1;
const NOT_IMPLEMENTED_STATUS = 501;

/** "stopped": the pipe stops, and what is left stays undone. */
export type BatchEnd = "done" | "stopped";

/** Notes in the store that these records, the first ones that are left, are dealt with. */
export type Settle = (records: readonly StreamRecord[], discarded?: Discarded) => Promise<void>;

/**
 * Gets a batch of a stream through the pipe: again and again, in halves where the settings say so, from the first
 * failed record on where the target tells which it is, until it succeeds, was tried often enough or is too old. A
 * stream's records stay in their order, so nothing behind them moves meanwhile.
 */
export class StreamBatch {
  readonly #reading: Reading;
  readonly #shardId: string;
  readonly #settle: Settle;
  #left: readonly StreamRecord[];
  #attempts = 0;
  #retryMs = RETRY_MS_FIRST;

  constructor(reading: Reading, shardId: string, settle: Settle, records: readonly StreamRecord[]) {
    this.#reading = reading;
    this.#shardId = shardId;
    this.#settle = settle;
    this.#left = records;
  }

  async process(): Promise<BatchEnd> {
    const { cloud, pipe, signal } = this.#reading;
    for (;;) {
      await this.#discardOld();
      if (this.#left.length === 0) return "done";
      const result = await execute(cloud, pipe, this.#left.map(toEvent));
      if (result.kind === "interrupted") return "stopped";
      const end = await this.#digest(result);
      if (end !== "retry") return end;
      const again = cloud.clock.now() + this.#retryMs;
      this.#retryMs = Math.min(RETRY_MS_MAX, this.#retryMs * 2);
      const stopped = await sleepUntil(cloud.clock, again, signal).then(
        () => false,
        () => true,
      );
      if (stopped) return "stopped";
    }
  }

  async #digest(
    result: Exclude<ExecutionResult, { kind: "interrupted" }>,
  ): Promise<BatchEnd | "retry"> {
    if (result.kind === "succeeded") {
      await this.#settle(this.#left);
      return "done";
    }
    // What is nobody's fault but the services' is tried until the records are too old.
    if (result.kind === "failed" && isServerError(result.error)) return "retry";
    this.#attempts += 1;
    if (result.kind === "partlyFailed") {
      const first = Math.min(...result.failed);
      if (first > 0) await this.#settle(this.#left.slice(0, first));
      this.#left = this.#left.slice(first);
    }
    const { OnPartialBatchItemFailure, MaximumRetryAttempts = UNLIMITED } = this.#parameters;
    if (OnPartialBatchItemFailure === "AUTOMATIC_BISECT" && this.#left.length > 1)
      return this.#halve();
    if (MaximumRetryAttempts === UNLIMITED || this.#attempts <= MaximumRetryAttempts)
      return "retry";
    await this.#discard(this.#left, "RetryAttemptsExhausted");
    return "done";
  }

  /** Halves are batches of their own, and dividing costs no retry. */
  async #halve(): Promise<BatchEnd> {
    const middle = Math.ceil(this.#left.length / 2);
    for (const half of [this.#left.slice(0, middle), this.#left.slice(middle)]) {
      const batch = new StreamBatch(this.#reading, this.#shardId, this.#settle, half);
      if ((await batch.process()) === "stopped") return "stopped";
    }
    return "done";
  }

  /** Gives up the records that are older than the pipe wants them, or than the stream keeps them. */
  async #discardOld(): Promise<void> {
    const { MaximumRecordAgeInSeconds: seconds = UNLIMITED } = this.#parameters;
    const ageMsMax = seconds === UNLIMITED ? RETENTION_MS : Math.min(seconds * 1_000, RETENTION_MS);
    const since = this.#reading.cloud.clock.now() - ageMsMax;
    const old = this.#left.filter((record) => createdAt(record) < since);
    if (old.length > 0) await this.#discard(old, "RecordAgeExceeded");
  }

  async #discard(records: readonly StreamRecord[], condition: DiscardCondition): Promise<void> {
    await this.#settle(records, { condition, shardId: this.#shardId, records });
    this.#left = this.#left.slice(records.length);
  }

  get #parameters() {
    return this.#reading.pipe.settings.sourceParameters.DynamoDBStreamParameters!;
  }
}

/**
 * Source: EventBridge user guide, "Amazon EventBridge Pipes error handling and troubleshooting": retries of internal
 * errors do not count against the maximum.
 */
function isServerError({ httpStatus = 400 }: ServiceError): boolean {
  return httpStatus >= 500 && httpStatus !== NOT_IMPLEMENTED_STATUS;
}

/**
 * A target names a record by its event's id. Source: EventBridge user guide, "Amazon EventBridge Pipes batching and
 * concurrency", "Partial batch failure".
 */
function toEvent(record: StreamRecord): PipeEvent {
  const { eventID, [TRACE_HEADER]: traceHeader } = record;
  return { identifier: eventID || sequenceNumberOf(record), record, traceHeader };
}
