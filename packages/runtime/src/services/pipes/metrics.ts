import type { StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { Cloud } from "../../cloud.ts";
import type { Pipe } from "./pipe.ts";

/** Source: EventBridge user guide, "Logging and monitoring Amazon EventBridge Pipes", "CloudWatch metrics". */
type PipeMetric =
  | "Duration"
  | "EnrichmentStageDuration"
  | "EnrichmentStageFailed"
  | "EventCount"
  | "EventSize"
  | "ExecutionFailed"
  | "ExecutionPartiallyFailed"
  | "Invocations"
  | "TargetStageDuration"
  | "TargetStageFailed"
  | "TargetStagePartiallyFailed"
  | "TargetStageSkipped";

const UNITS: Partial<Record<PipeMetric, StandardUnit>> = {
  Duration: "Milliseconds",
  EnrichmentStageDuration: "Milliseconds",
  EventSize: "Bytes",
  TargetStageDuration: "Milliseconds",
};

export function measure(cloud: Cloud, pipe: Pipe, name: PipeMetric, value = 1): void {
  const { account, region, name: PipeName } = pipe;
  const unit = UNITS[name] ?? "None";
  const namespace = "AWS/EventBridge/Pipes";
  cloud.metrics.emit({ account, region, namespace, name, dimensions: { PipeName }, unit }, value);
}
