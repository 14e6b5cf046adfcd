import { randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Caller } from "../../../call.ts";
import type { Cloud } from "../../../cloud.ts";
import type { ServiceError } from "../../../errors.ts";
import { ParameterError } from "../../../sdk-action/parameters.ts";
import { callOperation, type SdkAction } from "../../../sdk-action/sdk-action.ts";
import type { Json, JsonObject } from "../../../states-language/definition.ts";
import { checkSize } from "../../../states-language/size.ts";
import { StatesError } from "../../../states-language/states-error.ts";
import { failedEntries, withExecution } from "./events.ts";
import { isAnswer, optimizedFailure, sdkFailure } from "./failure.ts";
import {
  type CalledAction,
  calledAction,
  type Integration,
  type ServiceIntegration,
} from "./integration.ts";
import { answeredPayload, functionCaller, invokeFunction } from "./lambda.ts";
import { callMetadata } from "./metadata.ts";
import type { OptimizedService } from "./optimized.ts";

export interface TaskOptions {
  /** Aborts when the task's time is over or its execution has ended. */
  readonly signal: AbortSignal;
  readonly executionArn: string;
  readonly stateName: string;
}

/**
 * Does what a Task asks for, with the parameters that its state came to, and answers with its result. Of a task that
 * waits for a job (`.sync`) or for a token this is the call that begins it.
 *
 * Rejects with a StatesError that has AWS's error name and cause, or with the signal's reason. An activity is no call:
 * it is worked on by who asks for it.
 */
export async function performTask(
  cloud: Cloud,
  caller: Caller,
  integration: Integration,
  parameters: Json,
  options: TaskOptions,
): Promise<Json> {
  options.signal.throwIfAborted();
  switch (integration.kind) {
    case "lambda":
      return await invokeFunction(cloud, caller, integration.functionArn, parameters, options);
    case "service":
      return await callService(cloud, caller, integration, parameters, options);
    default:
      throw new Error(`${integration.activityArn} is an activity, which is not called`);
  }
}

async function callService(
  cloud: Cloud,
  caller: Caller,
  integration: ServiceIntegration,
  parameters: Json,
  options: TaskOptions,
): Promise<Json> {
  const called = await calledAction(integration);
  if (!called) throw unsupported(integration);
  const requestId = randomUUID();
  const request = { ...options, requestId };
  try {
    const result = called.optimized
      ? await callOptimized(cloud, caller, called, called.optimized, parameters, request)
      : await callOperation(cloud, caller, called.action, parameters, {
          conversion: called.conversion,
          requestId,
          signal: options.signal,
        });
    checkSize(result, integration.resourceType);
    return result;
  } catch (error) {
    if (error instanceof ParameterError) throw unfit(parameters, error);
    if (!isAnswer(cloud, error, options.signal)) throw error;
    if (called.optimized && isNoUrl(called.action, error, parameters))
      throw unknownHost(parameters.QueueUrl);
    throw called.optimized
      ? await optimizedFailure(called.optimized, called.action, error, requestId)
      : await sdkFailure(called.action, error, requestId);
  }
}

/** A queue that is not there, and whose URL is none: the SDK for Java 1 calls what it is given. */
function isNoUrl(
  { service }: SdkAction,
  { code }: ServiceError,
  parameters: Json,
): parameters is { QueueUrl: string } {
  if (service !== "sqs" || code !== "QueueDoesNotExist") return false;
  const { QueueUrl } = parameters as JsonObject;
  return typeof QueueUrl === "string" && !URL.canParse(QueueUrl);
}

/** Source: LocalStack's snapshot of test_send_message_no_such_queue. */
function unknownHost(host: string): StatesError {
  return new StatesError(
    "SQS.SdkClientException",
    `Unable to execute HTTP request: ${host}: Name or service not known`,
  );
}

interface Request extends TaskOptions {
  readonly requestId: string;
}

async function callOptimized(
  cloud: Cloud,
  caller: Caller,
  { action, conversion }: CalledAction,
  { contentType, hasMetadata }: OptimizedService,
  parameters: Json,
  { executionArn, requestId, signal }: Request,
): Promise<JsonObject> {
  const call = (caller: Caller, parameters: Json) =>
    callOperation(cloud, caller, action, parameters, { conversion, requestId, signal });
  const answerOf = async () => {
    switch (action.service) {
      case "lambda":
        return await call(functionCaller(caller, parameters), parameters);
      case "eventbridge":
        return await call(caller, withExecution(parameters, executionArn));
      default:
        return await call(caller, parameters);
    }
  };
  const answer = await answerOf();
  const body = Buffer.from(bodyOf(action, answer));
  if (action.service === "eventbridge") failedEntries(answer);
  const result = action.service === "lambda" ? answeredPayload(answer) : answer;
  if (!hasMetadata) return result;
  const contentLength = body.byteLength;
  const further = headersOf(action, answer, body);
  return inOrder({
    ...result,
    ...callMetadata(cloud, { requestId, contentType, contentLength, further }),
  });
}

function inOrder(result: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(result).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What the service's answer had as its body: Lambda's is the payload alone. */
function bodyOf({ service }: SdkAction, answer: JsonObject): string {
  return service === "lambda" ? String(answer.Payload ?? "") : JSON.stringify(answer);
}

/** What the services answer with beside what all of them do, spelt as they spell it. Source: recorded histories. */
function headersOf(
  { service }: SdkAction,
  { ExecutedVersion: version, LogResult: log }: JsonObject,
  body: Buffer,
): Readonly<Record<string, string>> {
  switch (service) {
    case "lambda":
      return {
        Connection: "keep-alive",
        ...(typeof version === "string" ? { "X-Amz-Executed-Version": version } : {}),
        ...(typeof log === "string" ? { "X-Amz-Log-Result": log } : {}),
        "x-amzn-Remapped-Content-Length": "0",
      };
    case "dynamodb":
      return { Connection: "keep-alive", Server: "Server", "x-amz-crc32": String(crc32(body)) };
    default:
      return { connection: "keep-alive" };
  }
}

/** What the parameters of a state came to that the action cannot take. */
function unfit(parameters: Json, { problems }: ParameterError): StatesError {
  return new StatesError(
    "States.Runtime",
    `The Parameters '${JSON.stringify(parameters)}' could not be used to start the Task: [${problems.join(", ")}]`,
  );
}

function unsupported({ resourceType, resource }: ServiceIntegration): StatesError {
  return new StatesError(
    "States.Runtime",
    `Flyball does not have the resource arn:aws:states:::${resourceType}:${resource}. A mock configuration can answer for it.`,
  );
}
