import type { Datapoint, StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { InputOf } from "../../sdk.ts";
import type { OperationOf } from "../../service.ts";
import { readPeriods, type Span } from "./data.ts";
import { checkEnum, invalidCombination, invalidValue, missingParameter } from "./errors.ts";
import { checkDimensions, checkName, dimensionsOf, metricId } from "./metric.ts";
import { BASIC_STATISTICS, parseStatistic, type Statistic, statisticOf } from "./statistic.ts";
import { UNITS } from "./unit.ts";

/** How many data points one call may ask for. */
const DATAPOINTS_MAX = 1_440;
const EXTENDED_STATISTICS_MAX = 10;
const DAY = 86_400;

/**
 * A metric's statistics by period, in no promised order (here: of time). Without `Unit`, data of each unit is
 * apart. Errors: `MissingParameter`, `InvalidParameterValue`, `InvalidParameterCombination`.
 */
export const getMetricStatistics: OperationOf<"cloudwatch", "GetMetricStatistics"> = async (
  { cloud, caller },
  input,
) => {
  const { namespace, name, period, statistics } = checked(input);
  await cloud.metrics.flush();
  const now = Math.floor(cloud.clock.now() / 1000);
  const start = roundedStart(Math.floor((input.StartTime?.getTime() ?? 0) / 1000), period, now);
  const end = Math.floor((input.EndTime?.getTime() ?? 0) / 1000);
  const span: Span = { start, end, period };
  const requested = Math.ceil((end - start) / period);
  if (requested > DATAPOINTS_MAX)
    throw invalidCombination(
      `You have requested up to ${requested} datapoints, which exceeds the limit of ${DATAPOINTS_MAX}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  const id = metricId({ namespace, name, dimensions: dimensionsOf(input.Dimensions) });
  const periods = cloud.store.read((tx) =>
    readPeriods(tx, caller, id, span, { unit: input.Unit, apart: true }),
  );
  const Datapoints = periods.flatMap(({ start, unit, aggregate }): Datapoint[] => {
    const basic: Record<string, number> = {};
    const extended: Record<string, number> = {};
    for (const [statisticName, statistic] of statistics) {
      const value = statisticOf(statistic, aggregate);
      if (value === undefined) continue;
      (statistic.kind === "basic" ? basic : extended)[statisticName] = value;
    }
    const hasExtended = Object.keys(extended).length > 0;
    if (!hasExtended && Object.keys(basic).length === 0) return [];
    return [
      {
        Timestamp: new Date(start * 1000),
        ...basic,
        // What was put with a unit had one of the standard ones.
        Unit: unit as StandardUnit,
        ...(hasExtended ? { ExtendedStatistics: extended } : {}),
      },
    ];
  });
  return { Label: name, Datapoints };
};

/** Refuses a period that is neither one of the short ones nor whole minutes. */
export function checkPeriod(period: number, at: string): void {
  if (period < 1) throw invalidValue(`The parameter ${at} must be greater than or equal to 1.`);
  if (![1, 5, 10, 20, 30].includes(period) && period % 60 !== 0)
    throw invalidValue(`The parameter ${at} must be 1, 5, 10, 20, 30 or a multiple of 60.`);
}

/**
 * Where a query's first period starts: its start time rounded down, the older the coarser.
 * Source: API reference, GetMetricStatistics, `StartTime`.
 */
export function roundedStart(start: number, period: number, now: number): number {
  if (period < 60) return start - (start % period);
  const age = now - start;
  const grain = age <= 15 * DAY ? 60 : age <= 63 * DAY ? 300 : 3600;
  return start - (start % grain);
}

function checked(input: InputOf<"cloudwatch", "GetMetricStatistics">) {
  for (const member of ["Namespace", "MetricName", "StartTime", "EndTime", "Period"] as const)
    if (input[member] === undefined) throw missingParameter(member);
  const { Namespace: namespace = "", MetricName: name = "", Period: period = 0 } = input;
  checkName(namespace, "Namespace");
  checkName(name, "MetricName");
  checkDimensions(input.Dimensions, "Dimensions");
  checkPeriod(period, "Period");
  if ((input.StartTime ?? 0) >= (input.EndTime ?? 0))
    throw invalidValue("The parameter StartTime must be less than the parameter EndTime.");
  checkEnum(input.Unit, "unit", UNITS);
  return { namespace, name, period, statistics: checkedStatistics(input) };
}

function checkedStatistics({
  Statistics = [],
  ExtendedStatistics = [],
}: InputOf<"cloudwatch", "GetMetricStatistics">): [string, Statistic][] {
  if (Statistics.length === 0 && ExtendedStatistics.length === 0)
    throw invalidCombination("Must specify either Statistics or ExtendedStatistics");
  if (ExtendedStatistics.length > EXTENDED_STATISTICS_MAX)
    throw invalidValue(
      `The collection ExtendedStatistics must not have a size greater than ${EXTENDED_STATISTICS_MAX}.`,
    );
  for (const [index, name] of Statistics.entries())
    checkEnum(name, `statistics.${index + 1}.member`, BASIC_STATISTICS);
  return [...Statistics, ...ExtendedStatistics].map((name, index) => {
    const statistic = parseStatistic(name);
    const extended = index >= Statistics.length;
    if (!statistic || (extended && statistic.kind === "basic"))
      throw invalidValue(
        `The value ${name} for parameter ExtendedStatistics.member.${index - Statistics.length + 1} is invalid.`,
      );
    return [name, statistic];
  });
}
