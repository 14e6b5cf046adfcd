import type { DeadLetterConfig, EventBus } from "@aws-sdk/client-eventbridge";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { worldOf } from "../../world.ts";
import {
  type Bus,
  type BusPlace,
  busArn,
  busKey,
  busNamed,
  DEFAULT_BUS,
  findBus,
  requireBus,
} from "./bus.ts";
import { policyOf } from "./bus-permission.ts";
import { alreadyExists, invalid, invalidParameter } from "./errors.ts";
import { pageByName } from "./page.ts";
import { rulesOf } from "./rule.ts";
import { checkTags } from "./tags.ts";
import { parseTargetArn } from "./target-service.ts";
import { keyIn } from "./world.ts";

/** Source of both: API reference, CreateEventBus. */
const NAME_LENGTH_MAX = 256;
const DESCRIPTION_LENGTH_MAX = 512;
const NAME_PATTERN = "[/\\.\\-_A-Za-z0-9]+";

/** Makes a custom bus. Throws `ResourceAlreadyExistsException` where there is one of its name. */
export const createEventBus: OperationOf<"eventbridge", "CreateEventBus"> = async (
  { cloud, caller },
  input,
) => {
  new Constraints()
    .required("name", input.Name)
    .length("name", input.Name, { min: 1, max: NAME_LENGTH_MAX })
    .pattern("name", input.Name, NAME_PATTERN)
    .length("description", input.Description, { max: DESCRIPTION_LENGTH_MAX })
    .check("ValidationException");
  const { Name: name = "" } = input;
  if (input.EventSourceName !== undefined)
    throw invalidParameter("EventSourceName", "Flyball has no partner event sources.");
  if (name.includes("/")) throw invalid("Event bus name must not contain '/'.");
  checkDeadLetterConfig(input.DeadLetterConfig);
  const tags = checkTags(input.Tags ?? []);
  const place: BusPlace = { ...worldOf(caller), name };
  const now = cloud.clock.now();
  const bus: Bus = {
    name,
    ...settingsOf(input),
    statements: [],
    tags,
    createdAt: now,
    modifiedAt: now,
  };
  await cloud.store.write((tx) => {
    if (findBus(tx, place)) throw alreadyExists(`Event bus ${name} already exists.`);
    tx.put(busKey(place, name), bus);
  });
  return { EventBusArn: busArn(place), ...told(bus) };
};

/** Changes what is given, and takes off what is not, as AWS's update does. */
export const updateEventBus: OperationOf<"eventbridge", "UpdateEventBus"> = async (
  { cloud, caller },
  input,
) => {
  new Constraints()
    .length("description", input.Description, { max: DESCRIPTION_LENGTH_MAX })
    .check("ValidationException");
  checkDeadLetterConfig(input.DeadLetterConfig);
  const place = busNamed(caller, input.Name);
  const bus = await cloud.store.write((tx) => {
    const { name, statements, tags, createdAt } = requireBus(tx, place);
    const modifiedAt = cloud.clock.now();
    const changed: Bus = { name, statements, tags, createdAt, modifiedAt, ...settingsOf(input) };
    tx.put(busKey(place, name), changed);
    return changed;
  });
  return { Arn: busArn(place), Name: place.name, ...told(bus) };
};

/** Deletes a custom bus; no error where there is none. Throws `ValidationException` while it has rules. */
export const deleteEventBus: OperationOf<"eventbridge", "DeleteEventBus"> = async (
  { cloud, caller },
  input,
) => {
  new Constraints()
    .required("name", input.Name)
    .length("name", input.Name, { min: 1, max: NAME_LENGTH_MAX })
    .check("ValidationException");
  const place = busNamed(caller, input.Name);
  if (place.name === DEFAULT_BUS) throw invalid(`Cannot delete event bus ${DEFAULT_BUS}.`);
  await cloud.store.write((tx) => {
    for (const _rule of rulesOf(tx, place))
      throw invalid(`Event bus ${place.name} can't be deleted since it has rules.`);
    tx.delete(busKey(place, place.name));
  });
  return {};
};

export const describeEventBus: OperationOf<"eventbridge", "DescribeEventBus"> = (
  { cloud, caller },
  input,
) => {
  const place = busNamed(caller, input.Name);
  const bus = cloud.store.read((tx) => requireBus(tx, place));
  return { ...listed(place, bus), ...told(bus) };
};

export const listEventBuses: OperationOf<"eventbridge", "ListEventBuses"> = (
  { cloud, caller },
  input,
) => {
  const world = worldOf(caller);
  const { items, nextToken } = cloud.store.read((tx) => {
    const kept = [...tx.range<Bus>({ prefix: keyIn(world, "bus") })].map(({ value }) => value);
    if (!kept.some(({ name }) => name === DEFAULT_BUS))
      kept.push(requireBus(tx, { ...world, name: DEFAULT_BUS }));
    const buses = kept
      .filter(({ name }) => name.startsWith(input.NamePrefix ?? ""))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
    const wanted = { limit: input.Limit, nextToken: input.NextToken };
    return pageByName(buses, ({ name }) => name, wanted);
  });
  return {
    EventBuses: items.map((bus) => listed({ ...world, name: bus.name }, bus)),
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  };
};

/** What can be set of a bus; a member that was not given is missing. */
function settingsOf(input: {
  readonly Description?: string | undefined;
  readonly KmsKeyIdentifier?: string | undefined;
  readonly DeadLetterConfig?: Bus["deadLetterConfig"] | undefined;
  readonly LogConfig?: Bus["logConfig"] | undefined;
}): Pick<Bus, "description" | "kmsKeyIdentifier" | "deadLetterConfig" | "logConfig"> {
  const { Description, KmsKeyIdentifier, DeadLetterConfig: deadLetters, LogConfig } = input;
  return {
    ...(Description === undefined ? {} : { description: Description }),
    ...(KmsKeyIdentifier === undefined ? {} : { kmsKeyIdentifier: KmsKeyIdentifier }),
    ...(deadLetters === undefined ? {} : { deadLetterConfig: deadLetters }),
    ...(LogConfig === undefined ? {} : { logConfig: LogConfig }),
  };
}

function told({ description, kmsKeyIdentifier, deadLetterConfig, logConfig }: Bus) {
  return {
    Description: description,
    KmsKeyIdentifier: kmsKeyIdentifier,
    DeadLetterConfig: deadLetterConfig,
    LogConfig: logConfig,
  };
}

function listed(place: BusPlace, bus: Bus): EventBus {
  return {
    Name: bus.name,
    Arn: busArn(place),
    Description: bus.description,
    Policy: policyOf(bus),
    // The default bus is as old as its account, and nobody knows how old that is here.
    CreationTime: bus.createdAt === 0 ? undefined : new Date(bus.createdAt),
    LastModifiedTime: bus.modifiedAt === 0 ? undefined : new Date(bus.modifiedAt),
  };
}

function checkDeadLetterConfig(config: DeadLetterConfig | undefined): void {
  if (config?.Arn === undefined || parseTargetArn(config.Arn)?.service === "sqs") return;
  throw invalidParameter("DeadLetterConfig", "The dead-letter queue is not an SQS queue.");
}
