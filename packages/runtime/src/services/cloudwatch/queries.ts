import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { readPeriods } from "./data.ts";
import { checkEnum, checkLength, checkRange, validationError } from "./errors.ts";
import { evaluate } from "./math/evaluate.ts";
import {
  type Expression,
  ExpressionError,
  functionsIn,
  parseExpression,
} from "./math/expression.ts";
import type { Range } from "./math/functions.ts";
import type { Series, Value } from "./math/series.ts";
import {
  checkDimensions,
  dimensionsOf,
  knownMetrics,
  type MetricIdentity,
  metricId,
} from "./metric.ts";
import { compileSearch, FOUND_MAX } from "./search.ts";
import { parseStatistic, type Statistic, statisticOf } from "./statistic.ts";
import { UNITS } from "./unit.ts";

interface QueryBase {
  readonly id: string;
  readonly label: string | undefined;
  readonly returnData: boolean;
}

/** A query of GetMetricData or of an alarm, checked. */
export type Query =
  | (QueryBase & {
      readonly kind: "metric";
      readonly identity: MetricIdentity;
      readonly statisticName: string;
      readonly statistic: Statistic;
      /** In seconds. */
      readonly period: number;
      readonly unit: string | undefined;
    })
  | (QueryBase & {
      readonly kind: "math";
      readonly text: string;
      readonly expression: Expression;
      /** In seconds. */
      readonly period: number | undefined;
    });

const EXPRESSION_LENGTH_MAX = 2_048;
const MEMBER = "MetricDataQueries.member";

/** Checks the queries of one request; `ValidationError` says all that is wrong with the first wrong one. */
export function checkQueries(queries: readonly MetricDataQuery[], at = MEMBER): Query[] {
  const checked = queries.map((query, index) => checkQuery(query, `${at}.${index + 1}`));
  const ids = new Set<string>();
  for (const [index, { id }] of checked.entries()) {
    if (ids.has(id))
      throw validationError(`The value ${id} for parameter ${at}.${index + 1}.Id is not unique.`);
    ids.add(id);
  }
  return checked;
}

function checkQuery(query: MetricDataQuery, at: string): Query {
  const { Id: id, MetricStat, Expression: text, Label: label, ReturnData = true, Period } = query;
  if (id === undefined) throw validationError(`The parameter ${at}.Id is required.`);
  if (!/^[a-z][a-zA-Z0-9_]*$/.test(id))
    throw validationError(
      `The value ${id} for parameter ${at}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
    );
  if (MetricStat && text !== undefined)
    throw validationError(
      `The parameters ${at}.Expression and ${at}.MetricStat are mutually exclusive and you have specified both.`,
    );
  const base = { id, label, returnData: ReturnData };
  if (text !== undefined) {
    checkLength(text, "metricDataQueries.1.member.expression", 1, EXPRESSION_LENGTH_MAX);
    if (Period !== undefined) checkQueryPeriod(Period, `${at}.Period`);
    return { ...base, kind: "math", text, expression: parsed(id, text), period: Period };
  }
  if (!MetricStat)
    throw validationError(`Either ${at}.Expression or ${at}.MetricStat must be specified.`);
  return { ...base, kind: "metric", ...checkMetricStat(MetricStat, `${at}.MetricStat`) };
}

function parsed(id: string, text: string): Expression {
  if (/^\s*SELECT\s/i.test(text))
    throw validationError(
      `Error in expression '${id}': Flyball does not do Metrics Insights queries.`,
    );
  return inExpression(id, () => parseExpression(text));
}

/** Does something with the expression of a query; what is wrong with it is said with the query's id. */
function inExpression<T>(id: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof ExpressionError)
      throw validationError(`Error in expression '${id}': ${error.message}`);
    throw error;
  }
}

function checkMetricStat(stat: NonNullable<MetricDataQuery["MetricStat"]>, at: string) {
  const { Metric, Period: period, Stat: statisticName, Unit: unit } = stat;
  const { Namespace: namespace, MetricName: name, Dimensions } = Metric ?? {};
  if (!namespace) throw validationError(`The parameter ${at}.Metric.Namespace is required.`);
  if (!name) throw validationError(`The parameter ${at}.Metric.MetricName is required.`);
  if (period === undefined) throw validationError(`The parameter ${at}.Period is required.`);
  if (!statisticName) throw validationError(`The parameter ${at}.Stat is required.`);
  checkQueryPeriod(period, `${at}.Period`);
  checkDimensions(Dimensions, `${at}.Metric.Dimensions`);
  checkEnum(unit, "metricDataQueries.1.member.metricStat.unit", UNITS);
  const statistic = parseStatistic(statisticName);
  if (!statistic)
    throw validationError(`The value ${statisticName} for parameter ${at}.Stat is not supported.`);
  const identity = { namespace, name, dimensions: dimensionsOf(Dimensions) };
  return { identity, statisticName, statistic, period, unit };
}

function checkQueryPeriod(period: number, at: string): void {
  checkRange(period, "metricDataQueries.1.member.period", 1);
  if (![1, 5, 10, 20, 30].includes(period) && period % 60 !== 0)
    throw validationError(
      `The parameter ${at} must be a value in the set [1, 5, 10, 20, 30] or a multiple of 60.`,
    );
}

/** Where queries are worked out: a world, as it is stored, over a stretch of time. */
export interface Place {
  readonly tx: ReadTransaction;
  readonly world: World;
  /** Seconds since 1970. */
  readonly start: number;
  /** Seconds since 1970; exclusive. */
  readonly end: number;
}

/** Each query's value, by id. Queries may refer to each other in any order, but not in a circle. */
export function workOut(queries: readonly Query[], place: Place): Map<string, Value> {
  const values = new Map<string, Value>();
  const underWay = new Set<string>();
  const byId = new Map(queries.map((query) => [query.id, query]));
  const periods = queries.flatMap((query) => query.period ?? []);
  const range: Range = {
    start: place.start,
    end: place.end,
    period: periods.length > 0 ? Math.min(...periods) : 60,
  };

  const workedOut = (query: Query): Value => {
    const known = values.get(query.id);
    if (known) return known;
    if (underWay.has(query.id))
      throw new ExpressionError(`The expression refers to itself through '${query.id}'`);
    underWay.add(query.id);
    const value = query.kind === "metric" ? metricSeries(query, place) : mathValue(query);
    underWay.delete(query.id);
    values.set(query.id, value);
    return value;
  };
  const mathValue = (query: Extract<Query, { kind: "math" }>): Value =>
    inExpression(query.id, () => {
      const value = evaluate(query.expression, {
        range: { ...range, period: query.period ?? range.period },
        resolve: (id) => {
          const other = byId.get(id);
          return other && workedOut(other);
        },
        metrics: () =>
          queries.flatMap((other) =>
            other.kind === "metric" ? [{ id: other.id, series: metricSeries(other, place) }] : [],
          ),
        search: (text, statistic, period) => searched(text, statistic, period, place),
      });
      if (value.kind === "scalar") return value;
      const label = query.label ?? query.id;
      return value.kind === "series" ? { ...value, label } : value;
    });
  for (const query of queries) workedOut(query);
  return values;
}

function metricSeries(query: Extract<Query, { kind: "metric" }>, place: Place): Series {
  const { identity, statistic, statisticName, period, unit, label } = query;
  return {
    ...seriesOf(identity, { statistic, statisticName, period, unit }, place),
    label: label ?? identity.name,
  };
}

function seriesOf(
  identity: MetricIdentity,
  what: { statistic: Statistic; statisticName: string; period: number; unit?: string | undefined },
  { tx, world, start, end }: Place,
): Series {
  const { statistic, period, unit } = what;
  const span = { start, end, period };
  const points = readPeriods(tx, world, metricId(identity), span, { unit }).flatMap((read) => {
    const value = statisticOf(statistic, read.aggregate);
    return value === undefined ? [] : [[read.start, value] as const];
  });
  return {
    kind: "series",
    points: new Map(points),
    period,
    label: identity.name,
    metric: { identity, statistic: what.statisticName },
  };
}

function searched(text: string, statisticName: string, period: number, place: Place): Series[] {
  const statistic = parseStatistic(statisticName);
  if (!statistic) throw new ExpressionError(`The statistic ${statisticName} is not supported`);
  if (period < 1) throw new ExpressionError("The period of SEARCH must be at least 1");
  const matches = compileSearch(text);
  const found = [...knownMetrics(place.tx, place.world)].filter(matches).slice(0, FOUND_MAX);
  return found.map((metric) => ({
    ...seriesOf(metric, { statistic, statisticName, period }, place),
    label: [...metric.dimensions.map(({ value }) => value), metric.name].join(" "),
  }));
}

/** Whether any query calls one of these functions. */
export function callsAny(queries: readonly Query[], functions: readonly string[]): boolean {
  return queries.some(
    (query) =>
      query.kind === "math" &&
      functionsIn(query.expression).some((name) => functions.includes(name)),
  );
}
