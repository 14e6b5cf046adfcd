import type { AlarmType } from "@aws-sdk/client-cloudwatch";
import { ServiceError } from "../../errors.ts";
import type { InputOf, OutputOf } from "../../sdk.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import {
  type AlarmRecord,
  alarmsIn,
  describeCompositeAlarm,
  describeMetricAlarm,
  getAlarm,
} from "./alarm.ts";
import { childrenOf, parseRule } from "./composite-rule.ts";
import { checkEnum, checkRange, checkRequired, validationError } from "./errors.ts";
import { dimensionsOf, metricId } from "./metric.ts";
import { pageOf } from "./page.ts";
import { keyIn } from "./world.ts";

const RECORDS_MAX = 100;
const RECORDS_DEFAULT = 50;
export const STATES = ["OK", "ALARM", "INSUFFICIENT_DATA"] as const;
const TYPES: readonly AlarmType[] = ["CompositeAlarm", "MetricAlarm"];

/**
 * The alarms on one metric. Of the statistic, period and unit, those that are given have to match. Errors:
 * `ValidationError`.
 */
export const describeAlarmsForMetric: OperationOf<"cloudwatch", "DescribeAlarmsForMetric"> = (
  { cloud, caller },
  { Namespace, MetricName, Dimensions, Statistic, ExtendedStatistic, Period, Unit },
) => {
  checkRequired(Namespace, "namespace");
  checkRequired(MetricName, "metricName");
  const dimensions = dimensionsOf(Dimensions);
  const id = metricId({ namespace: Namespace, name: MetricName, dimensions });
  const statistic = Statistic ?? ExtendedStatistic;
  const alarms = cloud.store.read((tx) => [...alarmsIn(tx, caller)]);
  const MetricAlarms = alarms.flatMap((alarm) => {
    if (alarm.kind !== "metric" || alarm.watched.kind !== "metric") return [];
    const { watched } = alarm;
    const matches =
      metricId(watched.identity) === id &&
      (statistic === undefined || watched.statistic === statistic) &&
      (Period === undefined || watched.period === Period) &&
      (Unit === undefined || watched.unit === Unit);
    return matches ? [describeMetricAlarm(alarm)] : [];
  });
  return { MetricAlarms };
};

/** Alarms by name, by what their names begin with, by state or by action. Errors: `ValidationError`, `InvalidNextToken`. */
export const describeAlarms: OperationOf<"cloudwatch", "DescribeAlarms"> = (
  { cloud, caller },
  input,
) => {
  check(input);
  const { ChildrenOfAlarmName, ParentsOfAlarmName } = input;
  if (ChildrenOfAlarmName !== undefined || ParentsOfAlarmName !== undefined)
    return cloud.store.read((tx) => describeFamily(tx, caller, input));
  const { AlarmNames, AlarmNamePrefix = "", StateValue, ActionPrefix } = input;
  const kinds = (input.AlarmTypes?.length ? input.AlarmTypes : ["MetricAlarm"]).map((type) =>
    type === "CompositeAlarm" ? "composite" : "metric",
  );
  return cloud.store.read((tx) => {
    const candidates = AlarmNames?.length
      ? AlarmNames.flatMap((name) => getAlarm(tx, caller, name) ?? [])
      : [...alarmsIn(tx, caller)];
    const matching = candidates.filter(
      (alarm) =>
        kinds.includes(alarm.kind) &&
        alarm.name.startsWith(AlarmNamePrefix) &&
        (StateValue === undefined || alarm.state.value === StateValue) &&
        (ActionPrefix === undefined || actionsOf(alarm).some((a) => a.startsWith(ActionPrefix))),
    );
    const { page, NextToken } = pageOf(
      matching,
      input.MaxRecords ?? RECORDS_DEFAULT,
      input.NextToken,
    );
    return {
      MetricAlarms: page.flatMap((a) => (a.kind === "metric" ? [describeMetricAlarm(a)] : [])),
      CompositeAlarms: page.flatMap((a) =>
        a.kind === "composite" ? [describeCompositeAlarm(a)] : [],
      ),
      NextToken,
    };
  });
};

/** The alarms that a composite alarm's rule names, or the composite alarms whose rules name an alarm; in brief. */
function describeFamily(
  tx: ReadTransaction,
  world: World,
  input: InputOf<"cloudwatch", "DescribeAlarms">,
): OutputOf<"cloudwatch", "DescribeAlarms"> {
  const { ChildrenOfAlarmName: parent, ParentsOfAlarmName: child = "" } = input;
  const of = parent === undefined ? undefined : getAlarm(tx, world, parent);
  const names =
    parent === undefined
      ? [...tx.range({ prefix: keyIn(world, "parent", child) })].map(({ key }) =>
          String(key.at(-1)),
        )
      : of?.kind === "composite"
        ? childrenOf(parseRule(of.rule))
        : [];
  const family = names.flatMap((name) => getAlarm(tx, world, name) ?? []);
  const { page, NextToken } = pageOf(family, input.MaxRecords ?? RECORDS_DEFAULT, input.NextToken);
  const brief = ({ name, arn, state }: AlarmRecord) => ({
    AlarmName: name,
    AlarmArn: arn,
    ...(parent === undefined
      ? {}
      : { StateValue: state.value, StateUpdatedTimestamp: new Date(state.updatedAt) }),
  });
  return {
    MetricAlarms: page.filter(({ kind }) => kind === "metric").map(brief),
    CompositeAlarms: page.filter(({ kind }) => kind === "composite").map(brief),
    NextToken,
  };
}

function check(input: InputOf<"cloudwatch", "DescribeAlarms">): void {
  checkRange(input.MaxRecords, "maxRecords", 1, RECORDS_MAX);
  checkEnum(input.StateValue, "stateValue", STATES);
  for (const type of input.AlarmTypes ?? []) checkEnum(type, "alarmTypes", [...TYPES, "LogAlarm"]);
  if (input.AlarmNames?.length && input.AlarmNamePrefix !== undefined)
    throw validationError(
      "The parameters AlarmNames and AlarmNamePrefix are mutually exclusive and you have specified both.",
    );
  if ((input.AlarmNames?.length ?? 0) > RECORDS_MAX)
    throw new ServiceError(
      "InvalidParameterValueException",
      `The collection AlarmNames must not have a size greater than ${RECORDS_MAX}.`,
    );
}

function actionsOf(alarm: AlarmRecord): string[] {
  return [...alarm.okActions, ...alarm.alarmActions, ...alarm.insufficientDataActions];
}
