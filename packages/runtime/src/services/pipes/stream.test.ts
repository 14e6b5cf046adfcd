import assert from "node:assert/strict";
import { test } from "node:test";
import type { PipeSourceDynamoDBStreamParameters } from "@aws-sdk/client-pipes";
import { ServiceError } from "../../errors.ts";
import { arnOf, FUNCTION, PIPE, REGION, START, TestCloud, until } from "./testing.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

interface Change {
  readonly eventID: string;
  readonly dynamodb: { readonly Keys: { readonly id: { readonly S: string } } };
}

const idsOf = (input: readonly Change[]) => input.map(({ dynamodb: { Keys } }) => Keys.id.S);

/** A cloud with a table, of which a pipe takes the stream to a function. */
async function streamWorld(parameters: Partial<PipeSourceDynamoDBStreamParameters> = {}) {
  const world = new TestCloud();
  const Source = await world.table();
  const pipe = () =>
    world.pipe({
      Source,
      SourceParameters: {
        DynamoDBStreamParameters: { StartingPosition: "TRIM_HORIZON", ...parameters },
      },
    });
  const batches = () => world.taken.map(({ input }) => idsOf(input));
  return { world, Source, pipe, batches };
}

test("changes of a table go to a function in their order", async () => {
  const { world, Source, pipe, batches } = await streamWorld();
  await using _ = world;
  await world.put("a");
  await pipe();
  await until(() => world.taken.length === 1);
  await world.put("b");
  await world.put("c");
  await until(() => batches().flat().length === 3);
  assert.deepEqual(batches().flat(), ["a", "b", "c"]);
  const [change] = world.taken[0]!.input;
  assert.equal(change.eventName, "INSERT");
  assert.equal(change.eventSource, "aws:dynamodb");
  assert.equal(change.eventSourceARN, Source);
  assert.equal(change.awsRegion, REGION);
  assert.equal(change.dynamodb.ApproximateCreationDateTime, START / SECOND);
  assert.equal(world.taken[0]?.caller.fedBy, Source);
  assert.deepEqual(world.defects, []);
});

test("a pipe that begins with the latest leaves out what was there before", async () => {
  const { world, pipe, batches } = await streamWorld({ StartingPosition: "LATEST" });
  await using _ = world;
  await world.put("before");
  await world.advance(5 * SECOND);
  await pipe();
  await world.advance();
  await world.put("after");
  await until(() => world.taken.length > 0);
  assert.deepEqual(batches(), [["after"]]);
});

test("only the changes that a filter describes go on", async () => {
  await using world = new TestCloud();
  const Source = await world.table();
  const Pattern = JSON.stringify({ dynamodb: { Keys: { id: { S: [{ prefix: "x" }] } } } });
  await world.pipe({
    Source,
    SourceParameters: {
      DynamoDBStreamParameters: { StartingPosition: "TRIM_HORIZON" },
      FilterCriteria: { Filters: [{ Pattern }] },
    },
  });
  for (const id of ["a", "x1", "b", "x2"]) await world.put(id);
  await until(() => world.taken.flatMap(({ input }) => input).length === 2);
  assert.deepEqual(
    world.taken.flatMap(({ input }) => idsOf(input)),
    ["x1", "x2"],
  );
});

test("a batch is gathered for as long as its window is open", async () => {
  const { world, pipe, batches } = await streamWorld({ MaximumBatchingWindowInSeconds: 10 });
  await using _ = world;
  await pipe();
  await world.put("a");
  await world.advance(6 * SECOND);
  await world.put("b");
  assert.deepEqual(batches(), []);
  await world.advance(6 * SECOND);
  assert.deepEqual(batches(), [["a", "b"]]);
});

test("a batch that fails is tried again before anything behind it, and given up after its retries", async () => {
  const dead = arnOf("sqs", "dead");
  const { world, Source, pipe, batches } = await streamWorld({
    MaximumRetryAttempts: 2,
    BatchSize: 2,
    DeadLetterConfig: { Arn: dead },
  });
  await using _ = world;
  await world.queue("dead");
  world.answers.set(FUNCTION, (input) =>
    idsOf(input as Change[]).includes("bad") ? new Error("broken") : undefined,
  );
  for (const id of ["bad", "b", "c"]) await world.put(id);
  await pipe();
  await world.advance(10 * SECOND);
  assert.deepEqual(batches(), [["bad", "b"], ["bad", "b"], ["bad", "b"], ["c"]]);
  const [body = ""] = await world.received("dead");
  const { context, DDBStreamBatchInfo, version } = JSON.parse(body);
  assert.equal(version, "1.0");
  assert.deepEqual(context, { partnerResourceArn: PIPE, condition: "RetryAttemptsExhausted" });
  assert.equal(DDBStreamBatchInfo.batchSize, 2);
  assert.equal(DDBStreamBatchInfo.streamArn, Source);
});

test("a batch that fails is halved until the one bad change is alone", async () => {
  const { world, pipe, batches } = await streamWorld({
    OnPartialBatchItemFailure: "AUTOMATIC_BISECT",
    MaximumRetryAttempts: 0,
  });
  await using _ = world;
  world.answers.set(FUNCTION, (input) =>
    idsOf(input as Change[]).includes("bad") ? new Error("broken") : undefined,
  );
  for (const id of ["a", "b", "bad", "c"]) await world.put(id);
  await pipe();
  await until(() => batches().length === 5);
  assert.deepEqual(batches(), [["a", "b", "bad", "c"], ["a", "b"], ["bad", "c"], ["bad"], ["c"]]);
});

test("a function names the change at which it failed, and the batch goes on from there", async () => {
  const { world, pipe, batches } = await streamWorld();
  await using _ = world;
  let failing = true;
  world.answers.set(FUNCTION, (input) => {
    const bad = (input as Change[]).find(({ dynamodb: { Keys } }) => Keys.id.S === "b");
    return failing && bad ? { batchItemFailures: [{ itemIdentifier: bad.eventID }] } : {};
  });
  for (const id of ["a", "b", "c"]) await world.put(id);
  await pipe();
  await until(() => world.taken.length === 1);
  failing = false;
  await world.advance(2 * SECOND);
  assert.deepEqual(batches(), [
    ["a", "b", "c"],
    ["b", "c"],
  ]);
});

test("changes that are too old are given up", async () => {
  const { world, pipe, batches } = await streamWorld({ MaximumRecordAgeInSeconds: 60 });
  await using _ = world;
  await world.put("old");
  await world.advance(2 * 60 * SECOND);
  await world.put("new");
  await pipe();
  await until(() => world.taken.length > 0);
  assert.deepEqual(batches(), [["new"]]);
});

// EventBridge user guide, "Amazon EventBridge Pipes error handling and troubleshooting", "Pipe internal errors".
test("errors of the target's service cost no retries", async () => {
  const { world, pipe, batches } = await streamWorld({ MaximumRetryAttempts: 0 });
  await using _ = world;
  const down = new ServiceError("ServiceException", "down", { httpStatus: 500 });
  world.answers.set(FUNCTION, () => down);
  await world.put("a");
  await pipe();
  await world.advance(10 * SECOND);
  assert(world.taken.length > 2);
  world.answers.clear();
  await world.advance(HOUR);
  assert.deepEqual(batches().at(-1), ["a"]);
  assert(world.taken.length < 10, "it went through at last");
});

test("a batch that was tried for longer than an iterator lives is followed by the next", async () => {
  const { world, pipe, batches } = await streamWorld();
  await using _ = world;
  world.answers.set(FUNCTION, () => new Error("broken"));
  await world.put("a");
  await pipe();
  await world.advance(HOUR / 2);
  world.answers.clear();
  await world.put("b");
  await world.advance(2 * 60 * SECOND);
  assert.deepEqual(batches().slice(-2), [["a"], ["b"]]);
  assert.deepEqual(world.defects, []);
});

test("a target that is throttled is tried again", async () => {
  const { world, pipe, batches } = await streamWorld();
  await using _ = world;
  const throttle = new ServiceError("TooManyRequestsException", "slow", { httpStatus: 429 });
  world.answers.set(FUNCTION, () => throttle);
  await world.put("a");
  await pipe();
  await until(() => world.taken.length === 1);
  world.answers.clear();
  await world.advance(2 * SECOND);
  assert.deepEqual(batches(), [["a"], ["a"]]);
  await world.advance(HOUR);
  assert.equal(world.taken.length, 2);
});

test("a table's changes reach a queue in its batches of ten", async () => {
  await using world = new TestCloud();
  const Source = await world.table();
  await world.queue("target");
  for (let index = 0; index < 12; index += 1) await world.put(`item-${index}`);
  await world.pipe({
    Source,
    SourceParameters: { DynamoDBStreamParameters: { StartingPosition: "TRIM_HORIZON" } },
    Target: arnOf("sqs", "target"),
    TargetParameters: { InputTemplate: "<$.dynamodb.Keys.id.S>" },
  });
  const received: string[] = [];
  await until(async () => {
    received.push(...(await world.received("target")));
    return received.length === 12;
  });
  assert.deepEqual(
    received.sort(),
    Array.from({ length: 12 }, (_, index) => `item-${index}`).sort(),
  );
});
