import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import { defineService } from "../../service.ts";
import { cloudwatch } from "./service.ts";

const START = Date.UTC(2026, 10, 22, 4, 20, 30);
const caller = {
  account: "123456789012",
  region: "us-east-1",
  principal: "arn:aws:iam::123456789012:user/dev",
};
const TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms";

function fakeSns() {
  const published: { TopicArn?: string; Subject?: string; Message?: string }[] = [];
  const sns = defineService({
    name: "sns",
    operations: {
      Publish: (_call, input) => {
        if (input.TopicArn !== TOPIC)
          throw new ServiceError("NotFoundException", "Topic does not exist");
        published.push(input as { TopicArn: string });
        return { MessageId: "1" };
      },
    },
  });
  return { sns, published };
}

/** The alarm that the blog post on recursive loops sets up. */
const blogAlarm = {
  AlarmName: "loops",
  Namespace: "AWS/Lambda",
  MetricName: "RecursiveInvocationsDropped",
  Dimensions: [{ Name: "FunctionName", Value: "orders" }],
  Statistic: "Sum",
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 0,
  ComparisonOperator: "GreaterThanOrEqualToThreshold",
  AlarmActions: [TOPIC],
} as const;

const dropped = {
  account: caller.account,
  region: caller.region,
  namespace: "AWS/Lambda",
  name: "RecursiveInvocationsDropped",
  dimensions: { FunctionName: "orders" },
  unit: "Count",
} as const;

test("a dropped invocation sets the blog's alarm off within two seconds and tells its topic", async () => {
  const { sns, published } = fakeSns();
  await using cloud = new Cloud({
    services: [cloudwatch, sns],
    clock: "virtual",
    startTime: START,
  });
  const clock = cloud.clock as VirtualClock;
  await cloud.call(caller, "cloudwatch", "PutMetricAlarm", {
    ...blogAlarm,
    AlarmActions: [TOPIC],
    Dimensions: [...blogAlarm.Dimensions],
  });
  cloud.metrics.emit(dropped, 1);
  await clock.advance(2_000);
  const { MetricAlarms } = await cloud.call(caller, "cloudwatch", "DescribeAlarms", {});
  const alarm = MetricAlarms?.[0];
  assert.equal(alarm?.StateValue, "ALARM");
  assert.equal(
    alarm?.StateReason,
    "Threshold Crossed: 1 datapoint [1.0 (22/11/26 04:20:00)] was greater than or equal to the threshold (0.0).",
  );
  assert.equal(published.length, 1);
  assert.equal(published[0]?.Subject, 'ALARM: "loops" in US East (N. Virginia)');
  const message = JSON.parse(published[0]?.Message ?? "");
  assert.equal(message.NewStateValue, "ALARM");
  assert.equal(message.Trigger.Statistic, "SUM");
  assert.match(published[0]?.Message ?? "", /"Threshold":0\.0,/);
});
