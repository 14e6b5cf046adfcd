import assert from "node:assert";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { ServiceError } from "../../errors.ts";
import type { InputOf } from "../../sdk.ts";
import { caller, GROUP, START, startCloud } from "./testing.ts";

const FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:alert";

type Transformation = NonNullable<InputOf<"logs", "PutMetricFilter">["metricTransformations"]>[0];

const metricFilter = (
  filterPattern: string,
  transformation: Partial<Transformation>,
  filterName = "f",
) => ({
  logGroupName: GROUP,
  filterName,
  filterPattern,
  metricTransformations: [
    { metricName: "Errors", metricNamespace: "App", metricValue: "1", ...transformation },
  ],
});

const subscription = (filterPattern: string, filterName = "s") => ({
  logGroupName: GROUP,
  filterName,
  filterPattern,
  destinationArn: FUNCTION,
});

/** The data of the app's own metric, once all that is owed is done. */
async function emitted(cloud: ReturnType<typeof startCloud>) {
  await cloud.clock.advance(0);
  return cloud.metrics
    .filter(({ Namespace }) => Namespace === "App")
    .flatMap(({ MetricData = [] }) => MetricData);
}

test("a metric filter counts the events that match", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.call("PutMetricFilter", metricFilter("ERROR", { unit: "Count" }));
  await cloud.put("a", [0, "ERROR one"], [1, "fine"], [2, "ERROR two"]);
  assert.deepStrictEqual(await emitted(cloud), [
    {
      MetricName: "Errors",
      Dimensions: [],
      Timestamp: new Date(START),
      Unit: "Count",
      Values: [1],
      Counts: [2],
    },
  ]);
});

test("a metric filter takes its values and dimensions out of the events", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  const transformation = { metricValue: "$.latency", dimensions: { Route: "$.route" } };
  await cloud.call("PutMetricFilter", metricFilter("{ $.latency = * }", transformation));
  await cloud.put(
    "a",
    [0, '{"latency": 12.5, "route": "/a"}'],
    [0, '{"latency": 7, "route": "/b"}'],
    [0, '{"latency": 8, "route": "/b"}'],
    [0, '{"latency": "unknown", "route": "/a"}'],
    [0, '{"latency": 9}'],
  );
  const data = await emitted(cloud);
  assert.deepStrictEqual(
    data.map(({ Dimensions, Values }) => [Dimensions?.[0]?.Value, Values]),
    [
      ["/a", [12.5]],
      ["/b", [7, 8]],
    ],
  );
});

test("a metric filter's default value stands for each event that does not match", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.call("PutMetricFilter", metricFilter("ERROR", { defaultValue: 0 }));
  await cloud.put("a", [0, "fine"], [0, "ERROR"], [0, "fine"]);
  const [datum] = await emitted(cloud);
  assert.deepStrictEqual(
    [datum?.Values, datum?.Counts],
    [
      [0, 1],
      [2, 1],
    ],
  );
});

test("metric filters are described, counted, replaced and deleted", async () => {
  await using cloud = startCloud();
  await cloud.create();
  await cloud.call("PutMetricFilter", metricFilter("ERROR", {}, "b"));
  await cloud.call("PutMetricFilter", metricFilter("WARN", { metricName: "Warnings" }, "a"));
  await cloud.call("PutMetricFilter", metricFilter("FATAL", {}, "b"));
  const patterns = async (input: object) => {
    const { metricFilters } = await cloud.call("DescribeMetricFilters", input);
    return metricFilters?.map(({ filterPattern }) => filterPattern);
  };
  assert.deepStrictEqual(await patterns({ logGroupName: GROUP }), ["WARN", "FATAL"]);
  assert.deepStrictEqual(await patterns({ metricName: "Errors", metricNamespace: "App" }), [
    "FATAL",
  ]);
  const { nextToken } = await cloud.call("DescribeMetricFilters", { limit: 1 });
  assert.deepStrictEqual(await patterns({ nextToken }), ["FATAL"]);
  const { logGroups } = await cloud.call("DescribeLogGroups", {});
  assert.strictEqual(logGroups?.[0]?.metricFilterCount, 2);
  await cloud.call("DeleteMetricFilter", { logGroupName: GROUP, filterName: "b" });
  await assert.rejects(cloud.call("DeleteMetricFilter", { logGroupName: GROUP, filterName: "b" }), {
    code: "ResourceNotFoundException",
    message: "The specified metric filter does not exist.",
  });
  const both = { defaultValue: 0, dimensions: { D: "$.d" } };
  await assert.rejects(cloud.call("PutMetricFilter", metricFilter("x", both)), {
    code: "InvalidParameterException",
    message:
      "Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
  });
  await assert.rejects(cloud.call("PutMetricFilter", metricFilter("{ $.x = 1", {})), {
    code: "InvalidParameterException",
  });
});

test("a pattern is tried out on messages, with the values that it takes out of them", async () => {
  await using cloud = startCloud();
  const { matches } = await cloud.call("TestMetricFilter", {
    filterPattern: "{ $.status = 5* }",
    logEventMessages: ['{"status": 404}', '{"status": 503}'],
  });
  assert.deepStrictEqual(matches, [
    { eventNumber: 2, eventMessage: '{"status": 503}', extractedValues: { "$.status": "503" } },
  ]);
});

// The document's form: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
test("a subscribed function is invoked with the events that match, packed as AWS packs them", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.call("PutSubscriptionFilter", subscription("ERROR"));
  await cloud.put("a", [0, "fine"], [1, "ERROR one"], [2, "ERROR two"]);
  await cloud.put("a", [3, "fine"]);
  await cloud.clock.advance(0);
  assert.strictEqual(cloud.invocations.length, 1);
  const { FunctionName, InvocationType, Payload } = cloud.invocations[0]!;
  assert.strictEqual(FunctionName, FUNCTION);
  assert.strictEqual(InvocationType, "Event");
  const { awslogs } = JSON.parse(Buffer.from(Payload as Uint8Array).toString());
  const document = JSON.parse(gunzipSync(Buffer.from(awslogs.data, "base64")).toString());
  const { logEvents, ...rest } = document;
  assert.deepStrictEqual(rest, {
    messageType: "DATA_MESSAGE",
    owner: caller.account,
    logGroup: GROUP,
    logStream: "a",
    subscriptionFilters: ["s"],
  });
  assert.deepStrictEqual(
    logEvents.map(({ id, ...event }: { id: string }) => [id.length, event]),
    [
      [56, { timestamp: START + 1, message: "ERROR one" }],
      [56, { timestamp: START + 2, message: "ERROR two" }],
    ],
  );
});

test("a group has two subscriptions at most, each replaced under its name", async () => {
  await using cloud = startCloud();
  await cloud.create();
  await cloud.call("PutSubscriptionFilter", subscription("a", "one"));
  await cloud.call("PutSubscriptionFilter", subscription("b", "two"));
  await cloud.call("PutSubscriptionFilter", subscription("c", "one"));
  await assert.rejects(cloud.call("PutSubscriptionFilter", subscription("d", "three")), {
    code: "LimitExceededException",
    message: "Resource limit exceeded.",
  });
  const { subscriptionFilters } = await cloud.call("DescribeSubscriptionFilters", {
    logGroupName: GROUP,
  });
  assert.deepStrictEqual(subscriptionFilters?.[0], {
    filterName: "one",
    logGroupName: GROUP,
    filterPattern: "c",
    destinationArn: FUNCTION,
    distribution: "ByLogStream",
    creationTime: START,
    applyOnTransformedLogs: false,
  });
  await cloud.call("DeleteSubscriptionFilter", { logGroupName: GROUP, filterName: "one" });
  await assert.rejects(
    cloud.call("DeleteSubscriptionFilter", { logGroupName: GROUP, filterName: "one" }),
    {
      code: "ResourceNotFoundException",
      message: "The specified subscription filter does not exist.",
    },
  );
});

test("a delivery that is throttled is tried again later, one that is refused for good is dropped", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.call("PutSubscriptionFilter", subscription(""));
  const throttled = new ServiceError("TooManyRequestsException", "Rate Exceeded.");
  cloud.refusals.push(throttled, throttled);
  await cloud.put("a", [0, "throttled"]);
  await cloud.clock.advance(0);
  assert.strictEqual(cloud.invocations.length, 0);
  await cloud.clock.advance(3_000);
  assert.strictEqual(cloud.invocations.length, 1);
  cloud.refusals.push(new ServiceError("ResourceNotFoundException", "Function not found"));
  await cloud.put("a", [1, "gone"]);
  await cloud.clock.advance(25 * 3_600_000);
  assert.strictEqual(cloud.invocations.length, 1);
  assert.deepStrictEqual(
    cloud.cloud.store.read((tx) => cloud.cloud.owed.list(tx)),
    [],
  );
});

test("a delivery that one invocation cannot carry is divided", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.call("PutSubscriptionFilter", subscription(""));
  const noise = () => randomBytes(75_000).toString("base64");
  await cloud.put("a", ...Array.from({ length: 5 }, (): [number, string] => [0, noise()]));
  await cloud.clock.advance(0);
  const sizes = cloud.invocations.map(({ Payload }) => (Payload as Uint8Array).length);
  assert.ok(sizes.length > 1);
  assert.ok(sizes.every((size) => size <= 262_144));
});
