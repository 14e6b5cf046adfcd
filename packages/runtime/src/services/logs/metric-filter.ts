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
  updateGroup,
} from "./group.ts";
import { metricFiltersKey, type World } from "./keys.ts";
import { METRICS, type Observation, observe } from "./metrics.ts";
import { decodeNextToken } from "./page.ts";
import { compilePattern } from "./patterns/pattern.ts";
import type { LogEvent } from "./timeline.ts";

export interface MetricFilter {
  readonly name: string;
  readonly pattern: string;
  readonly transformation: MetricTransformation;
  readonly creationTime: number;
  /** Kept and shown; there are no log transformers here for it to have an effect. */
  readonly applyOnTransformedLogs: boolean;
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html */
const FILTERS_MAX = 100;
const DIMENSIONS_MAX = 3;
const FILTER_NAME_LENGTH_MAX = 512;
const FILTER_NAME_PATTERN = "[^:*]*";
const PATTERN_LENGTH_MAX = 1024;
const METRIC_NAME_LENGTH_MAX = 255;
const METRIC_NAME_PATTERN = "[^:*$]*";
const METRIC_VALUE_LENGTH_MAX = 100;
const TEST_MESSAGES_MAX = 50;

/** Adds the checks of a filter's name and pattern, the same for metrics and subscriptions. */
export function constrainFilter(
  constraints: Constraints,
  {
    filterName,
    filterPattern,
  }: { filterName: string | undefined; filterPattern: string | undefined },
): Constraints {
  return constraints
    .required("filterName", filterName)
    .length("filterName", filterName, { min: 1, max: FILTER_NAME_LENGTH_MAX })
    .pattern("filterName", filterName, FILTER_NAME_PATTERN)
    .required("filterPattern", filterPattern)
    .length("filterPattern", filterPattern, { max: PATTERN_LENGTH_MAX });
}

/** Refuses one filter more than the quota. */
export function checkQuota(count: number, max: number): void {
  if (count > max) throw new ServiceError("LimitExceededException", "Resource limit exceeded.");
}

export const putMetricFilter: OperationOf<"logs", "PutMetricFilter"> = async (
  { cloud, caller },
  input,
) => {
  const { logGroupName = "", filterName = "", filterPattern = "" } = input;
  const transformation = checkMetricFilter(input);
  compilePattern(filterPattern);
  await cloud.store.write((tx) => {
    const { number } = findGroup(tx, caller, logGroupName);
    const key = [...metricFiltersKey(caller, number), filterName];
    const before = tx.get<MetricFilter>(key);
    if (!before)
      updateGroup(tx, caller, logGroupName, (group) => {
        checkQuota(group.metricFilterCount + 1, FILTERS_MAX);
        return { ...group, metricFilterCount: group.metricFilterCount + 1 };
      });
    const filter: MetricFilter = {
      name: filterName,
      pattern: filterPattern,
      transformation,
      creationTime: before?.creationTime ?? cloud.clock.now(),
      applyOnTransformedLogs: input.applyOnTransformedLogs ?? false,
    };
    tx.put(key, filter);
  });
  return {};
};

function checkMetricFilter(input: Parameters<typeof putMetricFilter>[1]): MetricTransformation {
  const { metricTransformations } = input;
  const constraints = constrainFilter(
    constrainGroupName(new Constraints(), input.logGroupName),
    input,
  )
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

export const deleteMetricFilter: OperationOf<"logs", "DeleteMetricFilter"> = async (
  { cloud, caller },
  { logGroupName = "", filterName = "" },
) => {
  constrainFilter(constrainGroupName(new Constraints(), logGroupName), {
    filterName,
    filterPattern: "",
  }).check("InvalidParameterException");
  await cloud.store.write((tx) => {
    const { number } = findGroup(tx, caller, logGroupName);
    const key = [...metricFiltersKey(caller, number), filterName];
    if (!tx.get(key))
      throw new ServiceError(
        "ResourceNotFoundException",
        "The specified metric filter does not exist.",
      );
    tx.delete(key);
    updateGroup(tx, caller, logGroupName, (group) => ({
      ...group,
      metricFilterCount: group.metricFilterCount - 1,
    }));
  });
  return {};
};

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
