import { randomUUID } from "node:crypto";
import { sleepUntil } from "../../../clock/clock.ts";
import { ServiceError } from "../../../errors.ts";
import { reportedFailures } from "../../../event-sources/batch-response.ts";
import {
  createdAt,
  type StreamRecord,
  sequenceNumberOf,
  TRACE_HEADER,
} from "../../../event-sources/stream-record.ts";
import { measure } from "../measure.ts";
import { functionReference } from "../names.ts";
import { type BatchOutcome, invokeWithBatch } from "./invocation.ts";
import { unqualified } from "./mapping.ts";
import type { Polling } from "./source.ts";
import type { DiscardCondition, Discarded, LastInvocation } from "./stream-failure.ts";
import { type StreamSettings, UNLIMITED } from "./stream-settings.ts";

/** A batch that fails is tried again after a second, then after twice that, and so on up to a minute. */
const RETRY_MS_FIRST = 1_000;
const RETRY_MS_MAX = 60_000;
/** A stream keeps its records for a day. */
const RETENTION_MS = 24 * 60 * 60 * 1000;
const FUNCTION_CALL_FAILED = "PROBLEM: Function call failed";

/** What a batch has to do with beside its records. */
export interface BatchTerms {
  readonly polling: Polling;
  readonly stream: StreamSettings;
  readonly shardId: string;
  /** What the function is given beside the records. */
  readonly context: object;
  /** Understands the answer of an invocation that went well; false where it makes it a failure. */
  readonly understood: (payload: Uint8Array | undefined) => boolean;
  /** Whether the function is invoked even where there are no records: a window's end. */
  readonly mayBeEmpty?: boolean;
  /** Notes in the store that these records are dealt with, the first ones that are left. */
  readonly settle: (records: readonly StreamRecord[], discarded?: Discarded) => Promise<void>;
}

/** "stopped": the mapping stops, and what is left stays undone. */
export type BatchEnd = "done" | "stopped";

/**
 * Gets a batch through the function: again and again, in halves where the settings say so, from the first failed record
 * on where the function reports it, until it succeeds, has been tried often enough or is too old.
 */
export class StreamBatch {
  readonly #terms: BatchTerms;
  #left: readonly StreamRecord[];
  /** Invocations that failed for the function's sake; throttles don't count. */
  #failures = 0;
  #invocations = 0;
  #retryMs = RETRY_MS_FIRST;
  #last: LastInvocation | undefined;

  constructor(terms: BatchTerms, records: readonly StreamRecord[]) {
    this.#terms = terms;
    this.#left = records;
  }

  async process(): Promise<BatchEnd> {
    for (;;) {
      await this.#discardOld();
      if (this.#left.length === 0 && !this.#terms.mayBeEmpty) return "done";
      const requestId = randomUUID();
      const outcome = await this.#invoke(requestId);
      if (outcome.kind === "interrupted") return "stopped";
      const next = await this.#digest(outcome, requestId);
      if (next !== "retry") return next;
      if ((await this.#rest()) === "stopped") return "stopped";
    }
  }

  /**
   * AWS's loop detection does not see through streams: the lineage ends at the door. The chain goes on, of which
   * GetRecords tells beside each record.
   */
  #invoke(requestId: string): Promise<BatchOutcome> {
    const { polling, context } = this.#terms;
    this.#measureAge();
    const event = { Records: this.#left, ...context };
    const traceHeader = polling.cloud.chains.headerOfBatch(
      this.#left.map((record) => record[TRACE_HEADER]),
      unqualified(polling.mapping.functionArn),
    );
    return invokeWithBatch(polling, event, traceHeader, requestId);
  }

  /** How far the function is behind the stream: the age of the last record that it is given. */
  #measureAge(): void {
    const { cloud, mapping } = this.#terms.polling;
    const last = this.#left.at(-1);
    if (!last) return;
    const reference = functionReference(mapping, mapping.functionArn);
    measure(cloud, mapping, reference, "IteratorAge", cloud.clock.now() - createdAt(last));
  }

  async #digest(
    outcome: Exclude<BatchOutcome, { kind: "interrupted" }>,
    requestId: string,
  ): Promise<BatchEnd | "retry"> {
    const { polling } = this.#terms;
    switch (outcome.kind) {
      case "succeeded": {
        const { executedVersion } = outcome;
        this.#invocations += 1;
        this.#last = { requestId, executedVersion, functionError: undefined };
        return this.#succeeded(outcome.payload);
      }
      case "functionError": {
        const { executedVersion, functionError } = outcome;
        this.#invocations += 1;
        this.#last = { requestId, executedVersion, functionError };
        return this.#failed();
      }
      case "throttled":
        polling.report({ kind: "failed", result: "PROBLEM: Function was throttled" });
        return "retry";
      case "refused":
        this.#refused(new ServiceError(outcome.code, outcome.message));
        return "retry";
    }
  }

  async #succeeded(payload: Uint8Array | undefined): Promise<BatchEnd | "retry"> {
    const { polling, settle, understood } = this.#terms;
    const { functionResponseTypes } = polling.mapping.settings;
    if (!understood(payload)) return this.#failed();
    if (functionResponseTypes.includes("ReportBatchItemFailures")) {
      const failed = reportedFailures(payload, new Set(this.#left.map(sequenceNumberOf)));
      if (failed === "all") return this.#failed();
      const first = this.#left.findIndex((record) => failed.has(sequenceNumberOf(record)));
      if (first >= 0) return this.#failedFrom(first);
    }
    await settle(this.#left);
    polling.report({ kind: "ok" });
    return "done";
  }

  /** The function got as far as this record: what is before it is done, the rest is tried again. */
  async #failedFrom(first: number): Promise<BatchEnd | "retry"> {
    if (first > 0) await this.#terms.settle(this.#left.slice(0, first));
    this.#left = this.#left.slice(first);
    return this.#countFailure();
  }

  /** All of the batch failed. Halves are batches of their own, and dividing costs no retry. */
  async #failed(): Promise<BatchEnd | "retry"> {
    const { stream, polling } = this.#terms;
    if (!stream.bisectBatchOnFunctionError || this.#left.length <= 1) return this.#countFailure();
    polling.report({ kind: "failed", result: FUNCTION_CALL_FAILED });
    const middle = Math.ceil(this.#left.length / 2);
    for (const half of [this.#left.slice(0, middle), this.#left.slice(middle)])
      if ((await new StreamBatch(this.#terms, half).process()) === "stopped") return "stopped";
    return "done";
  }

  async #countFailure(): Promise<BatchEnd | "retry"> {
    const { stream, polling } = this.#terms;
    this.#failures += 1;
    polling.report({ kind: "failed", result: FUNCTION_CALL_FAILED });
    const { maximumRetryAttempts: retries } = stream;
    if (retries === UNLIMITED || this.#failures <= retries) return "retry";
    await this.#discard(this.#left, "RetryAttemptsExhausted");
    return "done";
  }

  #refused(error: ServiceError): void {
    const gone = error.code === "ResourceNotFoundException";
    this.#terms.polling.report({
      kind: gone ? "broken" : "failed",
      result: `PROBLEM: ${gone ? error.message : `${error.code}: ${error.message}`}`,
    });
  }

  /** Gives up the records that are older than the mapping wants them, or than the stream keeps them. */
  async #discardOld(): Promise<void> {
    const { polling, stream } = this.#terms;
    const seconds = stream.maximumRecordAgeInSeconds;
    const ageMsMax = seconds === UNLIMITED ? RETENTION_MS : Math.min(seconds * 1000, RETENTION_MS);
    const since = polling.cloud.clock.now() - ageMsMax;
    const old = this.#left.filter((record) => createdAt(record) < since);
    if (old.length > 0) await this.#discard(old, "RecordAgeExceeded");
  }

  /** Gives up the first records that are left. */
  async #discard(records: readonly StreamRecord[], condition: DiscardCondition): Promise<void> {
    const { shardId, settle } = this.#terms;
    const invokeCount = this.#invocations;
    await settle(records, { condition, shardId, records, invokeCount, last: this.#last });
    this.#left = this.#left.slice(records.length);
  }

  async #rest(): Promise<BatchEnd> {
    const { clock } = this.#terms.polling.cloud;
    try {
      await sleepUntil(clock, clock.now() + this.#retryMs, this.#terms.polling.signal);
    } catch {
      return "stopped";
    }
    this.#retryMs = Math.min(RETRY_MS_MAX, this.#retryMs * 2);
    return "done";
  }
}
