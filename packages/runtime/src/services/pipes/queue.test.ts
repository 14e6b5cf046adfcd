import assert from "node:assert/strict";
import { test } from "node:test";
import { arnOf, CALLER, FUNCTION, PIPE, SOURCE, TestCloud, until } from "./testing.ts";

const SECOND = 1_000;

const bodiesOf = (input: readonly { readonly body: string }[]) => input.map(({ body }) => body);

test("messages go to a function as one array, and are deleted when it has taken them", async () => {
  await using world = new TestCloud();
  await world.queue("source");
  await world.pipe();
  await world.send("a", "b");
  await until(() => world.taken.length > 0);
  await until(async () => (await world.left()) === 0);
  assert.equal(world.taken.length, 1);
  const [{ caller, operation, input } = assert.fail()] = world.taken;
  assert.equal(operation, "RequestResponse");
  assert.equal(caller.principal, "pipes.amazonaws.com");
  assert.equal(caller.source, PIPE);
  assert.equal(caller.fedBy, SOURCE);
  assert.deepEqual(bodiesOf(input), ["a", "b"]);
  assert.equal(input[0].eventSource, "aws:sqs");
  assert.equal(input[0].eventSourceARN, SOURCE);
  assert.equal(await world.metric("Invocations"), 1);
  assert.equal(await world.metric("EventCount"), 2);
  assert.equal(await world.metric("ExecutionFailed"), 0);
  assert.deepEqual(world.defects, []);
});

test("what a function fails with comes back to the queue when its visibility timeout has passed", async () => {
  await using world = new TestCloud();
  await world.queue("source", { VisibilityTimeout: "30" });
  world.answers.set(FUNCTION, () => new Error("broken"));
  await world.pipe();
  await world.send("a");
  await until(() => world.taken.length === 1);
  await world.advance(29 * SECOND);
  assert.equal(world.taken.length, 1);
  world.answers.clear();
  await world.advance(2 * SECOND);
  assert.equal(world.taken.length, 2);
  assert.equal(await world.left(), 0);
  assert.equal(await world.metric("ExecutionFailed"), 1);
  assert.equal(await world.metric("TargetStageFailed"), 1);
});

// EventBridge user guide, "Amazon EventBridge Pipes batching and concurrency", "Partial batch failure".
test("a function names the messages at which it failed, and only those come back", async () => {
  await using world = new TestCloud();
  await world.queue("source", { VisibilityTimeout: "30" });
  await world.pipe();
  world.answers.set(FUNCTION, (input) => {
    const [, second] = input as { messageId: string }[];
    return { batchItemFailures: second ? [{ itemIdentifier: second.messageId }] : [] };
  });
  await world.send("a", "b", "c");
  await until(async () => (await world.left()) === 1);
  await world.advance(31 * SECOND);
  assert.deepEqual(
    world.taken.map(({ input }) => bodiesOf(input)),
    [["a", "b", "c"], ["b"]],
  );
  assert.equal(await world.left(), 0);
  assert.equal(await world.metric("ExecutionPartiallyFailed"), 1);
});

test("a batch is gathered until it is full or its window has passed", async () => {
  await using world = new TestCloud();
  await world.queue("source");
  await world.pipe({
    SourceParameters: { SqsQueueParameters: { BatchSize: 3, MaximumBatchingWindowInSeconds: 10 } },
  });
  await world.send("a");
  await world.advance(4 * SECOND);
  await world.send("b");
  await world.advance(5 * SECOND);
  assert.equal(world.taken.length, 0);
  await world.advance(2 * SECOND);
  assert.deepEqual(bodiesOf(world.taken[0]?.input), ["a", "b"]);
  await world.send("c", "d", "e");
  await until(() => world.taken.length === 2);
  assert.deepEqual(bodiesOf(world.taken[1]?.input).sort(), ["c", "d", "e"]);
});

test("messages that no filter lets through are deleted", async () => {
  await using world = new TestCloud();
  await world.queue("source");
  const Pattern = JSON.stringify({ body: { kind: ["order"] } });
  await world.pipe({ SourceParameters: { FilterCriteria: { Filters: [{ Pattern }] } } });
  await world.send({ kind: "order", id: 1 }, { kind: "note" }, "text");
  await until(async () => (await world.left()) === 0);
  await world.advance(SECOND);
  assert.deepEqual(
    world.taken.flatMap(({ input }) => bodiesOf(input)),
    ['{"kind":"order","id":1}'],
  );
});

test("from queue to queue, a template makes each message's body and its group", async () => {
  await using world = new TestCloud();
  await world.queue("source");
  await world.queue("target.fifo", { FifoQueue: "true" });
  await world.pipe({
    Target: arnOf("sqs", "target.fifo"),
    TargetParameters: {
      InputTemplate: '{"id": <$.body.id>, "note": "<$.body.id> via <aws.pipes.pipe-name>"}',
      SqsQueueParameters: { MessageGroupId: "$.body.group", MessageDeduplicationId: "$.messageId" },
    },
  });
  await world.send({ id: 7, group: "g" });
  await until(async () => (await world.left()) === 0);
  assert.deepEqual(await world.received("target.fifo"), ['{"id":7,"note":"7 via flow"}']);
});

test("a queue's messages reach buses, topics, log groups and machines, each as it takes them", async () => {
  await using world = new TestCloud();
  await world.queue("source");
  const to = async (Name: string, Target: string, TargetParameters = {}) => {
    await world.pipe({ Name, Target, TargetParameters });
    await world.send({ id: Name });
    await until(async () => (await world.left()) === 0);
    await world.remove(Name);
    return world.taken.at(-1)!;
  };
  const bus = arnOf("events", "event-bus/default");
  const InputTemplate = "<$.body>";
  const event = await to("flow", bus, { InputTemplate });
  assert.deepEqual(event.input, [
    {
      EventBusName: bus,
      Source: "Pipe flow",
      DetailType: "Event from aws:sqs",
      Detail: '{"id":"flow"}',
    },
  ]);
  const topic = await to("topic", arnOf("sns", "news"), { InputTemplate: "id <$.body.id>" });
  assert.deepEqual(topic.input, [{ Id: "0", Message: "id topic" }]);
  const machine = await to("machine", arnOf("states", "stateMachine:m"), {
    InputTemplate,
    StepFunctionStateMachineParameters: { InvocationType: "FIRE_AND_FORGET" },
  });
  assert.equal(machine.operation, "StartExecution");
  assert.deepEqual(machine.input, [{ id: "machine" }]);
  const express = await to("express", arnOf("states", "stateMachine:m"), {
    InputTemplate: '{"id": <$.body.id>}',
  });
  assert.equal(express.operation, "StartSyncExecution");
  assert.deepEqual(express.input, [{ id: "express" }]);
  const log = await to("log", arnOf("logs", "log-group:lines"), {
    InputTemplate,
    CloudWatchLogsParameters: { LogStreamName: "$.body.id" },
  });
  assert.equal(log.input.logGroupName, "lines");
  assert.equal(log.input.logStreamName, "log");
  assert.deepEqual(log.input.logEvents, [
    { timestamp: world.cloud.clock.now(), message: '{"id":"log"}' },
  ]);
  const asynchronous = await to("async", FUNCTION, {
    LambdaFunctionParameters: { InvocationType: "FIRE_AND_FORGET" },
  });
  assert.equal(asynchronous.operation, "Event");
});

test("events that a bus does not take come back, the others are done with", async () => {
  await using world = new TestCloud();
  await world.queue("source", { VisibilityTimeout: "30" });
  await world.pipe({ Target: arnOf("events", "event-bus/default") });
  await world.send({ id: "taken" }, { id: "refused" });
  await until(() => world.taken.length === 1);
  await until(async () => (await world.left()) === 1);
  await world.advance(31 * SECOND);
  assert.equal(world.taken.length, 2);
  assert.match(world.taken[1]?.input[0].Detail, /refused/);
});

const ENRICHMENT = arnOf("lambda", "function:enrich");

test("an enrichment is given the events and says which ones go on", async () => {
  await using world = new TestCloud();
  await world.queue("source");
  world.answers.set(ENRICHMENT, (input) =>
    (input as number[]).filter((id) => id > 1).map((id) => ({ id, price: id * 10 })),
  );
  await world.pipe({
    Enrichment: ENRICHMENT,
    EnrichmentParameters: { InputTemplate: "<$.body.id>" },
    TargetParameters: { InputTemplate: '{"order": <$.id>, "price": "<$.price> EUR"}' },
  });
  await world.send({ id: 1 }, { id: 2 }, { id: 3 });
  await until(async () => (await world.left()) === 0);
  assert.deepEqual(
    world.taken.map(({ input }) => input),
    [
      [1, 2, 3],
      [
        { order: 2, price: "20 EUR" },
        { order: 3, price: "30 EUR" },
      ],
    ],
  );
});

for (const empty of ["", [], {}, null])
  test(`an enrichment that answers ${JSON.stringify(empty)} lets nothing through`, async () => {
    await using world = new TestCloud();
    await world.queue("source");
    world.answers.set(ENRICHMENT, () => empty);
    await world.pipe({ Enrichment: ENRICHMENT });
    await world.send("a");
    await until(async () => (await world.left()) === 0);
    assert.equal(world.taken.length, 1, "only the enrichment was called");
    assert.equal(await world.metric("TargetStageSkipped"), 1);
  });

test("an Express state machine enriches, and where it fails the batch comes back", async () => {
  await using world = new TestCloud();
  await world.queue("source", { VisibilityTimeout: "30" });
  const machine = arnOf("states", "stateMachine:enrich");
  world.answers.set(machine, () => new Error("broken"));
  await world.pipe({ Enrichment: machine });
  await world.send("a");
  await until(() => world.taken.length === 1);
  world.answers.set(machine, () => [{ enriched: true }]);
  await world.advance(31 * SECOND);
  assert.deepEqual(world.taken.at(-1)?.input, [{ enriched: true }]);
  assert.equal(await world.metric("EnrichmentStageFailed"), 1);
  assert.equal(await world.left(), 0);
});

test("an enrichment that makes more events than the target takes at once is a failure", async () => {
  await using world = new TestCloud();
  await world.queue("source");
  await world.queue("target");
  world.answers.set(ENRICHMENT, () => Array.from({ length: 11 }, () => "x"));
  await world.pipe({ Enrichment: ENRICHMENT, Target: arnOf("sqs", "target") });
  await world.send("a");
  await until(() => world.taken.length === 1);
  await world.advance(SECOND);
  assert.equal(await world.left(), 1);
  assert.deepEqual(await world.received("target"), []);
});

test("a queue that is gone is read again when it is back", async () => {
  await using world = new TestCloud();
  const QueueUrl = await world.queue("source");
  await world.pipe();
  await world.cloud.call(CALLER, "sqs", "DeleteQueue", { QueueUrl });
  await world.advance(10 * 60 * SECOND);
  await world.queue("source");
  await world.send("back");
  await world.advance(61 * SECOND);
  assert.deepEqual(
    world.taken.map(({ input }) => bodiesOf(input)),
    [["back"]],
  );
  assert.deepEqual(world.defects, []);
});
