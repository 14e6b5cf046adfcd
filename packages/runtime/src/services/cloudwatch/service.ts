import { defineService } from "../../service.ts";
import { ACTION, doAction } from "./action.ts";
import { alarmClock } from "./alarm-clock.ts";
import { describeAlarms } from "./describe-alarms.ts";
import { getMetricStatistics } from "./get-metric-statistics.ts";
import { putMetricAlarm } from "./put-metric-alarm.ts";
import { putMetricData } from "./put-metric-data.ts";
import { retention } from "./retention.ts";
import { listTagsForResource, tagResource, untagResource } from "./tags.ts";

/** Amazon CloudWatch: metrics, alarms and dashboards. */
export const cloudwatch = defineService({
  name: "cloudwatch",
  operations: {
    DescribeAlarms: describeAlarms,
    GetMetricStatistics: getMetricStatistics,
    ListTagsForResource: listTagsForResource,
    PutMetricAlarm: putMetricAlarm,
    PutMetricData: putMetricData,
    TagResource: tagResource,
    UntagResource: untagResource,
  },
  owed: { [ACTION]: doAction },
  start: (cloud) => {
    cloud.derived(alarmClock).start();
    cloud.derived(retention).begin();
    return () => {
      cloud.derived(alarmClock).stop();
      cloud.derived(retention).stop();
    };
  },
});
