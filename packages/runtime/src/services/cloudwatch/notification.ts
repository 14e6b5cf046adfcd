import { createHash } from "node:crypto";
import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { World } from "../../world.ts";
import type { AlarmRecord, AlarmState, MetricAlarmRecord } from "./alarm.ts";
import { JavaDouble, javaJson, javaTime } from "./java-text.ts";
import type { MetricIdentity } from "./metric.ts";
import { regionName } from "./region-name.ts";
import { BASIC_STATISTICS } from "./statistic.ts";

/** A change of an alarm's state, as its actions are told of it. */
export interface StateChange {
  readonly alarm: AlarmRecord;
  readonly before: AlarmState;
  readonly after: AlarmState;
}

/** `ALARM: "name" in US East (N. Virginia)`. */
export function notificationSubject(world: World, { alarm, after }: StateChange): string {
  const subject = `${after.value}: "${alarm.name}" in ${regionName(world.region)}`;
  // A subject of SNS's has at most 100 characters.
  return subject.length <= 100 ? subject : `${subject.slice(0, 97)}...`;
}

/** The JSON document that goes to a topic, member by member as messages on AWS have them. */
export function notificationMessage(world: World, { alarm, before, after }: StateChange): string {
  return javaJson({
    AlarmName: alarm.name,
    AlarmDescription: alarm.description ?? null,
    AWSAccountId: world.account,
    AlarmConfigurationUpdatedTimestamp: javaTime(alarm.configuredAt),
    NewStateValue: after.value,
    NewStateReason: after.reason,
    StateChangeTime: javaTime(after.updatedAt),
    Region: regionName(world.region),
    AlarmArn: alarm.arn,
    OldStateValue: before.value,
    OKActions: alarm.okActions,
    AlarmActions: alarm.alarmActions,
    InsufficientDataActions: alarm.insufficientDataActions,
    ...(alarm.kind === "metric"
      ? { Trigger: trigger(alarm) }
      : { AlarmRule: alarm.rule, TriggeringChildren: triggeringChildren(after) }),
  });
}

function trigger(alarm: MetricAlarmRecord) {
  const { watched } = alarm;
  const rule = {
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapointsToAlarm,
    ComparisonOperator: alarm.comparison,
    Threshold: new JavaDouble(alarm.threshold),
    TreatMissingData: alarm.treatMissingData ?? "",
    EvaluateLowSampleCountPercentile: alarm.evaluateLowSampleCountPercentile ?? "",
  };
  if (watched.kind === "math")
    return { Period: watched.period, ...rule, Metrics: watched.queries.map(triggerQuery) };
  const { identity, statistic } = watched;
  return {
    MetricName: identity.name,
    Namespace: identity.namespace,
    ...(BASIC_STATISTICS.some((basic) => basic === statistic)
      ? {
          StatisticType: "Statistic",
          Statistic: statistic === "SampleCount" ? "SAMPLE_COUNT" : statistic.toUpperCase(),
        }
      : { StatisticType: "ExtendedStatistic", ExtendedStatistic: statistic }),
    Unit: watched.unit ?? null,
    Dimensions: identity.dimensions.map(({ name, value }) => ({ value, name })),
    Period: watched.period,
    ...rule,
  };
}

function triggerQuery({ Id, Label, Expression, MetricStat, ReturnData, Period }: MetricDataQuery) {
  return {
    Expression,
    Id,
    Label,
    MetricStat: MetricStat && {
      Metric: {
        Dimensions: (MetricStat.Metric?.Dimensions ?? []).map(({ Name, Value }) => ({
          value: Value,
          name: Name,
        })),
        MetricName: MetricStat.Metric?.MetricName,
        Namespace: MetricStat.Metric?.Namespace,
      },
      Period: MetricStat.Period,
      Stat: MetricStat.Stat,
      Unit: MetricStat.Unit,
    },
    Period,
    ReturnData: ReturnData ?? true,
  };
}

interface TriggeringAlarms {
  readonly triggeringAlarms?: readonly {
    readonly arn: string;
    readonly state: { readonly value: string; readonly timestamp: string };
  }[];
}

function triggeringChildren({ reasonData }: AlarmState) {
  // A composite alarm's reason data is written by this service, in this shape.
  const { triggeringAlarms = [] } = JSON.parse(reasonData ?? "{}") as TriggeringAlarms;
  return triggeringAlarms.map(({ arn, state }) => ({
    Arn: arn,
    State: { Value: state.value, Timestamp: state.timestamp },
  }));
}

/**
 * The event that goes to a function.
 * Source: CloudWatch user guide, "Invoke a Lambda function from an alarm".
 */
export function functionEvent(world: World, { alarm, before, after }: StateChange): string {
  return javaJson({
    source: "aws.cloudwatch",
    alarmArn: alarm.arn,
    accountId: world.account,
    time: javaTime(after.updatedAt),
    region: world.region,
    alarmData: {
      alarmName: alarm.name,
      state: eventState(after),
      previousState: eventState(before),
      configuration: configuration(alarm),
    },
  });
}

/**
 * The detail of the event that goes to the default event bus.
 * Source: CloudWatch user guide, "Alarm events and EventBridge".
 */
export function eventDetail({ alarm, before, after }: StateChange): string {
  return javaJson({
    alarmName: alarm.name,
    configuration: configuration(alarm),
    previousState: eventState(before),
    state: eventState(after),
  });
}

function eventState({ value, reason, reasonData, updatedAt }: AlarmState) {
  return { value, reason, reasonData, timestamp: javaTime(updatedAt) };
}

function configuration(alarm: AlarmRecord) {
  const { description } = alarm;
  if (alarm.kind === "composite")
    return {
      description,
      alarmRule: alarm.rule,
      actionsSuppressor: alarm.suppressor,
      actionsSuppressorWaitPeriod: alarm.suppressorWait,
      actionsSuppressorExtensionPeriod: alarm.suppressorExtension,
    };
  const { watched } = alarm;
  if (watched.kind === "math") return { description, metrics: watched.queries.map(eventQuery) };
  const { identity, period, statistic: stat, unit } = watched;
  const metricStat = { metric: eventMetric(identity), period, stat, unit };
  return { description, metrics: [{ id: stableId(alarm.arn), metricStat, returnData: true }] };
}

function eventQuery({ Id, Label, Expression, MetricStat, ReturnData }: MetricDataQuery) {
  const { Namespace = "", MetricName = "", Dimensions = [] } = MetricStat?.Metric ?? {};
  const dimensions = Dimensions.map(({ Name = "", Value = "" }) => ({ name: Name, value: Value }));
  return {
    id: Id,
    expression: Expression,
    label: Label,
    metricStat: MetricStat && {
      metric: eventMetric({ namespace: Namespace, name: MetricName, dimensions }),
      period: MetricStat.Period,
      stat: MetricStat.Stat,
      unit: MetricStat.Unit,
    },
    returnData: ReturnData ?? true,
  };
}

function eventMetric({ namespace, name, dimensions }: MetricIdentity) {
  const byName = dimensions.map((dimension) => [dimension.name, dimension.value]);
  return { namespace, name, dimensions: Object.fromEntries(byName) };
}

/** An id of a UUID's form that stays the same for an alarm. */
function stableId(arn: string): string {
  const hex = createHash("sha256").update(arn).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join("-");
}
