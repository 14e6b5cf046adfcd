import type { MetricIdentity } from "../metric.ts";
import { ExpressionError, type Operator } from "./expression.ts";

/** Values at times (seconds since 1970), in order of time. */
export interface Series {
  readonly kind: "series";
  readonly points: ReadonlyMap<number, number>;
  /** In seconds. */
  readonly period: number;
  readonly label: string;
  /** The metric that it is of, with its statistic, when it is a metric's and no result. */
  readonly metric?: { readonly identity: MetricIdentity; readonly statistic: string };
}

export interface Scalar {
  readonly kind: "scalar";
  readonly value: number;
}

export interface SeriesArray {
  readonly kind: "array";
  readonly series: readonly Series[];
}

/** What an expression can come to on the way; in the end it is one or more series. */
export type Value = Scalar | Series | SeriesArray;

export function scalar(value: number): Scalar {
  return { kind: "scalar", value };
}

/** The series with other points; no longer a metric's own. */
export function withPoints(series: Series, points: Iterable<readonly [number, number]>): Series {
  const { period, label } = series;
  const kept = [...points].filter(([, value]) => Number.isFinite(value));
  return { kind: "series", period, label, points: new Map(kept) };
}

/** Does something to each series of an array, or to the one. */
export function eachSeries(value: Value, change: (series: Series) => Series, name: string): Value {
  if (value.kind === "scalar")
    throw new ExpressionError(`The function ${name} takes time series, not a scalar`);
  if (value.kind === "series") return change(value);
  return { kind: "array", series: value.series.map(change) };
}

export function mapPoints(series: Series, change: (value: number, time: number) => number): Series {
  return withPoints(
    series,
    [...series.points].map(([time, value]) => [time, change(value, time)]),
  );
}

export function timesOf(all: readonly Series[]): number[] {
  const times = new Set<number>();
  for (const { points } of all) for (const time of points.keys()) times.add(time);
  return [...times].sort((a, b) => a - b);
}

const OPERATIONS: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  // By zero is no number, and such a data point is dropped.
  "/": (a, b) => (b === 0 ? Number.NaN : a / b),
  "^": (a, b) => a ** b,
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
  "<": (a, b) => Number(a < b),
  "<=": (a, b) => Number(a <= b),
  ">": (a, b) => Number(a > b),
  ">=": (a, b) => Number(a >= b),
  "&&": (a, b) => Number(a !== 0 && b !== 0),
  "||": (a, b) => Number(a !== 0 || b !== 0),
};

/**
 * An operator between any two values but two arrays. Between two series, what one of them lacks at a time counts as
 * 0; a division by zero leaves no data point.
 */
export function operate(operator: Operator, left: Value, right: Value): Value {
  const operation = OPERATIONS[operator];
  if (left.kind === "array" || right.kind === "array") {
    if (left.kind === right.kind)
      throw new ExpressionError(`Unsupported operand types for ${operator}: two arrays`);
    const one = (series: Series) =>
      left.kind === "array" ? operate(operator, series, right) : operate(operator, left, series);
    const array = left.kind === "array" ? left : (right as SeriesArray);
    return {
      kind: "array",
      // An operator between a series and what is no array is a series.
      series: array.series.map((series) => ({ ...(one(series) as Series), label: series.label })),
    };
  }
  if (left.kind === "scalar" && right.kind === "scalar")
    return scalar(operation(left.value, right.value));
  if (left.kind === "scalar")
    return mapPoints(right as Series, (value) => operation(left.value, value));
  if (right.kind === "scalar") return mapPoints(left, (value) => operation(value, right.value));
  return withPoints(
    left,
    timesOf([left, right]).map((time) => [
      time,
      operation(left.points.get(time) ?? 0, right.points.get(time) ?? 0),
    ]),
  );
}
