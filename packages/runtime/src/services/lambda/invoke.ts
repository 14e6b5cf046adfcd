import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type {
  InvocationRequest,
  InvokeAsyncCommandInput,
  InvokeCommandInput,
} from "@aws-sdk/client-lambda";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { acceptEvent } from "./asynchronous.ts";
import { attempt } from "./attempt.ts";
import { recursiveInvocation, throttled } from "./errors.ts";
import { functionReference } from "./names.ts";
import { requestPayload } from "./payload.ts";
import { runnablesOf } from "./runnable.ts";

const CLIENT_CONTEXT_LENGTH_MAX = 3_583;

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
