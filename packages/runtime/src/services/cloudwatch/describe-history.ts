import type { OperationOf } from "../../service.ts";
import { checkEnum, checkRange } from "./errors.ts";
import { describeHistory, historyOf } from "./history.ts";
import { pageOf } from "./page.ts";

const RECORDS_MAX = 100;
const TYPES = ["ConfigurationUpdate", "StateUpdate", "Action"] as const;

/**
 * What happened to an alarm, or to all, the newest first unless asked otherwise; also of alarms that were deleted
 * since. Errors: `ValidationError`, `InvalidNextToken`.
 */
export const describeAlarmHistory: OperationOf<"cloudwatch", "DescribeAlarmHistory"> = (
  { cloud, caller },
  input,
) => {
  checkRange(input.MaxRecords, "maxRecords", 1, RECORDS_MAX);
  checkEnum(input.HistoryItemType, "historyItemType", TYPES);
  checkEnum(input.ScanBy, "scanBy", ["TimestampDescending", "TimestampAscending"]);
  const { StartDate, EndDate, HistoryItemType } = input;
  // Without a name and without types, history is of metric alarms only.
  const types = input.AlarmTypes?.length
    ? input.AlarmTypes
    : input.AlarmName === undefined
      ? ["MetricAlarm"]
      : ["MetricAlarm", "CompositeAlarm"];
  const records = cloud.store
    .read((tx) => historyOf(tx, caller, input.AlarmName))
    .filter(
      ({ at, type, alarmKind }) =>
        types.includes(alarmKind === "metric" ? "MetricAlarm" : "CompositeAlarm") &&
        (HistoryItemType === undefined || type === HistoryItemType) &&
        (StartDate === undefined || at >= StartDate.getTime()) &&
        (EndDate === undefined || at <= EndDate.getTime()),
    )
    .sort((a, b) => a.at - b.at);
  if (input.ScanBy !== "TimestampAscending") records.reverse();
  const { page, NextToken } = pageOf(records, input.MaxRecords ?? RECORDS_MAX, input.NextToken);
  return { AlarmHistoryItems: page.map(describeHistory), NextToken };
};
