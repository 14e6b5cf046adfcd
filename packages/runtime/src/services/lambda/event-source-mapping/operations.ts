import { randomUUID } from "node:crypto";
import type { CreateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import { parseArn } from "../../../arn.ts";
import type { Call } from "../../../call.ts";
import { Constraints } from "../../../constraints.ts";
import { isServiceError, ServiceError } from "../../../errors.ts";
import { takePage } from "../../../page.ts";
import type { OperationOf, OperationTable } from "../../../service.ts";
import type { WriteTransaction } from "../../../store/store.ts";
import { invalidParameter, resourceConflict } from "../errors.ts";
import { functionArn } from "../names.ts";
import { decodeMarker } from "../page.ts";
import { checkTags } from "../tags.ts";
import {
  existingMapping,
  type Mapping,
  type MappingSettings,
  type MappingState,
  mappingKey,
  mappingsOf,
  toConfiguration,
  USER_INITIATED,
} from "./mapping.ts";
import { pollersOf } from "./pollers.ts";
import { changedSettings, defaultSettings } from "./settings.ts";
import type { EventSource } from "./source.ts";
import { sourceOf } from "./sources.ts";
import { sqsSource } from "./sqs-source.ts";
import { startingPosition } from "./stream-settings.ts";

/** ListEventSourceMappings: "a maximum of 100 items in each response, even if you set the number higher". */
const LIST_ITEMS_MAX = 100;
const LIST_MAX_ITEMS_BOUND = 10_000;

interface MappedFunction {
  readonly arn: string;
  readonly timeoutSeconds: number;
}

/** Throws `InvalidParameterValueException` where there is no such function. */
async function mappedFunction(
  { cloud, caller }: Call,
  name: string | undefined,
): Promise<MappedFunction> {
  try {
    const configuration = await cloud.call(caller, "lambda", "GetFunctionConfiguration", {
      FunctionName: name,
    });
    return { arn: configuration.FunctionArn!, timeoutSeconds: configuration.Timeout ?? 3 };
  } catch (error) {
    if (isServiceError(error, "ResourceNotFoundException"))
      throw invalidParameter("Function does not exist");
    throw error;
  }
}

/** Makes a mapping and starts to read its source. Answers in the state `Creating`. */
const createEventSourceMapping: OperationOf<"lambda", "CreateEventSourceMapping"> = async (
  call,
  input,
) => {
  const { EventSourceArn: eventSourceArn, FunctionName } = input;
  new Constraints().required("functionName", FunctionName).check("ValidationException");
  if (eventSourceArn === undefined) throw invalidParameter("Unrecognized event source.");
  const source = sourceOf(eventSourceArn);
  if (input.StartingPosition !== undefined && source === sqsSource)
    throw invalidParameter("StartingPosition is not valid for SQS event sources.");
  const settings = settingsAtFirst(changedSettings(defaultSettings(source), input, source), input);
  checkTags(input.Tags);
  const target = await mappedFunction(call, FunctionName);
  const { account, region } = call.caller;
  checkRegion(eventSourceArn, region);
  await source.check(call, {
    eventSourceArn,
    settings,
    functionTimeoutSeconds: target.timeoutSeconds,
  });
  const mapping: Mapping = {
    uuid: randomUUID(),
    account,
    region,
    eventSourceArn,
    functionArn: target.arn,
    settings,
    state: "Creating",
    stateTransitionReason: USER_INITIATED,
    lastModified: call.cloud.clock.now(),
    ...(settings.stream && { lastProcessingResult: "No records processed" }),
    tags: input.Tags ?? {},
  };
  return call.cloud.store.write((tx) => {
    refuseDouble(tx, mapping);
    return putAndSettle(call, tx, mapping);
  });
};

/** A stream is read from a position that is given when the mapping is made, and only then. */
function settingsAtFirst(
  settings: MappingSettings,
  input: CreateEventSourceMappingRequest,
): MappingSettings {
  const { stream } = settings;
  if (!stream) return settings;
  const position = startingPosition(input, input.EventSourceArn ?? "");
  return { ...settings, stream: { ...stream, startingPosition: position } };
}

/** The mapping of a UUID. */
const getEventSourceMapping: OperationOf<"lambda", "GetEventSourceMapping"> = (call, { UUID }) => {
  const uuid = required(UUID);
  return call.cloud.store.read((tx) => toConfiguration(existingMapping(tx, call.caller, uuid)));
};

/** Changes what the request names. Answers in the state that leads to the new one. */
const updateEventSourceMapping: OperationOf<"lambda", "UpdateEventSourceMapping"> = async (
  call,
  input,
) => {
  const { cloud, caller } = call;
  const uuid = required(input.UUID);
  const before = cloud.store.read((tx) => existingMapping(tx, caller, uuid));
  refuseBusy(before, "update");
  const source: EventSource = sourceOf(before.eventSourceArn);
  const settings = changedSettings(before.settings, input, source);
  const target = await mappedFunction(call, input.FunctionName ?? before.functionArn);
  await source.check(call, {
    eventSourceArn: before.eventSourceArn,
    settings,
    functionTimeoutSeconds: target.timeoutSeconds,
  });
  return cloud.store.write((tx) => {
    const current = existingMapping(tx, caller, uuid);
    refuseBusy(current, "update");
    const mapping: Mapping = {
      ...current,
      functionArn: target.arn,
      settings,
      state: stateTowards(current.settings.enabled, settings.enabled),
      stateTransitionReason: USER_INITIATED,
      lastModified: cloud.clock.now(),
    };
    refuseDouble(tx, mapping);
    return putAndSettle(call, tx, mapping);
  });
};

/** Stops reading and forgets the mapping. Answers in the state `Deleting`. */
const deleteEventSourceMapping: OperationOf<"lambda", "DeleteEventSourceMapping"> = (
  call,
  { UUID },
) => {
  const uuid = required(UUID);
  return call.cloud.store.write((tx) => {
    const current = existingMapping(tx, call.caller, uuid);
    refuseBusy(current, "delete");
    const lastModified = call.cloud.clock.now();
    return putAndSettle(call, tx, { ...current, state: "Deleting", lastModified });
  });
};

/** Mappings by function, by source, by both, or all of the account in the Region. */
const listEventSourceMappings: OperationOf<"lambda", "ListEventSourceMappings"> = async (
  call,
  { EventSourceArn, FunctionName, Marker, MaxItems = LIST_ITEMS_MAX },
) => {
  const { cloud, caller } = call;
  new Constraints()
    .range("maxItems", MaxItems, { min: 1, max: LIST_MAX_ITEMS_BOUND })
    .check("ValidationException");
  const limit = Math.min(MaxItems, LIST_ITEMS_MAX);
  const after = decodeMarker(Marker);
  const listedFunctionArn =
    FunctionName === undefined ? undefined : await listedArn(call, FunctionName);
  return cloud.store.read((tx) => {
    const listed = mappingsOf(tx, caller, after).filter(
      (mapping) =>
        (EventSourceArn === undefined || mapping.eventSourceArn === EventSourceArn) &&
        (listedFunctionArn === undefined || mapping.functionArn === listedFunctionArn),
    );
    const { items, nextToken } = takePage(listed, limit, ({ uuid }) => uuid);
    return {
      EventSourceMappings: items.map(toConfiguration),
      ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
    };
  });
};

/** The operations of event source mappings, for the table of the service. */
export const eventSourceMappingOperations = {
  CreateEventSourceMapping: createEventSourceMapping,
  GetEventSourceMapping: getEventSourceMapping,
  UpdateEventSourceMapping: updateEventSourceMapping,
  DeleteEventSourceMapping: deleteEventSourceMapping,
  ListEventSourceMappings: listEventSourceMappings,
} satisfies OperationTable<"lambda">;

function putAndSettle({ cloud }: Call, tx: WriteTransaction, mapping: Mapping) {
  tx.put(mappingKey(mapping), mapping);
  tx.afterCommit(() => cloud.derived(pollersOf).settle(mapping));
  return toConfiguration(mapping);
}

function stateTowards(wasEnabled: boolean, enabled: boolean): MappingState {
  if (wasEnabled === enabled) return "Updating";
  return enabled ? "Enabling" : "Disabling";
}

function refuseDouble(tx: WriteTransaction, mapping: Mapping): void {
  for (const other of mappingsOf(tx, mapping)) {
    if (other.uuid === mapping.uuid) continue;
    if (other.eventSourceArn !== mapping.eventSourceArn) continue;
    if (other.functionArn !== mapping.functionArn) continue;
    const functionName = mapping.functionArn.split(":").slice(6).join(":");
    throw resourceConflict(
      `The event source arn (" ${mapping.eventSourceArn} ") and function (" ${functionName} ") provided mapping already exists. Please update or delete the existing mapping with UUID ${other.uuid}`,
    );
  }
}

function refuseBusy({ state }: Mapping, verb: "update" | "delete"): void {
  if (state === "Enabled" || state === "Disabled") return;
  throw new ServiceError(
    "ResourceInUseException",
    `Cannot ${verb} the event source mapping because it is in use.`,
    { fields: { Type: "User" } },
  );
}

/** A queue is read from its own Region only. */
function checkRegion(eventSourceArn: string, region: string): void {
  if (parseArn(eventSourceArn)?.region === region) return;
  throw invalidParameter(
    `Unrecognized event source, must be in the Region ${region}. Unsupported arn ${eventSourceArn}`,
  );
}

/** The ARN that a name stands for; a function that is gone may have left mappings behind. */
async function listedArn(call: Call, name: string): Promise<string> {
  try {
    return (await mappedFunction(call, name)).arn;
  } catch (error) {
    if (!isServiceError(error, "InvalidParameterValueException")) throw error;
    const bare = name.replace(/^(?:.*:)?function:/, "");
    return functionArn(call.caller, bare);
  }
}

function required(uuid: string | undefined): string {
  new Constraints().required("uUID", uuid).check("ValidationException");
  return uuid ?? "";
}
