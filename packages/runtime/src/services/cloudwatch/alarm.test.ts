import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import { isServiceError, ServiceError } from "../../errors.ts";
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

const FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:on-alarm";
const MINUTE = 60_000;

function fakes() {
  const { sns, published } = fakeSns();
  const invoked: { principal: string; event: Record<string, unknown> }[] = [];
  const lambda = defineService({
    name: "lambda",
    operations: {
      Invoke: (call, { InvocationType, Payload }) => {
        assert.equal(InvocationType, "Event");
        const event = JSON.parse(Buffer.from(Payload as Uint8Array).toString());
        invoked.push({ principal: call.caller.principal, event });
        return { StatusCode: 202 };
      },
    },
  });
  return { services: [cloudwatch, sns, lambda], published, invoked };
}

const orders = {
  AlarmName: "orders",
  Namespace: "Shop",
  MetricName: "Orders",
  Statistic: "Sum" as const,
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 5,
  ComparisonOperator: "GreaterThanThreshold" as const,
};

async function withAlarm(input: object, body: (world: World) => Promise<void>) {
  const { services, published, invoked } = fakes();
  await using cloud = new Cloud({ services, clock: "virtual", startTime: START });
  const clock = cloud.clock as VirtualClock;
  await cloud.call(caller, "cloudwatch", "PutMetricAlarm", { ...orders, ...input });
  await clock.advance(0);
  await body({
    cloud,
    clock,
    published,
    invoked,
    put: async (Value) => {
      const MetricData = [{ MetricName: "Orders", Value }];
      await cloud.call(caller, "cloudwatch", "PutMetricData", { Namespace: "Shop", MetricData });
      await clock.advance(1_000);
    },
    state: async (name = "orders") => {
      const AlarmTypes = ["MetricAlarm" as const, "CompositeAlarm" as const];
      const input = { AlarmNames: [name], AlarmTypes };
      const found = await cloud.call(caller, "cloudwatch", "DescribeAlarms", input);
      return (found.MetricAlarms?.[0] ?? found.CompositeAlarms?.[0])?.StateValue;
    },
    history: async (HistoryItemType, AlarmName = "orders") => {
      const input = { AlarmName, HistoryItemType, ScanBy: "TimestampAscending" as const };
      const found = await cloud.call(caller, "cloudwatch", "DescribeAlarmHistory", input);
      return (found.AlarmHistoryItems ?? []).map(({ HistorySummary }) => HistorySummary ?? "");
    },
  });
}

interface World {
  readonly cloud: Cloud;
  readonly clock: VirtualClock;
  readonly published: { Subject?: string; Message?: string }[];
  readonly invoked: { principal: string; event: Record<string, unknown> }[];
  readonly put: (value: number) => Promise<void>;
  readonly state: (name?: string) => Promise<string | undefined>;
  readonly history: (
    type?: "Action" | "StateUpdate" | "ConfigurationUpdate",
    alarm?: string,
  ) => Promise<string[]>;
}

test("an alarm goes through its states by the clock, and each change is in its history", () =>
  withAlarm({}, async ({ clock, put, state, history }) => {
    assert.equal(await state(), "INSUFFICIENT_DATA");
    await put(6);
    assert.equal(await state(), "ALARM");
    await clock.advance(MINUTE);
    await put(1);
    assert.equal(await state(), "ALARM", "the minute is not over");
    await clock.advance(MINUTE);
    assert.equal(await state(), "OK");
    await clock.advance(5 * MINUTE);
    assert.equal(await state(), "INSUFFICIENT_DATA");
    assert.deepEqual(await history(), [
      'Alarm "orders" created',
      "Alarm updated from INSUFFICIENT_DATA to ALARM",
      "Alarm updated from ALARM to OK",
      "Alarm updated from OK to INSUFFICIENT_DATA",
    ]);
  }));

test("two out of three data points set a two-out-of-three alarm off", () =>
  withAlarm({ EvaluationPeriods: 3, DatapointsToAlarm: 2 }, async ({ clock, put, state }) => {
    await put(6);
    assert.notEqual(await state(), "ALARM");
    await clock.advance(MINUTE);
    await put(1);
    await clock.advance(MINUTE);
    assert.equal(await state(), "OK");
    await put(6);
    assert.equal(await state(), "ALARM");
  }));

test("a low sum is not judged before its minute is over", () =>
  withAlarm({ ComparisonOperator: "LessThanThreshold" }, async ({ clock, put, state }) => {
    await put(1);
    assert.equal(await state(), "INSUFFICIENT_DATA");
    await put(9);
    await clock.advance(MINUTE);
    assert.equal(await state(), "OK");
  }));

test("an alarm of ten seconds is evaluated every ten seconds", () =>
  withAlarm({ Period: 10 }, async ({ cloud, clock, state }) => {
    const MetricData = [{ MetricName: "Orders", Value: 9, StorageResolution: 1 }];
    await cloud.call(caller, "cloudwatch", "PutMetricData", { Namespace: "Shop", MetricData });
    await clock.advance(1_000);
    assert.equal(await state(), "ALARM");
    await clock.advance(40_000);
    assert.equal(await state(), "INSUFFICIENT_DATA");
  }));

test("missing data that counts as breaching sets an alarm off at the next minute", () =>
  withAlarm({ TreatMissingData: "breaching" }, async ({ clock, state }) => {
    assert.equal(await state(), "INSUFFICIENT_DATA");
    await clock.advance(30_000);
    assert.equal(await state(), "ALARM");
  }));

test("a function is invoked with the documented event, and what can't be done is in the history", () =>
  withAlarm(
    { AlarmActions: [FUNCTION, TOPIC, `${TOPIC}-gone`, "arn:aws:automate:us-east-1:ec2:stop"] },
    async ({ put, invoked, published, history }) => {
      await put(6);
      const { principal, event } = invoked[0] ?? {};
      assert.equal(principal, "lambda.alarms.cloudwatch.amazonaws.com");
      assert.equal(event?.source, "aws.cloudwatch");
      assert.equal(event?.alarmArn, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:orders");
      const data = event?.alarmData as Record<string, Record<string, unknown>>;
      assert.equal(data.state?.value, "ALARM");
      assert.equal(data.previousState?.value, "INSUFFICIENT_DATA");
      assert.equal(published.length, 1);
      assert.deepEqual(await history("Action"), [
        `Successfully executed action ${FUNCTION}`,
        `Successfully executed action ${TOPIC}`,
        `Failed to execute action ${TOPIC}-gone. Received error: "Topic does not exist"`,
        'Failed to execute action arn:aws:automate:us-east-1:ec2:stop. Received error: "Flyball carries out alarm actions of Amazon SNS and AWS Lambda only."',
      ]);
    },
  ));

test("an alarm whose actions are disabled changes its state and does nothing", () =>
  withAlarm({ AlarmActions: [TOPIC] }, async ({ cloud, clock, put, state, published }) => {
    const names = { AlarmNames: ["orders"] };
    await cloud.call(caller, "cloudwatch", "DisableAlarmActions", names);
    await put(6);
    assert.equal(await state(), "ALARM");
    assert.equal(published.length, 0);
    await cloud.call(caller, "cloudwatch", "EnableAlarmActions", names);
    const set = { AlarmName: "orders", StateReason: "test" };
    await cloud.call(caller, "cloudwatch", "SetAlarmState", { ...set, StateValue: "OK" });
    await cloud.call(caller, "cloudwatch", "SetAlarmState", { ...set, StateValue: "ALARM" });
    await clock.advance(0);
    assert.equal(published.length, 1);
  }));

test("a state that was set lasts until the next evaluation", () =>
  withAlarm({}, async ({ cloud, clock, state }) => {
    const input = { AlarmName: "orders", StateValue: "ALARM" as const, StateReason: "drill" };
    await cloud.call(caller, "cloudwatch", "SetAlarmState", input);
    assert.equal(await state(), "ALARM");
    await clock.advance(MINUTE);
    assert.equal(await state(), "INSUFFICIENT_DATA");
    await assert.rejects(
      cloud.call(caller, "cloudwatch", "SetAlarmState", { ...input, AlarmName: "none" }),
      (error) => isServiceError(error, "ResourceNotFound"),
    );
  }));

test("an alarm on an expression is evaluated at the minute", () =>
  withAlarm({}, async ({ cloud, clock, put, state }) => {
    const Metric = { Namespace: "Shop", MetricName: "Orders" };
    await cloud.call(caller, "cloudwatch", "PutMetricAlarm", {
      AlarmName: "doubled",
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: "GreaterThanThreshold",
      Metrics: [
        { Id: "e1", Expression: "m1 * 2" },
        { Id: "m1", MetricStat: { Metric, Period: 60, Stat: "Sum" }, ReturnData: false },
      ],
    });
    await put(3);
    assert.equal(await state("doubled"), "INSUFFICIENT_DATA");
    await clock.advance(30_000);
    assert.equal(await state("doubled"), "ALARM");
  }));

test("a composite alarm follows the alarms of its rule, and tells which one set it off", () =>
  withAlarm({}, async ({ cloud, clock, put, state, published }) => {
    await cloud.call(caller, "cloudwatch", "PutCompositeAlarm", {
      AlarmName: "shop",
      AlarmRule: 'ALARM("orders") AND NOT (OK(orders) OR FALSE)',
      AlarmActions: [TOPIC],
    });
    assert.equal(await state("shop"), "OK");
    await put(6);
    assert.equal(await state("shop"), "ALARM");
    const message = JSON.parse(published[0]?.Message ?? "{}");
    assert.match(
      message.NewStateReason,
      /alarm:orders transitioned to ALARM at Sunday 22 November, 2026/,
    );
    assert.equal(message.TriggeringChildren[0].State.Value, "ALARM");
    const family = { ChildrenOfAlarmName: "shop" };
    const children = await cloud.call(caller, "cloudwatch", "DescribeAlarms", family);
    assert.equal(children.MetricAlarms?.[0]?.AlarmName, "orders");
    await clock.advance(5 * MINUTE);
    assert.equal(await state("shop"), "OK");
  }));

test("a composite alarm's actions wait for its suppressor, and come when that has let go", () =>
  withAlarm({}, async ({ cloud, clock, put, state, published }) => {
    const set = (AlarmName: string, StateValue: "ALARM" | "OK") =>
      cloud.call(caller, "cloudwatch", "SetAlarmState", {
        AlarmName,
        StateValue,
        StateReason: "x",
      });
    const rule = { AlarmName: "window", AlarmRule: "FALSE" };
    await cloud.call(caller, "cloudwatch", "PutCompositeAlarm", rule);
    await cloud.call(caller, "cloudwatch", "PutCompositeAlarm", {
      AlarmName: "shop",
      AlarmRule: "ALARM(orders)",
      AlarmActions: [TOPIC],
      ActionsSuppressor: "window",
      ActionsSuppressorWaitPeriod: 5,
      ActionsSuppressorExtensionPeriod: 10,
    });
    await put(6);
    assert.equal(await state("shop"), "ALARM");
    await set("window", "ALARM");
    await clock.advance(6_000);
    assert.equal(published.length, 0, "the suppressor came within the wait period");
    await set("window", "OK");
    await clock.advance(9_000);
    assert.equal(published.length, 0, "the extension period is not over");
    await clock.advance(2_000);
    assert.equal(published.length, 1);
  }));

test("a percentile of too few values changes nothing where the alarm says so", () =>
  withAlarm(
    { Statistic: undefined, ExtendedStatistic: "p90", EvaluateLowSampleCountPercentile: "ignore" },
    async ({ cloud, clock, put, state }) => {
      await put(6);
      await clock.advance(MINUTE);
      assert.equal(await state(), "INSUFFICIENT_DATA");
      const MetricData = [{ MetricName: "Orders", Values: [6], Counts: [100] }];
      await cloud.call(caller, "cloudwatch", "PutMetricData", { Namespace: "Shop", MetricData });
      await clock.advance(MINUTE);
      assert.equal(await state(), "ALARM");
    },
  ));

test("an alarm, its state and its history outlive the cloud, and it goes on being evaluated", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cloudwatch-"));
  try {
    const { services } = fakes();
    const options = { services, directory, clock: "virtual" as const };
    {
      await using cloud = new Cloud({ ...options, startTime: START });
      await cloud.call(caller, "cloudwatch", "PutMetricAlarm", orders);
      const MetricData = [{ MetricName: "Orders", Value: 6 }];
      await cloud.call(caller, "cloudwatch", "PutMetricData", { Namespace: "Shop", MetricData });
      await (cloud.clock as VirtualClock).advance(1_000);
    }
    await using cloud = new Cloud({ ...options, startTime: START + MINUTE });
    const before = await cloud.call(caller, "cloudwatch", "DescribeAlarms", {});
    assert.equal(before.MetricAlarms?.[0]?.StateValue, "ALARM");
    await (cloud.clock as VirtualClock).advance(5 * MINUTE);
    const after = await cloud.call(caller, "cloudwatch", "DescribeAlarms", {});
    assert.equal(after.MetricAlarms?.[0]?.StateValue, "INSUFFICIENT_DATA");
    const history = await cloud.call(caller, "cloudwatch", "DescribeAlarmHistory", {});
    assert.equal(history.AlarmHistoryItems?.length, 3);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a deleted alarm is gone and evaluated no more; its history stays", () =>
  withAlarm({ AlarmActions: [TOPIC] }, async ({ cloud, put, state, published, history }) => {
    await cloud.call(caller, "cloudwatch", "DeleteAlarms", { AlarmNames: ["orders", "none"] });
    await put(6);
    assert.equal(await state(), undefined);
    assert.equal(published.length, 0);
    assert.deepEqual(await history(), ['Alarm "orders" created', 'Alarm "orders" deleted']);
  }));

for (const [what, changes, message] of [
  ["no evaluation periods", { EvaluationPeriods: undefined }, /Value null at 'evaluationPeriods'/],
  ["a period of 59", { Period: 59 }, /Period must be 10, 20, 30 or a multiple of 60/],
  ["more than a day", { EvaluationPeriods: 1441 }, /across more than a day/],
  ["an unknown comparison", { ComparisonOperator: "Same" }, /Member must satisfy enum value set/],
  [
    "more to alarm than evaluated",
    { DatapointsToAlarm: 2 },
    /less than or equal to EvaluationPeriods/,
  ],
  ["an unknown treatment", { TreatMissingData: "good" }, /Option good is not supported/],
  ["no statistic", { Statistic: undefined }, /Either Statistic or ExtendedStatistic/],
  ["an action that is no ARN", { AlarmActions: ["topic"] }, /Invalid arn syntax: topic/],
  ["a metric and metrics", { Metrics: [] }, /mutually exclusive/],
] as const)
  test(`PutMetricAlarm refuses ${what}`, async () => {
    await using cloud = new Cloud({ services: [cloudwatch], clock: "virtual", startTime: START });
    // The wrong input is the point.
    const input = { ...orders, ...changes } as typeof orders;
    await assert.rejects(
      cloud.call(caller, "cloudwatch", "PutMetricAlarm", input),
      (error) => isServiceError(error, "ValidationException") && message.test(error.message),
    );
  });

test("alarms are tagged, and tags end with their alarm", () =>
  withAlarm({ Tags: [{ Key: "team", Value: "shop" }] }, async ({ cloud }) => {
    const ResourceARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:orders";
    const list = () => cloud.call(caller, "cloudwatch", "ListTagsForResource", { ResourceARN });
    assert.deepEqual((await list()).Tags, [{ Key: "team", Value: "shop" }]);
    await cloud.call(caller, "cloudwatch", "UntagResource", { ResourceARN, TagKeys: ["team"] });
    assert.deepEqual((await list()).Tags, []);
    await cloud.call(caller, "cloudwatch", "DeleteAlarms", { AlarmNames: ["orders"] });
    await assert.rejects(list(), (error) => isServiceError(error, "ResourceNotFoundException"));
  }));
