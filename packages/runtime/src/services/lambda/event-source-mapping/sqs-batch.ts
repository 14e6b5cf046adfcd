import type { RecursiveLoop } from "@flyball/lineage";
import { sleepUntil } from "../../../clock/clock.ts";
import { ServiceError } from "../../../errors.ts";
import { reportedFailures } from "../../../event-sources/batch-response.ts";
import type { SqsRecord } from "../../../event-sources/sqs-record.ts";
import { type BatchOutcome, invokeWithBatch } from "./invocation.ts";
import { callerOf, unqualified } from "./mapping.ts";
import type { Polling } from "./source.ts";
import type { SqsQueue } from "./sqs-queue.ts";

const THROTTLE_RETRY_MS_FIRST = 1_000;
const THROTTLE_RETRY_MS_MAX = 30_000;

export type BatchResult =
  | { readonly kind: "ok" }
  /** Messages stay in the queue, hidden until their visibility timeout. `backOff`: fewer at once from now on. */
  | { readonly kind: "failed"; readonly problem: string; readonly backOff: boolean }
  | { readonly kind: "refused"; readonly error: ServiceError }
  | { readonly kind: "interrupted" };

const OK: BatchResult = { kind: "ok" };
/** AWS's own words for it, as in the examples of the developer guide's pages on streams. */
const FUNCTION_CALL_FAILED = "Function call failed";

/**
 * One batch on its way through the function. What succeeded is deleted from the queue. What failed is left alone:
 * it comes back when its visibility timeout has passed (Lambda's own execution role policy for SQS,
 * AWSLambdaSQSQueueExecutionRole, does not even allow to change it).
 */
export class SqsBatch {
  readonly #polling: Polling;
  readonly #queue: SqsQueue;
  readonly #records: readonly SqsRecord[];
  readonly #receivedAt: number;

  constructor(polling: Polling, queue: SqsQueue, records: readonly SqsRecord[]) {
    this.#polling = polling;
    this.#queue = queue;
    this.#records = records;
    this.#receivedAt = polling.cloud.clock.now();
  }

  async process(): Promise<BatchResult> {
    const admitted = await this.#admitted();
    const loops = admitted.length < this.#records.length;
    const result = admitted.length === 0 ? OK : await this.#run(admitted);
    if (!loops || result.kind === "refused" || result.kind === "interrupted") return result;
    return { kind: "failed", problem: "RecursiveInvocationException", backOff: false };
  }

  /**
   * The messages that may go to the function. Those whose chain has come round too often are refused, each alone,
   * and stay in flight until their visibility timeout, so that they are received and refused again until the
   * queue's redrive policy takes them. In a FIFO queue what follows a refused message in its group waits with it.
   */
  async #admitted(): Promise<SqsRecord[]> {
    const { cloud, mapping } = this.#polling;
    const functionArn = unqualified(mapping.functionArn);
    const suspects = this.#records.filter(({ attributes }) =>
      cloud.chains.wouldStop(attributes.AWSTraceHeader, functionArn, "Terminate"),
    );
    if (suspects.length === 0) return [...this.#records];
    const recursiveLoop = await this.#recursiveLoop(functionArn);
    const blockedGroups = new Set<string>();
    const admitted: SqsRecord[] = [];
    for (const record of this.#records) {
      const { AWSTraceHeader: header, MessageGroupId: group = "" } = record.attributes;
      if (this.#queue.isFifo && blockedGroups.has(group)) continue;
      if (suspects.includes(record) && cloud.chains.wouldStop(header, functionArn, recursiveLoop)) {
        const caller = callerOf(mapping, header);
        const { stopped } = await cloud.chains.enter(caller, functionArn, recursiveLoop);
        if (stopped) {
          blockedGroups.add(group);
          continue;
        }
      }
      admitted.push(record);
    }
    return admitted;
  }

  async #recursiveLoop(functionArn: string): Promise<RecursiveLoop> {
    const { cloud, mapping } = this.#polling;
    const { RecursiveLoop } = await cloud.call(
      callerOf(mapping),
      "lambda",
      "GetFunctionRecursionConfig",
      { FunctionName: functionArn },
    );
    return RecursiveLoop ?? "Terminate";
  }

  async #run(records: readonly SqsRecord[]): Promise<BatchResult> {
    const { mapping } = this.#polling;
    const outcome = await this.#invoke(records);
    const reporting = mapping.settings.functionResponseTypes.includes("ReportBatchItemFailures");
    switch (outcome.kind) {
      case "interrupted":
        return { kind: "interrupted" };
      case "refused":
        return { kind: "refused", error: new ServiceError(outcome.code, outcome.message) };
      case "throttled":
        return { kind: "failed", problem: "Function was throttled", backOff: true };
      case "functionError":
        // With partial responses, Lambda does not read less when invocations fail (the guide's page on errors).
        return { kind: "failed", problem: FUNCTION_CALL_FAILED, backOff: !reporting };
      case "succeeded":
        return this.#settle(records, reporting ? outcome.payload : undefined);
    }
  }

  /** Invokes the function; while it is throttled, again, until the messages' visibility timeout has run out. */
  async #invoke(records: readonly SqsRecord[]): Promise<BatchOutcome> {
    const { cloud, mapping, signal } = this.#polling;
    const traceHeader = cloud.chains.headerOfBatch(
      records.map(({ attributes }) => attributes.AWSTraceHeader),
      unqualified(mapping.functionArn),
    );
    let retryMs = THROTTLE_RETRY_MS_FIRST;
    let giveUpAt: number | undefined;
    for (;;) {
      const outcome = await invokeWithBatch(this.#polling, { Records: records }, traceHeader);
      if (outcome.kind !== "throttled") return outcome;
      giveUpAt ??= this.#receivedAt + (await this.#queue.visibilityTimeoutMs());
      const againAt = cloud.clock.now() + retryMs;
      if (againAt >= giveUpAt || signal.aborted) return outcome;
      try {
        await sleepUntil(cloud.clock, againAt, signal);
      } catch {
        return outcome;
      }
      retryMs = Math.min(THROTTLE_RETRY_MS_MAX, retryMs * 2);
    }
  }

  /**
   * Deletes what went well: what the function did not report. In a FIFO queue too: there it is for the function to
   * stop at the first failure and to report all that follows (the guide: "your function should stop processing
   * messages after the first failure"), Lambda does not do that for it.
   */
  async #settle(
    records: readonly SqsRecord[],
    response: Uint8Array | undefined,
  ): Promise<BatchResult> {
    const identifiers = new Set(records.map(({ messageId }) => messageId));
    const failed = reportedFailures(response, identifiers);
    if (failed === "all")
      return { kind: "failed", problem: "Function returned an invalid response", backOff: false };
    await this.#queue.delete(records.filter(({ messageId }) => !failed.has(messageId)));
    return failed.size === 0
      ? OK
      : { kind: "failed", problem: FUNCTION_CALL_FAILED, backOff: false };
  }
}
