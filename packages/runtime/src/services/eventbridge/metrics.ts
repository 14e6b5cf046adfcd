import type { StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { Cloud } from "../../cloud.ts";
import type { World } from "../../world.ts";
import { DEFAULT_BUS } from "./bus.ts";

/** Source: EventBridge user guide, "Monitoring Amazon EventBridge", "EventBridge metrics". */
type RuleMetric =
  | "DeadLetterInvocations"
  | "FailedInvocations"
  | "IngestionToInvocationStartLatency"
  | "InvocationAttempts"
  | "Invocations"
  | "InvocationsFailedToBeSentToDlq"
  | "InvocationsSentToDlq"
  | "MatchedEvents"
  | "RetryInvocationAttempts"
  | "SuccessfulInvocationAttempts"
  | "TriggeredRules";

type RegionMetric =
  | "InvocationsCreated"
  | "PutEventsApproximateCallCount"
  | "PutEventsApproximateFailedCount"
  | "PutEventsApproximateSuccessCount"
  | "PutEventsEntriesCount"
  | "PutEventsFailedEntriesCount"
  | "PutEventsRequestSize";

/** Those that AWS also has for the whole Region, without dimensions. */
const ALSO_WITHOUT_DIMENSIONS: ReadonlySet<RuleMetric> = new Set([
  "IngestionToInvocationStartLatency",
  "InvocationAttempts",
  "Invocations",
  "RetryInvocationAttempts",
  "SuccessfulInvocationAttempts",
]);

const UNITS: Partial<Record<RuleMetric | RegionMetric, StandardUnit>> = {
  IngestionToInvocationStartLatency: "Milliseconds",
  PutEventsRequestSize: "Bytes",
};

/** A rule of a bus, as its metrics know it: only a custom bus is named. */
export interface MeasuredRule extends World {
  readonly busName: string;
  readonly name: string;
}

export function measureRule(cloud: Cloud, rule: MeasuredRule, name: RuleMetric, value = 1): void {
  const { busName, name: RuleName } = rule;
  const dimensions: Record<string, string> =
    busName === DEFAULT_BUS ? { RuleName } : { EventBusName: busName, RuleName };
  emit(cloud, rule, name, dimensions, value);
  if (ALSO_WITHOUT_DIMENSIONS.has(name)) emit(cloud, rule, name, {}, value);
}

export function measureRegion(cloud: Cloud, world: World, name: RegionMetric, value = 1): void {
  emit(cloud, world, name, {}, value);
}

function emit(
  cloud: Cloud,
  { account, region }: World,
  name: RuleMetric | RegionMetric,
  dimensions: Readonly<Record<string, string>>,
  value: number,
): void {
  const unit = UNITS[name] ?? "Count";
  cloud.metrics.emit({ account, region, namespace: "AWS/Events", name, dimensions, unit }, value);
}
