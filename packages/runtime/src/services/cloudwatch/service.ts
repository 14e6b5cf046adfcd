import { defineService } from "../../service.ts";
import { ACTION, doAction } from "./action.ts";
import { alarmClock } from "./alarm-clock.ts";
import {
  deleteAlarms,
  disableAlarmActions,
  enableAlarmActions,
  setAlarmState,
} from "./change-alarms.ts";
import { deleteDashboards, getDashboard, listDashboards, putDashboard } from "./dashboard.ts";
import { describeAlarms, describeAlarmsForMetric } from "./describe-alarms.ts";
import { describeAlarmHistory } from "./describe-history.ts";
import { getMetricData } from "./get-metric-data.ts";
import { getMetricStatistics } from "./get-metric-statistics.ts";
import { listMetrics } from "./list-metrics.ts";
import { putCompositeAlarm } from "./put-composite-alarm.ts";
import { putMetricAlarm } from "./put-metric-alarm.ts";
import { putMetricData } from "./put-metric-data.ts";
import { retention } from "./retention.ts";
import { putStateChangeEvent, STATE_CHANGE_EVENT } from "./state-change-event.ts";
import { HELD_ACTIONS, releaseHeldActions } from "./suppression.ts";
import { listTagsForResource, tagResource, untagResource } from "./tag-operations.ts";

/** Amazon CloudWatch: metrics, alarms and dashboards. */
export const cloudwatch = defineService({
  name: "cloudwatch",
  operations: {
    DeleteAlarms: deleteAlarms,
    DeleteDashboards: deleteDashboards,
    DescribeAlarmHistory: describeAlarmHistory,
    DescribeAlarms: describeAlarms,
    DescribeAlarmsForMetric: describeAlarmsForMetric,
    DisableAlarmActions: disableAlarmActions,
    EnableAlarmActions: enableAlarmActions,
    GetDashboard: getDashboard,
    GetMetricData: getMetricData,
    GetMetricStatistics: getMetricStatistics,
    ListDashboards: listDashboards,
    ListMetrics: listMetrics,
    ListTagsForResource: listTagsForResource,
    PutCompositeAlarm: putCompositeAlarm,
    PutDashboard: putDashboard,
    PutMetricAlarm: putMetricAlarm,
    PutMetricData: putMetricData,
    SetAlarmState: setAlarmState,
    TagResource: tagResource,
    UntagResource: untagResource,
  },
  owed: {
    [ACTION]: doAction,
    [HELD_ACTIONS]: releaseHeldActions,
    [STATE_CHANGE_EVENT]: putStateChangeEvent,
  },
  start: (cloud) => {
    cloud.derived(alarmClock).start();
    cloud.derived(retention).begin();
    return () => {
      cloud.derived(alarmClock).stop();
      cloud.derived(retention).stop();
    };
  },
});
