import { randomUUID } from "node:crypto";
import { isServiceError } from "../../../errors.ts";
import { LATEST } from "../names.ts";
import { callerOf } from "./mapping.ts";
import type { Polling } from "./source.ts";

/** What came of invoking a mapping's function with a batch. */
export type BatchOutcome =
  | {
      readonly kind: "succeeded";
      readonly payload: Uint8Array | undefined;
      readonly executedVersion: string;
    }
  /** The function ran and failed. */
  | {
      readonly kind: "functionError";
      readonly functionError: string;
      readonly executedVersion: string;
    }
  /** The function could not be run now, and may be later. */
  | { readonly kind: "throttled" }
  /** Lambda refused to run the function. `code` is its error. */
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  /** The cloud stops: nothing is known. */
  | { readonly kind: "interrupted" };

const THROTTLES = [
  "TooManyRequestsException",
  "EC2ThrottledException",
  "ServiceException",
  "ResourceNotReadyException",
  "ResourceConflictException",
];

/** Invokes the mapping's function synchronously with an event, as part of the chain of the trace header. */
export async function invokeWithBatch(
  { cloud, mapping }: Polling,
  event: object,
  traceHeader: string | undefined,
  requestId: string = randomUUID(),
): Promise<BatchOutcome> {
  const invoked = cloud.call(
    callerOf(mapping, traceHeader),
    "lambda",
    "Invoke",
    {
      FunctionName: mapping.functionArn,
      InvocationType: "RequestResponse",
      Payload: Buffer.from(JSON.stringify(event)),
    },
    { requestId },
  );
  try {
    const { FunctionError, ExecutedVersion, Payload } = await orAborted(invoked, cloud.stopping);
    const executedVersion = ExecutedVersion ?? LATEST;
    return FunctionError === undefined
      ? { kind: "succeeded", payload: Payload, executedVersion }
      : { kind: "functionError", functionError: FunctionError, executedVersion };
  } catch (error) {
    if (cloud.stopping.aborted) return { kind: "interrupted" };
    if (isServiceError(error, ...THROTTLES)) return { kind: "throttled" };
    if (!isServiceError(error)) throw error;
    return { kind: "refused", code: error.code, message: error.message };
  }
}

/** The outcome of the work, or a rejection with the signal's reason as soon as that aborts. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
