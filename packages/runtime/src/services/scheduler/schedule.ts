import type {
  ActionAfterCompletion,
  FlexibleTimeWindow,
  GetScheduleOutput,
  ScheduleState,
  ScheduleSummary,
  Target,
} from "@aws-sdk/client-scheduler";
import { arn } from "../../arn.ts";
import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { doesNotExist } from "./errors.ts";
import type { Timing } from "./expression.ts";
import { keyIn } from "./world.ts";

/** What tells one schedule from all others. */
export interface ScheduleId extends World {
  readonly group: string;
  readonly name: string;
}

/** A schedule, as the store keeps it. */
export interface Schedule extends ScheduleId {
  readonly timing: Timing;
  readonly description?: string;
  readonly state: ScheduleState;
  readonly flexibleTimeWindow: FlexibleTimeWindow;
  readonly target: Target;
  readonly actionAfterCompletion: ActionAfterCompletion;
  readonly kmsKeyArn?: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** The token with which it was created: who comes with it again means the same schedule. */
  readonly clientToken?: string;
  /** The trace header of who set it: its invocations go on with that chain of requests. */
  readonly traceHeader?: string;
  /** When it invokes its target next; undefined where it does not. */
  readonly next?: Occurrence;
}

export interface Occurrence {
  /** When the expression says. */
  readonly scheduledAt: number;
  /** When the target is invoked: later by as much as its flexible time window has it. */
  readonly dueAt: number;
}

export function scheduleArn({ account, region, group, name }: ScheduleId): string {
  return arn("scheduler", region, account, `schedule/${group}/${name}`);
}

export function schedulesKey(world: World, group?: string): Key {
  return group === undefined ? keyIn(world, "schedule") : keyIn(world, "schedule", group);
}

export function scheduleKey({ group, name, ...world }: ScheduleId): Key {
  return keyIn(world, "schedule", group, name);
}

/** All schedules that have something to come, the next one first, whatever their world. */
export const DUE: Key = ["scheduler", "due"];

export function dueKey({ account, region, group, name }: ScheduleId, { dueAt }: Occurrence): Key {
  return [...DUE, dueAt, account, region, group, name];
}

/** Throws `ResourceNotFoundException`. */
export function requireSchedule(tx: ReadTransaction, id: ScheduleId): Schedule {
  const schedule = tx.get<Schedule>(scheduleKey(id));
  if (!schedule) throw doesNotExist(`Schedule ${id.name}`);
  return schedule;
}

/** Writes a schedule, and its place among those that have something to come. */
export function putSchedule(tx: WriteTransaction, schedule: Schedule): void {
  forgetDue(tx, schedule);
  tx.put(scheduleKey(schedule), schedule);
  const { account, region, group, name, next } = schedule;
  if (next) tx.put<ScheduleId>(dueKey(schedule, next), { account, region, group, name });
}

export function deleteSchedule(tx: WriteTransaction, id: ScheduleId): void {
  forgetDue(tx, id);
  tx.delete(scheduleKey(id));
}

function forgetDue(tx: WriteTransaction, id: ScheduleId): void {
  const before = tx.get<Schedule>(scheduleKey(id));
  if (before?.next) tx.delete(dueKey(before, before.next));
}

/** What GetSchedule answers. */
export function shownSchedule(schedule: Schedule): GetScheduleOutput {
  const { timing, description, kmsKeyArn } = schedule;
  const { startDate, endDate } = timing;
  return {
    Arn: scheduleArn(schedule),
    GroupName: schedule.group,
    Name: schedule.name,
    ScheduleExpression: timing.expression,
    ScheduleExpressionTimezone: timing.timeZone,
    ...(startDate !== undefined && { StartDate: new Date(startDate) }),
    ...(endDate !== undefined && { EndDate: new Date(endDate) }),
    ...(description !== undefined && { Description: description }),
    State: schedule.state,
    CreationDate: new Date(schedule.createdAt),
    LastModificationDate: new Date(schedule.modifiedAt),
    ...(kmsKeyArn !== undefined && { KmsKeyArn: kmsKeyArn }),
    Target: schedule.target,
    FlexibleTimeWindow: schedule.flexibleTimeWindow,
    ActionAfterCompletion: schedule.actionAfterCompletion,
  };
}

/** What ListSchedules says of each. */
export function summaryOf(schedule: Schedule): ScheduleSummary {
  return {
    Arn: scheduleArn(schedule),
    Name: schedule.name,
    GroupName: schedule.group,
    State: schedule.state,
    CreationDate: new Date(schedule.createdAt),
    LastModificationDate: new Date(schedule.modifiedAt),
    Target: { Arn: schedule.target.Arn },
  };
}
