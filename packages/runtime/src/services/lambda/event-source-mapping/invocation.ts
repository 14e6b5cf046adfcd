import { isServiceError } from "../../../errors.ts";
import { callerOf } from "./mapping.ts";
import type { Polling } from "./source.ts";

/** What came of invoking a mapping's function with a batch. */
export type BatchOutcome =
  | { readonly kind: "succeeded"; readonly payload: Uint8Array | undefined }
  /** The function ran and failed. */
  | { readonly kind: "functionError" }
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
): Promise<BatchOutcome> {
  const invoked = cloud.call(callerOf(mapping, traceHeader), "lambda", "Invoke", {
    FunctionName: mapping.functionArn,
    InvocationType: "RequestResponse",
    Payload: Buffer.from(JSON.stringify(event)),
  });
  try {
    const { FunctionError, Payload } = await orAborted(invoked, cloud.stopping);
    return FunctionError === undefined
      ? { kind: "succeeded", payload: Payload }
      : { kind: "functionError" };
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
