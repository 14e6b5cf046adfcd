import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { CreateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import { ServiceError } from "../../../errors.ts";
import { CALLER, FUNCTION_ARN, REGION } from "./testing/function.ts";
import { idOf, START, type StreamEvent, streamWorld, TABLE } from "./testing/stream-world.ts";
import { until } from "./testing/world.ts";

const failing = { FunctionError: "Unhandled", payload: "{}" };

/** What Get answered of a mapping on a stream at AWS: localstack, test_lambda_integration_dynamodbstreams.snapshot.json. */
test("a mapping on a stream is shown with a stream's settings", async () => {
  await using w = await streamWorld();
  const { UUID, LastModified, EventSourceMappingArn, ...shown } = await w.map();
  assert(UUID && LastModified && EventSourceMappingArn);
  assert.deepEqual(shown, {
    BatchSize: 100,
    BisectBatchOnFunctionError: false,
    DestinationConfig: { OnFailure: {} },
    EventSourceArn: w.streamArn,
    FunctionArn: FUNCTION_ARN,
    FunctionResponseTypes: [],
    LastProcessingResult: "No records processed",
    MaximumBatchingWindowInSeconds: 0,
    MaximumRecordAgeInSeconds: -1,
    MaximumRetryAttempts: -1,
    ParallelizationFactor: 1,
    StartingPosition: "TRIM_HORIZON",
    State: "Creating",
    StateTransitionReason: "USER_INITIATED",
    TumblingWindowInSeconds: 0,
  });
});

test("what makes no sense for a stream is refused", async () => {
  await using w = await streamWorld();
  const missing = w.streamArn.replace(TABLE, "missing");
  const cases: [Partial<CreateEventSourceMappingRequest>, string, RegExp][] = [
    [
      { EventSourceArn: w.streamArn.replace(/\/stream.*/, "") },
      "InvalidParameterValueException",
      /^Unrecognized event source, must be kinesis, dynamodb stream or sqs\. Unsupported arn /,
    ],
    [{ EventSourceArn: missing }, "InvalidParameterValueException", /^Stream not found: arn/],
    [{ StartingPosition: undefined }, "InvalidParameterValueException", /'startingPosition'/],
    [
      { StartingPosition: "AT_TIMESTAMP" },
      "InvalidParameterValueException",
      /^Unsupported starting position for arn type: arn/,
    ],
    [{ ParallelizationFactor: 11 }, "ValidationException", /'parallelizationFactor'/],
    [{ MaximumRetryAttempts: -2 }, "ValidationException", /'maximumRetryAttempts'/],
    [{ TumblingWindowInSeconds: 901 }, "ValidationException", /'tumblingWindowInSeconds'/],
    [{ MaximumRecordAgeInSeconds: 59 }, "InvalidParameterValueException", /record age/],
    [{ ScalingConfig: { MaximumConcurrency: 2 } }, "InvalidParameterValueException", /ScalingC/],
    [
      { DestinationConfig: { OnFailure: { Destination: "arn:aws:iam::1:role/x" } } },
      "InvalidParameterValueException",
      /is invalid/,
    ],
    [
      { FilterCriteria: { Filters: [{ Pattern: "single-string" }] } },
      "InvalidParameterValueException",
      /^Invalid filter pattern definition.$/,
    ],
  ];
  for (const [input, code, message] of cases) {
    await assert.rejects(w.map(input), (error: ServiceError) => {
      assert.equal(error.code, code, JSON.stringify(input));
      assert.match(error.message, message);
      return true;
    });
  }
});

test("a function gets the records of a stream as AWS makes them", async () => {
  await using w = await streamWorld();
  await w.map();
  await w.put("a", { bytes: { B: Buffer.from("foobar") } });
  await w.put("a", { list: { L: [{ B: Buffer.from("x") }] } });
  await w.cloud.call(CALLER, "dynamodb", "DeleteItem", {
    TableName: TABLE,
    Key: { id: { S: "a" } },
  });
  await until(() => w.events().flatMap(({ Records }) => Records).length === 3);
  const records = w.events().flatMap(({ Records }) => Records);
  const [first] = records;
  assert.deepEqual(first, {
    eventID: first!.eventID,
    eventName: "INSERT",
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: REGION,
    dynamodb: {
      ApproximateCreationDateTime: START / 1000,
      Keys: { id: { S: "a" } },
      NewImage: { id: { S: "a" }, bytes: { B: "Zm9vYmFy" } },
      SequenceNumber: first!.dynamodb.SequenceNumber,
      SizeBytes: 17,
      StreamViewType: "NEW_AND_OLD_IMAGES",
    },
    eventSourceARN: w.streamArn,
  });
  assert.match(first!.eventID, /^[0-9a-f]{32}$/);
  assert.deepEqual(
    records.map(({ eventName, dynamodb: change }) => [eventName, change.OldImage, change.NewImage]),
    [
      ["INSERT", undefined, first!.dynamodb.NewImage],
      ["MODIFY", first!.dynamodb.NewImage, { id: { S: "a" }, list: { L: [{ B: "eA==" }] } }],
      ["REMOVE", { id: { S: "a" }, list: { L: [{ B: "eA==" }] } }, undefined],
    ],
  );
  assert.equal(w.invoked[0]?.source, w.streamArn);
  assert.deepEqual(w.defects, []);
});

test("an item whose time has come is told as deleted by DynamoDB", async () => {
  await using w = await streamWorld();
  await w.map({ StartingPosition: "LATEST" });
  await w.cloud.call(CALLER, "dynamodb", "UpdateTimeToLive", {
    TableName: TABLE,
    TimeToLiveSpecification: { AttributeName: "ends", Enabled: true },
  });
  await w.put("a", { ends: { N: String(START / 1000 + 60) } });
  await w.clock.advance(61_000);
  const removed = w.events().flatMap(({ Records }) => Records)[1];
  assert.equal(removed?.eventName, "REMOVE");
  assert.deepEqual(removed?.userIdentity, {
    type: "Service",
    principalId: "dynamodb.amazonaws.com",
  });
});

test("TRIM_HORIZON reads what was there before, LATEST what comes after", async () => {
  for (const [StartingPosition, expected] of [
    ["TRIM_HORIZON", ["before", "after"]],
    ["LATEST", ["after"]],
  ] as const) {
    await using w = await streamWorld();
    await w.put("before");
    await w.map({ StartingPosition });
    await w.clock.advance(0);
    await w.put("after");
    await until(() => w.batches().flat().includes("after"));
    assert.deepEqual(w.batches().flat(), expected);
  }
});

test("a batch waits for its size or its window", async () => {
  await using w = await streamWorld();
  await w.map({ BatchSize: 3, MaximumBatchingWindowInSeconds: 10 });
  await w.put("a");
  await w.put("b");
  await w.clock.advance(9_000);
  assert.deepEqual(w.batches(), []);
  await w.clock.advance(1_000);
  assert.deepEqual(w.batches(), [["a", "b"]]);
  for (const id of ["c", "d", "e", "f"]) await w.put(id);
  await until(() => w.batches().length === 2);
  assert.deepEqual(w.batches()[1], ["c", "d", "e"]);
});

/** Source: Lambda developer guide, "Using event filtering with a DynamoDB event source". */
test("records that match no filter never reach the function", async () => {
  await using w = await streamWorld();
  await w.map({
    FilterCriteria: {
      Filters: [
        { Pattern: JSON.stringify({ dynamodb: { NewImage: { kind: { S: ["order"] } } } }) },
        { Pattern: JSON.stringify({ eventName: ["REMOVE"] }) },
      ],
    },
  });
  await w.put("a", { kind: { S: "note" } });
  await w.put("b", { kind: { S: "order" } });
  await w.cloud.call(CALLER, "dynamodb", "DeleteItem", {
    TableName: TABLE,
    Key: { id: { S: "a" } },
  });
  await until(() => w.batches().flat().length === 2);
  assert.deepEqual(w.batches().flat(), ["b", "a"]);
});

test("a batch that fails is tried again and holds up what follows, then is told to the destination", async () => {
  await using w = await streamWorld();
  const queue = await w.queue("failures");
  await w.map({
    BatchSize: 1,
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnFailure: { Destination: queue.arn } },
  });
  w.state.answer = ({ event }) =>
    idOf((event as StreamEvent).Records[0]!) === "bad" ? failing : { payload: "null" };
  await w.put("bad");
  await w.put("good");
  await until(() => w.batches().length === 1);
  assert.deepEqual(await queue.received(), []);
  await w.clock.advance(1_000);
  await until(() => w.batches().length === 3);
  assert.deepEqual(w.batches().flat(), ["bad", "bad", "good"]);
  const [told] = await queue.received();
  const { requestId } = told.requestContext;
  const sequenceNumber = w.events()[0]!.Records[0]!.dynamodb.SequenceNumber;
  assert.deepEqual(told, {
    requestContext: {
      requestId,
      functionArn: FUNCTION_ARN,
      condition: "RetryAttemptsExhausted",
      approximateInvokeCount: 2,
    },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    version: "1.0",
    timestamp: "2026-01-01T00:00:01.000Z",
    DDBStreamBatchInfo: {
      shardId: told.DDBStreamBatchInfo.shardId,
      startSequenceNumber: sequenceNumber,
      endSequenceNumber: sequenceNumber,
      approximateArrivalOfFirstRecord: "2026-01-01T00:00:00Z",
      approximateArrivalOfLastRecord: "2026-01-01T00:00:00Z",
      batchSize: 1,
      streamArn: w.streamArn,
    },
  });
});

test("a batch is halved until what fails is alone, and dividing costs no retry", async () => {
  await using w = await streamWorld();
  const queue = await w.queue("failures");
  for (const id of ["a", "b", "bad", "d"]) await w.put(id);
  w.state.answer = ({ event }) =>
    (event as StreamEvent).Records.some((record) => idOf(record) === "bad")
      ? failing
      : { payload: "null" };
  await w.map({
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: queue.arn } },
  });
  await until(() => w.batches().length === 5);
  assert.deepEqual(w.batches(), [["a", "b", "bad", "d"], ["a", "b"], ["bad", "d"], ["bad"], ["d"]]);
  await w.clock.advance(0);
  const [told] = await queue.received();
  assert.equal(told.DDBStreamBatchInfo.batchSize, 1);
});

/** Source: Lambda developer guide, "Configuring partial batch response with DynamoDB and Lambda". */
test("a reported failure is where the batch goes on; a report that makes no sense fails all of it", async () => {
  await using w = await streamWorld();
  const queue = await w.queue("failures");
  for (const id of ["a", "bad", "c"]) await w.put(id);
  w.state.answer = ({ event }) => {
    const { Records } = event as StreamEvent;
    const failed = Records.filter((record) => idOf(record) !== "a").map((record) => ({
      itemIdentifier: record.dynamodb.SequenceNumber,
    }));
    return { payload: JSON.stringify({ batchItemFailures: failed }) };
  };
  await w.map({
    MaximumRetryAttempts: 1,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    DestinationConfig: { OnFailure: { Destination: queue.arn } },
  });
  await w.clock.advance(1_000);
  assert.deepEqual(w.batches(), [
    ["a", "bad", "c"],
    ["bad", "c"],
  ]);
  const [told] = await queue.received();
  assert.equal(told.DDBStreamBatchInfo.batchSize, 2);
  assert.equal(told.responseContext.functionError, null);

  w.state.answer = () => ({ payload: JSON.stringify({ batchItemFailures: [{ foo: "" }] }) });
  await w.put("e");
  await w.clock.advance(1_000);
  assert.deepEqual(w.batches().slice(2), [["e"], ["e"]]);
});

test("records that grow too old are given up, and throttles count for no retry", async () => {
  await using w = await streamWorld();
  const queue = await w.queue("failures");
  w.state.answer = () => new ServiceError("TooManyRequestsException", "Rate exceeded");
  await w.map({
    MaximumRetryAttempts: 0,
    MaximumRecordAgeInSeconds: 60,
    DestinationConfig: { OnFailure: { Destination: queue.arn } },
  });
  await w.put("a");
  await w.clock.advance(58_000);
  assert(w.invoked.length >= 5, `${w.invoked.length} tries`);
  assert.deepEqual(await queue.received(), []);
  await w.clock.advance(60_000);
  const [told] = await queue.received();
  assert.equal(told.requestContext.condition, "RecordAgeExceeded");
  assert.equal(told.responseContext, undefined);
  w.state.answer = () => ({ payload: "null" });
  await w.put("b");
  await until(() => w.batches().at(-1)?.[0] === "b");
});

test("changes of one item stay in order while others go side by side", async () => {
  await using w = await streamWorld();
  const running = new Map<string, number>();
  let most = 0;
  w.state.answer = async ({ event }) => {
    const ids = new Set((event as StreamEvent).Records.map(idOf));
    for (const id of ids) {
      assert.equal(running.get(id) ?? 0, 0, `${id} is under way already`);
      running.set(id, 1);
    }
    most = Math.max(most, [...running.values()].filter(Boolean).length);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    for (const id of ids) running.set(id, 0);
    return { payload: "null" };
  };
  for (let round = 0; round < 3; round += 1)
    for (let id = 0; id < 8; id += 1) await w.put(`i${id}`, { round: { N: String(round) } });
  await w.map({ BatchSize: 1, ParallelizationFactor: 4 });
  await until(() => w.invoked.length === 24);
  const seen = new Map<string, number[]>();
  for (const { Records } of w.events())
    for (const record of Records) {
      const { N } = record.dynamodb.NewImage!.round as { N: string };
      seen.set(idOf(record), [...(seen.get(idOf(record)) ?? []), Number(N)]);
    }
  for (const rounds of seen.values()) assert.deepEqual(rounds, [0, 1, 2]);
  assert(most > 1, "lanes ran side by side");
});

/** Source: Lambda developer guide, "Implementing stateful DynamoDB stream processing in Lambda". */
test("a tumbling window hands its state from batch to batch, and ends with a last invocation", async () => {
  await using w = await streamWorld();
  w.state.answer = ({ event }) => {
    const { state = {}, Records } = event as StreamEvent;
    return { payload: JSON.stringify({ state: { sum: (state.sum ?? 0) + Records.length } }) };
  };
  await w.map({ TumblingWindowInSeconds: 60, BatchSize: 2 });
  for (const id of ["a", "b", "c"]) await w.put(id);
  await until(() => w.batches().flat().length === 3);
  await w.clock.advance(60_000);
  await w.put("d");
  await until(() => w.batches().flat().length === 4);
  const events = w.events();
  const first = { start: "2026-01-01T00:00:00Z", end: "2026-01-01T00:01:00Z" };
  const final = events.findIndex(({ isFinalInvokeForWindow }) => isFinalInvokeForWindow);
  assert.deepEqual(events[0]?.window, first);
  assert.deepEqual(events[0]?.state, {});
  assert.deepEqual(events[final], {
    ...events[final],
    Records: [],
    window: first,
    state: { sum: 3 },
    isFinalInvokeForWindow: true,
    isWindowTerminatedEarly: false,
    eventSourceARN: w.streamArn,
  });
  const last = events.at(-1);
  assert.deepEqual(last?.window, { start: "2026-01-01T00:01:00Z", end: "2026-01-01T00:02:00Z" });
  assert.deepEqual(last?.state, {});
});

test("a mapping follows the stream from shard to shard", async () => {
  await using w = await streamWorld();
  await w.map();
  for (let hour = 0; hour < 12; hour += 1) {
    await w.put(`h${hour}`);
    await w.clock.advance(60 * 60 * 1000);
  }
  const { StreamDescription } = await w.cloud.call(CALLER, "dynamodbstreams", "DescribeStream", {
    StreamArn: w.streamArn,
  });
  assert(StreamDescription!.Shards!.length >= 3);
  assert.deepEqual(
    w.batches().flat(),
    Array.from({ length: 12 }, (_, hour) => `h${hour}`),
  );
});

test("after a restart a mapping goes on where it was, LATEST or not", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "flyball-streams-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  {
    await using w = await streamWorld({ directory });
    await w.map({ StartingPosition: "LATEST", BatchSize: 1 });
    w.state.answer = ({ event }) =>
      idOf((event as StreamEvent).Records[0]!) === "b" ? failing : { payload: "null" };
    await w.put("a");
    await w.put("b");
    await w.put("c");
    await until(() => w.batches().length === 2);
  }
  await using w = await streamWorld({ directory });
  await until(() => w.batches().length === 2);
  assert.deepEqual(w.batches(), [["b"], ["c"]]);
});

test("a mapping that is deleted forgets where it was", async () => {
  await using w = await streamWorld();
  const { UUID } = await w.map();
  await w.put("a");
  await until(() => w.batches().length === 1);
  await w.cloud.call(CALLER, "lambda", "DeleteEventSourceMapping", { UUID });
  await until(async () => {
    const { EventSourceMappings } = await w.cloud.call(
      CALLER,
      "lambda",
      "ListEventSourceMappings",
      {},
    );
    return EventSourceMappings?.length === 0;
  });
  await w.map();
  await until(() => w.batches().length === 2);
  assert.deepEqual(w.batches(), [["a"], ["a"]]);
});
