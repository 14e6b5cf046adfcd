import type { StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { Cloud } from "../../../cloud.ts";
import type { Integration } from "../task/integration.ts";
import type { Execution } from "./execution.ts";
import type { Turn } from "./turn.ts";

/** Source: the Step Functions developer guide, "Monitoring Step Functions metrics using Amazon CloudWatch". */
const EXECUTIONS: Readonly<Record<string, string>> = {
  SUCCEEDED: "ExecutionsSucceeded",
  FAILED: "ExecutionsFailed",
  TIMED_OUT: "ExecutionsTimedOut",
  ABORTED: "ExecutionsAborted",
};

/** What a turn did with a task, to be counted by what the task calls. */
export interface TaskCount {
  readonly integration: Integration;
  readonly what: "Scheduled" | "Started" | "Succeeded" | "Failed" | "TimedOut";
  /** Of a task that is over: since it was scheduled and since it was started, in ms. */
  readonly took?: { readonly sinceScheduledMs: number; readonly sinceStartedMs: number };
}

/** Counts what a turn did. */
export function emitTurn({ run, counted, ended }: Turn): void {
  for (const { integration, what, took } of counted) {
    const { one, many, dimensions } = METRICS[integration.kind](integration);
    emit(run.cloud, run.execution, `${many}${what}`, dimensions, "Count", 1);
    if (!took) continue;
    const { sinceScheduledMs, sinceStartedMs } = took;
    const durations = {
      [`${one}RunTime`]: sinceStartedMs,
      [`${one}ScheduleTime`]: sinceScheduledMs - sinceStartedMs,
      [`${one}Time`]: sinceScheduledMs,
    };
    for (const [name, ms] of Object.entries(durations))
      emit(run.cloud, run.execution, name, dimensions, "Milliseconds", ms);
  }
  if (ended) emitEnd(run.cloud, ended);
}

const METRICS = {
  lambda: (integration: Integration) => ({
    one: "LambdaFunction",
    many: "LambdaFunctions",
    dimensions: dimension("LambdaFunctionArn", integration),
  }),
  activity: (integration: Integration) => ({
    one: "Activity",
    many: "Activities",
    dimensions: dimension("ActivityArn", integration),
  }),
  service: (integration: Integration) => ({
    one: "ServiceIntegration",
    many: "ServiceIntegrations",
    dimensions: dimension("ServiceIntegrationResourceArn", integration),
  }),
};

function dimension(name: string, integration: Integration): Record<string, string> {
  switch (integration.kind) {
    case "lambda":
      return { [name]: integration.functionArn };
    case "activity":
      return { [name]: integration.activityArn };
    case "service":
      return { [name]: `arn:aws:states:::${integration.resourceType}:${integration.resource}` };
  }
}

/** An execution was started. */
export function emitStart(cloud: Cloud, execution: Execution): void {
  ofMachine(cloud, execution, "ExecutionsStarted", "Count", 1);
}

function emitEnd(cloud: Cloud, ended: Execution): void {
  const metric = EXECUTIONS[ended.status];
  if (metric) ofMachine(cloud, ended, metric, "Count", 1);
  const { stopDate = 0, startDate } = ended;
  ofMachine(cloud, ended, "ExecutionTime", "Milliseconds", stopDate - startDate);
}

function ofMachine(
  cloud: Cloud,
  execution: Execution,
  name: string,
  unit: StandardUnit,
  value: number,
): void {
  emit(cloud, execution, name, { StateMachineArn: execution.machine.arn }, unit, value);
}

function emit(
  cloud: Cloud,
  { account, region }: Execution,
  name: string,
  dimensions: Record<string, string>,
  unit: StandardUnit,
  value: number,
): void {
  cloud.metrics.emit({ account, region, namespace: "AWS/States", name, dimensions, unit }, value);
}
