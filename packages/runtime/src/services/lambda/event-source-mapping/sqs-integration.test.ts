import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { VirtualClock } from "../../../clock/virtual.ts";
import { Cloud } from "../../../cloud.ts";
import { defineService } from "../../../service.ts";
import { sqs } from "../../sqs/service.ts";
import { ACCOUNT, CALLER, FUNCTION_ARN, fakeLambda, REGION } from "./testing/function.ts";
import { until } from "./testing/world.ts";

const SECOND = 1_000;

/** A cloud with the real SQS, a queue with a dead-letter queue, and a mapping on it. */
async function createOrders({ fifo = false, attributes = {}, mapping = {} } = {}) {
  const { lambda, invoked, state } = fakeLambda();
  const cloudwatch = defineService({
    name: "cloudwatch",
    operations: { PutMetricData: () => ({}) },
  });
  const cloud = new Cloud({ services: [cloudwatch, sqs, lambda], clock: "virtual" });
  const defects: unknown[] = [];
  cloud.notices.on("defect", (defect) => defects.push(defect));
  const suffix = fifo ? ".fifo" : "";
  const kind: Record<string, string> = fifo ? { FifoQueue: "true" } : {};
  const arnOf = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}${suffix}`;
  const create = async (name: string, Attributes: Record<string, string>) => {
    const input = { QueueName: `${name}${suffix}`, Attributes: { ...kind, ...Attributes } };
    return (await cloud.call(CALLER, "sqs", "CreateQueue", input)).QueueUrl!;
  };
  const deadLetters = await create("dead", {});
  const queueUrl = await create("orders", {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf("dead"), maxReceiveCount: 2 }),
    ...attributes,
  });
  const { UUID } = await cloud.call(CALLER, "lambda", "CreateEventSourceMapping", {
    EventSourceArn: arnOf("orders"),
    FunctionName: "consumer",
    ...mapping,
  });
  const send = (MessageBody: string, group?: string, traceHeader?: string) =>
    cloud.call(traceHeader ? { ...CALLER, traceHeader } : CALLER, "sqs", "SendMessage", {
      QueueUrl: queueUrl,
      MessageBody,
      ...(group && { MessageGroupId: group, MessageDeduplicationId: MessageBody }),
    });
  const countIn = async (QueueUrl: string) => {
    const { Attributes = {} } = await cloud.call(CALLER, "sqs", "GetQueueAttributes", {
      QueueUrl,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    });
    return (
      Number(Attributes.ApproximateNumberOfMessages) +
      Number(Attributes.ApproximateNumberOfMessagesNotVisible)
    );
  };
  return {
    cloud,
    clock: cloud.clock as VirtualClock,
    UUID,
    queueUrl,
    invoked,
    state,
    defects,
    send,
    waiting: () => countIn(queueUrl),
    dead: () => countIn(deadLetters),
    [Symbol.asyncDispose]: () => cloud.stop(),
  };
}

test("a message sent to a queue of SQS is at the function without time passing", async () => {
  await using orders = await createOrders();
  const sentAt = orders.clock.now();
  await orders.send("order");
  await until(async () => (await orders.waiting()) === 0);
  assert.equal(orders.invoked[0]?.at, sentAt);
  const { attributes, body } = orders.invoked[0]!.records[0]!;
  assert.equal(body, "order");
  assert.equal(attributes.ApproximateReceiveCount, "1");
  assert.equal(attributes.SentTimestamp, String(sentAt));
});

test("a message that keeps failing ends in the dead-letter queue", async () => {
  await using orders = await createOrders();
  orders.state.answer = () => ({ FunctionError: "Unhandled", payload: "{}" });
  await orders.send("bad");
  await orders.clock.advance(61 * SECOND);
  assert.equal(orders.invoked.length, 2);
  assert.equal(await orders.dead(), 1);
  assert.equal(await orders.waiting(), 0);
  assert.deepEqual(orders.defects, []);
});

test("a message over the limit of recursion ends in the dead-letter queue unseen by the function", async () => {
  await using orders = await createOrders();
  let traceHeader: string | undefined;
  for (let n = 0; n < 16; n += 1) {
    const caller = traceHeader === undefined ? CALLER : { ...CALLER, traceHeader };
    ({ traceHeader } = await orders.cloud.chains.enter(caller, FUNCTION_ARN, "Terminate"));
  }
  await orders.send("loops", undefined, traceHeader);
  await orders.clock.advance(61 * SECOND);
  assert.equal(orders.invoked.length, 0);
  assert.equal(await orders.dead(), 1);
  assert.equal(orders.cloud.chains.report().loops[0]?.drops, 2);
});

test("each group of a FIFO queue arrives in order, once", async () => {
  await using orders = await createOrders({ fifo: true, mapping: { BatchSize: 2 } });
  const sent: Record<string, string[]> = { a: [], b: [], c: [] };
  for (let n = 0; n < 30; n += 1) {
    const group = "abc"[n % 3]!;
    sent[group]!.push(`${group}${n}`);
    await orders.send(`${group}${n}`, group);
  }
  await until(async () => (await orders.waiting()) === 0);
  const received: Record<string, string[]> = { a: [], b: [], c: [] };
  for (const { records } of orders.invoked)
    for (const { body, attributes } of records) received[attributes.MessageGroupId!]!.push(body);
  assert.deepEqual(received, sent);
});

test("a queue that is deleted and made again is read again", async () => {
  await using orders = await createOrders();
  await orders.send("before");
  await until(() => orders.invoked.length === 1);
  await orders.cloud.call(CALLER, "sqs", "DeleteQueue", { QueueUrl: orders.queueUrl });
  await orders.clock.advance(120 * SECOND);
  const broken = await orders.cloud.call(CALLER, "lambda", "GetEventSourceMapping", {
    UUID: orders.UUID,
  });
  assert.match(broken.StateTransitionReason!, /^PROBLEM: The specified queue does not exist/);
  await orders.cloud.call(CALLER, "sqs", "CreateQueue", { QueueName: "orders" });
  await orders.send("after");
  await orders.clock.advance(60 * SECOND);
  assert.equal(orders.invoked.length, 2);
  assert.deepEqual(orders.defects, []);
});

test("whatever fails on the way, a FIFO queue's groups are processed in their order", async () => {
  const message = fc.record({
    group: fc.constantFrom("a", "b", "c"),
    failures: fc.integer({ min: 0, max: 2 }),
  });
  const story = fc.record({
    messages: fc.array(message, { minLength: 1, maxLength: 12 }),
    batchSize: fc.integer({ min: 1, max: 10 }),
  });
  await fc.assert(
    fc.asyncProperty(story, async ({ messages, batchSize }) => {
      await using orders = await createOrders({
        fifo: true,
        attributes: { RedrivePolicy: "" },
        mapping: { BatchSize: batchSize },
      });
      const processed: Record<string, number[]> = {};
      const failuresLeft = messages.map(({ failures }) => failures);
      orders.state.answer = ({ records }) => {
        const numbers = records.map(({ body }) => Number(body));
        const failing = numbers.filter((number) => failuresLeft[number]! > 0);
        for (const number of failing) failuresLeft[number]! -= 1;
        if (failing.length > 0) return { FunctionError: "Unhandled", payload: "{}" };
        for (const number of numbers) {
          processed[messages[number]!.group] ??= [];
          processed[messages[number]!.group]!.push(number);
        }
        return { payload: "null" };
      };
      for (const [number, { group }] of messages.entries())
        await orders.send(String(number), group);
      for (let round = 0; round < 40 && (await orders.waiting()) > 0; round += 1)
        await orders.clock.advance(30 * SECOND);
      const sent = Object.groupBy(messages.keys(), (number) => messages[number]!.group);
      assert.deepEqual({ ...processed }, { ...sent });
      assert.deepEqual(orders.defects, []);
    }),
    { numRuns: 20 },
  );
});
