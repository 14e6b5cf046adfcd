import { createHash } from "node:crypto";
import { nextDue } from "./expression.ts";
import { type Occurrence, type Schedule, scheduleArn } from "./schedule.ts";

const MINUTE_MS = 60_000;

/**
 * When a schedule is to invoke its target the next time, after the occurrence that was scheduled at `after` (`-Infinity`
 * before the first); undefined where it is disabled or nothing is left.
 */
export function nextOccurrence(schedule: Schedule, after: number): Occurrence | undefined {
  if (schedule.state === "DISABLED") return undefined;
  const scheduledAt = nextDue(schedule.timing, after);
  if (scheduledAt === undefined) return undefined;
  const delay = delayIn(windowOf(schedule), schedule, scheduledAt);
  return { scheduledAt, dueAt: scheduledAt + delay };
}

/**
 * What comes after an occurrence whose time has come at `now`. Of several that passed while nobody looked, only the
 * one is made up for.
 */
export function followingOccurrence(
  schedule: Schedule,
  { scheduledAt }: Occurrence,
  now: number,
): Occurrence | undefined {
  return nextOccurrence(schedule, Math.max(scheduledAt, now - windowOf(schedule) - 1));
}

function windowOf({ flexibleTimeWindow }: Schedule): number {
  const { Mode, MaximumWindowInMinutes = 0 } = flexibleTimeWindow;
  return Mode === "FLEXIBLE" ? MaximumWindowInMinutes * MINUTE_MS : 0;
}

/**
 * An instant in the window that is anybody's guess, and yet the same in every run of a virtual clock: it comes from
 * the schedule and its time. Source: EventBridge Scheduler user guide, "Configuring flexible time windows".
 */
function delayIn(windowMs: number, schedule: Schedule, scheduledAt: number): number {
  if (windowMs === 0) return 0;
  const digest = createHash("sha256")
    .update(`${scheduleArn(schedule)} ${scheduledAt}`)
    .digest();
  return Math.floor((digest.readUInt32BE() / 2 ** 32) * windowMs);
}
