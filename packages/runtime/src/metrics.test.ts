import assert from "node:assert/strict";
import { test } from "node:test";
import type { PutMetricDataInput } from "@aws-sdk/client-cloudwatch";
import type { VirtualClock } from "./clock/virtual.ts";
import { Cloud } from "./cloud.ts";
import { defineService } from "./service.ts";

const METRIC = {
  account: "000000000000",
  region: "us-east-1",
  namespace: "AWS/Lambda",
  name: "Invocations",
  dimensions: { FunctionName: "f" },
  unit: "Count",
} as const;

/** A cloud whose CloudWatch has put a metric's data only when it is let go. */
function slowCloudWatch() {
  const put: number[] = [];
  const gate = Promise.withResolvers<void>();
  const cloudwatch = defineService({
    name: "cloudwatch",
    operations: {
      PutMetricData: async (_call, { MetricData = [] }) => {
        await gate.promise;
        for (const { Counts = [] } of MetricData) put.push(...Counts);
        return {};
      },
    },
  });
  return { cloud: new Cloud({ services: [cloudwatch], clock: "virtual" }), put, gate };
}

test("whoever flushes before a read also waits for what an earlier flush has under way", async () => {
  const { cloud, put, gate } = slowCloudWatch();
  await using _ = cloud;
  cloud.metrics.emit(METRIC, 1);
  const first = cloud.metrics.flush();
  let flushed = false;
  const second = cloud.metrics.flush().then(() => {
    flushed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(flushed, false);
  gate.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(put, [1]);
});

/** A cloud whose CloudWatch keeps the requests that it is sent, and refuses one namespace. */
function keepingCloudWatch() {
  const puts: PutMetricDataInput[] = [];
  const cloudwatch = defineService({
    name: "cloudwatch",
    operations: {
      PutMetricData: (_call, input) => {
        if (input.Namespace === "Refused") throw new Error("refused on purpose");
        puts.push(input);
        return {};
      },
    },
  });
  const cloud = new Cloud({ services: [cloudwatch], clock: "virtual", startTime: 60_000 });
  return { cloud, puts, data: () => puts.flatMap(({ MetricData = [] }) => MetricData) };
}

test("values are gathered by metric and second, and put a second later by themselves", async () => {
  const { cloud, data } = keepingCloudWatch();
  await using _ = cloud;
  const clock = cloud.clock as VirtualClock;
  for (const value of [1, 1, 5]) cloud.metrics.emit(METRIC, value);
  cloud.metrics.emit({ ...METRIC, dimensions: { Resource: "f" } }, 7);
  await clock.advance(999);
  assert.deepEqual(data(), []);
  await clock.advance(1);
  cloud.metrics.emit(METRIC, 2);
  await clock.advance(1_000);
  const Dimensions = [{ Name: "FunctionName", Value: "f" }];
  const datum = {
    MetricName: "Invocations",
    Dimensions,
    Unit: "Count",
    Timestamp: new Date(60_000),
  };
  assert.deepEqual(data(), [
    { ...datum, Values: [1, 5], Counts: [2, 1] },
    { ...datum, Dimensions: [{ Name: "Resource", Value: "f" }], Values: [7], Counts: [1] },
    { ...datum, Timestamp: new Date(61_000), Values: [2], Counts: [1] },
  ]);
});

test("what is put fits CloudWatch's limits, and every value is in it", async () => {
  const { cloud, puts, data } = keepingCloudWatch();
  await using _ = cloud;
  for (let value = 0; value < 1_000; value += 1) cloud.metrics.emit(METRIC, value);
  for (let f = 0; f < 2_500; f += 1)
    cloud.metrics.emit({ ...METRIC, dimensions: { FunctionName: `f${f}` } }, f);
  await cloud.metrics.flush();
  assert(puts.every(({ MetricData = [] }) => MetricData.length <= 1_000));
  assert(data().every(({ Values = [] }) => Values.length <= 150));
  const values = data().flatMap(({ Values = [] }) => Values);
  assert.equal(values.length, 3_500);
  assert.equal(new Set(values).size, 2_500);
});

test("accounts, Regions and namespaces are put apart, and one that fails costs the others nothing", async () => {
  const { cloud, puts } = keepingCloudWatch();
  await using _ = cloud;
  cloud.metrics.emit({ ...METRIC, namespace: "Refused" }, 1);
  cloud.metrics.emit(METRIC, 1);
  cloud.metrics.emit({ ...METRIC, region: "eu-west-1" }, 1);
  cloud.metrics.emit({ ...METRIC, account: "111111111111" }, 1);
  await assert.rejects(cloud.metrics.flush(), /refused on purpose/);
  assert.equal(puts.length, 3);
  const defects: unknown[] = [];
  cloud.notices.on("defect", (defect) => defects.push(defect));
  cloud.metrics.emit({ ...METRIC, namespace: "Refused" }, 1);
  await (cloud.clock as VirtualClock).advance(1_000);
  assert.match(String(defects), /refused on purpose/);
});
