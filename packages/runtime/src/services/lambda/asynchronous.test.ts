import assert from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  ACCOUNT,
  answer,
  arn,
  CALLER,
  createWorld,
  failure,
  functionInput,
  REGION,
  type World,
} from "./testing.ts";

// Envelopes and attributes as recorded on AWS by LocalStack's test_lambda_destinations.snapshot.json; retries and
// their intervals as the developer guide has them ("How Lambda handles errors and retries").

const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:results`;
const DEAD = `arn:aws:sqs:${REGION}:${ACCOUNT}:dead`;
const MINUTE = 60_000;
const HEADER = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";

async function withFunction(
  world: World,
  config: { MaximumRetryAttempts?: number; MaximumEventAgeInSeconds?: number } = {},
): Promise<void> {
  await world.call("CreateFunction", functionInput("f", { DeadLetterConfig: { TargetArn: DEAD } }));
  await world.call("PutFunctionEventInvokeConfig", {
    FunctionName: "f",
    ...config,
    DestinationConfig: { OnSuccess: { Destination: QUEUE }, OnFailure: { Destination: QUEUE } },
  });
}

async function send(world: World, traceHeader: string = HEADER): Promise<void> {
  const { StatusCode } = await world.call(
    "Invoke",
    { FunctionName: "f", InvocationType: "Event", Payload: Buffer.from('{"n":1}') },
    { ...CALLER, traceHeader },
  );
  assert.equal(StatusCode, 202);
}

const records = (world: World) =>
  world.messages
    .filter(({ input }) => input.QueueUrl?.endsWith("/results"))
    .map(({ input }) => JSON.parse(input.MessageBody ?? ""));
const dead = (world: World) =>
  world.messages.filter(({ input }) => input.QueueUrl?.endsWith("/dead"));

test("a success is told to its destination, as part of the chain", async () => {
  await using world = createWorld();
  await withFunction(world);
  world.does = () => answer({ done: true });
  await send(world);
  await world.clock.advance(0);
  const requestId = world.ran[0]?.invocation.requestId;
  assert.deepEqual(records(world), [
    {
      version: "1.0",
      timestamp: "2026-01-02T03:04:05.678Z",
      requestContext: {
        requestId,
        functionArn: arn("function:f:$LATEST"),
        condition: "Success",
        approximateInvokeCount: 1,
      },
      requestPayload: { n: 1 },
      responseContext: { statusCode: 200, executedVersion: "$LATEST" },
      responsePayload: { done: true },
    },
  ]);
  const { caller } = world.messages[0] ?? assert.fail("nothing was sent");
  assert.equal(caller.traceHeader, world.ran[0]?.invocation.traceHeader);
  assert.deepEqual([caller.source, caller.principal], [arn("function:f"), "lambda.amazonaws.com"]);
  assert.equal(dead(world).length, 0);
});

test("an error is tried again after one minute and two, and then told to both queues", async () => {
  await using world = createWorld();
  await withFunction(world);
  world.does = () => failure("boom");
  await send(world);
  await world.clock.advance(0);
  assert.equal(world.ran.length, 1);
  await world.clock.advance(MINUTE - 1);
  assert.equal(world.ran.length, 1);
  await world.clock.advance(1);
  assert.equal(world.ran.length, 2);
  await world.clock.advance(2 * MINUTE - 1);
  assert.equal(world.ran.length, 2);
  await world.clock.advance(1);
  assert.equal(world.ran.length, 3);
  const [record] = records(world);
  assert.deepEqual(
    [
      record.requestContext.condition,
      record.requestContext.approximateInvokeCount,
      record.responseContext.functionError,
    ],
    ["RetriesExhausted", 3, "Unhandled"],
  );
  const [message] = dead(world);
  assert.equal(message?.input.MessageBody, '{"n":1}');
  assert.deepEqual(message?.input.MessageAttributes, {
    RequestID: { DataType: "String", StringValue: record.requestContext.requestId },
    ErrorCode: { DataType: "Number", StringValue: "200" },
    ErrorMessage: { DataType: "String", StringValue: "boom" },
  });
  await world.cloud.metrics.flush();
  assert.deepEqual(
    [world.metrics.get("AsyncEventsReceived f"), world.metrics.get("AsyncEventsDropped f")],
    [1, 1],
  );
});

test("a retry goes on from where the event came, not from the attempt before", async () => {
  await using world = createWorld();
  await withFunction(world);
  world.does = () => failure("boom");
  await send(world, `${HEADER};Lineage=3:0a1b2c3d:0`);
  await world.clock.advance(3 * MINUTE);
  const lineages = world.ran.map(
    ({ invocation }) => /Lineage=[^;]*/.exec(invocation.traceHeader)?.[0],
  );
  assert.equal(lineages.length, 3);
  assert.equal(new Set(lineages).size, 1);
});

test("an event that would be too old for its retry is given up at once", async () => {
  await using world = createWorld();
  await withFunction(world, { MaximumEventAgeInSeconds: 60 });
  world.does = () => failure("boom");
  await send(world);
  await world.clock.advance(90_000);
  // The retry at 60 seconds is just in time; the one after it is not.
  assert.equal(world.ran.length, 2);
  assert.equal(records(world)[0].requestContext.condition, "EventAgeExceeded");
});

test("a throttled event waits, ever longer, until there is room", async () => {
  await using world = createWorld();
  await withFunction(world);
  await world.call("PutFunctionConcurrency", {
    FunctionName: "f",
    ReservedConcurrentExecutions: 1,
  });
  const held = Promise.withResolvers<object>();
  world.does = () => (world.ran.length === 1 ? held.promise : answer(1));
  const blocking = world.call("Invoke", { FunctionName: "f" });
  await send(world);
  await world.clock.advance(2_500);
  assert.equal(world.ran.length, 1);
  held.resolve({});
  await blocking;
  await world.clock.advance(10_000);
  assert.equal(world.ran.length, 2);
  assert.equal(records(world)[0].requestContext.condition, "Success");
});

test("with a reserved concurrency of zero nothing runs, and the event is dead", async () => {
  await using world = createWorld();
  await withFunction(world);
  await world.call("PutFunctionConcurrency", {
    FunctionName: "f",
    ReservedConcurrentExecutions: 0,
  });
  await send(world);
  await world.clock.advance(0);
  assert.equal(world.ran.length, 0);
  assert.equal(dead(world)[0]?.input.MessageAttributes?.ErrorCode?.StringValue, "429");
});

test("an event whose chain loops is not run, but sent to both queues without a retry", async () => {
  await using world = createWorld();
  await withFunction(world);
  let header = HEADER;
  for (let runs = 0; runs < 17; runs += 1) {
    await send(world, header);
    await world.clock.advance(0);
    header = world.ran.at(-1)?.invocation.traceHeader ?? header;
  }
  assert.equal(world.ran.length, 16);
  await world.clock.advance(10 * MINUTE);
  assert.equal(world.ran.length, 16);
  assert.equal(dead(world).length, 1);
  assert.match(
    dead(world)[0]?.input.MessageAttributes?.ErrorMessage?.StringValue ?? "",
    /^Lambda has detected your function being invoked in a recursive loop/,
  );
  const last = records(world).at(-1);
  assert.deepEqual(
    [last.requestPayload, last.requestContext.approximateInvokeCount, last.responsePayload],
    [{ n: 1 }, 0, undefined],
  );
});

test("a record that cannot be delivered is counted, and the event is done with", async () => {
  await using world = createWorld();
  await world.call(
    "CreateFunction",
    functionInput("f", { DeadLetterConfig: { TargetArn: DEAD.replace("dead", "gone") } }),
  );
  await world.call("PutFunctionEventInvokeConfig", { FunctionName: "f", MaximumRetryAttempts: 0 });
  world.does = () => failure("boom");
  await send(world);
  await world.clock.advance(MINUTE);
  await world.cloud.metrics.flush();
  assert.equal(world.metrics.get("DeadLetterErrors f"), 1);
  assert.deepEqual(
    world.cloud.store.read((tx) => world.cloud.owed.list(tx)),
    [],
  );
  assert.deepEqual(world.defects, []);
});

test("a function and a topic can be destinations", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f"));
  await world.call("CreateFunction", functionInput("next"));
  await world.call("PutFunctionEventInvokeConfig", {
    FunctionName: "f",
    DestinationConfig: {
      OnSuccess: { Destination: arn("function:next") },
      OnFailure: { Destination: `arn:aws:sns:${REGION}:${ACCOUNT}:failures` },
    },
    MaximumRetryAttempts: 0,
  });
  await send(world);
  await world.clock.advance(0);
  const [, second] = world.ran;
  assert.equal(second?.spec.functionName, "next");
  assert.equal(JSON.parse(Buffer.from(second?.invocation.payload ?? "").toString()).version, "1.0");
  world.does = () => failure("boom");
  await send(world);
  await world.clock.advance(0);
  assert.equal(world.published[0]?.input.TopicArn, `arn:aws:sns:${REGION}:${ACCOUNT}:failures`);
});

test("an accepted event outlives a restart", async () => {
  const directory = await mkdtemp(join(tmpdir(), "flyball-events-"));
  try {
    {
      await using world = createWorld({ directory });
      await world.call("CreateFunction", functionInput("f"));
      world.does = () => failure("boom");
      await send(world);
      await world.clock.advance(0);
    }
    await using world = createWorld({ directory });
    await world.clock.advance(2 * MINUTE);
    assert.equal(Buffer.from(world.ran[0]?.invocation.payload ?? "").toString(), '{"n":1}');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
