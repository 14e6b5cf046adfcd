import type {
  MetricFilter as MetricFilterShown,
  MetricTransformation,
} from "@aws-sdk/client-cloudwatch-logs";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import { isName, takePage } from "../../page.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import {
  constrainGroupName,
  DESCRIBE_LIMIT_MAX,
  findGroup,
  groupsWithPrefix,
  type LogGroup,
} from "./group.ts";
import {
  deleteFilter,
  filterConstraints,
  type GroupFilter,
  METRIC_FILTER,
  putFilter,
} from "./group-filter.ts";
import { metricFiltersKey, type World } from "./keys.ts";
import { METRICS, type Observation, observe } from "./metrics.ts";
import { decodeNextToken } from "./page.ts";
import { compilePattern, PATTERN_LENGTH_MAX } from "./patterns/pattern.ts";
import type { LogEvent } from "./timeline.ts";

export interface MetricFilter extends GroupFilter {
  readonly transformation: MetricTransformation;
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html */
const DIMENSIONS_MAX = 3;
const METRIC_NAME_LENGTH_MAX = 255;
const METRIC_NAME_PATTERN = "[^:*$]*";
const METRIC_VALUE_LENGTH_MAX = 100;
const TEST_MESSAGES_MAX = 50;

export const putMetricFilter: OperationOf<"logs", "PutMetricFilter"> = async (
  { cloud, caller },
  input,
) => {
  const { logGroupName = "", filterName = "", filterPattern = "" } = input;
  const transformation = checkMetricFilter(input);
  compilePattern(filterPattern);
  const filter: MetricFilter = {
    name: filterName,
    pattern: filterPattern,
    transformation,
    creationTime: cloud.clock.now(),
    applyOnTransformedLogs: input.applyOnTransformedLogs ?? false,
  };
  await cloud.store.write((tx) => putFilter(tx, caller, logGroupName, METRIC_FILTER, filter));
  return {};
};

function checkMetricFilter(input: Parameters<typeof putMetricFilter>[1]): MetricTransformation {
  const { metricTransformations } = input;
  const constraints = filterConstraints(input)
    .required("metricTransformations", metricTransformations)
    .length("metricTransformations", metricTransformations, { min: 1, max: 1 });
  const [transformation] = metricTransformations ?? [];
  const member = "metricTransformations.1.member";
  constraints
    .required(`${member}.metricName`, transformation?.metricName)
    .length(`${member}.metricName`, transformation?.metricName, { max: METRIC_NAME_LENGTH_MAX })
    .pattern(`${member}.metricName`, transformation?.metricName, METRIC_NAME_PATTERN)
    .required(`${member}.metricNamespace`, transformation?.metricNamespace)
    .length(`${member}.metricNamespace`, transformation?.metricNamespace, {
      max: METRIC_NAME_LENGTH_MAX,
    })
    .pattern(`${member}.metricNamespace`, transformation?.metricNamespace, METRIC_NAME_PATTERN)
    .required(`${member}.metricValue`, transformation?.metricValue)
    .length(`${member}.metricValue`, transformation?.metricValue, { max: METRIC_VALUE_LENGTH_MAX })
    .check("InvalidParameterException");
  const checked = transformation as MetricTransformation;
  const dimensions = Object.keys(checked.dimensions ?? {});
  if (dimensions.length > DIMENSIONS_MAX) throw invalidTransformation("too many dimensions.");
  if (dimensions.length > 0 && checked.defaultValue !== undefined)
    throw invalidTransformation("dimensions and default value are mutually exclusive properties.");
  if (!/^\$/.test(checked.metricValue ?? "") && !Number.isFinite(Number(checked.metricValue)))
    throw invalidTransformation("metricValue must be a number or a field of the pattern.");
  return checked;
}

function invalidTransformation(why: string): ServiceError {
  return new ServiceError("InvalidParameterException", `Invalid metric transformation: ${why}`);
}

export const deleteMetricFilter: OperationOf<"logs", "DeleteMetricFilter"> = (call, input) =>
  deleteFilter(call, METRIC_FILTER, input);

/** Filters in the order of their names; those of all groups, group by group, when none is named. */
export const describeMetricFilters: OperationOf<"logs", "DescribeMetricFilters"> = (
  { cloud, caller },
  input,
) => {
  const { logGroupName, limit = DESCRIBE_LIMIT_MAX, metricName, metricNamespace } = input;
  const constraints = new Constraints().range("limit", limit, { min: 1, max: DESCRIBE_LIMIT_MAX });
  if (logGroupName !== undefined) constrainGroupName(constraints, logGroupName);
  constraints.check("InvalidParameterException");
  if ((metricName === undefined) !== (metricNamespace === undefined))
    throw new ServiceError(
      "InvalidParameterException",
      "If you include either metricName or metricNamespace in your request, you must include both.",
    );
  // The documentation: the prefix has an effect only with a group's name.
  const prefix = logGroupName === undefined ? "" : (input.filterNamePrefix ?? "");
  const after = decodeNextToken(input.nextToken, isName);
  return cloud.store.read((tx) => {
    const groups =
      logGroupName === undefined
        ? [...groupsWithPrefix(tx, caller, "")]
        : [findGroup(tx, caller, logGroupName)];
    const shown = groups
      .flatMap((group) => showFilters(tx, caller, group))
      .filter(({ filterName = "" }) => filterName.startsWith(prefix))
      .filter(({ metricTransformations: [first] = [] }) =>
        metricName === undefined
          ? true
          : first?.metricName === metricName && first?.metricNamespace === metricNamespace,
      )
      .filter((filter) => after === undefined || positionOf(filter) > after);
    const { items, ...more } = takePage(shown, limit, positionOf);
    return { metricFilters: items, ...more };
  });
};

/** No name holds a zero character, so a group's filters stand together and after those of shorter names. */
function positionOf({ logGroupName, filterName }: MetricFilterShown): string {
  return `${logGroupName}\0${filterName}`;
}

function metricFiltersOf(tx: ReadTransaction, world: World, group: LogGroup): MetricFilter[] {
  if (group.metricFilterCount === 0) return [];
  const prefix = metricFiltersKey(world, group.number);
  return [...tx.range<MetricFilter>({ prefix })].map(({ value }) => value);
}

function showFilters(tx: ReadTransaction, world: World, group: LogGroup): MetricFilterShown[] {
  return metricFiltersOf(tx, world, group).map((filter) => ({
    filterName: filter.name,
    filterPattern: filter.pattern,
    metricTransformations: [filter.transformation],
    creationTime: filter.creationTime,
    logGroupName: group.name,
    applyOnTransformedLogs: filter.applyOnTransformedLogs,
  }));
}

export const testMetricFilter: OperationOf<"logs", "TestMetricFilter"> = (
  _call,
  { filterPattern, logEventMessages },
) => {
  new Constraints()
    .required("filterPattern", filterPattern)
    .length("filterPattern", filterPattern, { max: PATTERN_LENGTH_MAX })
    .required("logEventMessages", logEventMessages)
    .length("logEventMessages", logEventMessages, { min: 1, max: TEST_MESSAGES_MAX })
    .check("InvalidParameterException");
  const pattern = compilePattern(filterPattern ?? "");
  const matches = (logEventMessages ?? []).flatMap((eventMessage, index) => {
    const match = pattern.match(eventMessage);
    if (!match) return [];
    return [{ eventNumber: index + 1, eventMessage, extractedValues: match.extractedValues }];
  });
  return { matches };
};

/** Owes CloudWatch what the group's filters find in a batch. */
export function oweMetrics(
  cloud: Cloud,
  tx: WriteTransaction,
  { account, region }: Caller,
  group: LogGroup,
  events: readonly LogEvent[],
): void {
  const world = { account, region };
  const observations: Observation[] = metricFiltersOf(tx, world, group).flatMap((filter) =>
    observe(filter, events),
  );
  if (observations.length === 0) return;
  const caller = { ...world, principal: "logs.amazonaws.com" };
  for (const [namespace, ofNamespace] of Map.groupBy(observations, (one) => one.namespace))
    cloud.owed.add(tx, {
      kind: METRICS,
      caller,
      payload: { namespace, observations: ofNamespace },
    });
}
