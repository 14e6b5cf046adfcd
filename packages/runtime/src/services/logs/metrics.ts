import type { MetricDatum, StandardUnit } from "@aws-sdk/client-cloudwatch";
import { isServiceError } from "../../errors.ts";
import { DONE, type OwedHandler } from "../../owed.ts";
import type { MetricFilter } from "./metric-filter.ts";
import { toNumber } from "./patterns/comparison.ts";
import type { Match } from "./patterns/match.ts";
import { compilePattern } from "./patterns/pattern.ts";
import type { LogEvent } from "./timeline.ts";

export const METRICS = "logs:metrics";

/** CloudWatch takes so many values of one datum, and so many data in one request. */
const VALUES_MAX = 150;
const DATA_MAX = 1_000;

/** The values of one metric in one second. */
export interface Observation {
  readonly namespace: string;
  readonly name: string;
  readonly unit: StandardUnit;
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
  /** Seconds since 1970. */
  readonly second: number;
  readonly values: readonly number[];
}

/** What a filter finds in a batch: a value for each event that matches, the default value for each that doesn't. */
export function observe(
  { pattern, transformation }: MetricFilter,
  events: readonly LogEvent[],
): Observation[] {
  const compiled = compilePattern(pattern);
  const { metricName: name = "", metricNamespace: namespace = "", unit = "None" } = transformation;
  const gathered = new Map<string, Observation & { readonly values: number[] }>();
  for (const { message, position } of events) {
    const match = compiled.match(message);
    const value = match
      ? valueToPublish(transformation.metricValue ?? "", match)
      : transformation.defaultValue;
    const dimensions = match ? dimensionsOf(transformation.dimensions ?? {}, match) : [];
    if (value === undefined || !Number.isFinite(value) || !dimensions) continue;
    const second = Math.floor(position[0] / 1000);
    const key = JSON.stringify([second, dimensions]);
    const known = gathered.get(key);
    if (known) known.values.push(value);
    else gathered.set(key, { namespace, name, unit, dimensions, second, values: [value] });
  }
  return [...gathered.values()];
}

/** A number as it is written, or the field of the event that it names. */
function valueToPublish(metricValue: string, match: Match): number | undefined {
  if (!metricValue.startsWith("$")) return Number(metricValue);
  const value = match.valueOf(metricValue);
  return value === undefined ? undefined : toNumber(value);
}

/** Undefined when the event lacks one of them: it then counts for no metric. */
function dimensionsOf(
  dimensions: Readonly<Record<string, string>>,
  match: Match,
): { Name: string; Value: string }[] | undefined {
  const found: { Name: string; Value: string }[] = [];
  for (const [Name, selector] of Object.entries(dimensions)) {
    const value = match.valueOf(selector);
    if (value === undefined || value === "") return undefined;
    found.push({ Name, Value: String(value) });
  }
  return found;
}

/** Puts the metrics that filters found. What CloudWatch refuses is dropped: it would refuse it for ever. */
export const putMetrics: OwedHandler = async (cloud, { caller, payload }) => {
  // What is owed as METRICS was written by oweMetrics alone.
  const { namespace, observations } = payload as { namespace: string; observations: Observation[] };
  const data = observations.flatMap(toMetricData);
  try {
    for (let start = 0; start < data.length; start += DATA_MAX)
      await cloud.call(caller, "cloudwatch", "PutMetricData", {
        Namespace: namespace,
        MetricData: data.slice(start, start + DATA_MAX),
      });
  } catch (error) {
    if (!isServiceError(error)) throw error;
  }
  return DONE;
};

function toMetricData({ name, unit, dimensions, second, values }: Observation): MetricDatum[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const distinct = [...counts];
  const data: MetricDatum[] = [];
  for (let start = 0; start < distinct.length; start += VALUES_MAX) {
    const some = distinct.slice(start, start + VALUES_MAX);
    data.push({
      MetricName: name,
      Dimensions: [...dimensions],
      Timestamp: new Date(second * 1000),
      Unit: unit,
      Values: some.map(([value]) => value),
      Counts: some.map(([, count]) => count),
    });
  }
  return data;
}
