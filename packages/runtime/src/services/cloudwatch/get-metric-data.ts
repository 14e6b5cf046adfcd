import type { MetricDataResult } from "@aws-sdk/client-cloudwatch";
import { encodePageToken } from "../../page.ts";
import type { InputOf } from "../../sdk.ts";
import type { OperationOf } from "../../service.ts";
import type { World } from "../../world.ts";
import { checkEnum, checkRequired, validationError } from "./errors.ts";
import { roundedStart } from "./get-metric-statistics.ts";
import { renderLabel } from "./label.ts";
import type { Series, Value } from "./math/series.ts";
import { toldBefore } from "./page.ts";
import { checkQueries, type Query, workOut } from "./queries.ts";

/** How many queries one call may have. */
const QUERIES_MAX = 500;
/** How many data points one call answers with at most, and by default. */
const DATAPOINTS_MAX = 100_800;

type Input = InputOf<"cloudwatch", "GetMetricData">;

/**
 * Metrics' data and what expressions make of it, the newest first unless asked otherwise. An expression that comes
 * to several series has a result for each, with the same id. Errors: `ValidationError`, `InvalidNextToken`.
 */
export const getMetricData: OperationOf<"cloudwatch", "GetMetricData"> = async (
  { cloud, caller },
  input,
) => {
  const { queries, start, end } = checked(input);
  await cloud.metrics.flush();
  const now = Math.floor(cloud.clock.now() / 1000);
  const shortest = Math.min(60, ...queries.flatMap(({ period }) => period ?? []));
  const from = roundedStart(start, shortest, now);
  const results = cloud.store.read((tx) => {
    const values = workOut(queries, { tx, world: caller, start: from, end });
    return queries.flatMap((query) => resultsOf(query, values.get(query.id), caller));
  });
  const ascending = input.ScanBy === "TimestampAscending";
  return {
    ...paged(results, ascending, input.MaxDatapoints ?? DATAPOINTS_MAX, input.NextToken),
    Messages: [],
  };
};

function checked(input: Input): { queries: Query[]; start: number; end: number } {
  const { MetricDataQueries, StartTime, EndTime, MaxDatapoints, ScanBy } = input;
  checkRequired(MetricDataQueries, "metricDataQueries");
  checkRequired(StartTime, "startTime");
  checkRequired(EndTime, "endTime");
  if (MetricDataQueries.length === 0)
    throw validationError("The parameter MetricDataQueries must not be empty.");
  if (MetricDataQueries.length > QUERIES_MAX)
    throw validationError(
      `The collection MetricDataQueries must not have a size greater than ${QUERIES_MAX}.`,
    );
  if (StartTime >= EndTime)
    throw validationError("The parameter StartTime must be less than the parameter EndTime.");
  if (MaxDatapoints !== undefined && (MaxDatapoints < 1 || MaxDatapoints > DATAPOINTS_MAX))
    throw validationError(
      `The parameter MaxDatapoints must be a value between 1 and ${DATAPOINTS_MAX}.`,
    );
  checkEnum(ScanBy, "scanBy", ["TimestampDescending", "TimestampAscending"]);
  const queries = checkQueries(MetricDataQueries);
  if (!queries.some(({ returnData }) => returnData))
    throw validationError("At least one of the queries must have ReturnData set to true.");
  return {
    queries,
    start: Math.floor(StartTime.getTime() / 1000),
    end: Math.ceil(EndTime.getTime() / 1000),
  };
}

interface Result {
  readonly id: string;
  readonly label: string;
  readonly series: Series;
}

function resultsOf(query: Query, value: Value | undefined, world: World): Result[] {
  if (!query.returnData || !value) return [];
  if (value.kind === "scalar")
    throw validationError(
      `Error in expression '${query.id}': The result of the expression is a scalar, and must be a time series or an array of time series`,
    );
  if (value.kind === "series") {
    const label = renderLabel(query.label ?? value.label, value, world);
    return [{ id: query.id, label, series: value }];
  }
  return value.series.map((series) => {
    const own = query.label === undefined ? "" : renderLabel(query.label, series, world);
    const dynamic = query.label?.includes("${") ?? false;
    const label = dynamic ? own : [own, series.label].filter((part) => part !== "").join(" ");
    return { id: query.id, label, series };
  });
}

/** As many data points as asked for, from where the token says: results one after the other, in their order. */
function paged(
  results: readonly Result[],
  ascending: boolean,
  limit: number,
  token: string | undefined,
) {
  let skip = toldBefore(token);
  const offset = skip;
  let room = limit;
  let left = false;
  const MetricDataResults: MetricDataResult[] = [];
  for (const { id, label, series } of results) {
    const points = [...series.points].sort(([a], [b]) => (ascending ? a - b : b - a));
    const shown = points.slice(skip, skip + room);
    const wholly = skip + shown.length >= points.length;
    // A result that a former page told is not told again.
    const toldBefore = skip > 0 && shown.length === 0 && wholly;
    skip = Math.max(0, skip - points.length);
    room -= shown.length;
    if (!wholly) left = true;
    if (toldBefore) continue;
    MetricDataResults.push({
      Id: id,
      Label: label,
      Timestamps: shown.map(([time]) => new Date(time * 1000)),
      Values: shown.map(([, value]) => value),
      StatusCode: wholly ? "Complete" : "PartialData",
    });
  }
  const NextToken = left ? encodePageToken(offset + limit) : undefined;
  return { MetricDataResults, NextToken };
}
