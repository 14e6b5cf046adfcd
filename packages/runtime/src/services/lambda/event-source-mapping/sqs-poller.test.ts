import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceError } from "../../../errors.ts";
import { type Answer, createWorld, FUNCTION_ARN, REGION, until } from "./testing/world.ts";

const FAILS: Answer = { FunctionError: "Unhandled", payload: '{"errorMessage":"no"}' };
const SECOND = 1_000;

type World = Awaited<ReturnType<typeof createWorld>>;

async function enabled(world: World, input: Parameters<World["createMapping"]>[0] = {}) {
  const { UUID } = await world.createMapping(input);
  await world.untilState(UUID!, "Enabled");
  return UUID!;
}

// Lambda developer guide, "Using Lambda with Amazon SQS", example standard and FIFO queue message events.
test("the function gets the event that Lambda makes of a queue's messages", async () => {
  await using world = await createWorld({ queueName: "orders.fifo" });
  await enabled(world);
  const traceHeader = "Root=1-5e1b4151-5ac6c58f5b3daa6531ef6b05;Parent=53995c3f42cd8ad8;Sampled=0";
  const messageId = world.send("hello", {
    group: "g",
    traceHeader,
    messageAttributes: {
      colour: { DataType: "String", StringValue: "red" },
      picture: { DataType: "Binary.png", BinaryValue: Uint8Array.of(1, 2, 3) },
    },
  });
  await until(() => world.queue.messages.length === 0);
  const [record] = world.invoked[0]!.records;
  assert.match(record!.receiptHandle, /./);
  const now = String(world.clock.now());
  assert.deepEqual(
    { ...record, receiptHandle: "" },
    {
      messageId,
      receiptHandle: "",
      body: "hello",
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: now,
        SenderId: "AIDAIENQZJOLO23YVJ4VO",
        ApproximateFirstReceiveTimestamp: now,
        AWSTraceHeader: traceHeader,
        MessageGroupId: "g",
        MessageDeduplicationId: messageId,
        SequenceNumber: "0",
      },
      messageAttributes: {
        colour: {
          stringValue: "red",
          stringListValues: [],
          binaryListValues: [],
          dataType: "String",
        },
        picture: {
          binaryValue: "AQID",
          stringListValues: [],
          binaryListValues: [],
          dataType: "Binary.png",
        },
      },
      md5OfMessageAttributes: "5ae4d5d7636402d80f4eb6d213245a88",
      md5OfBody: "5d41402abc4b2a76b9719d911017c592",
      eventSource: "aws:sqs",
      eventSourceARN: world.queueArn,
      awsRegion: REGION,
    },
  );
  const { functionName, source, traceHeader: chain } = world.invoked[0]!;
  assert.deepEqual([functionName, source, chain], [FUNCTION_ARN, world.queueArn, traceHeader]);
});

test("messages that wait are taken in batches of the batch size", async () => {
  await using world = await createWorld();
  for (let n = 0; n < 7; n += 1) world.send(String(n));
  await enabled(world, { BatchSize: 3 });
  await until(() => world.queue.messages.length === 0);
  assert.deepEqual(world.bodies(), [["0", "1", "2"], ["3", "4", "5"], ["6"]]);
});

test("a batch with a window is gathered until the window has passed", async () => {
  await using world = await createWorld();
  await enabled(world, { BatchSize: 100, MaximumBatchingWindowInSeconds: 5 });
  world.send("first");
  await world.clock.advance(2.5 * SECOND);
  world.send("second");
  await world.clock.advance(2.4 * SECOND);
  assert.deepEqual(world.bodies(), []);
  await world.clock.advance(0.1 * SECOND);
  assert.deepEqual(world.bodies(), [["first", "second"]]);
  world.send("third");
  await world.clock.advance(5 * SECOND);
  assert.deepEqual(world.bodies(), [["first", "second"], ["third"]]);
});

test("a batch that is full does not wait for its window", async () => {
  await using world = await createWorld();
  await enabled(world, { BatchSize: 25, MaximumBatchingWindowInSeconds: 300 });
  for (let n = 0; n < 26; n += 1) world.send(String(n));
  await until(() => world.invoked.length === 1);
  assert.equal(world.invoked[0]?.records.length, 25);
});

test("an event is at most 6 MB", async () => {
  await using world = await createWorld();
  for (let n = 0; n < 8; n += 1) world.send("x".repeat(1024 * 1024 - 1));
  await enabled(world, { BatchSize: 10 });
  await until(() => world.queue.messages.length === 0);
  assert.deepEqual(
    world.bodies().map((bodies) => bodies.length),
    [5, 3],
  );
});

test("a batch that fails comes back when its visibility timeout has passed", async () => {
  await using world = await createWorld();
  await enabled(world);
  world.state.answer = ({ records }) =>
    records[0]?.attributes.ApproximateReceiveCount === "1" ? FAILS : { payload: "null" };
  world.send("again");
  await world.clock.advance(29 * SECOND);
  assert.equal(world.invoked.length, 1);
  await world.clock.advance(1 * SECOND);
  assert.equal(world.invoked.length, 2);
  assert.equal(world.queue.messages.length, 0);
});

test("without ReportBatchItemFailures, what the function answers does not matter", async () => {
  await using world = await createWorld();
  await enabled(world);
  world.state.answer = ({ records }) => ({
    payload: JSON.stringify({ batchItemFailures: [{ itemIdentifier: records[0]?.messageId }] }),
  });
  world.send("done");
  await until(() => world.queue.messages.length === 0);
});

test("with ReportBatchItemFailures, only what the function names comes back", async () => {
  await using world = await createWorld();
  for (const body of ["a", "b", "c"]) world.send(body);
  world.state.answer = ({ records }) => ({
    payload: JSON.stringify({
      batchItemFailures: records
        .filter(
          ({ body, attributes }) => body === "b" && attributes.ApproximateReceiveCount === "1",
        )
        .map(({ messageId }) => ({ itemIdentifier: messageId })),
    }),
  });
  await enabled(world, { FunctionResponseTypes: ["ReportBatchItemFailures"] });
  await until(() => world.queue.messages.length === 1);
  await world.clock.advance(30 * SECOND);
  assert.deepEqual(world.bodies(), [["a", "b", "c"], ["b"]]);
  assert.equal(world.queue.messages.length, 0);
});

test("with ReportBatchItemFailures, an answer that makes no sense fails the batch", async () => {
  await using world = await createWorld();
  world.send("a");
  world.state.answer = () => ({ payload: '{"batchItemFailures":[{"itemIdentifier":"nobody"}]}' });
  await enabled(world, { FunctionResponseTypes: ["ReportBatchItemFailures"] });
  await until(() => world.invoked.length === 1);
  await world.clock.advance(30 * SECOND);
  assert.equal(world.invoked.length, 2);
});

// "Configuring scaling behavior for SQS event source mappings": five at first, up to 300 more a minute.
test("five batches run at once to begin with, more as long as messages wait", async () => {
  await using world = await createWorld();
  const run = Promise.withResolvers<Answer>();
  world.state.answer = () => run.promise;
  for (let n = 0; n < 30; n += 1) world.send(String(n));
  await enabled(world, { BatchSize: 1 });
  await until(() => world.invoked.length === 5);
  await world.clock.advance(1 * SECOND);
  assert.equal(world.invoked.length, 10);
  run.resolve({ payload: "null" });
  await until(() => world.queue.messages.length === 0);
});

test("no more batches run at once than the maximum concurrency", async () => {
  await using world = await createWorld();
  let running = 0;
  let most = 0;
  const gates: (() => void)[] = [];
  world.state.answer = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => gates.push(resolve));
    running -= 1;
    return { payload: "null" };
  };
  for (let n = 0; n < 6; n += 1) world.send(String(n));
  await enabled(world, { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } });
  await until(() => running === 2);
  await world.clock.advance(60 * SECOND);
  assert.equal(most, 2);
  world.queue.visibilityTimeoutSeconds = 600;
  await until(() => {
    gates.splice(0).forEach((open) => {
      open();
    });
    return world.queue.messages.length === 0;
  });
  assert.equal(most, 2);
});

test("a FIFO queue's groups run side by side, each in its order", async () => {
  await using world = await createWorld({ queueName: "orders.fifo" });
  const gates = new Map<string, (answer: Answer) => void>();
  world.state.answer = ({ records }) =>
    new Promise((resolve) => gates.set(records[0]!.body, resolve));
  for (const [body, group] of [
    ["a1", "a"],
    ["b1", "b"],
    ["a2", "a"],
    ["b2", "b"],
  ] as const)
    world.send(body, { group });
  await enabled(world, { BatchSize: 1 });
  await until(() => world.invoked.length === 2);
  assert.deepEqual(world.bodies(), [["a1"], ["b1"]]);
  gates.get("b1")!({ payload: "null" });
  await until(() => world.invoked.length === 3);
  assert.deepEqual(world.bodies().at(-1), ["b2"]);
  gates.get("a1")!(FAILS);
  await world.clock.advance(29 * SECOND);
  assert.equal(world.invoked.length, 3);
  await world.clock.advance(1 * SECOND);
  assert.deepEqual(world.bodies()[3], ["a1"]);
  for (const open of gates.values()) open({ payload: "null" });
});

test("messages that no filter matches are deleted and not handed over", async () => {
  await using world = await createWorld();
  await enabled(world, {
    FilterCriteria: {
      Filters: [{ Pattern: '{"body":{"kind":["order"]}}' }, { Pattern: '{"body":["plain"]}' }],
    },
  });
  for (const body of ['{"kind":"order"}', '{"kind":"offer"}', "plain", "order"]) world.send(body);
  await until(() => world.queue.messages.length === 0);
  assert.deepEqual(world.bodies().flat(), ['{"kind":"order"}', "plain"]);
});

test("a throttled batch is tried again until its visibility timeout, and then left to the queue", async () => {
  await using world = await createWorld();
  await enabled(world);
  world.state.answer = () => new ServiceError("TooManyRequestsException", "Rate Exceeded.");
  world.send("later");
  await world.clock.advance(29 * SECOND);
  const tries = world.invoked.filter(
    ({ records }) => records[0]?.attributes.ApproximateReceiveCount === "1",
  );
  assert.deepEqual(
    tries.map(({ at }) => (at - tries[0]!.at) / SECOND),
    [0, 1, 3, 7, 15],
  );
  world.state.answer = () => ({ payload: "null" });
  await world.clock.advance(31 * SECOND);
  assert.equal(world.queue.messages.length, 0);
  assert.equal(world.invoked.at(-1)?.records[0]?.attributes.ApproximateReceiveCount, "2");
});

test("a mapping whose function is gone says so, rests, and goes on when it is back", async () => {
  await using world = await createWorld();
  const uuid = await enabled(world);
  world.state.functionExists = false;
  world.send("orphan");
  const broken = `PROBLEM: Function not found: ${FUNCTION_ARN}`;
  await until(async () => (await world.getMapping(uuid)).StateTransitionReason === broken);
  assert.equal((await world.getMapping(uuid)).State, "Enabled");
  await world.clock.advance(30 * SECOND);
  world.state.functionExists = true;
  await world.clock.advance(60 * SECOND);
  assert.equal(world.queue.messages.length, 0);
  const mended = await world.getMapping(uuid);
  assert.equal(mended.StateTransitionReason, "USER_INITIATED");
  assert.equal(mended.LastProcessingResult, "OK");
});

test("a mapping whose queue is gone says so, and does not ask for it all the time", async () => {
  await using world = await createWorld();
  const uuid = await enabled(world);
  world.queue.exists = false;
  await world.clock.advance(20 * SECOND);
  assert.equal(
    (await world.getMapping(uuid)).StateTransitionReason,
    "PROBLEM: The specified queue does not exist.",
  );
  const { receives } = world.queue;
  await world.clock.advance(600 * SECOND);
  assert.ok(world.queue.receives - receives < 20, `${world.queue.receives - receives} receives`);
  world.queue.exists = true;
  world.send("back");
  await world.clock.advance(60 * SECOND);
  assert.equal(world.queue.messages.length, 0);
  assert.equal((await world.getMapping(uuid)).StateTransitionReason, "USER_INITIATED");
  assert.deepEqual(world.defects, []);
});

test("an error in the runtime itself is told, and the mapping goes on", async () => {
  await using world = await createWorld();
  const uuid = await enabled(world);
  world.state.answer = () => {
    throw new Error("amiss");
  };
  world.send("again");
  await until(() => world.defects.length === 1);
  await until(async () =>
    /internal/.test((await world.getMapping(uuid)).LastProcessingResult ?? ""),
  );
  world.state.answer = () => ({ payload: "null" });
  await world.clock.advance(40 * SECOND);
  assert.equal(world.queue.messages.length, 0);
});
