import type { StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { Cloud } from "../../../cloud.ts";
import type { Execution } from "./execution.ts";
import type { Turn } from "./turn.ts";

/** Source: the Step Functions developer guide, "Monitoring Step Functions metrics using Amazon CloudWatch". */
const EXECUTIONS: Readonly<Record<string, string>> = {
  SUCCEEDED: "ExecutionsSucceeded",
  FAILED: "ExecutionsFailed",
  TIMED_OUT: "ExecutionsTimedOut",
  ABORTED: "ExecutionsAborted",
};

const FUNCTIONS: Readonly<Record<string, string>> = {
  LambdaFunctionScheduled: "LambdaFunctionsScheduled",
  LambdaFunctionStarted: "LambdaFunctionsStarted",
  LambdaFunctionSucceeded: "LambdaFunctionsSucceeded",
  LambdaFunctionFailed: "LambdaFunctionsFailed",
  LambdaFunctionTimedOut: "LambdaFunctionsTimedOut",
};

const ACTIVITIES: Readonly<Record<string, string>> = {
  ActivityScheduled: "ActivitiesScheduled",
  ActivityStarted: "ActivitiesStarted",
  ActivitySucceeded: "ActivitiesSucceeded",
  ActivityFailed: "ActivitiesFailed",
  ActivityTimedOut: "ActivitiesTimedOut",
};

const INTEGRATIONS: Readonly<Record<string, string>> = {
  TaskScheduled: "ServiceIntegrationsScheduled",
  TaskStarted: "ServiceIntegrationsStarted",
  TaskSucceeded: "ServiceIntegrationsSucceeded",
  TaskFailed: "ServiceIntegrationsFailed",
  TaskTimedOut: "ServiceIntegrationsTimedOut",
};

/** Counts what a turn did. */
export function emitTurn({ run, events, ended }: Turn): void {
  for (const { type, details } of events) {
    const metric = FUNCTIONS[type] ?? ACTIVITIES[type] ?? INTEGRATIONS[type];
    if (metric === undefined) continue;
    // Only the scheduling names what is called; the later events are of the same state.
    const dimensions = calledDimensions(type, details);
    if (dimensions) emit(run.cloud, run.execution, metric, dimensions, "Count", 1);
  }
  if (ended) emitEnd(run.cloud, ended);
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

function calledDimensions(
  type: string,
  details: object | undefined,
): Record<string, string> | undefined {
  const { resourceType, resource } = (details ?? {}) as {
    resourceType?: string;
    resource?: string;
  };
  if (resource === undefined) return undefined;
  if (type in FUNCTIONS) return { LambdaFunctionArn: resource };
  if (type in ACTIVITIES) return { ActivityArn: resource };
  return { ServiceIntegrationResourceArn: `arn:aws:states:::${resourceType}:${resource}` };
}
