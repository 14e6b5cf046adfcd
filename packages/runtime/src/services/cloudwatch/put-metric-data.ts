import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import type { Call } from "../../call.ts";
import type { OperationOf } from "../../service.ts";
import { type Aggregate, aggregateOf } from "./aggregate.ts";
import { alarmClock } from "./alarm-clock.ts";
import { addData } from "./data.ts";
import { checkEnum, invalidCombination, invalidValue, missingParameter } from "./errors.ts";
import { checkDimensions, checkName, dimensionsOf, metricId, noteActive } from "./metric.ts";
import { retention } from "./retention.ts";
import { UNITS } from "./unit.ts";

// Limits: API reference, PutMetricData and MetricDatum.
const METRICS_MAX = 1_000;
const VALUES_MAX = 150;
const PAST_SECONDS_MAX = 14 * 86_400;
const FUTURE_SECONDS_MAX = 2 * 3600;
/** Values lie within -2^360 and 2^360. */
const VALUE_MAX = 2 ** 360;
/** What begins so belongs to AWS's services. */
const SERVICE_NAMESPACE = "AWS/";

/**
 * Takes in values of metrics. Errors: `MissingParameter`, `InvalidParameterValue`, `InvalidParameterCombination`.
 * The services of this cloud put their own metrics (`AWS/…`) through here too, in batches of any size.
 */
export const putMetricData: OperationOf<"cloudwatch", "PutMetricData"> = async (call, input) => {
  const { cloud, caller } = call;
  const namespace = input.Namespace;
  if (namespace === undefined) throw missingParameter("Namespace");
  checkNamespace(namespace, isService(call));
  const data = [
    ...(input.MetricData ?? []),
    ...(input.EntityMetricData ?? []).flatMap(({ MetricData }) => MetricData ?? []),
  ];
  if (data.length === 0) throw missingParameter("MetricData");
  if (data.length > METRICS_MAX && !isService(call))
    throw invalidValue(
      `The collection MetricData must not have a size greater than ${METRICS_MAX}.`,
    );
  const now = Math.floor(cloud.clock.now() / 1000);
  const taken = data.map((datum, index) => {
    const at = `MetricData.member.${index + 1}`;
    checkDatum(datum, at, now, isService(call));
    // checkDatum refuses a datum without a name.
    const name = datum.MetricName as string;
    const identity = { namespace, name, dimensions: dimensionsOf(datum.Dimensions) };
    return {
      identity,
      id: metricId(identity),
      second: datum.Timestamp ? Math.floor(datum.Timestamp.getTime() / 1000) : now,
      resolution: datum.StorageResolution === 1 ? (1 as const) : (60 as const),
      unit: datum.Unit ?? "None",
      aggregate: aggregateOfDatum(datum),
    };
  });
  await cloud.store.write((tx) => {
    for (const { identity, id, ...datum } of taken) {
      addData(tx, caller, id, datum);
      noteActive(tx, caller, id, identity, datum.second);
    }
  });
  cloud.derived(retention).begin();
  cloud.derived(alarmClock).dataArrived(caller, new Set(taken.map(({ id }) => id)));
  return {};
};

/** Whether the call comes from a service of this cloud and not from outside. */
function isService({ caller }: Call): boolean {
  return caller.principal.endsWith(".amazonaws.com");
}

function checkNamespace(namespace: string, byService: boolean): void {
  checkName(namespace, "Namespace");
  if (namespace.startsWith(":"))
    throw invalidValue(`The value ${namespace} for parameter Namespace is invalid.`);
  // AWS names the prefix alone: https://github.com/boto/boto3/issues/1847
  if (namespace.startsWith(SERVICE_NAMESPACE) && !byService)
    throw invalidValue(`The value ${SERVICE_NAMESPACE} for parameter Namespace is invalid.`);
}

function checkDatum(datum: MetricDatum, at: string, now: number, byService: boolean): void {
  const { MetricName, Timestamp, Unit, StorageResolution } = datum;
  if (MetricName === undefined) throw missingParameter(`${at}.MetricName`);
  checkName(MetricName, `${at}.MetricName`);
  checkDimensions(datum.Dimensions, `${at}.Dimensions`);
  if (Timestamp) {
    const second = Math.floor(Timestamp.getTime() / 1000);
    if (second < now - PAST_SECONDS_MAX)
      throw invalidValue(
        `The parameter ${at}.Timestamp must specify a time no more than two weeks in the past.`,
      );
    if (second > now + FUTURE_SECONDS_MAX)
      throw invalidValue(
        `The parameter ${at}.Timestamp must specify a time no more than two hours in the future.`,
      );
  }
  checkEnum(Unit, `metricData.${at.slice("MetricData.".length)}.unit`, UNITS);
  if (StorageResolution !== undefined && StorageResolution !== 1 && StorageResolution !== 60)
    throw invalidValue(
      `The value ${StorageResolution} for parameter ${at}.StorageResolution is invalid.`,
    );
  checkValues(datum, at, byService);
}

function checkValues(datum: MetricDatum, at: string, byService: boolean): void {
  const { Value, StatisticValues, Values, Counts } = datum;
  if (Value === undefined && StatisticValues === undefined && !Values?.length)
    throw invalidCombination(
      `At least one of the parameters ${at}.Value, ${at}.Values and ${at}.StatisticValues must be specified.`,
    );
  for (const [one, other] of [
    ["Value", "StatisticValues"],
    ["Value", "Values"],
    ["StatisticValues", "Values"],
  ] as const)
    if (datum[one] !== undefined && datum[other] !== undefined)
      throw invalidCombination(
        `The parameters ${at}.${one} and ${at}.${other} are mutually exclusive and you have specified both.`,
      );
  if (Value !== undefined) checkNumber(Value, `${at}.Value`);
  if (StatisticValues) checkStatisticSet(StatisticValues, `${at}.StatisticValues`);
  if (!Values) return;
  if (Values.length > VALUES_MAX && !byService)
    throw invalidValue(
      `The collection ${at}.Values must not have a size greater than ${VALUES_MAX}.`,
    );
  if (Counts && Counts.length !== Values.length)
    throw invalidValue(`The parameters ${at}.Values and ${at}.Counts must be of the same size.`);
  for (const [index, value] of Values.entries())
    checkNumber(value, `${at}.Values.member.${index + 1}`);
  for (const [index, count] of (Counts ?? []).entries())
    if (!(count > 0))
      throw invalidValue(
        `The value ${count} for parameter ${at}.Counts.member.${index + 1} is invalid.`,
      );
}

function checkStatisticSet(set: NonNullable<MetricDatum["StatisticValues"]>, at: string): void {
  for (const member of ["SampleCount", "Sum", "Minimum", "Maximum"] as const) {
    const value = set[member];
    if (value === undefined) throw missingParameter(`${at}.${member}`);
    checkNumber(value, `${at}.${member}`);
  }
  if ((set.SampleCount ?? 0) <= 0)
    throw invalidValue(`The value ${set.SampleCount} for parameter ${at}.SampleCount is invalid.`);
  if ((set.Minimum ?? 0) > (set.Maximum ?? 0))
    throw invalidCombination(
      `The parameter ${at}.Minimum must be less than or equal to the parameter ${at}.Maximum.`,
    );
}

function checkNumber(value: number, at: string): void {
  if (!Number.isFinite(value) || Math.abs(value) > VALUE_MAX)
    throw invalidValue(`The value ${value} for parameter ${at} is invalid.`);
}

/**
 * A statistic set tells no percentiles, unless all its values are one (CloudWatch user guide, "Percentiles"); a count
 * that is not given is 1.
 */
function aggregateOfDatum({ Value, StatisticValues, Values, Counts }: MetricDatum): Aggregate {
  if (Value !== undefined) return aggregateOf([Value], [1]);
  if (Values) return aggregateOf(Values, Counts ?? Values.map(() => 1));
  const { SampleCount = 0, Sum = 0, Minimum = 0, Maximum = 0 } = StatisticValues ?? {};
  if (Minimum === Maximum) return aggregateOf([Minimum], [SampleCount]);
  return { sampleCount: SampleCount, sum: Sum, minimum: Minimum, maximum: Maximum };
}
