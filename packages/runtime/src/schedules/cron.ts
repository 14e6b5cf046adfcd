import { Cron } from "croner";
import { type CronField, parseCronFields } from "./cron-fields.ts";
import type { CronSchedule } from "./schedule.ts";
import { instantOf, wallTimeAt } from "./wall-time.ts";

/** How many times in a row may not exist on clocks that change, before it is given up: more than a day of minutes. */
const SKIPPED_MAX = 2_000;

/**
 * Reads `0 12 * * ? *`; undefined for what is no cron expression. The calendar is croner's, which knows last days,
 * nearest weekdays and nth weekdays; it counts on clocks that never change, and how those of a time zone do is
 * {@link instantOf}'s.
 */
export function parseCron(text: string): CronSchedule | undefined {
  const fields = parseCronFields(text);
  if (!fields) return undefined;
  const calendar = calendarOf(fields);
  return {
    kind: "cron",
    next: (after, timeZone = "UTC") => nextInstant(calendar, after, timeZone),
  };
}

/**
 * A time that the clocks skip is left out, one that they show twice is due the first time only. Source: re:Post,
 * "How do I adjust my EventBridge rule for Daylight Saving Time?": the invocation "gets skipped if the cron expression
 * falls on a non-existent date and time", and "runs only once" when the time shifts back.
 */
function nextInstant(calendar: Cron, after: number, timeZone: string): number | undefined {
  let wall = wallTimeAt(after, timeZone);
  for (let skipped = 0; skipped < SKIPPED_MAX; skipped += 1) {
    const next = calendar.nextRun(new Date(wall));
    if (!next) return undefined;
    wall = next.getTime();
    const instant = instantOf(wall, timeZone);
    if (instant !== undefined && instant > after) return instant;
  }
  return undefined;
}

function calendarOf([minutes, hours, days, months, weekdays, years]: readonly CronField[]): Cron {
  const pattern = ["0", minutes, hours, days, months, weekdays, years].join(" ");
  return new Cron(pattern, {
    mode: "7-part",
    alternativeWeekdays: true,
    utcOffset: 0,
    paused: true,
  });
}
