import type { ComparisonOperator, MetricDataQuery, Tag } from "@aws-sdk/client-cloudwatch";
import type { InputOf } from "../../sdk.ts";
import type { OperationOf } from "../../service.ts";
import {
  type AlarmState,
  alarmArn,
  alarmKey,
  getAlarm,
  type MetricAlarmRecord,
  type TreatMissingData,
  type Watched,
} from "./alarm.ts";
import { checkActions, checkAlarmName, checkDescription } from "./alarm-checks.ts";
import { alarmClock } from "./alarm-clock.ts";
import { recordConfiguration } from "./configuration-history.ts";
import {
  checkEnum,
  checkLength,
  checkPattern,
  checkRange,
  checkRequired,
  validationError,
} from "./errors.ts";
import { checkMathAlarm } from "./math-alarm.ts";
import { checkDimensions, dimensionsOf } from "./metric.ts";
import { BASIC_STATISTICS, parseStatistic } from "./statistic.ts";
import { checkTags, putTags } from "./tags.ts";
import { UNITS } from "./unit.ts";

type Input = InputOf<"cloudwatch", "PutMetricAlarm">;

const DAY_SECONDS = 86_400;
const RANGE_SECONDS_MAX = 7 * DAY_SECONDS;
const COMPARISONS: readonly ComparisonOperator[] = [
  "GreaterThanOrEqualToThreshold",
  "GreaterThanThreshold",
  "LessThanThreshold",
  "LessThanOrEqualToThreshold",
];
const BAND_COMPARISONS: readonly ComparisonOperator[] = [
  "LessThanLowerOrGreaterThanUpperThreshold",
  "LessThanLowerThreshold",
  "GreaterThanUpperThreshold",
];
const TREATMENTS: readonly string[] = ["breaching", "notBreaching", "ignore", "missing"];

/**
 * Makes an alarm, or changes one wholly; a changed alarm keeps its state until it is next evaluated. Errors:
 * `ValidationError`.
 */
export const putMetricAlarm: OperationOf<"cloudwatch", "PutMetricAlarm"> = async (
  { cloud, caller },
  input,
) => {
  const { name, ...configured } = checked(input);
  const now = cloud.clock.now();
  const initially: AlarmState = {
    value: "INSUFFICIENT_DATA",
    reason: "Unchecked: Initial alarm creation",
    updatedAt: now,
    transitionedAt: now,
  };
  await cloud.store.write((tx) => {
    const before = getAlarm(tx, caller, name);
    if (before?.kind === "composite")
      throw validationError(`A composite alarm with the name ${name} already exists.`);
    const alarm: MetricAlarmRecord = {
      ...configured,
      kind: "metric",
      name,
      arn: alarmArn(caller, name),
      configuredAt: now,
      state: before?.state ?? initially,
    };
    tx.put(alarmKey(caller, name), alarm);
    if (!before) putTags(tx, caller, alarm.arn, input.Tags ?? []);
    recordConfiguration(tx, caller, alarm, before ? "Update" : "Create", now);
    tx.afterCommit(() => cloud.derived(alarmClock).watch(caller, alarm));
  });
  return {};
};

function checked(input: Input): Omit<MetricAlarmRecord, "kind" | "arn" | "configuredAt" | "state"> {
  const name = checkAlarmName(input.AlarmName);
  checkDescription(input.AlarmDescription);
  checkActions(input);
  checkTags(input.Tags as Tag[] | undefined);
  if (input.EvaluationCriteria)
    throw validationError("Flyball does not evaluate alarms on PromQL queries.");
  const comparison = checkedComparison(input);
  const watched = checkedWatched(input);
  const evaluationPeriods = checkedPeriods(input, watched.period);
  if (input.Threshold === undefined)
    throw validationError("Threshold must be specified for an alarm with a static threshold.");
  if (!Number.isFinite(input.Threshold))
    throw validationError(`The value ${input.Threshold} for parameter Threshold is invalid.`);
  return {
    name,
    description: input.AlarmDescription,
    actionsEnabled: input.ActionsEnabled ?? true,
    okActions: input.OKActions ?? [],
    alarmActions: input.AlarmActions ?? [],
    insufficientDataActions: input.InsufficientDataActions ?? [],
    watched,
    evaluationPeriods,
    datapointsToAlarm: input.DatapointsToAlarm,
    threshold: input.Threshold,
    comparison,
    treatMissingData: checkedTreatment(input.TreatMissingData),
    evaluateLowSampleCountPercentile: checkedLowSampleCount(input, watched),
  };
}

function checkedComparison({ ComparisonOperator: comparison, ThresholdMetricId }: Input) {
  checkEnum(comparison, "comparisonOperator", [...COMPARISONS, ...BAND_COMPARISONS]);
  checkRequired(comparison, "comparisonOperator");
  if (BAND_COMPARISONS.includes(comparison) || ThresholdMetricId !== undefined)
    throw validationError("Flyball does not evaluate alarms on anomaly detection models.");
  return comparison;
}

function checkedPeriods(input: Input, period: number): number {
  const { EvaluationPeriods: evaluationPeriods, DatapointsToAlarm: datapointsToAlarm } = input;
  checkRequired(evaluationPeriods, "evaluationPeriods");
  checkRange(evaluationPeriods, "evaluationPeriods", 1);
  checkRange(datapointsToAlarm, "datapointsToAlarm", 1);
  if (datapointsToAlarm !== undefined && datapointsToAlarm > evaluationPeriods)
    throw validationError(
      `DatapointsToAlarm (${datapointsToAlarm}) must be less than or equal to EvaluationPeriods (${evaluationPeriods}).`,
    );
  if (period < 3600 && period * evaluationPeriods > DAY_SECONDS)
    throw validationError(
      `Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= ${DAY_SECONDS}).`,
    );
  if (period * evaluationPeriods > RANGE_SECONDS_MAX)
    throw validationError(
      `Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= ${RANGE_SECONDS_MAX}).`,
    );
  return evaluationPeriods;
}

function checkedWatched(input: Input): Watched {
  const { MetricName, Metrics } = input;
  if (Metrics) {
    for (const member of [
      "Namespace",
      "MetricName",
      "Dimensions",
      "Period",
      "Unit",
      "Statistic",
      "ExtendedStatistic",
    ] as const)
      if (input[member] !== undefined)
        throw validationError(
          `The parameters Metrics and ${member} are mutually exclusive and you have specified both.`,
        );
    return checkMathAlarm(Metrics as MetricDataQuery[]);
  }
  if (MetricName === undefined)
    throw validationError("Either MetricName or Metrics must be specified.");
  return checkedMetric(input, MetricName);
}

function checkedMetric(input: Input, name: string): Watched {
  const { Namespace: namespace, Period: period, Unit: unit } = input;
  checkLength(name, "metricName", 1, 255);
  if (namespace === undefined)
    throw validationError("Namespace must be specified for an alarm on a metric.");
  checkLength(namespace, "namespace", 1, 255);
  checkPattern(namespace, "namespace", "[^:].*");
  checkDimensions(input.Dimensions, "Dimensions");
  checkEnum(unit, "unit", UNITS);
  if (period === undefined)
    throw validationError("Period must be specified for an alarm on a metric.");
  checkAlarmPeriod(period);
  const dimensions = dimensionsOf(input.Dimensions);
  return {
    kind: "metric",
    identity: { namespace, name, dimensions },
    statistic: checkedStatistic(input),
    period,
    unit,
  };
}

/** Refuses a period that an alarm can't have. */
export function checkAlarmPeriod(period: number): void {
  checkRange(period, "period", 1);
  if (![10, 20, 30].includes(period) && period % 60 !== 0)
    throw validationError("Period must be 10, 20, 30 or a multiple of 60");
}

function checkedStatistic({ Statistic: basic, ExtendedStatistic: extended }: Input): string {
  if (basic !== undefined && extended !== undefined)
    throw validationError(
      "The parameters Statistic and ExtendedStatistic are mutually exclusive and you have specified both.",
    );
  checkEnum(basic, "statistic", BASIC_STATISTICS);
  const name = basic ?? extended;
  if (name === undefined)
    throw validationError("Either Statistic or ExtendedStatistic must be specified.");
  const parsed = parseStatistic(name);
  if (!parsed || (extended !== undefined && parsed.kind === "basic"))
    throw validationError(`The value ${name} for parameter ExtendedStatistic is not supported.`);
  return name;
}

function checkedTreatment(treatment: string | undefined): TreatMissingData | undefined {
  if (treatment === undefined) return undefined;
  if (!TREATMENTS.includes(treatment))
    throw validationError(
      `Option ${treatment} is not supported. Supported options for parameter TreatMissingData are [${TREATMENTS.join(", ")}].`,
    );
  // It is one of the four.
  return treatment as TreatMissingData;
}

function checkedLowSampleCount(input: Input, watched: Watched): string | undefined {
  const option = input.EvaluateLowSampleCountPercentile;
  if (option === undefined) return undefined;
  if (option !== "evaluate" && option !== "ignore")
    throw validationError(
      `Option ${option} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are [evaluate, ignore].`,
    );
  if (watched.kind !== "metric" || parseStatistic(watched.statistic)?.kind !== "percentile")
    throw validationError(
      "EvaluateLowSampleCountPercentile can be specified only for an alarm on a percentile.",
    );
  return option;
}
