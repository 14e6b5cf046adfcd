import type { ReplayDestination, ReplayState } from "@aws-sdk/client-eventbridge";
import { arn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { DONE, type Owed, type OwedOutcome } from "../../owed.ts";
import type { Entry, KeyPart, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { eventsKey, type Position } from "./archived-event.ts";
import { parseBusArn } from "./bus.ts";
import { notFound } from "./errors.ts";
import { readEvent, withReplayName } from "./event.ts";
import { type Arrival, accept, route } from "./ingest.ts";
import { EVENTS_PRINCIPAL, keyIn } from "./world.ts";

export const REPLAY = "eventbridge:replay";

/** Source: EventBridge user guide, "Replaying archived events": by the time of the events, a minute after another. */
const INTERVAL_MS = 60_000;
/** How many events are sent again in one transaction; a minute with more takes several. */
const EVENTS_PER_STEP_MAX = 200;

/** The events of a time, from an archive, sent to their bus once more. */
export interface Replay {
  readonly name: string;
  readonly description?: string;
  readonly archiveName: string;
  readonly archiveArn: string;
  readonly destination: ReplayDestination;
  readonly state: ReplayState;
  /** All times in milliseconds since 1970. The first and the last event's: */
  readonly eventStart: number;
  readonly eventEnd: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** The place of the event that was sent last. */
  readonly reached?: Position;
}

export function replayKey(world: World, name: string): KeyPart[] {
  return keyIn(world, "replay", name);
}

export function replayArn({ account, region }: World, name: string): string {
  return arn("events", region, account, `replay/${name}`);
}

export function requireReplay(tx: ReadTransaction, world: World, name: string): Replay {
  const replay = tx.get<Replay>(replayKey(world, name));
  if (!replay) throw notFound(`Replay ${name} does not exist.`);
  return replay;
}

/** In the order of their names. */
export function* replaysOf(tx: ReadTransaction, world: World): Generator<Replay> {
  for (const { value } of tx.range<Replay>({ prefix: keyIn(world, "replay") })) yield value;
}

/** Owes a replay its running, from the moment that the transaction commits. */
export function oweReplay(cloud: Cloud, tx: WriteTransaction, world: World, name: string): void {
  const caller: Caller = { ...world, principal: EVENTS_PRINCIPAL, source: replayArn(world, name) };
  cloud.owed.add<string>(tx, { kind: REPLAY, caller, payload: name });
}

/** One step of a replay: what was sent, and how far that is, is written in one transaction. */
export async function replayOn(cloud: Cloud, owed: Owed<string>): Promise<OwedOutcome> {
  const { account, region } = owed.caller;
  const world = { account, region };
  const name = owed.payload;
  const goesOn = await cloud.activity.track(step(cloud, world, name));
  return goesOn ? { done: false, againAt: cloud.clock.now() } : DONE;
}

async function step(cloud: Cloud, world: World, name: string): Promise<boolean> {
  const replay = cloud.store.read((tx) => tx.get<Replay>(replayKey(world, name)));
  switch (replay?.state) {
    case "STARTING":
      return turn(cloud, world, replay, { state: "RUNNING" });
    case "RUNNING":
      return sendNext(cloud, world, replay);
    case "CANCELLING":
      return turn(cloud, world, replay, { state: "CANCELLED", endedAt: cloud.clock.now() });
    default:
      return false;
  }
}

async function sendNext(cloud: Cloud, world: World, replay: Replay): Promise<boolean> {
  const next = cloud.store.read((tx) => nextEvents(tx, world, replay));
  const last = next.at(-1);
  if (!last) return turn(cloud, world, replay, { state: "COMPLETED", endedAt: cloud.clock.now() });
  const routed = next.flatMap(({ value }) => {
    const arrival = arrivalOf(replay, value);
    return arrival ? [route(cloud, arrival)] : [];
  });
  return turn(cloud, world, replay, { reached: positionOf(last) }, (tx) => {
    for (const one of routed) accept(cloud, tx, one);
  });
}

/** Changes a replay unless it has changed meanwhile, and says whether there is more to do for it. */
function turn(
  cloud: Cloud,
  world: World,
  before: Replay,
  change: Partial<Replay>,
  also?: (tx: WriteTransaction) => void,
): Promise<boolean> {
  return cloud.store.write((tx) => {
    const now = requireReplay(tx, world, before.name);
    if (now.state !== before.state) return true;
    const after: Replay = { ...now, ...change };
    tx.put(replayKey(world, before.name), after);
    also?.(tx);
    return after.endedAt === undefined;
  });
}

function nextEvents(tx: ReadTransaction, world: World, replay: Replay): Entry<string>[] {
  const { archiveName, eventStart, eventEnd, reached } = replay;
  const prefix = eventsKey(world, archiveName);
  const from = reached === undefined ? [eventStart] : [reached[0], reached[1] + 1];
  const limit = EVENTS_PER_STEP_MAX;
  // An event's time is kept to the second, so the last second is in.
  const events = [...tx.range<string>({ prefix, from, to: [eventEnd + 1], limit })];
  const [first] = events;
  if (!first) return [];
  const minuteEnd = (Math.floor(positionOf(first)[0] / INTERVAL_MS) + 1) * INTERVAL_MS;
  return events.filter((event) => positionOf(event)[0] < minuteEnd);
}

function positionOf({ key }: Entry<string>): Position {
  // The last two parts of an archived event's key.
  return key.slice(-2) as unknown as Position;
}

function arrivalOf({ name, destination }: Replay, text: string): Arrival | undefined {
  const bus = parseBusArn(destination.Arn ?? "");
  if (!bus) return undefined;
  const { FilterArns: onlyRules = [] } = destination;
  return {
    bus,
    written: withReplayName(readEvent(text), name),
    traceHeader: undefined,
    forwarded: false,
    replayed: true,
    ...(onlyRules.length === 0 ? {} : { onlyRules }),
  };
}
