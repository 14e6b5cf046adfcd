import type { StateValue } from "@aws-sdk/client-cloudwatch";
import type { MetricAlarmRecord } from "./alarm.ts";
import { breaches, treatmentOfMissing, type Verdict } from "./evaluation.ts";
import { JavaDouble, javaDouble, javaJson, javaTime, reasonTime } from "./java-text.ts";

/** How many data points a reason shows before it only counts them. */
const POINTS_SHOWN_MAX = 5;

const COMPARISONS: Readonly<Record<string, string>> = {
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  GreaterThanThreshold: "greater than",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
};

/**
 * Why the alarm goes into the state, in the sentence that AWS writes; forms seen on AWS:
 * `Threshold Crossed: 1 datapoint [1.0 (24/03/19 21:19:00)] was greater than or equal to the threshold (1.0).`,
 * and where DatapointsToAlarm is given `Threshold Crossed: 1 out of the last 1 datapoints [99.8 (09/07/22 02:34:00)]
 * was greater than the threshold (80.0) (minimum 1 datapoint for OK -> ALARM transition).`
 */
export function stateReason(alarm: MetricAlarmRecord, state: StateValue, verdict: Verdict): string {
  const { evaluationPeriods: n, datapointsToAlarm: m } = alarm;
  if (state === "INSUFFICIENT_DATA")
    return `Insufficient Data: ${counted(n, "datapoint")} ${n === 1 ? "was" : "were"} unknown.`;
  const alarming = state === "ALARM";
  const deciding = verdict.evaluated.filter(
    ({ value }) => breaches(alarm.comparison, value, alarm.threshold) === alarming,
  );
  const minimum =
    m === undefined
      ? ""
      : ` (minimum ${counted(alarming ? m : n - m + 1, "datapoint")} for ${alarming ? "OK -> ALARM" : "ALARM -> OK"} transition)`;
  const filled = filledText(alarm, verdict);
  if (deciding.length === 0)
    return `Threshold Crossed: no datapoints were received for ${counted(n, "period")}${filled}${minimum}.`;
  const how = `${alarming ? "" : "not "}${COMPARISONS[alarm.comparison]}`;
  const shown = deciding
    .slice(0, POINTS_SHOWN_MAX)
    .map(({ value, start }) => `${javaDouble(value)} (${reasonTime(start * 1000)})`)
    .join(", ");
  const what =
    m === undefined
      ? counted(deciding.length, "datapoint")
      : `${deciding.length} out of the last ${n} datapoints`;
  const were = deciding.length === 1 ? "was" : "were";
  const against = `${were} ${how} the threshold (${javaDouble(alarm.threshold)})`;
  if (deciding.length <= POINTS_SHOWN_MAX)
    return `Threshold Crossed: ${what} [${shown}] ${against}${filled}${minimum}.`;
  return `Threshold Crossed: ${what} ${against}${filled}. The most recent datapoints which ${alarming ? "crossed" : "did not cross"} the threshold: [${shown}]${minimum}.`;
}

function filledText(alarm: MetricAlarmRecord, { filled }: Verdict): string {
  const treatment = treatmentOfMissing(alarm);
  if (filled === 0 || (treatment !== "breaching" && treatment !== "notBreaching")) return "";
  const as = treatment === "breaching" ? "Breaching" : "NonBreaching";
  return ` and ${counted(filled, "missing datapoint")} ${filled === 1 ? "was" : "were"} treated as [${as}]`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * The same as JSON, as in `StateReasonData`. `windows` are the starts of the periods that were asked for, the newest
 * first, in seconds since 1970.
 */
export function stateReasonData(
  alarm: MetricAlarmRecord,
  { evaluated, filled }: Verdict,
  windows: readonly number[],
  now: number,
): string {
  const { watched } = alarm;
  const known = new Set(evaluated.map(({ start }) => start));
  const missing = windows.filter((start) => !known.has(start)).slice(0, filled);
  const points = [...evaluated, ...missing.map((start) => ({ start, value: undefined }))].sort(
    (a, b) => b.start - a.start,
  );
  const oldest = evaluated.at(-1);
  return javaJson({
    version: "1.0",
    queryDate: javaTime(now),
    startDate: oldest && javaTime(oldest.start * 1000),
    unit: watched.kind === "metric" ? watched.unit : undefined,
    statistic: watched.kind === "metric" ? watched.statistic : undefined,
    period: watched.period,
    recentDatapoints: evaluated.map(({ value }) => new JavaDouble(value)).reverse(),
    threshold: new JavaDouble(alarm.threshold),
    evaluatedDatapoints: points.map((point) => ({
      timestamp: javaTime(point.start * 1000),
      sampleCount:
        "sampleCount" in point && point.sampleCount !== undefined
          ? new JavaDouble(point.sampleCount)
          : undefined,
      value: point.value === undefined ? undefined : new JavaDouble(point.value),
    })),
  });
}
