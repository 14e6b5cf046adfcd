import assert from "node:assert/strict";
import { test } from "node:test";
import { zipSync } from "fflate";
import type { Caller } from "../../../call.ts";
import type { VirtualClock } from "../../../clock/virtual.ts";
import { Cloud } from "../../../cloud.ts";
import type { Executor, Invocation } from "../../../functions/function.ts";
import { defineService } from "../../../service.ts";
import { sqs } from "../../sqs/service.ts";
import { lambdaOn } from "../service.ts";
import { ACCOUNT, REGION } from "./testing/function.ts";
import { until } from "./testing/world.ts";

const SECOND = 1_000;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/orders`;
const CALLER: Caller = { account: ACCOUNT, region: REGION, principal: ROLE };

/**
 * The order system of the AWS blog with its configuration error: the function's target is its own source queue. The
 * real Lambda and SQS; only the function's code runs in this process.
 */
async function createOrderSystem() {
  const invocations: Invocation[] = [];
  const dropped: number[] = [];
  const cloudwatch = defineService({
    name: "cloudwatch",
    operations: {
      PutMetricData: (_call, { MetricData = [] }) => {
        for (const { MetricName, Dimensions = [], Counts = [] } of MetricData)
          if (MetricName === "RecursiveInvocationsDropped" && Dimensions.length === 1)
            dropped.push(...Counts);
        return {};
      },
    },
  });
  const lambda = lambdaOn(
    (cloud): Executor => ({
      invoke: async (_spec, invocation) => {
        invocations.push(invocation);
        const { Records } = JSON.parse(Buffer.from(invocation.payload).toString());
        for (const { body } of Records) {
          // As the AWS SDK does inside of a function: the header that came in goes out again.
          const caller = { ...CALLER, traceHeader: invocation.traceHeader };
          await cloud.call(caller, "sqs", "SendMessage", { QueueUrl, MessageBody: body });
        }
        return { payload: Buffer.from("null"), logTail: "", durationMs: 1 };
      },
      retire: () => {},
      stop: async () => {},
    }),
  );
  const cloud = new Cloud({ services: [cloudwatch, sqs, lambda], clock: "virtual" });
  const create = async (QueueName: string, Attributes: Record<string, string>) =>
    (await cloud.call(CALLER, "sqs", "CreateQueue", { QueueName, Attributes })).QueueUrl!;
  const arnOf = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
  const deadLetters = await create("dead", {});
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: arnOf("dead"),
    maxReceiveCount: 3,
  });
  const QueueUrl = await create("orders", { RedrivePolicy });
  await cloud.call(CALLER, "lambda", "CreateFunction", {
    FunctionName: "process",
    Runtime: "nodejs22.x",
    Handler: "index.handler",
    Role: ROLE,
    Code: { ZipFile: zipSync({ "index.js": Buffer.from("exports.handler = () => {}") }) },
  });
  await until(async () => {
    const name = { FunctionName: "process" };
    const { State } = await cloud.call(CALLER, "lambda", "GetFunctionConfiguration", name);
    return State === "Active";
  });
  const { UUID } = await cloud.call(CALLER, "lambda", "CreateEventSourceMapping", {
    EventSourceArn: arnOf("orders"),
    FunctionName: "process",
  });
  return {
    cloud,
    clock: cloud.clock as VirtualClock,
    invocations,
    dropped,
    mapping: () => cloud.call(CALLER, "lambda", "GetEventSourceMapping", { UUID }),
    order: () => cloud.call(CALLER, "sqs", "SendMessage", { QueueUrl, MessageBody: "order" }),
    receiveDeadLetters: () =>
      cloud.call(CALLER, "sqs", "ReceiveMessage", { QueueUrl: deadLetters }),
    [Symbol.asyncDispose]: () => cloud.stop(),
  };
}

// FACTS 1; the AWS blog "Detecting and stopping recursive loops in AWS Lambda functions".
test("a function whose target is its own queue runs 16 times, and the order ends as a dead letter", async () => {
  await using system = await createOrderSystem();
  await system.order();
  await until(async () => (await system.mapping()).LastProcessingResult !== undefined);
  assert.equal(system.invocations.length, 16);
  assert.equal(
    (await system.mapping()).LastProcessingResult,
    "PROBLEM: RecursiveInvocationException",
  );
  await system.clock.advance(91 * SECOND);
  const { Messages = [] } = await system.receiveDeadLetters();
  assert.deepEqual(
    Messages.map(({ Body }) => Body),
    ["order"],
  );
  assert.equal(system.invocations.length, 16);
  assert.equal(
    system.dropped.reduce((sum, count) => sum + count, 0),
    3,
  );
});

test("with recursion allowed the order goes round for as long as it likes", async () => {
  await using system = await createOrderSystem();
  await system.cloud.call(CALLER, "lambda", "PutFunctionRecursionConfig", {
    FunctionName: "process",
    RecursiveLoop: "Allow",
  });
  await system.order();
  await until(() => system.invocations.length > 40);
  assert.deepEqual(system.dropped, []);
});
