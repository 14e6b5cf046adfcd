import type { Cloud } from "../../cloud.ts";
import type { ScheduleId } from "./schedule.ts";

/** Source: EventBridge Scheduler user guide, "Monitoring EventBridge Scheduler with Amazon CloudWatch". */
type SchedulerMetric =
  | "InvocationAttemptCount"
  | "InvocationDroppedCount"
  | "InvocationsFailedToBeSentToDeadLetterCount"
  | `InvocationsFailedToBeSentToDeadLetterCount_${string}`
  | "InvocationsSentToDeadLetterCount"
  | "TargetErrorCount"
  | "TargetErrorThrottledCount";

/** Counts one for the schedule's group, and for all groups together. */
export function count(
  cloud: Cloud,
  { account, region, group }: ScheduleId,
  name: SchedulerMetric,
): void {
  const ofAllAndOne: Record<string, string>[] = [{}, { ScheduleGroup: group }];
  for (const dimensions of ofAllAndOne)
    cloud.metrics.emit(
      { account, region, namespace: "AWS/Scheduler", name, dimensions, unit: "Count" },
      1,
    );
}
