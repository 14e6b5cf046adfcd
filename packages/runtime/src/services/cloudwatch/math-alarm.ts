import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import type { Watched } from "./alarm.ts";
import { validationError } from "./errors.ts";
import type { Point } from "./evaluation.ts";
import { callsAny, checkQueries, workOut } from "./queries.ts";

/** How many queries an alarm may have: ten metrics and ten expressions. */
const EACH_KIND_MAX = 10;

/**
 * Checks the queries of an alarm: exactly one returns data, all metrics have one period, and the result is a single
 * series. Errors: `ValidationError`.
 */
export function checkMathAlarm(queries: readonly MetricDataQuery[]): Watched {
  const checked = checkQueries(queries, "Metrics.member");
  const metrics = checked.filter((query) => query.kind === "metric");
  if (metrics.length > EACH_KIND_MAX || checked.length - metrics.length > EACH_KIND_MAX)
    throw validationError(
      `The metrics list can have up to ${EACH_KIND_MAX} metrics and ${EACH_KIND_MAX} expressions.`,
    );
  if (checked.filter(({ returnData }) => returnData).length !== 1)
    throw validationError("Exactly one element of the metrics list should return data.");
  if (callsAny(checked, ["SEARCH"]))
    throw validationError("SEARCH is not supported on Metric Alarms.");
  if (callsAny(checked, ["ANOMALY_DETECTION_BAND"]))
    throw validationError("Flyball does not evaluate alarms on anomaly detection models.");
  const [first] = metrics;
  if (!first) throw validationError("Expressions of an alarm must include at least one metric.");
  if (metrics.some(({ period }) => period !== first.period))
    throw validationError("All metrics of an alarm must have the same period.");
  if (![10, 20, 30].includes(first.period) && first.period % 60 !== 0)
    throw validationError("Period must be 10, 20, 30 or a multiple of 60");
  const watched: Watched = { kind: "math", queries: [...queries], period: first.period };
  checkResult(watched);
  return watched;
}

/** Works the expressions out on no data, which shows what kind of result they have. */
function checkResult({ queries }: Extract<Watched, { kind: "math" }>): void {
  const nothing: ReadTransaction = { get: () => undefined, range: () => [] };
  const checked = checkQueries(queries);
  const world = { account: "", region: "" };
  const values = workOut(checked, { tx: nothing, world, start: 0, end: 0 });
  const returned = checked.find(({ returnData }) => returnData);
  const value = values.get(returned?.id ?? "");
  if (value?.kind !== "series")
    throw validationError(
      `Error in expression '${returned?.id}': The expression of an alarm must return a single time series.`,
    );
}

/** The data points of what the alarm watches, between two instants in seconds since 1970. */
export function mathPoints(
  tx: ReadTransaction,
  world: World,
  watched: Extract<Watched, { kind: "math" }>,
  start: number,
  end: number,
): Point[] {
  const queries = checkQueries(watched.queries);
  const values = workOut(queries, { tx, world, start, end });
  const value = values.get(queries.find(({ returnData }) => returnData)?.id ?? "");
  if (value?.kind !== "series") return [];
  return [...value.points].map(([time, result]) => ({ start: time, value: result }));
}
