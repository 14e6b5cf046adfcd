import { randomUUID } from "node:crypto";
import { parseArn } from "../../../arn.ts";
import type { Caller } from "../../../call.ts";
import type { Cloud } from "../../../cloud.ts";
import type { ServiceError } from "../../../errors.ts";
import type { Json, JsonObject } from "../../../states-language/definition.ts";
import { checkSize } from "../../../states-language/size.ts";
import { StatesError } from "../../../states-language/states-error.ts";
import { isAnswer, optimizedFailure } from "./failure.ts";
import { optimized } from "./optimized.ts";
import type { TaskOptions } from "./perform.ts";

/**
 * Invokes the function whose ARN is the Resource of a Task: its event is the state's input, the result is what it
 * returned. Rejects with the function's own error, or `Lambda.<exception>`.
 */
export async function invokeFunction(
  cloud: Cloud,
  caller: Caller,
  functionArn: string,
  event: Json,
  { signal }: Pick<TaskOptions, "signal">,
): Promise<Json> {
  const requestId = randomUUID();
  const input = { FunctionName: functionArn, Payload: Buffer.from(JSON.stringify(event)) };
  const { Payload, FunctionError } = await cloud
    .call(functionCaller(caller, { FunctionName: functionArn }), "lambda", "Invoke", input, {
      requestId,
      signal,
    })
    .catch(async (error: unknown) => {
      throw isAnswer(cloud, error, signal) ? await lambdaFailure(error, requestId) : error;
    });
  const payload = Buffer.from(Payload ?? []).toString();
  if (FunctionError !== undefined) throw functionFailure(payload);
  const result = parsed(payload);
  checkSize(result, functionArn);
  return result;
}

/** The caller in the account of the function, where that is named by an ARN: a function may be another account's. */
export function functionCaller(caller: Caller, parameters: Json): Caller {
  const name = isObject(parameters) ? parameters.FunctionName : undefined;
  const account = typeof name === "string" ? parseArn(name)?.account : undefined;
  return account ? { ...caller, account } : caller;
}

/**
 * An answer of Invoke with its payload as JSON. Throws the function's own failure: a state machine sees the type of
 * the function's error as the name of its own.
 */
export function answeredPayload(answer: JsonObject): JsonObject {
  const { Payload, FunctionError } = answer;
  const text = typeof Payload === "string" ? Payload : "";
  // This integration writes the payload anew, so without blanks. Source: histories recorded from AWS.
  if (FunctionError !== undefined) throw functionFailure(compact(text));
  return Payload === undefined ? answer : { ...answer, Payload: parsed(text) };
}

/**
 * A function's failure: its `errorType` is the error, all that it told is the cause. Without a type (a runtime that
 * was killed, a time-out as older runtimes tell it) it is `Lambda.Unknown`. Source: Step Functions developer guide,
 * "Handling errors in Step Functions workflows"; histories recorded from AWS.
 */
function functionFailure(payload: string): StatesError {
  const told = parsed(payload);
  const type = isObject(told) ? told.errorType : undefined;
  if (typeof type === "string" && type !== "") return new StatesError(type, payload);
  return new StatesError(
    "Lambda.Unknown",
    `The cause could not be determined because Lambda did not return an error type. Returned payload: ${payload}`,
  );
}

async function lambdaFailure(error: ServiceError, requestId: string): Promise<StatesError> {
  const service = optimized("lambda");
  if (!service) throw error;
  const action = { service: "lambda", exceptionPrefix: "Lambda" } as const;
  return await optimizedFailure(service, action, error, requestId);
}

/** What a function returned; a runtime of one's own may return what is no JSON. */
function parsed(payload: string): Json {
  if (payload === "") return null;
  try {
    return JSON.parse(payload) as Json;
  } catch {
    return payload;
  }
}

function compact(payload: string): string {
  const value = parsed(payload);
  return value === payload ? payload : JSON.stringify(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
