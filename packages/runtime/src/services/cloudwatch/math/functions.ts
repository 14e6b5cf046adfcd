import { ExpressionError } from "./expression.ts";
import {
  mapPoints,
  type Scalar,
  type Series,
  type SeriesArray,
  scalar,
  timesOf,
  type Value,
  withPoints,
} from "./series.ts";

/** The stretch of time that expressions are about; both ends in seconds since 1970, `end` exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
  /** In seconds; of series that come from no metric. */
  readonly period: number;
}

type OfNumbers = (values: readonly number[]) => number;

const sum: OfNumbers = (values) => values.reduce((total, value) => total + value, 0);
const average: OfNumbers = (values) => sum(values) / values.length;

const deviation: OfNumbers = (values) => {
  const mean = average(values);
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
};

/** Of one series' values a scalar; of an array, a series of each time's values. */
export const REDUCTIONS: Readonly<Record<string, OfNumbers>> = {
  SUM: sum,
  AVG: average,
  MIN: (values) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
  MAX: (values) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  STDDEV: deviation,
  DATAPOINT_COUNT: (values) => values.length,
};

export function reduce(name: string, value: Value): Value {
  const reduction = REDUCTIONS[name]!;
  if (value.kind === "scalar") return value;
  if (value.kind === "series") {
    const values = [...value.points.values()];
    // Nothing has the sum 0 and no average.
    return scalar(
      values.length === 0 && name !== "SUM" && name !== "DATAPOINT_COUNT"
        ? Number.NaN
        : reduction(values),
    );
  }
  const [first] = value.series;
  const points = timesOf(value.series).map((time): [number, number] => {
    const present = value.series.flatMap(({ points }) => points.get(time) ?? []);
    // An average counts the series that have nothing at the time as 0.
    if (name === "AVG") return [time, sum(present) / value.series.length];
    return [time, reduction(present)];
  });
  return { kind: "series", points: new Map(points), period: first?.period ?? 60, label: name };
}

/** Functions of each data point. */
export const POINTWISE: Readonly<Record<string, (value: number) => number>> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
  LOG: Math.log,
  LOG10: Math.log10,
};

/** Functions of each time that a data point could have: UTC. */
export const OF_TIME: Readonly<Record<string, (time: Date) => number>> = {
  MINUTE: (time) => time.getUTCMinutes(),
  HOUR: (time) => time.getUTCHours(),
  // Monday is 1 and Sunday 7.
  DAY: (time) => time.getUTCDay() || 7,
  DATE: (time) => time.getUTCDate(),
  MONTH: (time) => time.getUTCMonth() + 1,
  YEAR: (time) => time.getUTCFullYear(),
  EPOCH: (time) => time.getTime() / 1000,
};

/** Functions of a data point and the one before. */
export const STEPWISE: Readonly<Record<string, (change: number, seconds: number) => number>> = {
  DIFF: (change) => change,
  DIFF_TIME: (_change, seconds) => seconds,
  RATE: (change, seconds) => change / seconds,
};

export function stepwise(name: string, series: Series): Series {
  const step = STEPWISE[name]!;
  const points = [...series.points];
  return withPoints(
    series,
    points.slice(1).map(([time, value], index) => {
      const [before, valueBefore] = points[index]!;
      return [time, step(value - valueBefore, time - before)];
    }),
  );
}

export function runningSum(series: Series): Series {
  let total = 0;
  return mapPoints(series, (value) => {
    total += value;
    return total;
  });
}

/** How many data points an expression may make where there are none. */
const GRID_MAX = 100_800;

/** Every time at which a series of this period can have a data point. */
export function gridOf(range: Range, period: number): number[] {
  if ((range.end - range.start) / period > GRID_MAX)
    throw new ExpressionError(`The expression would have more than ${GRID_MAX} data points`);
  const times: number[] = [];
  for (let time = range.start; time < range.end; time += period) times.push(time);
  return times;
}

export type Filler = "REPEAT" | "LINEAR" | Scalar | Series;

/** Puts values where there are none. Before the first data point, REPEAT and LINEAR have nothing to go by. */
export function fill(series: Series, filler: Filler, range: Range): Series {
  const known = [...series.points];
  let last: number | undefined;
  let next = 0;
  const points = gridOf(range, series.period).flatMap((time): [number, number][] => {
    const value = series.points.get(time);
    if (value !== undefined) {
      last = value;
      next = known.findIndex(([at]) => at > time);
      return [[time, value]];
    }
    const filled = filledAt(
      time,
      filler,
      last,
      next < 0 ? [] : known.slice(Math.max(0, next - 1), next + 1),
    );
    return filled === undefined ? [] : [[time, filled]];
  });
  return withPoints(series, points);
}

function filledAt(
  time: number,
  filler: Filler,
  last: number | undefined,
  gap: readonly (readonly [number, number])[],
): number | undefined {
  if (filler === "REPEAT") return last;
  if (filler === "LINEAR") {
    const [from, to] = gap;
    if (last === undefined || !from || !to) return undefined;
    return from[1] + ((to[1] - from[1]) * (time - from[0])) / (to[0] - from[0]);
  }
  return filler.kind === "scalar" ? filler.value : filler.points.get(time);
}

/**
 * Chooses by the condition, at each of its times when it is a series: what is chosen but not there is 0 where the
 * condition is true, and dropped where it is false. Source: user guide, "Using IF expressions".
 */
export function choose(condition: Value, whenTrue: Value, whenFalse: Value | undefined): Value {
  if (condition.kind === "array" || whenTrue.kind === "array" || whenFalse?.kind === "array")
    throw new ExpressionError("The function IF takes single time series and scalars");
  if (condition.kind === "scalar") {
    if (condition.value !== 0) return whenTrue;
    if (whenFalse) return whenFalse;
    return whenTrue.kind === "series" ? withPoints(whenTrue, []) : scalar(Number.NaN);
  }
  const at = (value: Scalar | Series | undefined, time: number) =>
    value?.kind === "scalar" ? value.value : value?.points.get(time);
  const points = [...condition.points].flatMap(([time, truth]): [number, number][] => {
    const chosen = truth !== 0 ? (at(whenTrue, time) ?? 0) : at(whenFalse, time);
    return chosen === undefined ? [] : [[time, chosen]];
  });
  return withPoints(condition, points);
}

/** Orders series by what a reduction makes of each; those without data come last. */
export function sorted(
  array: SeriesArray,
  by: string,
  order: "ASC" | "DESC",
  limit: number | undefined,
): SeriesArray {
  const reduction = ["AVG", "MIN", "MAX", "SUM"].includes(by) ? REDUCTIONS[by] : undefined;
  if (!reduction) throw new ExpressionError("The function SORT sorts by AVG, MIN, MAX or SUM");
  const weighed = array.series.map((series) => {
    const values = [...series.points.values()];
    return { series, weight: values.length === 0 ? undefined : reduction(values) };
  });
  const direction = order === "ASC" ? 1 : -1;
  weighed.sort((a, b) => {
    if (a.weight === undefined || b.weight === undefined)
      return Number(a.weight === undefined) - Number(b.weight === undefined);
    return direction * (a.weight - b.weight);
  });
  return { kind: "array", series: weighed.slice(0, limit).map(({ series }) => series) };
}
