import assert from "node:assert/strict";
import { test } from "node:test";
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
