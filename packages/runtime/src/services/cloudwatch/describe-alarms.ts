import type { AlarmType } from "@aws-sdk/client-cloudwatch";
import { ServiceError } from "../../errors.ts";
import type { InputOf } from "../../sdk.ts";
import type { OperationOf } from "../../service.ts";
import {
  type AlarmRecord,
  alarmsIn,
  describeCompositeAlarm,
  describeMetricAlarm,
  getAlarm,
} from "./alarm.ts";
import { checkEnum, checkRange, validationError } from "./errors.ts";
import { pageOf } from "./page.ts";

const RECORDS_MAX = 100;
const RECORDS_DEFAULT = 50;
export const STATES = ["OK", "ALARM", "INSUFFICIENT_DATA"] as const;
const TYPES: readonly AlarmType[] = ["CompositeAlarm", "MetricAlarm"];

/** Alarms by name, by what their names begin with, by state or by action. Errors: `ValidationError`, `InvalidNextToken`. */
export const describeAlarms: OperationOf<"cloudwatch", "DescribeAlarms"> = (
  { cloud, caller },
  input,
) => {
  check(input);
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
