import { parseCron } from "./cron.ts";
import { parseRate } from "./rate.ts";
import { parseWallTime, type WallTime } from "./wall-time.ts";

/** A rate: again after each interval. */
export interface RateSchedule {
  readonly kind: "rate";
  readonly intervalMs: number;
}

/** A cron expression: at the minutes that its fields describe. */
export interface CronSchedule {
  readonly kind: "cron";
  /**
   * The first instant after `after` (milliseconds since 1970) at which it is due by the clocks of a time zone, an
   * IANA name; undefined where there is none left. Source for clocks that change: EventBridge Scheduler user guide,
   * "Schedule types", "Daylight savings time".
   */
  next(after: number, timeZone?: string): number | undefined;
}

/** Once, at a time on the clocks of a time zone. */
export interface AtSchedule {
  readonly kind: "at";
  readonly time: WallTime;
}

export type Schedule = RateSchedule | CronSchedule | AtSchedule;

/**
 * Reads a schedule expression: `rate(5 minutes)`, `cron(0 12 * * ? *)` or `at(2026-01-15T12:00:00)`; undefined for
 * what AWS calls `Parameter ScheduleExpression is not valid.` Rules take no `at`. Sources: EventBridge user guide,
 * "Cron expressions" and "Rate expressions"; EventBridge Scheduler user guide, "Schedule types".
 */
export function parseSchedule(expression: string): Schedule | undefined {
  const [, kind, inside = ""] = /^(rate|cron|at)\((.*)\)$/s.exec(expression) ?? [];
  switch (kind) {
    case "rate":
      return parseRate(inside);
    case "cron":
      return parseCron(inside);
    case "at": {
      const time = parseWallTime(inside);
      return time === undefined ? undefined : { kind: "at", time };
    }
    default:
      return undefined;
  }
}

/** The first instant after `after` at which something is due that has been so every `intervalMs` since `since`. */
export function nextOfRate({ intervalMs }: RateSchedule, since: number, after: number): number {
  const passed = Math.max(0, Math.floor((after - since) / intervalMs));
  return since + (passed + 1) * intervalMs;
}
