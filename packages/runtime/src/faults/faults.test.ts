import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { VirtualClock } from "../clock/virtual.ts";
import { Cloud } from "../cloud.ts";
import { isServiceError } from "../errors.ts";
import { defineService } from "../service.ts";
import { type Fault, readFaults } from "./fault.ts";

const caller = { account: "000000000000", region: "us-east-1", principal: "anonymous" };

const sqs = defineService({
  name: "sqs",
  operations: {
    SendMessage: () => ({ MessageId: "1" }),
    GetQueueUrl: () => ({ QueueUrl: "here" }),
  },
});

const QUEUE_URL = "http://127.0.0.1:4566/000000000000/orders";

function send(cloud: Cloud, QueueUrl = QUEUE_URL): Promise<string> {
  return cloud.call(caller, "sqs", "SendMessage", { QueueUrl, MessageBody: "order" }).then(
    () => "sent",
    (error: unknown) => (isServiceError(error) ? error.code : String(error)),
  );
}

async function withFaults(faults: Fault[], body: (cloud: Cloud) => Promise<void>): Promise<void> {
  await using cloud = new Cloud({ services: [sqs], clock: "virtual" });
  await cloud.faults.replace(faults);
  await body(cloud);
}

test("a fault throws its error for its operation, and leaves the others alone", () =>
  withFaults(
    [{ service: "sqs", operation: "SendMessage", error: "RequestThrottled" }],
    async (cloud) => {
      assert.equal(await send(cloud), "RequestThrottled");
      const { QueueUrl } = await cloud.call(caller, "sqs", "GetQueueUrl", { QueueName: "orders" });
      assert.equal(QueueUrl, "here");
    },
  ));

test("a share of calls is befallen, evenly", () =>
  withFaults([{ service: "sqs", share: 0.1, error: "RequestThrottled" }], async (cloud) => {
    const outcomes: string[] = [];
    for (let turn = 0; turn < 100; turn += 1) outcomes.push(await send(cloud));
    const befallen = outcomes.flatMap((outcome, turn) => (outcome === "sent" ? [] : [turn]));
    assert.deepEqual(befallen, [9, 19, 29, 39, 49, 59, 69, 79, 89, 99]);
  }));

test("a resource is meant by its name, as the last part of an ARN or URL", () =>
  withFaults([{ service: "sqs", resource: "orders", error: "AccessDenied" }], async (cloud) => {
    assert.equal(await send(cloud), "AccessDenied");
    assert.equal(await send(cloud, `${QUEUE_URL}-dlq`), "sent");
  }));

test("a delay passes by the clock before the call goes on", () =>
  withFaults([{ service: "sqs", delayMs: 5_000 }], async (cloud) => {
    let outcome = "waiting";
    const sent = send(cloud).then((result) => {
      outcome = result;
    });
    const clock = cloud.clock as VirtualClock;
    await clock.advance(4_999);
    assert.equal(outcome, "waiting");
    await clock.advance(1);
    await sent;
    assert.equal(outcome, "sent");
  }));

test("an internal error is the server's fault", () =>
  withFaults([{ service: "sqs", error: "InternalServerError" }], async (cloud) => {
    await assert.rejects(
      cloud.call(caller, "sqs", "SendMessage", { QueueUrl: QUEUE_URL, MessageBody: "order" }),
      { code: "InternalServerError", httpStatus: 500 },
    );
  }));

test("faults outlive a restart, until they are cleared", async () => {
  const directory = mkdtempSync(join(tmpdir(), "flyball-faults-"));
  try {
    {
      await using cloud = new Cloud({ services: [sqs], directory });
      await cloud.faults.replace([{ service: "sqs", error: "RequestThrottled" }]);
    }
    await using cloud = new Cloud({ services: [sqs], directory });
    assert.equal(await send(cloud), "RequestThrottled");
    await cloud.faults.replace([]);
    assert.equal(await send(cloud), "sent");
  } finally {
    rmSync(directory, { recursive: true });
  }
});

for (const [given, complaint] of [
  [{}, /Faults are a list/],
  [[{ service: "s4", error: "x" }], /names no service that is here \("s4"\); there are sqs/],
  [[{ service: "sqs" }], /does nothing/],
  [[{ service: "sqs", error: "x", share: 2 }], /share of Fault 1 is above 0 and up to 1, not 2/],
  [[{ service: "sqs", error: "x", sahre: 1 }], /Fault 1 has no "sahre"/],
  [[{ service: "sqs", delayMs: "5" }], /delayMs of Fault 1 is a number/],
] as const)
  test(`the faults ${JSON.stringify(given)} are refused with a reason`, () => {
    assert.throws(() => readFaults(given, ["sqs"]), complaint);
  });
