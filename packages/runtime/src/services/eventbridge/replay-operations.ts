import type { Replay as ListedReplay } from "@aws-sdk/client-eventbridge";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import { worldOf } from "../../world.ts";
import { type Archive, findArchive } from "./archive.ts";
import { parseBusArn, requireBus } from "./bus.ts";
import { alreadyExists, invalid, invalidParameter, limitExceeded } from "./errors.ts";
import { pageByName } from "./page.ts";
import {
  oweReplay,
  type Replay,
  replayArn,
  replayKey,
  replaysOf,
  requireReplay,
} from "./replay.ts";

/** Source of these: API reference, StartReplay. */
const NAME_LENGTH_MAX = 64;
const NAME_PATTERN = "[\\.\\-_A-Za-z0-9]+";
const DESCRIPTION_LENGTH_MAX = 512;
const FILTER_ARNS_MAX = 300;
/** Source: EventBridge user guide, "EventBridge quotas", "Number of concurrent replays". */
const ACTIVE_REPLAYS_MAX = 10;
const STATES = ["STARTING", "RUNNING", "CANCELLING", "COMPLETED", "CANCELLED", "FAILED"];
const ACTIVE_STATES = ["STARTING", "RUNNING", "CANCELLING"];

type StartReplayInput = Parameters<OperationOf<"eventbridge", "StartReplay">>[1];

export const startReplay: OperationOf<"eventbridge", "StartReplay"> = async (
  { cloud, caller },
  input,
) => {
  checkMembers(input);
  const {
    ReplayName: name = "",
    Destination: destination,
    EventSourceArn: archiveArn = "",
  } = input;
  const bus = parseBusArn(destination?.Arn ?? "");
  const archiveName = /:archive\/(.+)$/.exec(archiveArn)?.[1];
  if (!bus || !destination)
    throw invalidParameter("Destination.Arn", "Must contain an event bus ARN.");
  if (archiveName === undefined)
    throw invalidParameter("EventSourceArn", "Must contain an archive ARN.");
  // As events have their times to the second, the first second is in.
  const eventStart = Math.floor((input.EventStartTime?.getTime() ?? 0) / 1000) * 1000;
  const eventEnd = input.EventEndTime?.getTime() ?? 0;
  if (eventStart >= eventEnd)
    throw invalidParameter("EventEndTime", "EventStartTime must be before EventEndTime.");
  const world = worldOf(caller);
  const replay: Replay = {
    name,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    archiveName,
    archiveArn,
    destination,
    state: "STARTING",
    eventStart,
    eventEnd,
    startedAt: cloud.clock.now(),
  };
  await cloud.store.write((tx) => {
    requireBus(tx, bus);
    checkArchive(findArchive(tx, world, archiveName), archiveName, destination.Arn);
    const replays = [...replaysOf(tx, world)];
    if (replays.some((other) => other.name === name))
      throw alreadyExists(`Replay ${name} already exists.`);
    const active = replays.filter(({ state }) => ACTIVE_STATES.includes(state));
    if (active.length >= ACTIVE_REPLAYS_MAX) throw limitExceeded();
    tx.put(replayKey(world, name), replay);
    oweReplay(cloud, tx, world, name);
  });
  return {
    ReplayArn: replayArn(world, name),
    ReplayStartTime: new Date(replay.startedAt),
    State: replay.state,
  };
};

function checkMembers(input: StartReplayInput): void {
  new Constraints()
    .required("replayName", input.ReplayName)
    .length("replayName", input.ReplayName, { min: 1, max: NAME_LENGTH_MAX })
    .pattern("replayName", input.ReplayName, NAME_PATTERN)
    .length("description", input.Description, { max: DESCRIPTION_LENGTH_MAX })
    .required("eventSourceArn", input.EventSourceArn)
    .required("eventStartTime", input.EventStartTime)
    .required("eventEndTime", input.EventEndTime)
    .required("destination", input.Destination)
    .length("destination.filterArns", input.Destination?.FilterArns, { max: FILTER_ARNS_MAX })
    .check("ValidationException");
}

function checkArchive(
  archive: Archive | undefined,
  name: string,
  destinationArn: string | undefined,
): void {
  if (!archive) throw invalidParameter("EventSourceArn", `Archive ${name} does not exist.`);
  if (archive.eventSourceArn !== destinationArn)
    throw invalidParameter("Destination.Arn", "Cross event bus replay is not permitted.");
}

/** Throws `IllegalStatusException` for a replay that is neither starting nor running. */
export const cancelReplay: OperationOf<"eventbridge", "CancelReplay"> = async (
  { cloud, caller },
  input,
) => {
  new Constraints().required("replayName", input.ReplayName).check("ValidationException");
  const { ReplayName: name = "" } = input;
  const world = worldOf(caller);
  await cloud.store.write((tx) => {
    const replay = requireReplay(tx, world, name);
    if (replay.state !== "STARTING" && replay.state !== "RUNNING")
      throw new ServiceError(
        "IllegalStatusException",
        `Replay ${name} is not in a valid state for this operation.`,
      );
    tx.put<Replay>(replayKey(world, name), { ...replay, state: "CANCELLING" });
  });
  return { ReplayArn: replayArn(world, name), State: "CANCELLING" };
};

export const describeReplay: OperationOf<"eventbridge", "DescribeReplay"> = (
  { cloud, caller },
  input,
) => {
  new Constraints().required("replayName", input.ReplayName).check("ValidationException");
  const world = worldOf(caller);
  const replay = cloud.store.read((tx) => requireReplay(tx, world, input.ReplayName ?? ""));
  return {
    ...listed(replay),
    ReplayArn: replayArn(world, replay.name),
    Description: replay.description,
    Destination: replay.destination,
  };
};

export const listReplays: OperationOf<"eventbridge", "ListReplays"> = (
  { cloud, caller },
  input,
) => {
  const { NamePrefix: prefix = "", State: state, EventSourceArn: archiveArn } = input;
  new Constraints().oneOf("state", state, STATES).check("ValidationException");
  const filters = [input.NamePrefix, state, archiveArn].filter((filter) => filter !== undefined);
  if (filters.length > 1)
    throw invalid(
      "At most one filter is allowed for ListReplays. Use one of : State, EventSourceArn, or NamePrefix.",
    );
  const { items, nextToken } = cloud.store.read((tx) => {
    const replays = [...replaysOf(tx, worldOf(caller))].filter(
      (replay) =>
        replay.name.startsWith(prefix) &&
        (state === undefined || replay.state === state) &&
        (archiveArn === undefined || replay.archiveArn === archiveArn),
    );
    const wanted = { limit: input.Limit, nextToken: input.NextToken };
    return pageByName(replays, ({ name }) => name, wanted);
  });
  return {
    Replays: items.map(listed),
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  };
};

function listed(replay: Replay): ListedReplay {
  const { reached, endedAt } = replay;
  return {
    ReplayName: replay.name,
    EventSourceArn: replay.archiveArn,
    State: replay.state,
    EventStartTime: new Date(replay.eventStart),
    EventEndTime: new Date(replay.eventEnd),
    EventLastReplayedTime: reached === undefined ? undefined : new Date(reached[0]),
    ReplayStartTime: new Date(replay.startedAt),
    ReplayEndTime: endedAt === undefined ? undefined : new Date(endedAt),
  };
}
