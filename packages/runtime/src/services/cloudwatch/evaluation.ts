import type { ComparisonOperator, StateValue } from "@aws-sdk/client-cloudwatch";
import type { MetricAlarmRecord, TreatMissingData } from "./alarm.ts";

/** The value of one period. */
export interface Point {
  /** When the period starts, in seconds since 1970. */
  readonly start: number;
  readonly value: number;
  readonly sampleCount?: number | undefined;
}

export interface Verdict {
  /** "retain": the data says nothing, the alarm stays as it is. */
  readonly state: StateValue | "retain";
  /** The data points that were looked at, the newest first; never more than the evaluation periods. */
  readonly evaluated: readonly Point[];
  /** How many periods without data had to be filled in. */
  readonly filled: number;
}

/** How many periods more than the evaluation periods are read, to make up for missing ones. */
const EXTRA_PERIODS = 2;

/** How many periods back data counts: the evaluation range. */
export function evaluationRange({ evaluationPeriods }: MetricAlarmRecord): number {
  return evaluationPeriods + EXTRA_PERIODS;
}

export function breaches(
  comparison: ComparisonOperator,
  value: number,
  threshold: number,
): boolean {
  switch (comparison) {
    case "GreaterThanOrEqualToThreshold":
      return value >= threshold;
    case "GreaterThanThreshold":
      return value > threshold;
    case "LessThanThreshold":
      return value < threshold;
    case "LessThanOrEqualToThreshold":
      return value <= threshold;
    default:
      // The three that compare with a band belong to anomaly detection, and are refused when an alarm is put.
      throw new Error(`an alarm cannot compare by ${comparison}`);
  }
}

/** How the alarm treats periods without data; metrics of DynamoDB's are ignored when missing. */
export function treatmentOfMissing(alarm: MetricAlarmRecord): TreatMissingData {
  if (alarm.treatMissingData) return alarm.treatMissingData;
  const { watched } = alarm;
  const ofDynamoDb = watched.kind === "metric" && watched.identity.namespace === "AWS/DynamoDB";
  return ofDynamoDb ? "ignore" : "missing";
}

/**
 * What the data of the evaluation range (the newest period first; undefined where there is none) says of the alarm.
 *
 * With enough data, the most recent points decide, however old. With less, missing ones are filled in, as few as
 * needed, as breaching or not; under "missing" and "ignore" the real points decide alone: any that does not breach
 * makes it OK; if all breach but are too few, they make it ALARM only when the oldest is at least as old as the
 * data points to alarm (and not under "ignore").
 * Source: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data", whose tables the test has.
 */
export function judge(alarm: MetricAlarmRecord, points: readonly (Point | undefined)[]): Verdict {
  const { evaluationPeriods: n, datapointsToAlarm: m = n } = alarm;
  const breaching = ({ value }: Point) => breaches(alarm.comparison, value, alarm.threshold);
  const evaluated = points.filter((point) => point !== undefined).slice(0, n);
  const filled = n - evaluated.length;
  const bad = evaluated.filter(breaching).length;
  const verdict = (state: Verdict["state"]): Verdict => ({ state, evaluated, filled });
  if (bad >= m) return verdict("ALARM");
  if (filled === 0) return verdict("OK");
  const treatment = treatmentOfMissing(alarm);
  if (treatment === "breaching") return verdict(bad + filled >= m ? "ALARM" : "OK");
  if (treatment === "notBreaching" || bad < evaluated.length) return verdict("OK");
  if (treatment === "ignore") return verdict("retain");
  const oldest = points.findLastIndex((point) => point !== undefined);
  return verdict(oldest >= m - 1 ? "ALARM" : "INSUFFICIENT_DATA");
}
