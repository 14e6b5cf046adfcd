import { nextOfRate, parseSchedule, type Schedule } from "../../schedules/schedule.ts";
import { instantOf, isTimeZone } from "../../schedules/wall-time.ts";
import { invalid } from "./errors.ts";

/** When a schedule is due, as it was set. */
export interface Timing {
  readonly expression: string;
  /** An IANA name. */
  readonly timeZone: string;
  /** Milliseconds since 1970, as all that follow. */
  readonly startDate?: number;
  readonly endDate?: number;
  /** What a rate counts from: its start date, or when it was set. */
  readonly since: number;
}

/**
 * Throws `ValidationException` for an expression or a time zone that there is not. Source of the first's words: the
 * responses of AWS in LocalStack's test_scheduler.snapshot.json.
 */
export function checkExpression(expression: string, timeZone: string): void {
  if (!parseExpression(expression)) throw invalid(`Invalid Schedule Expression ${expression}.`);
  if (!isTimeZone(timeZone))
    throw invalid(`Invalid Schedule Expression Timezone ${timeZone}: there is no such time zone.`);
}

/** Whether the expression is due once only, so that start and end dates say nothing of it. */
export function isOneTime({ expression }: Pick<Timing, "expression">): boolean {
  return parseExpression(expression)?.kind === "at";
}

/**
 * The first instant after `after` at which it is due; undefined where there is none left. Pass `-Infinity` for the
 * first of all: a one-time schedule whose time is over is then due at once, and a rate at its start. Source:
 * EventBridge Scheduler user guide, "Schedule types": without a StartDate, "your schedule starts invoking the target
 * immediately"; start and end dates are ignored for one-time schedules (API reference, CreateSchedule).
 */
export function nextDue(timing: Timing, after: number): number | undefined {
  const schedule = parseExpression(timing.expression);
  if (schedule?.kind === "at") {
    const due = instantOf(schedule.time, timing.timeZone);
    return due !== undefined && due > after ? due : undefined;
  }
  const due = schedule && nextRecurrence(schedule, timing, after);
  if (due === undefined || (timing.endDate !== undefined && due > timing.endDate)) return undefined;
  return due;
}

function nextRecurrence(
  schedule: Exclude<Schedule, { kind: "at" }>,
  { timeZone, startDate, since }: Timing,
  after: number,
): number | undefined {
  if (schedule.kind === "rate") return after < since ? since : nextOfRate(schedule, since, after);
  // Due at its start date, too, where the expression says so.
  const from = Math.max(after, (startDate ?? since) - 1);
  return schedule.next(from, timeZone);
}

/**
 * Scheduler's rates take singular and plural alike, unlike those of rules. Source: API reference, CreateSchedule,
 * `ScheduleExpression`.
 */
function parseExpression(expression: string): Schedule | undefined {
  const [, value, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (value === undefined) return parseSchedule(expression);
  return parseSchedule(`rate(${value} ${unit}${Number(value) === 1 ? "" : "s"})`);
}
