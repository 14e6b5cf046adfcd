import type {
  ActionsSuppressedBy,
  ComparisonOperator,
  CompositeAlarm,
  MetricAlarm,
  MetricDataQuery,
  StandardUnit,
  StateValue,
  Statistic,
} from "@aws-sdk/client-cloudwatch";
import { arn, parseArn } from "../../arn.ts";
import type { ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { type MetricIdentity, toDimensions } from "./metric.ts";
import { keyIn } from "./world.ts";

/** What an alarm's state is and why. Times are milliseconds since 1970. */
export interface AlarmState {
  readonly value: StateValue;
  readonly reason: string;
  /** JSON. */
  readonly reasonData?: string | undefined;
  readonly updatedAt: number;
  readonly transitionedAt: number;
  /** Why a composite alarm's actions are kept back for now. */
  readonly heldBy?: ActionsSuppressedBy | undefined;
}

interface AlarmBase {
  readonly name: string;
  readonly arn: string;
  readonly description?: string | undefined;
  readonly actionsEnabled: boolean;
  readonly okActions: readonly string[];
  readonly alarmActions: readonly string[];
  readonly insufficientDataActions: readonly string[];
  readonly configuredAt: number;
  readonly state: AlarmState;
}

/** What a metric alarm watches: one metric's statistic, or the result of metric math. */
export type Watched =
  | {
      readonly kind: "metric";
      readonly identity: MetricIdentity;
      /** `Sum`, `p99`, `TM(10%:90%)`, … */
      readonly statistic: string;
      /** In seconds. */
      readonly period: number;
      readonly unit?: StandardUnit | undefined;
    }
  | {
      readonly kind: "math";
      readonly queries: readonly MetricDataQuery[];
      /** In seconds. */
      readonly period: number;
    };

export type TreatMissingData = "breaching" | "notBreaching" | "ignore" | "missing";

export interface MetricAlarmRecord extends AlarmBase {
  readonly kind: "metric";
  readonly watched: Watched;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm?: number | undefined;
  readonly threshold: number;
  readonly comparison: ComparisonOperator;
  readonly treatMissingData?: TreatMissingData | undefined;
  readonly evaluateLowSampleCountPercentile?: string | undefined;
}

export interface CompositeAlarmRecord extends AlarmBase {
  readonly kind: "composite";
  readonly rule: string;
  /** The name or ARN of the alarm that keeps this one's actions back while it is in ALARM. */
  readonly suppressor?: string | undefined;
  /** In seconds. */
  readonly suppressorWait?: number | undefined;
  /** In seconds. */
  readonly suppressorExtension?: number | undefined;
}

export type AlarmRecord = MetricAlarmRecord | CompositeAlarmRecord;

export function alarmKey(world: World, name: string) {
  return keyIn(world, "alarm", name);
}

export function alarmArn({ account, region }: World, name: string): string {
  return arn("cloudwatch", region, account, `alarm:${name}`);
}

/** The alarm's name in an alarm's ARN; a name as it is. */
export function alarmNameOf(nameOrArn: string): string {
  const parsed = parseArn(nameOrArn);
  return parsed ? parsed.resource.split(":").slice(1).join(":") : nameOrArn;
}

export function getAlarm(tx: ReadTransaction, world: World, name: string): AlarmRecord | undefined {
  return tx.get<AlarmRecord>(alarmKey(world, name));
}

export function* alarmsIn(tx: ReadTransaction, world: World): Iterable<AlarmRecord> {
  for (const { value } of tx.range<AlarmRecord>({ prefix: keyIn(world, "alarm") })) yield value;
}

/** The actions of the state that an alarm is in. */
export function actionsFor(alarm: AlarmRecord, state: StateValue): readonly string[] {
  if (state === "ALARM") return alarm.alarmActions;
  return state === "OK" ? alarm.okActions : alarm.insufficientDataActions;
}

/** How often the alarm is evaluated, in seconds. Source: CloudWatch user guide, "Alarm evaluation". */
export function evaluationInterval(alarm: MetricAlarmRecord): 10 | 60 | 3600 {
  const { period } = alarm.watched;
  if (period < 60) return 10;
  return period * alarm.evaluationPeriods > 86_400 ? 3600 : 60;
}

function describeBase(alarm: AlarmRecord) {
  const { state } = alarm;
  return {
    AlarmName: alarm.name,
    AlarmArn: alarm.arn,
    AlarmDescription: alarm.description,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: [...alarm.okActions],
    AlarmActions: [...alarm.alarmActions],
    InsufficientDataActions: [...alarm.insufficientDataActions],
    StateValue: state.value,
    StateReason: state.reason,
    StateReasonData: state.reasonData,
    StateUpdatedTimestamp: new Date(state.updatedAt),
    StateTransitionedTimestamp: new Date(state.transitionedAt),
  };
}

/** As DescribeAlarms shows it. */
export function describeMetricAlarm(alarm: MetricAlarmRecord): MetricAlarm {
  const { watched } = alarm;
  return {
    ...describeBase(alarm),
    ...(watched.kind === "math"
      ? { Dimensions: [], Metrics: watched.queries.map((query) => ({ ...query })) }
      : {
          MetricName: watched.identity.name,
          Namespace: watched.identity.namespace,
          ...describeStatistic(watched.statistic),
          Dimensions: toDimensions(watched.identity.dimensions),
          Period: watched.period,
          Unit: watched.unit,
        }),
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapointsToAlarm,
    Threshold: alarm.threshold,
    ComparisonOperator: alarm.comparison,
    TreatMissingData: alarm.treatMissingData,
    EvaluateLowSampleCountPercentile: alarm.evaluateLowSampleCountPercentile,
  };
}

/** As DescribeAlarms shows it. */
export function describeCompositeAlarm(alarm: CompositeAlarmRecord): CompositeAlarm {
  return {
    ...describeBase(alarm),
    AlarmRule: alarm.rule,
    ActionsSuppressedBy: alarm.state.heldBy,
    ActionsSuppressedReason:
      alarm.state.heldBy === undefined ? undefined : `Actions suppressed by ${alarm.state.heldBy}`,
    ActionsSuppressor: alarm.suppressor,
    ActionsSuppressorWaitPeriod: alarm.suppressorWait,
    ActionsSuppressorExtensionPeriod: alarm.suppressorExtension,
  };
}

/** A statistic's name in the member that it belongs to. */
export function describeStatistic(name: string): {
  Statistic?: Statistic;
  ExtendedStatistic?: string;
} {
  switch (name) {
    case "SampleCount":
    case "Average":
    case "Sum":
    case "Minimum":
    case "Maximum":
      return { Statistic: name };
    default:
      return { ExtendedStatistic: name };
  }
}
