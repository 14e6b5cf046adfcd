import type { Cloud } from "../../cloud.ts";
import { parseTopicArn } from "./arn.ts";

/** Source: SNS developer guide, "Metrics for Amazon SNS". */
export type TopicMetric =
  | "NumberOfMessagesPublished"
  | "PublishSize"
  | "NumberOfNotificationsDelivered"
  | "NumberOfNotificationsFailed"
  | "NumberOfNotificationsRedrivenToDlq"
  | "NumberOfNotificationsFailedToRedriveToDlq"
  | "NumberOfNotificationsFilteredOut"
  | `NumberOfNotificationsFilteredOut-${string}`;

export function emitTopicMetric(
  cloud: Cloud,
  topicArn: string,
  name: TopicMetric,
  value = 1,
): void {
  const topic = parseTopicArn(topicArn);
  cloud.metrics.emit(
    {
      account: topic.account,
      region: topic.region,
      namespace: "AWS/SNS",
      name,
      dimensions: { TopicName: topic.name },
      unit: name === "PublishSize" ? "Bytes" : "Count",
    },
    value,
  );
}
