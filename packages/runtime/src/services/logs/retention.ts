import type { LogGroup } from "./group.ts";

const DAY_MS = 86_400_000;

/** Events before this instant have expired; 0 where they never do. */
export function retainedSince(group: LogGroup, now: number): number {
  return group.retentionInDays === undefined ? 0 : now - retentionMs(group.retentionInDays);
}

export function retentionMs(days: number): number {
  return days * DAY_MS;
}
