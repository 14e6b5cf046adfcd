import type { Caller } from "../../call.ts";
import type { Key } from "../../store/store.ts";

/** The account and Region that a log group lies in. */
export type World = Pick<Caller, "account" | "region">;

/*
 * Names live in the keys of groups and streams only. Everything below a group is kept under the group's number, which
 * no other group ever has: a group that is deleted is gone at once, and one created again under its name is empty,
 * while what the old one held is still being cleared away.
 */

/** `{@link LogGroup}` by name. */
export const groupKey = (world: World, name: string): Key => [...groupsKey(world), name];
export const groupsKey = ({ account, region }: World): Key => ["logs", account, region, "group"];

/** The number that the next group or stream of the world gets. */
export const nextNumberKey = ({ account, region }: World): Key => [
  "logs",
  account,
  region,
  "nextNumber",
];

const within = ({ account, region }: World, noun: string, group: number): Key => [
  "logs",
  account,
  region,
  noun,
  group,
];

/** `{@link GroupUse}`: what changes with every batch. */
export const useKey = (world: World, group: number): Key => within(world, "use", group);

/** `{@link LogStream}` by name. */
export const streamsKey = (world: World, group: number): Key => within(world, "stream", group);

/** `true` by the time of the last event, then the stream's name. */
export const streamsByLastEventKey = (world: World, group: number): Key =>
  within(world, "streamByLastEvent", group);

/** `{@link StoredEvent}` by timestamp and sequence number: all of a group's events in order. */
export const timelineKey = (world: World, group: number): Key => within(world, "timeline", group);

/** `true` by the stream's number, timestamp and sequence number: one stream's events in order. */
export const streamTimelinesKey = (world: World, group: number): Key =>
  within(world, "streamTimeline", group);

export const streamTimelineKey = (world: World, group: number, stream: number): Key => [
  ...streamTimelinesKey(world, group),
  stream,
];

export const metricFiltersKey = (world: World, group: number): Key =>
  within(world, "metricFilter", group);

export const subscriptionFiltersKey = (world: World, group: number): Key =>
  within(world, "subscriptionFilter", group);

/** All that lies below a group's number, to clear away. */
export const keysOfGroup = (world: World, group: number): Key[] => [
  useKey(world, group),
  streamsKey(world, group),
  streamsByLastEventKey(world, group),
  streamTimelinesKey(world, group),
  timelineKey(world, group),
  metricFiltersKey(world, group),
  subscriptionFiltersKey(world, group),
];
