import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type {
  InvocationRequest,
  InvokeAsyncCommandInput,
  InvokeCommandInput,
} from "@aws-sdk/client-lambda";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { Constraints } from "../../constraints.ts";
import type { InvocationResult } from "../../functions/function.ts";
import type { OperationOf } from "../../service.ts";
import { acceptEvent } from "./asynchronous.ts";
import { recursiveInvocation, type ThrottleReason, throttled } from "./errors.ts";
import { executionOf } from "./execution.ts";
import { measure } from "./measure.ts";
import { functionReference } from "./names.ts";
import { requestPayload, SYNCHRONOUS_PAYLOAD_BYTES_MAX } from "./payload.ts";
import { type Runnable, runnablesOf } from "./runnable.ts";

const CLIENT_CONTEXT_LENGTH_MAX = 3_583;

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

export const invoke: OperationOf<"lambda", "Invoke"> = async (
  { cloud, caller, requestId },
  input,
) => {
  const { InvocationType: type = "RequestResponse" } = input;
  const { name, qualifier } = functionReference(caller, input.FunctionName, input.Qualifier);
  new Constraints()
    .oneOf("invocationType", type, ["Event", "RequestResponse", "DryRun"])
    .oneOf("logType", input.LogType, ["None", "Tail"])
    .length("clientContext", input.ClientContext, { max: CLIENT_CONTEXT_LENGTH_MAX })
    .check("ValidationException");
  const payload = requestPayload(
    await bytesOf(input.Payload),
    type === "Event" ? type : "RequestResponse",
  );
  const runnable = runnablesOf(cloud).find(caller, name, qualifier);
  if (type === "DryRun") return { StatusCode: 204 };
  if (type === "Event") {
    await acceptEvent(cloud, caller, runnable, { requestId, payload });
    return { StatusCode: 202 };
  }
  const done = await attempt(cloud, caller, runnable, {
    requestId,
    payload,
    ...clientContext(input),
  });
  if (done.kind === "throttled") throw throttled(done.reason);
  if (done.kind === "stopped") throw recursiveInvocation();
  const { functionError, logTail } = done.result;
  return {
    StatusCode: 200,
    ...(functionError === undefined ? {} : { FunctionError: functionError }),
    ...(input.LogType === "Tail" ? { LogResult: Buffer.from(logTail).toString("base64") } : {}),
    // The SDK types it as its own subclass of Uint8Array, which only adds a method for reading it as text.
    Payload: done.result.payload as never,
    ExecutedVersion: done.executedVersion,
  };
};

export const invokeAsync: OperationOf<"lambda", "InvokeAsync"> = async (
  { cloud, caller, requestId },
  input,
) => {
  const { name, qualifier } = functionReference(caller, input.FunctionName);
  const payload = requestPayload(await bytesOf(input.InvokeArgs), "Event");
  const runnable = runnablesOf(cloud).find(caller, name, qualifier);
  await acceptEvent(cloud, caller, runnable, { requestId, payload });
  return { Status: 202 };
};

function clientContext({ ClientContext }: Pick<InvocationRequest, "ClientContext">) {
  if (ClientContext === undefined) return {};
  return { clientContext: Buffer.from(ClientContext, "base64").toString() };
}

/** A payload in any form that the SDK's own clients let their callers give; the gateway's are bytes. */
function bytesOf(
  payload: InvokeCommandInput["Payload"] | InvokeAsyncCommandInput["InvokeArgs"],
): Uint8Array | undefined | Promise<Uint8Array> {
  if (payload === undefined || payload instanceof Uint8Array) return payload;
  if (typeof payload === "string") return Buffer.from(payload);
  return buffer(payload as Readable);
}
