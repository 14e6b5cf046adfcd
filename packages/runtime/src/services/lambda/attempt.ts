import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import type { InvocationResult } from "../../functions/function.ts";
import type { ThrottleReason } from "./errors.ts";
import { executionOf } from "./execution.ts";
import { measure } from "./measure.ts";
import { SYNCHRONOUS_PAYLOAD_BYTES_MAX } from "./payload.ts";
import { type Runnable, runnablesOf } from "./runnable.ts";

/** What came of an attempt to run a function. */
export type Attempt =
  | { readonly kind: "throttled"; readonly reason: ThrottleReason }
  /** The chain of requests loops: nothing ran. */
  | { readonly kind: "stopped" }
  | {
      readonly kind: "ran";
      readonly result: InvocationResult;
      readonly executedVersion: string;
      /** What the function's own calls carry, and what is sent on for it. */
      readonly traceHeader: string;
    };

export interface Event {
  readonly requestId: string;
  readonly payload: Uint8Array;
  /** Decoded: JSON. */
  readonly clientContext?: string;
}

/** Runs a function once in the caller's chain, if there is room for it and the chain may go on. */
export async function attempt(
  cloud: Cloud,
  caller: Caller,
  runnable: Runnable,
  event: Event,
): Promise<Attempt> {
  const { name, version, recursiveLoop, reservedConcurrentExecutions } = runnable;
  const execution = executionOf(cloud);
  const slot = execution.take(caller, name, reservedConcurrentExecutions);
  if (!slot.taken) {
    measure(cloud, caller, runnable, "Throttles", 1);
    return { kind: "throttled", reason: slot.reason };
  }
  try {
    const entered = await cloud.chains.enter(caller, runnable.functionArn, recursiveLoop);
    if (entered.stopped) return { kind: "stopped" };
    const spec = await runnablesOf(cloud).spec(caller, runnable);
    const concurrent = execution.running(caller, name);
    const { traceHeader } = entered;
    const result = limited(
      await execution.run(spec, {
        ...event,
        traceHeader,
        invokedFunctionArn: runnable.invokedFunctionArn,
      }),
    );
    measureRun(cloud, caller, runnable, result, concurrent);
    return { kind: "ran", result, executedVersion: version.version, traceHeader };
  } finally {
    slot.release();
  }
}

function measureRun(
  cloud: Cloud,
  caller: Caller,
  runnable: Runnable,
  { functionError, durationMs }: InvocationResult,
  concurrent: number,
): void {
  measure(cloud, caller, runnable, "Invocations", 1);
  measure(cloud, caller, runnable, "Errors", functionError === undefined ? 0 : 1);
  measure(cloud, caller, runnable, "Throttles", 0);
  measure(cloud, caller, runnable, "Duration", durationMs);
  measure(cloud, caller, runnable, "ConcurrentExecutions", concurrent);
}

/** AWS allows a response 100 bytes more than a request. */
const RESPONSE_BYTES_MAX = SYNCHRONOUS_PAYLOAD_BYTES_MAX + 100;

function limited(result: InvocationResult): InvocationResult {
  if (result.payload.byteLength <= RESPONSE_BYTES_MAX) return result;
  const refusal = {
    errorMessage: `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`,
    errorType: "Function.ResponseSizeTooLarge",
  };
  return { ...result, payload: Buffer.from(JSON.stringify(refusal)), functionError: "Unhandled" };
}
