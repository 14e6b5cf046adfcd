import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { decodePageToken, entriesAfter, isKeyOfNames, takePage } from "../../page.ts";
import type { OperationOf } from "../../service.ts";
import type { Entry } from "../../store/store.ts";
import { worldOf } from "../../world.ts";
import { alreadyExists, invalid } from "./errors.ts";
import type { Timing } from "./expression.ts";
import { requireGroup } from "./group.ts";
import { nextOccurrence } from "./occurrence.ts";
import {
  deleteSchedule as deleteRecord,
  putSchedule,
  requireSchedule,
  type Schedule,
  type ScheduleId,
  scheduleArn,
  scheduleKey,
  schedulesKey,
  shownSchedule,
  summaryOf,
} from "./schedule.ts";
import { scheduleClock } from "./schedule-clock.ts";
import { checkStartDate, type Settings, scheduleIdOf, settingsOf } from "./settings.ts";

/** Source: API reference, ListSchedules. */
const PER_PAGE_MAX = 100;
/** Before everything: what was never due is due for the first time. */
const NEVER = Number.NEGATIVE_INFINITY;

/** Throws `ConflictException` for a name that is taken, unless the same request comes again with its token. */
export const createSchedule: OperationOf<"scheduler", "CreateSchedule"> = async (call, input) => {
  const { cloud, caller } = call;
  const id = scheduleIdOf(worldOf(caller), input);
  const now = cloud.clock.now();
  const settings = await settingsOf(input, now);
  checkStartDate(settings.timing, now);
  const { ClientToken: clientToken } = input;
  await cloud.store.write((tx) => {
    requireGroup(tx, id, id.group);
    const existing = tx.get<Schedule>(scheduleKey(id));
    if (existing) {
      if (clientToken !== undefined && existing.clientToken === clientToken) return;
      throw alreadyExists(`Schedule ${id.name}`);
    }
    const created = { ...scheduleOf(call, id, settings), createdAt: now, modifiedAt: now };
    const token = clientToken === undefined ? {} : { clientToken };
    putSchedule(tx, withNext({ ...created, ...token }, NEVER));
    tx.afterCommit(() => cloud.derived(scheduleClock).look());
  });
  return { ScheduleArn: scheduleArn(id) };
};

/**
 * Replaces all of a schedule's settings: what is left out takes its default. A timing that stays the same keeps its
 * rhythm; another one begins anew. Source: API reference, UpdateSchedule.
 */
export const updateSchedule: OperationOf<"scheduler", "UpdateSchedule"> = async (call, input) => {
  const { cloud, caller } = call;
  const id = scheduleIdOf(worldOf(caller), input);
  const now = cloud.clock.now();
  const settings = await settingsOf(input, now);
  await cloud.store.write((tx) => {
    const before = requireSchedule(tx, id);
    const kept = isSameTiming(before.timing, settings.timing);
    if (!kept) checkStartDate(settings.timing, now);
    const { clientToken, createdAt } = before;
    const updated: Schedule = {
      ...scheduleOf(call, id, kept ? { ...settings, timing: before.timing } : settings),
      createdAt,
      modifiedAt: now,
      ...(clientToken === undefined ? {} : { clientToken }),
    };
    const after = kept ? (before.next ? before.next.scheduledAt - 1 : now) : NEVER;
    putSchedule(tx, withNext(updated, after));
    tx.afterCommit(() => cloud.derived(scheduleClock).look());
  });
  return { ScheduleArn: scheduleArn(id) };
};

export const getSchedule: OperationOf<"scheduler", "GetSchedule"> = ({ cloud, caller }, input) => {
  const id = scheduleIdOf(worldOf(caller), input);
  return shownSchedule(cloud.store.read((tx) => requireSchedule(tx, id)));
};

/** Source: API reference, DeleteSchedule: `groupName` is the default group's where it is left out. */
export const deleteSchedule: OperationOf<"scheduler", "DeleteSchedule"> = async (
  { cloud, caller },
  input,
) => {
  const id = scheduleIdOf(worldOf(caller), input);
  await cloud.store.write((tx) => {
    requireSchedule(tx, id);
    deleteRecord(tx, id);
  });
  return {};
};

export const listSchedules: OperationOf<"scheduler", "ListSchedules"> = (
  { cloud, caller },
  input,
) => {
  const { GroupName: group, NamePrefix = "", State, MaxResults, NextToken } = input;
  new Constraints()
    .length("groupName", group, { min: 1, max: 64 })
    .length("namePrefix", input.NamePrefix, { min: 1, max: 64 })
    .oneOf("state", State, ["ENABLED", "DISABLED"])
    .range("maxResults", MaxResults, { min: 1, max: PER_PAGE_MAX })
    .check("ValidationException");
  const world = worldOf(caller);
  const after = decodePageToken(NextToken, isKeyOfNames, () => invalid("Invalid NextToken."));
  return cloud.store.read((tx) => {
    if (group !== undefined) requireGroup(tx, world, group);
    const prefix = schedulesKey(world, group);
    const entries = entriesAfter<Schedule>(tx, prefix, after);
    const { items, nextToken } = takePage(
      matching(entries, NamePrefix, State),
      MaxResults ?? PER_PAGE_MAX,
      (schedule) => (group === undefined ? [schedule.group, schedule.name] : [schedule.name]),
    );
    return { Schedules: items.map(summaryOf), ...(nextToken && { NextToken: nextToken }) };
  });
};

function* matching(
  entries: Iterable<Entry<Schedule>>,
  namePrefix: string,
  state: string | undefined,
): Generator<Schedule> {
  for (const { value } of entries)
    if (value.name.startsWith(namePrefix) && (state === undefined || value.state === state))
      yield value;
}

function scheduleOf(
  { caller }: Call,
  id: ScheduleId,
  settings: Settings,
): Omit<Schedule, "createdAt" | "modifiedAt"> {
  const { traceHeader } = caller;
  return { ...id, ...settings, ...(traceHeader === undefined ? {} : { traceHeader }) };
}

function withNext(schedule: Schedule, after: number): Schedule {
  const next = nextOccurrence(schedule, after);
  return next ? { ...schedule, next } : schedule;
}

/** Where no start date is given, when it was set makes no other timing. */
function isSameTiming(left: Timing, right: Timing): boolean {
  return (
    left.expression === right.expression &&
    left.timeZone === right.timeZone &&
    left.startDate === right.startDate &&
    left.endDate === right.endDate
  );
}
