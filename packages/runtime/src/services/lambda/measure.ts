import type { StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { Cloud } from "../../cloud.ts";
import type { World } from "../../world.ts";

/** Lambda's metrics that are emitted here ("Types of metrics for Lambda functions"), with their units. */
const UNITS = {
  Invocations: "Count",
  Errors: "Count",
  Throttles: "Count",
  Duration: "Milliseconds",
  ConcurrentExecutions: "Count",
  AsyncEventsReceived: "Count",
  AsyncEventAge: "Milliseconds",
  IteratorAge: "Milliseconds",
  AsyncEventsDropped: "Count",
  DeadLetterErrors: "Count",
  DestinationDeliveryFailures: "Count",
} as const satisfies Record<string, StandardUnit>;

export type LambdaMetric = keyof typeof UNITS;

interface Measured {
  readonly name: string;
  readonly qualifier?: string | undefined;
}

/**
 * Emits a metric as AWS does: of all functions together, of the function, and of the resource that was invoked (the
 * function, or its version or alias).
 */
export function measure(
  cloud: Cloud,
  world: World,
  { name, qualifier }: Measured,
  metric: LambdaMetric,
  value: number,
): void {
  const { account, region } = world;
  const common = { account, region, namespace: "AWS/Lambda", name: metric, unit: UNITS[metric] };
  const resource = qualifier === undefined ? name : `${name}:${qualifier}`;
  cloud.metrics.emit({ ...common, dimensions: {} }, value);
  cloud.metrics.emit({ ...common, dimensions: { FunctionName: name } }, value);
  cloud.metrics.emit({ ...common, dimensions: { FunctionName: name, Resource: resource } }, value);
}
