import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import type { Place } from "./place.ts";

/** Invokes a function and waits for its answer, which is JSON. Rejects where it, or its invocation, fails. */
export async function invokeFunction(
  cloud: Cloud,
  caller: Caller,
  FunctionName: string,
  payload: unknown,
): Promise<Uint8Array> {
  const { FunctionError, Payload = new Uint8Array() } = await untilStopped(
    cloud,
    cloud.call(caller, "lambda", "Invoke", {
      FunctionName,
      InvocationType: "RequestResponse",
      Payload: Buffer.from(JSON.stringify(payload)),
    }),
  );
  if (FunctionError === undefined) return Payload;
  throw new ServiceError("FunctionError", new TextDecoder().decode(Payload));
}

/** Runs an Express state machine to its end. Rejects where it does not succeed. */
export async function runMachine(
  cloud: Cloud,
  caller: Caller,
  stateMachineArn: string,
  input: unknown,
): Promise<string> {
  const { status, output, error, cause } = await untilStopped(
    cloud,
    cloud.call(caller, "sfn", "StartSyncExecution", {
      stateMachineArn,
      input: JSON.stringify(input),
    }),
  );
  if (status === "SUCCEEDED") return output ?? "";
  throw new ServiceError(error ?? status ?? "FAILED", cause ?? `The execution ${status}.`);
}

/** A caller in the world of what it calls. */
export function inWorldOf(caller: Caller, { account, region }: Place<string>): Caller {
  return { ...caller, account, region };
}

/** The outcome of the work, or a rejection as soon as the cloud stops: a function may run for long. */
async function untilStopped<T>({ stopping }: Cloud, work: Promise<T>): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const abort = () => reject(stopping.reason);
  if (stopping.aborted) abort();
  stopping.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    stopping.removeEventListener("abort", abort);
  }
}
