import { createHash } from "node:crypto";
import type { Invocation } from "./invocation.ts";
import { scheduleArn } from "./schedule.ts";

/**
 * The input as the target gets it at this attempt (1 is the first): the schedule's own with its context attributes
 * filled in, or an event that tells of the time. Source: EventBridge Scheduler user guide, "Adding context attributes".
 */
export function inputFor(invocation: Invocation, attempt: number): string {
  const { schedule, target, scheduledAt, executionId } = invocation;
  if (target.Input === undefined) return notification(invocation);
  const values: Readonly<Record<string, string>> = {
    "schedule-arn": scheduleArn(schedule),
    "scheduled-time": toTheSecond(scheduledAt),
    "execution-id": executionId,
    "attempt-number": String(attempt),
  };
  return target.Input.replace(
    /<aws\.scheduler\.([a-z-]+)>/g,
    (attribute, name: string) => values[name] ?? attribute,
  );
}

/** What a target gets that was given no input. Its detail is the text `{}`, not an object. */
function notification({ schedule, scheduledAt, executionId }: Invocation): string {
  return JSON.stringify({
    version: "0",
    id: uuidOf(executionId),
    "detail-type": "Scheduled Event",
    source: "aws.scheduler",
    account: schedule.account,
    time: toTheSecond(scheduledAt),
    region: schedule.region,
    resources: [scheduleArn(schedule)],
    detail: "{}",
  });
}

/** The same at every attempt. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [8, 12, 16, 20, 32]
    .map((end, index, ends) => hex.slice(ends[index - 1] ?? 0, end))
    .join("-");
}

/** As AWS writes it: `2022-03-22T18:59:43Z`. */
export function toTheSecond(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}
