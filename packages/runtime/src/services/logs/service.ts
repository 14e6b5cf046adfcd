import { defineService } from "../../service.ts";
import { DELIVERY, deliver } from "./delivery.ts";
import { filterLogEvents } from "./filter.ts";
import { getLogEvents } from "./get.ts";
import { createLogGroup, deleteLogGroup, describeLogGroups } from "./group.ts";
import {
  deleteMetricFilter,
  describeMetricFilters,
  putMetricFilter,
  testMetricFilter,
} from "./metric-filter.ts";
import { METRICS, putMetrics } from "./metrics.ts";
import { PURGE, purge } from "./purge.ts";
import { putLogEvents } from "./put.ts";
import { deleteRetentionPolicy, putRetentionPolicy } from "./retention-operations.ts";
import { createLogStream, deleteLogStream, describeLogStreams } from "./stream.ts";
import {
  deleteSubscriptionFilter,
  describeSubscriptionFilters,
  putSubscriptionFilter,
} from "./subscription-filter.ts";
import { sweeper } from "./sweeper.ts";
import {
  listTagsForResource,
  listTagsLogGroup,
  tagLogGroup,
  tagResource,
  untagLogGroup,
  untagResource,
} from "./tag-operations.ts";

/** Amazon CloudWatch Logs: groups and streams of events, what filters make of them, and whom they are passed on to. */
export const logs = defineService({
  name: "logs",
  operations: {
    CreateLogGroup: createLogGroup,
    DeleteLogGroup: deleteLogGroup,
    DescribeLogGroups: describeLogGroups,
    PutRetentionPolicy: putRetentionPolicy,
    DeleteRetentionPolicy: deleteRetentionPolicy,
    TagResource: tagResource,
    UntagResource: untagResource,
    ListTagsForResource: listTagsForResource,
    TagLogGroup: tagLogGroup,
    UntagLogGroup: untagLogGroup,
    ListTagsLogGroup: listTagsLogGroup,
    CreateLogStream: createLogStream,
    DeleteLogStream: deleteLogStream,
    DescribeLogStreams: describeLogStreams,
    PutLogEvents: putLogEvents,
    GetLogEvents: getLogEvents,
    FilterLogEvents: filterLogEvents,
    PutMetricFilter: putMetricFilter,
    DescribeMetricFilters: describeMetricFilters,
    DeleteMetricFilter: deleteMetricFilter,
    TestMetricFilter: testMetricFilter,
    PutSubscriptionFilter: putSubscriptionFilter,
    DescribeSubscriptionFilters: describeSubscriptionFilters,
    DeleteSubscriptionFilter: deleteSubscriptionFilter,
  },
  owed: { [PURGE]: purge, [METRICS]: putMetrics, [DELIVERY]: deliver },
  start: (cloud) => {
    const sweeping = cloud.derived(sweeper);
    sweeping.start();
    return () => sweeping.stop();
  },
});
