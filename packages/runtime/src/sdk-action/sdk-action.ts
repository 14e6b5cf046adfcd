import { randomUUID } from "node:crypto";
import type { Caller } from "../call.ts";
import type { Cloud } from "../cloud.ts";
import { ServiceError } from "../errors.ts";
import { loadModel, type OperationModel } from "../gateway/model/model.ts";
import type { InputOf, OperationName, ServiceName } from "../sdk.ts";
import type { Json, JsonObject } from "../states-language/definition.ts";
import { actionName } from "./java-names.ts";
import { type Conversion, toInput, toResult } from "./parameters.ts";
import { type SdkService, sdkService } from "./services.ts";

/** An operation of a service as the integrations of AWS's SDKs know it. */
export interface SdkAction extends SdkService {
  readonly operation: OperationModel;
}

/**
 * What no integration of an SDK can do, since it streams or is deprecated. Source: Step Functions developer guide,
 * "Unsupported API actions for supported services".
 */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  "lambda:invokeAsync",
  "lambda:invokeWithResponseStream",
  "cloudwatchlogs:startLiveTail",
]);

const actions = new Map<ServiceName, Promise<ReadonlyMap<string, OperationModel>>>();

/**
 * The action of a service by the names that integrations have for both (`cloudwatchlogs`, `putLogEvents`); undefined
 * where Flyball has no such service, or the service no such action.
 */
export async function findSdkAction(
  service: string,
  action: string,
): Promise<SdkAction | undefined> {
  const known = sdkService(service);
  if (!known || UNSUPPORTED.has(`${service}:${action}`)) return undefined;
  let loading = actions.get(known.service);
  if (!loading) {
    loading = actionsOf(known.service);
    actions.set(known.service, loading);
  }
  const operation = (await loading).get(action);
  return operation && { ...known, operation };
}

async function actionsOf(service: ServiceName): Promise<ReadonlyMap<string, OperationModel>> {
  const { operations } = await loadModel(service);
  return new Map([...operations].map(([name, operation]) => [actionName(name), operation]));
}

/**
 * Calls a service's action through the door, as `aws-sdk:<service>:<action>` of Step Functions and Scheduler do: the
 * parameters and the answer have names in Pascal case, instants are in ISO 8601, bytes are text.
 *
 * Rejects with the service's own ServiceError; with a ParameterError where the parameters do not fit the
 * action; with ServiceError `NotImplemented` (501) where there is no such action.
 */
export async function callSdkAction(
  cloud: Cloud,
  caller: Caller,
  service: string,
  action: string,
  parameters: Json,
  signal?: AbortSignal,
  requestId: string = randomUUID(),
): Promise<JsonObject> {
  const found = await findSdkAction(service, action);
  if (!found)
    throw new ServiceError("NotImplemented", `Flyball does not have ${action} of ${service}.`, {
      httpStatus: 501,
    });
  const conversion: Conversion = { naming: "java", bytes: bytesOf(found.service) };
  return await callOperation(cloud, caller, found, parameters, { conversion, requestId, signal });
}

export interface CallingOptions {
  readonly conversion: Conversion;
  readonly requestId: string;
  readonly signal?: AbortSignal | undefined;
}

/** Calls an operation with JSON, and answers with JSON. Rejects as {@link callSdkAction} does. */
export async function callOperation(
  cloud: Cloud,
  caller: Caller,
  { service, operation }: SdkAction,
  parameters: Json,
  { conversion, requestId, signal }: CallingOptions,
): Promise<JsonObject> {
  const input = toInput(operation.input, parameters, conversion);
  const output = await cloud.call(
    caller,
    service,
    // The name comes from the service's model, and the input was made by it.
    operation.name as OperationName<ServiceName>,
    input as InputOf<ServiceName, OperationName<ServiceName>>,
    { requestId, ...(signal === undefined ? {} : { signal }) },
  );
  return toResult(operation.output, output, conversion);
}

/** An attribute of DynamoDB holds its bytes in Base 64; everybody else's bytes are text. */
export function bytesOf(service: ServiceName): Conversion["bytes"] {
  return service === "dynamodb" || service === "dynamodbstreams" ? "base64" : "text";
}
