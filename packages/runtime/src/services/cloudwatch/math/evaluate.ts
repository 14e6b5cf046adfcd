import { type Expression, ExpressionError } from "./expression.ts";
import {
  choose,
  type Filler,
  fill,
  gridOf,
  OF_TIME,
  POINTWISE,
  type Range,
  REDUCTIONS,
  reduce,
  runningSum,
  STEPWISE,
  sorted,
  stepwise,
} from "./functions.ts";
import {
  eachSeries,
  mapPoints,
  operate,
  type Series,
  type SeriesArray,
  scalar,
  type Value,
  withPoints,
} from "./series.ts";

/** What an expression stands in. */
export interface Surroundings {
  readonly range: Range;
  /** The value of the query with this id; undefined when there is none. */
  readonly resolve: (id: string) => Value | undefined;
  /** The metrics of the request, by id. */
  readonly metrics: () => readonly { readonly id: string; readonly series: Series }[];
  readonly search: (expression: string, statistic: string, period: number) => readonly Series[];
}

/** Works an expression out; throws {@link ExpressionError}. */
export function evaluate(expression: Expression, surroundings: Surroundings): Value {
  switch (expression.kind) {
    case "number":
      return scalar(expression.value);
    case "string":
      throw new ExpressionError(`Unexpected string '${expression.value}'`);
    case "name": {
      const value = surroundings.resolve(expression.name);
      if (!value) throw new ExpressionError(`Unknown identifier '${expression.name}'`);
      return value;
    }
    case "negated":
      return operate("*", scalar(-1), evaluate(expression.operand, surroundings));
    case "array":
      return arrayOf(expression.items.map((item) => evaluate(item, surroundings)));
    case "binary":
      return operate(
        expression.operator,
        evaluate(expression.left, surroundings),
        evaluate(expression.right, surroundings),
      );
    case "call":
      return callFunction(expression.name, expression.arguments, surroundings);
  }
}

function arrayOf(items: readonly Value[]): SeriesArray {
  return {
    kind: "array",
    series: items.flatMap((item) => {
      if (item.kind === "scalar") throw new ExpressionError("An array can't have scalars in it");
      return item.kind === "array" ? item.series : [item];
    }),
  };
}

type Arguments = readonly Expression[];

function callFunction(name: string, args: Arguments, surroundings: Surroundings): Value {
  const value = (index: number) => evaluate(argument(name, args, index), surroundings);
  if (Object.hasOwn(REDUCTIONS, name)) return takes(name, args, 1) && reduce(name, value(0));
  const pointwise = Object.hasOwn(POINTWISE, name) ? POINTWISE[name] : undefined;
  if (pointwise) {
    takes(name, args, 1);
    const operand = value(0);
    if (operand.kind === "scalar") return scalar(pointwise(operand.value));
    return eachSeries(operand, (series) => mapPoints(series, pointwise), name);
  }
  if (Object.hasOwn(STEPWISE, name))
    return takes(name, args, 1) && eachSeries(value(0), (series) => stepwise(name, series), name);
  const ofTime = Object.hasOwn(OF_TIME, name) ? OF_TIME[name] : undefined;
  if (ofTime) {
    takes(name, args, 1);
    const on = (series: Series) =>
      withPoints(
        series,
        gridOf(surroundings.range, series.period).map((time) => [
          time,
          ofTime(new Date(time * 1000)),
        ]),
      );
    return eachSeries(value(0), on, name);
  }
  return callOther(name, args, surroundings);
}

function callOther(name: string, args: Arguments, surroundings: Surroundings): Value {
  const { range } = surroundings;
  const value = (index: number) => evaluate(argument(name, args, index), surroundings);
  switch (name) {
    case "RUNNING_SUM":
      return takes(name, args, 1) && eachSeries(value(0), runningSum, name);
    case "FILL": {
      takes(name, args, 2);
      const filler = fillerOf(argument(name, args, 1), surroundings);
      return eachSeries(value(0), (series) => fill(series, filler, range), name);
    }
    case "IF":
      takes(name, args, 2, 3);
      return choose(value(0), value(1), args.length === 3 ? value(2) : undefined);
    case "TIME_SERIES": {
      takes(name, args, 1);
      const constant = scalarArgument(name, value(0));
      const points = gridOf(range, range.period).map((time) => [time, constant] as const);
      const series: Series = {
        kind: "series",
        points: new Map(),
        period: range.period,
        label: name,
      };
      return withPoints(series, points);
    }
    case "PERIOD": {
      takes(name, args, 1);
      const of = value(0);
      if (of.kind !== "series" || !of.metric)
        throw new ExpressionError("The function PERIOD takes a metric");
      return scalar(of.period);
    }
    case "METRICS":
      return metricsWith(args, surroundings);
    case "SEARCH":
      return found(args, surroundings);
    default:
      return callOnArray(name, args, surroundings);
  }
}

function callOnArray(name: string, args: Arguments, surroundings: Surroundings): Value {
  const value = (index: number) => evaluate(argument(name, args, index), surroundings);
  const number = (index: number) => scalarArgument(name, value(index));
  const array = () => arrayArgument(name, value(0));
  switch (name) {
    case "METRIC_COUNT":
      return takes(name, args, 1) && scalar(array().series.length);
    case "REMOVE_EMPTY": {
      takes(name, args, 1);
      return { kind: "array", series: array().series.filter(({ points }) => points.size > 0) };
    }
    case "FIRST":
    case "LAST": {
      takes(name, args, 1);
      const picked = array().series.at(name === "FIRST" ? 0 : -1);
      if (picked) return picked;
      const { period } = surroundings.range;
      return { kind: "series", points: new Map(), period, label: name };
    }
    case "SLICE": {
      takes(name, args, 2, 3);
      const end = args.length === 3 ? number(2) : undefined;
      return { kind: "array", series: array().series.slice(number(1), end) };
    }
    case "SORT": {
      takes(name, args, 3, 4);
      const order = wordArgument(name, args, 2);
      if (order !== "ASC" && order !== "DESC")
        throw new ExpressionError("The function SORT sorts ASC or DESC");
      const limit = args.length === 4 ? number(3) : undefined;
      return sorted(array(), wordArgument(name, args, 1), order, limit);
    }
    default:
      throw new ExpressionError(`Unknown function '${name}'`);
  }
}

/** True, or throws: the function takes so many arguments. */
function takes(name: string, args: Arguments, least: number, most = least): true {
  if (args.length < least || args.length > most)
    throw new ExpressionError(
      `The function ${name} takes ${least === most ? least : `${least} to ${most}`} argument${most === 1 ? "" : "s"}, not ${args.length}`,
    );
  return true;
}

function argument(name: string, args: Arguments, index: number): Expression {
  const found = args[index];
  if (!found) throw new ExpressionError(`The function ${name} lacks an argument`);
  return found;
}

function scalarArgument(name: string, value: Value): number {
  if (value.kind !== "scalar")
    throw new ExpressionError(`The function ${name} takes a scalar here, not a time series`);
  return value.value;
}

function arrayArgument(name: string, value: Value): SeriesArray {
  if (value.kind === "scalar")
    throw new ExpressionError(`The function ${name} takes an array of time series`);
  return value.kind === "array" ? value : { kind: "array", series: [value] };
}

function wordArgument(name: string, args: Arguments, index: number): string {
  const word = argument(name, args, index);
  if (word.kind !== "name") throw new ExpressionError(`The function ${name} takes a word here`);
  return word.name;
}

function stringArgument(name: string, args: Arguments, index: number): string {
  const text = argument(name, args, index);
  if (text.kind !== "string") throw new ExpressionError(`The function ${name} takes a string here`);
  return text.value;
}

function fillerOf(expression: Expression, surroundings: Surroundings): Filler {
  if (expression.kind === "name" && (expression.name === "REPEAT" || expression.name === "LINEAR"))
    return expression.name;
  const value = evaluate(expression, surroundings);
  if (value.kind === "array")
    throw new ExpressionError("The function FILL fills with a scalar or a single time series");
  return value;
}

function metricsWith(args: Arguments, { metrics }: Surroundings): SeriesArray {
  takes("METRICS", args, 0, 1);
  const part = args.length === 0 ? "" : stringArgument("METRICS", args, 0);
  const matching = metrics().filter(({ id }) => id.includes(part));
  return { kind: "array", series: matching.map(({ series }) => series) };
}

function found(args: Arguments, surroundings: Surroundings): SeriesArray {
  takes("SEARCH", args, 2, 3);
  const period =
    args.length === 3
      ? scalarArgument("SEARCH", evaluate(argument("SEARCH", args, 2), surroundings))
      : surroundings.range.period;
  const series = surroundings.search(
    stringArgument("SEARCH", args, 0),
    stringArgument("SEARCH", args, 1),
    period,
  );
  return { kind: "array", series };
}
