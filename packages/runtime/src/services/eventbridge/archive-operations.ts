import type { Archive as ListedArchive } from "@aws-sdk/client-eventbridge";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import { type World, worldOf } from "../../world.ts";
import {
  type Archive,
  archiveArn,
  archiveKey,
  archivesOf,
  findArchive,
  requireArchive,
} from "./archive.ts";
import { archiveIndex, deleteEvents, purgeAll, sizeOfArchive } from "./archived-event.ts";
import { busArn, parseBusArn, requireBus } from "./bus.ts";
import { alreadyExists, invalid, invalidParameter } from "./errors.ts";
import { parseEventPattern } from "./event-pattern.ts";
import { pageByName } from "./page.ts";

/** Source of these: API reference, CreateArchive. */
const NAME_LENGTH_MAX = 48;
const NAME_PATTERN = "[\\.\\-_A-Za-z0-9]+";
const DESCRIPTION_LENGTH_MAX = 512;
const STATES = [
  "ENABLED",
  "DISABLED",
  "CREATING",
  "UPDATING",
  "CREATE_FAILED",
  "UPDATE_FAILED",
] as const;

/** An archive is ready when it is made. */
const STATE = "ENABLED";

export const createArchive: OperationOf<"eventbridge", "CreateArchive"> = async (
  { cloud, caller },
  input,
) => {
  checkMembers(input).required("eventSourceArn", input.EventSourceArn).check("ValidationException");
  const { ArchiveName: name = "", EventSourceArn: sourceArn = "" } = input;
  const bus = parseBusArn(sourceArn);
  if (!bus) throw invalidParameter("EventSourceArn", "It is not the ARN of an event bus.");
  const eventPattern = input.EventPattern || undefined;
  if (eventPattern !== undefined) parseEventPattern(eventPattern);
  const archive: Archive = {
    name,
    eventSourceArn: busArn(bus),
    ...settingsOf({ ...input, EventPattern: eventPattern }),
    retentionDays: input.RetentionDays ?? 0,
    createdAt: cloud.clock.now(),
  };
  const world = worldOf(caller);
  await cloud.store.write((tx) => {
    requireBus(tx, bus);
    if (findArchive(tx, world, name)) throw alreadyExists(`Archive ${name} already exists.`);
    tx.put(archiveKey(world, name), archive);
    tx.afterCommit(() => cloud.derived(archiveIndex).forget(archive.eventSourceArn));
  });
  return answer(world, archive);
};

/** Changes what is given, and leaves the rest. Throws `ResourceNotFoundException`, where AWS fails internally. */
export const updateArchive: OperationOf<"eventbridge", "UpdateArchive"> = async (
  { cloud, caller },
  input,
) => {
  checkMembers(input).check("ValidationException");
  const { ArchiveName: name = "" } = input;
  if (input.EventPattern) parseEventPattern(input.EventPattern);
  const world = worldOf(caller);
  const archive = await cloud.store.write((tx) => {
    const before = requireArchive(tx, world, name);
    const changed: Archive = {
      ...before,
      ...settingsOf(input),
      retentionDays: input.RetentionDays ?? before.retentionDays,
    };
    tx.put(archiveKey(world, name), changed);
    tx.afterCommit(() => cloud.derived(archiveIndex).forget(changed.eventSourceArn));
    return changed;
  });
  return answer(world, archive);
};

/** Deletes an archive with its events. */
export const deleteArchive: OperationOf<"eventbridge", "DeleteArchive"> = async (
  { cloud, caller },
  input,
) => {
  new Constraints().required("archiveName", input.ArchiveName).check("ValidationException");
  const { ArchiveName: name = "" } = input;
  const world = worldOf(caller);
  await cloud.store.write((tx) => {
    const { eventSourceArn } = requireArchive(tx, world, name);
    tx.delete(archiveKey(world, name));
    deleteEvents(tx, world, name);
    tx.afterCommit(() => cloud.derived(archiveIndex).forget(eventSourceArn));
  });
  return {};
};

export const describeArchive: OperationOf<"eventbridge", "DescribeArchive"> = async (
  { cloud, caller },
  input,
) => {
  new Constraints().required("archiveName", input.ArchiveName).check("ValidationException");
  const { ArchiveName: name = "" } = input;
  const world = worldOf(caller);
  await purgeAll(cloud, world, name);
  return cloud.store.read((tx) => {
    const archive = requireArchive(tx, world, name);
    return {
      ...listed(tx, world, archive),
      ArchiveArn: archiveArn(world, name),
      Description: archive.description,
      EventPattern: archive.eventPattern,
      KmsKeyIdentifier: archive.kmsKeyIdentifier,
    };
  });
};

export const listArchives: OperationOf<"eventbridge", "ListArchives"> = async (
  { cloud, caller },
  input,
) => {
  const { NamePrefix: prefix = "", EventSourceArn: sourceArn, State: state } = input;
  new Constraints().oneOf("state", state, STATES).check("ValidationException");
  const filters = [input.NamePrefix, sourceArn, state].filter((filter) => filter !== undefined);
  if (filters.length > 1)
    throw invalid(
      "At most one filter is allowed for ListArchives. Use one of : State, EventSourceArn, or NamePrefix.",
    );
  const world = worldOf(caller);
  return cloud.store.read((tx) => {
    const bus = sourceArn === undefined ? undefined : parseBusArn(sourceArn);
    if (bus) requireBus(tx, bus);
    const archives = [...archivesOf(tx, world)].filter(
      ({ name, eventSourceArn }) =>
        name.startsWith(prefix) &&
        (sourceArn === undefined || eventSourceArn === sourceArn) &&
        (state === undefined || state === STATE),
    );
    const wanted = { limit: input.Limit, nextToken: input.NextToken };
    const { items, nextToken } = pageByName(archives, ({ name }) => name, wanted);
    return {
      Archives: items.map((archive) => listed(tx, world, archive)),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  });
};

function checkMembers(input: {
  readonly ArchiveName?: string | undefined;
  readonly Description?: string | undefined;
  readonly RetentionDays?: number | undefined;
}): Constraints {
  return new Constraints()
    .required("archiveName", input.ArchiveName)
    .length("archiveName", input.ArchiveName, { min: 1, max: NAME_LENGTH_MAX })
    .pattern("archiveName", input.ArchiveName, NAME_PATTERN)
    .length("description", input.Description, { max: DESCRIPTION_LENGTH_MAX })
    .range("retentionDays", input.RetentionDays, { min: 0 });
}

function settingsOf(input: {
  readonly Description?: string | undefined;
  readonly EventPattern?: string | undefined;
  readonly KmsKeyIdentifier?: string | undefined;
}): Pick<Archive, "description" | "eventPattern" | "kmsKeyIdentifier"> {
  const { Description, EventPattern, KmsKeyIdentifier } = input;
  return {
    ...(Description === undefined ? {} : { description: Description }),
    ...(EventPattern === undefined ? {} : { eventPattern: EventPattern }),
    ...(KmsKeyIdentifier === undefined ? {} : { kmsKeyIdentifier: KmsKeyIdentifier }),
  };
}

function answer(world: World, { name, createdAt }: Archive) {
  return {
    ArchiveArn: archiveArn(world, name),
    CreationTime: new Date(createdAt),
    State: STATE,
  } as const;
}

function listed(tx: ReadTransaction, world: World, archive: Archive): ListedArchive {
  const { events, bytes } = sizeOfArchive(tx, world, archive.name);
  return {
    ArchiveName: archive.name,
    EventSourceArn: archive.eventSourceArn,
    State: STATE,
    RetentionDays: archive.retentionDays,
    SizeBytes: bytes,
    EventCount: events,
    CreationTime: new Date(archive.createdAt),
  };
}
