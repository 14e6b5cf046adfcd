import type {
  FunctionEventInvokeConfig,
  PutFunctionEventInvokeConfigRequest,
} from "@aws-sdk/client-lambda";
import { parseArn } from "../../arn.ts";
import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { EVENT_AGE_SECONDS_MAX, RETRIES_DEFAULT } from "./asynchronous.ts";
import { invalidParameter, resourceNotFound } from "./errors.ts";
import {
  type FunctionReference,
  functionArn,
  functionReference,
  isVersion,
  LATEST,
} from "./names.ts";
import { pageOf } from "./page.ts";
import { type EventInvokeRecord, findAlias, findFunction, findVersion, keys } from "./record.ts";

const EVENT_AGE_SECONDS_MIN = 60;
/** DestinationArn of botocore's model. */
const DESTINATION_PATTERN =
  "$|kafka://([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)";

type Destinations = EventInvokeRecord["destinations"];

export const putFunctionEventInvokeConfig: OperationOf<
  "lambda",
  "PutFunctionEventInvokeConfig"
> = async (call, input) => {
  const reference = functionReference(call.caller, input.FunctionName, input.Qualifier);
  checkInput(input);
  return change(call, reference, input, undefined);
};

export const updateFunctionEventInvokeConfig: OperationOf<
  "lambda",
  "UpdateFunctionEventInvokeConfig"
> = async (call, input) => {
  const reference = functionReference(call.caller, input.FunctionName, input.Qualifier);
  checkInput(input);
  const before = call.cloud.store.read((tx) => requireConfig(tx, call.caller, reference));
  return change(call, reference, input, before);
};

export const getFunctionEventInvokeConfig: OperationOf<"lambda", "GetFunctionEventInvokeConfig"> = (
  { cloud, caller },
  input,
) => {
  const reference = functionReference(caller, input.FunctionName, input.Qualifier);
  const record = cloud.store.read((tx) => requireConfig(tx, caller, reference));
  return eventInvokeConfig(caller, reference.name, reference.qualifier ?? LATEST, record);
};

export const deleteFunctionEventInvokeConfig: OperationOf<
  "lambda",
  "DeleteFunctionEventInvokeConfig"
> = async ({ cloud, caller }, input) => {
  const reference = functionReference(caller, input.FunctionName, input.Qualifier);
  await cloud.store.write((tx) => {
    requireConfig(tx, caller, reference);
    tx.delete(keys.eventInvoke(caller, reference.name, reference.qualifier ?? LATEST));
  });
  return {};
};

export const listFunctionEventInvokeConfigs: OperationOf<
  "lambda",
  "ListFunctionEventInvokeConfigs"
> = ({ cloud, caller }, input) => {
  const { name } = functionReference(caller, input.FunctionName);
  new Constraints()
    .range("maxItems", input.MaxItems, { min: 1, max: 50 })
    .check("ValidationException");
  const { items, nextToken } = cloud.store.read((tx) => {
    if (!findFunction(tx, caller, name)) throw resourceNotFound("The function doesn't exist.");
    const configs = tx.range<EventInvokeRecord>({ prefix: keys.eventInvokes(caller, name) });
    return pageOf(configs, ({ key }) => String(key.at(-1)), input);
  });
  return {
    FunctionEventInvokeConfigs: items.map(({ key, value }) =>
      eventInvokeConfig(caller, name, String(key.at(-1)), value),
    ),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
};

type Input = Pick<
  PutFunctionEventInvokeConfigRequest,
  "MaximumRetryAttempts" | "MaximumEventAgeInSeconds" | "DestinationConfig"
>;

function checkInput(input: Input): void {
  const { OnSuccess, OnFailure } = input.DestinationConfig ?? {};
  new Constraints()
    .range("maximumRetryAttempts", input.MaximumRetryAttempts, { min: 0, max: RETRIES_DEFAULT })
    .range("maximumEventAgeInSeconds", input.MaximumEventAgeInSeconds, {
      min: EVENT_AGE_SECONDS_MIN,
      max: EVENT_AGE_SECONDS_MAX,
    })
    .pattern("destinationConfig.onSuccess.destination", OnSuccess?.Destination, DESTINATION_PATTERN)
    .pattern("destinationConfig.onFailure.destination", OnFailure?.Destination, DESTINATION_PATTERN)
    .check("ValidationException");
  if (
    input.MaximumRetryAttempts === undefined &&
    input.MaximumEventAgeInSeconds === undefined &&
    input.DestinationConfig === undefined
  )
    throw invalidParameter(
      "You must specify at least one of error handling or destination setting.",
    );
}

/** Writes the configuration: what the input leaves out stays as it was `before`, which is nothing for a Put. */
async function change(
  { cloud, caller }: Call,
  { name, qualifier = LATEST }: FunctionReference,
  input: Input,
  before: EventInvokeRecord | undefined,
): Promise<FunctionEventInvokeConfig> {
  const retries = input.MaximumRetryAttempts ?? before?.maximumRetryAttempts;
  const age = input.MaximumEventAgeInSeconds ?? before?.maximumEventAgeSeconds;
  const record: EventInvokeRecord = {
    lastModified: cloud.clock.now(),
    ...(retries === undefined ? {} : { maximumRetryAttempts: retries }),
    ...(age === undefined ? {} : { maximumEventAgeSeconds: age }),
    destinations: {
      OnSuccess: input.DestinationConfig?.OnSuccess ?? before?.destinations.OnSuccess ?? {},
      OnFailure: input.DestinationConfig?.OnFailure ?? before?.destinations.OnFailure ?? {},
    },
  };
  await cloud.store.write((tx) => {
    const found = isVersion(qualifier)
      ? findVersion(tx, caller, name, qualifier)
      : findAlias(tx, caller, name, qualifier);
    if (!found) throw resourceNotFound("The function doesn't exist.");
    checkDestinations(tx, caller, name, record.destinations, input);
    tx.put(keys.eventInvoke(caller, name, qualifier), record);
  });
  return eventInvokeConfig(caller, name, qualifier, record);
}

function checkDestinations(
  tx: ReadTransaction,
  world: World,
  name: string,
  { OnSuccess, OnFailure }: Destinations,
  input: Input,
): void {
  for (const [arn, isFailure] of [
    [OnSuccess?.Destination, false],
    [OnFailure?.Destination, true],
  ] as const) {
    if (!arn) continue;
    const service = parseArn(arn)?.service ?? "";
    const allowed = ["lambda", "sqs", "sns", "events", ...(isFailure ? ["s3"] : [])];
    if (!allowed.includes(service))
      throw invalidParameter(
        `The provided destination config DestinationConfig(${shown(input)}) is invalid.`,
      );
    if (service !== "lambda") continue;
    const target = functionReference(world, arn).name;
    if (target === name)
      throw invalidParameter("You can't specify the function as a destination for itself.");
    if (!findFunction(tx, world, target))
      throw invalidParameter(`The destination ARN ${arn} is invalid.`);
  }
}

/** A destination configuration as AWS's error shows it. */
function shown({ DestinationConfig }: Input): string {
  const one = (kind: string, member: { Destination?: string | undefined } | undefined) =>
    member ? `${kind}(destination=${member.Destination ?? "null"})` : "null";
  return `onSuccess=${one("OnSuccess", DestinationConfig?.OnSuccess)}, onFailure=${one("OnFailure", DestinationConfig?.OnFailure)}`;
}

function requireConfig(
  tx: ReadTransaction,
  world: World,
  { name, qualifier = LATEST }: FunctionReference,
): EventInvokeRecord {
  const record = tx.get<EventInvokeRecord>(keys.eventInvoke(world, name, qualifier));
  if (!record)
    throw resourceNotFound(
      `The function ${functionArn(world, name, qualifier)} doesn't have an EventInvokeConfig`,
    );
  return record;
}

function eventInvokeConfig(
  world: World,
  name: string,
  qualifier: string,
  record: EventInvokeRecord,
): FunctionEventInvokeConfig {
  const { maximumRetryAttempts, maximumEventAgeSeconds } = record;
  return {
    LastModified: new Date(record.lastModified),
    FunctionArn: functionArn(world, name, qualifier),
    ...(maximumRetryAttempts === undefined ? {} : { MaximumRetryAttempts: maximumRetryAttempts }),
    ...(maximumEventAgeSeconds === undefined
      ? {}
      : { MaximumEventAgeInSeconds: maximumEventAgeSeconds }),
    DestinationConfig: record.destinations,
  };
}
