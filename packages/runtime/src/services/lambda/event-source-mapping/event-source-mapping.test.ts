import assert from "node:assert/strict";
import { test } from "node:test";
import type { CreateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import { ServiceError } from "../../../errors.ts";
import {
  ACCOUNT,
  type Answer,
  CALLER,
  createWorld,
  FUNCTION_ARN,
  REGION,
  until,
} from "./testing/world.ts";

const OTHER_QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:others`;

function refused(code: string, message: string | RegExp) {
  return (error: unknown) => {
    assert(error instanceof ServiceError, String(error));
    assert.equal(error.code, code);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  };
}

// The members that AWS answers with: recorded in localstack's tests/aws/services/lambda_/event_source_mapping snapshots.
test("a new mapping has the defaults of SQS and becomes enabled", async () => {
  await using world = await createWorld();
  const { UUID, LastModified, EventSourceMappingArn, ...rest } = await world.createMapping({});
  assert.deepEqual(rest, {
    BatchSize: 10,
    MaximumBatchingWindowInSeconds: 0,
    EventSourceArn: world.queueArn,
    FunctionArn: FUNCTION_ARN,
    State: "Creating",
    StateTransitionReason: "USER_INITIATED",
    FunctionResponseTypes: [],
  });
  assert.equal(LastModified?.getTime(), world.clock.now());
  assert.match(UUID!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  assert.equal(
    EventSourceMappingArn,
    `arn:aws:lambda:${REGION}:${ACCOUNT}:event-source-mapping:${UUID}`,
  );
  await world.untilState(UUID!, "Enabled");
});

test("a mapping keeps what it was made with", async () => {
  await using world = await createWorld();
  const mapping = await world.createMapping({
    FunctionName: "consumer:live",
    Enabled: false,
    BatchSize: 100,
    MaximumBatchingWindowInSeconds: 5,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    ScalingConfig: { MaximumConcurrency: 7 },
    FilterCriteria: { Filters: [{ Pattern: '{"body":{"a":[1]}}' }] },
  });
  await world.untilState(mapping.UUID!, "Disabled");
  const kept = await world.getMapping(mapping.UUID!);
  assert.equal(kept.FunctionArn, `${FUNCTION_ARN}:live`);
  assert.equal(kept.BatchSize, 100);
  assert.equal(kept.MaximumBatchingWindowInSeconds, 5);
  assert.deepEqual(kept.FunctionResponseTypes, ["ReportBatchItemFailures"]);
  assert.deepEqual(kept.ScalingConfig, { MaximumConcurrency: 7 });
  assert.deepEqual(kept.FilterCriteria, { Filters: [{ Pattern: '{"body":{"a":[1]}}' }] });
});

test("one function is mapped to one queue once, an alias of it again", async () => {
  await using world = await createWorld();
  const { UUID } = await world.createMapping({});
  await assert.rejects(
    world.createMapping({}),
    refused(
      "ResourceConflictException",
      `The event source arn (" ${world.queueArn} ") and function (" consumer ") provided mapping already exists. Please update or delete the existing mapping with UUID ${UUID}`,
    ),
  );
  await world.createMapping({ FunctionName: "consumer:live" });
});

test("a queue that would show messages again while the function runs is refused", async () => {
  await using world = await createWorld();
  world.state.timeoutSeconds = 60;
  await assert.rejects(
    world.createMapping({}),
    refused(
      "InvalidParameterValueException",
      "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
    ),
  );
});

test("a queue or a function that does not exist is refused", async () => {
  await using world = await createWorld();
  await assert.rejects(
    world.createMapping({ FunctionName: "nobody" }),
    refused("InvalidParameterValueException", "Function does not exist"),
  );
  world.queue.exists = false;
  await assert.rejects(
    world.createMapping({}),
    refused(
      "InvalidParameterValueException",
      "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
    ),
  );
});

// The ranges are those of the API reference; the sentences on windows are in ansible-collections/amazon.aws issue
// 1995 and aws-lambda-dotnet pull request 1758, the one on StartingPosition in localstack's test_api.snapshot.json.
const REFUSED: readonly [
  string,
  Partial<CreateEventSourceMappingRequest>,
  string,
  string | RegExp,
][] = [
  [
    "no event source",
    { EventSourceArn: undefined },
    "InvalidParameterValueException",
    "Unrecognized event source.",
  ],
  [
    "a source of another kind",
    { EventSourceArn: `arn:aws:sns:${REGION}:${ACCOUNT}:t` },
    "InvalidParameterValueException",
    /^Unrecognized event source, must be/,
  ],
  [
    "a batch of none",
    { BatchSize: 0 },
    "ValidationException",
    "1 validation error detected: Value '0' at 'batchSize' failed to satisfy constraint: Member must have value greater than or equal to 1",
  ],
  [
    "a batch above 10,000",
    { BatchSize: 10_001 },
    "ValidationException",
    /less than or equal to 10000$/,
  ],
  [
    "a batch above 10 without a window",
    { BatchSize: 11 },
    "InvalidParameterValueException",
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
  ],
  [
    "a window above five minutes",
    { MaximumBatchingWindowInSeconds: 301 },
    "ValidationException",
    /less than or equal to 300$/,
  ],
  [
    "a window on a FIFO queue",
    { EventSourceArn: `${OTHER_QUEUE}.fifo`, MaximumBatchingWindowInSeconds: 1 },
    "InvalidParameterValueException",
    "Batching window is not supported for FIFO queues",
  ],
  [
    "a concurrency of one",
    { ScalingConfig: { MaximumConcurrency: 1 } },
    "ValidationException",
    /greater than or equal to 2$/,
  ],
  [
    "a concurrency above 1,000",
    { ScalingConfig: { MaximumConcurrency: 1_001 } },
    "ValidationException",
    /less than or equal to 1000$/,
  ],
  [
    "a starting position",
    { StartingPosition: "LATEST" },
    "InvalidParameterValueException",
    "StartingPosition is not valid for SQS event sources.",
  ],
  [
    "retries, which are for streams",
    { MaximumRetryAttempts: 3 },
    "InvalidParameterValueException",
    "Unsupported MaximumRetryAttempts parameter for given event source mapping type.",
  ],
  [
    "a pattern that is not JSON",
    { FilterCriteria: { Filters: [{ Pattern: "{" }] } },
    "InvalidParameterValueException",
    "Invalid filter pattern definition.",
  ],
  [
    "a pattern that is none",
    { FilterCriteria: { Filters: [{ Pattern: '{"body":"x"}' }] } },
    "InvalidParameterValueException",
    "Invalid filter pattern definition.",
  ],
  [
    "six filters",
    { FilterCriteria: { Filters: Array(6).fill({ Pattern: '{"body":["x"]}' }) } },
    "InvalidParameterValueException",
    /5/,
  ],
];
for (const [what, input, code, message] of REFUSED) {
  test(`a mapping with ${what} is refused`, async () => {
    await using world = await createWorld();
    await assert.rejects(world.createMapping(input), refused(code, message));
    const { EventSourceMappings } = await world.cloud.call(
      CALLER,
      "lambda",
      "ListEventSourceMappings",
      {},
    );
    assert.deepEqual(EventSourceMappings, []);
  });
}

test("a UUID that nobody knows is not found by any operation", async () => {
  await using world = await createWorld();
  const UUID = "11111111-2222-4333-8444-555555555555";
  const unknown = refused(
    "ResourceNotFoundException",
    "The resource you requested does not exist.",
  );
  for (const operation of [
    "GetEventSourceMapping",
    "UpdateEventSourceMapping",
    "DeleteEventSourceMapping",
  ] as const)
    await assert.rejects(
      async () => world.cloud.call(CALLER, "lambda", operation, { UUID }),
      unknown,
    );
});

test("mappings are listed by function, by source, and page by page", async () => {
  await using world = await createWorld();
  await world.createMapping({});
  await world.createMapping({ EventSourceArn: OTHER_QUEUE });
  await world.createMapping({ EventSourceArn: OTHER_QUEUE, FunctionName: "consumer:live" });
  const list = async (input: object) => {
    const { EventSourceMappings = [], NextMarker } = await world.cloud.call(
      CALLER,
      "lambda",
      "ListEventSourceMappings",
      input,
    );
    return { uuids: EventSourceMappings.map(({ UUID }) => UUID!), NextMarker };
  };
  assert.equal((await list({ FunctionName: "consumer" })).uuids.length, 2);
  assert.equal((await list({ FunctionName: FUNCTION_ARN })).uuids.length, 2);
  assert.equal((await list({ EventSourceArn: OTHER_QUEUE })).uuids.length, 2);
  const both = { EventSourceArn: OTHER_QUEUE, FunctionName: "consumer:live" };
  assert.equal((await list(both)).uuids.length, 1);

  const first = await list({ MaxItems: 2 });
  assert.equal(first.uuids.length, 2);
  const second = await list({ MaxItems: 2, Marker: first.NextMarker });
  assert.equal(second.NextMarker, undefined);
  assert.equal(new Set([...first.uuids, ...second.uuids]).size, 3);

  const elsewhere = await world.cloud.call(
    { ...CALLER, region: "us-east-1" },
    "lambda",
    "ListEventSourceMappings",
    {},
  );
  assert.deepEqual(elsewhere.EventSourceMappings, []);
});

test("a mapping waits for what is under way before it is disabled, and cannot be changed meanwhile", async () => {
  await using world = await createWorld();
  const { UUID } = await world.createMapping({});
  await world.untilState(UUID!, "Enabled");
  const run = Promise.withResolvers<Answer>();
  world.state.answer = () => run.promise;
  world.send("slow");
  await until(() => world.invoked.length === 1);
  const input = { UUID, Enabled: false };
  await world.cloud.call(CALLER, "lambda", "UpdateEventSourceMapping", input);
  await assert.rejects(
    async () => world.cloud.call(CALLER, "lambda", "DeleteEventSourceMapping", { UUID }),
    refused(
      "ResourceInUseException",
      "Cannot delete the event source mapping because it is in use.",
    ),
  );
  run.resolve({ payload: "null" });
  await world.untilState(UUID!, "Disabled");
  assert.equal(world.queue.messages.length, 0);
});

test("a disabled mapping leaves the queue alone until it is enabled", async () => {
  await using world = await createWorld();
  const { UUID } = await world.createMapping({});
  await world.untilState(UUID!, "Enabled");
  const update = (Enabled: boolean) =>
    world.cloud.call(CALLER, "lambda", "UpdateEventSourceMapping", { UUID, Enabled });
  assert.equal((await update(false)).State, "Disabling");
  await world.untilState(UUID!, "Disabled");
  world.send("waits");
  await world.clock.advance(60_000);
  assert.deepEqual(world.bodies(), []);
  assert.equal((await update(true)).State, "Enabling");
  await until(() => world.queue.messages.length === 0);
  assert.deepEqual(world.bodies(), [["waits"]]);
  assert.equal((await world.getMapping(UUID!)).State, "Enabled");
});

test("an update takes effect on the next batch, and leaves what it does not name", async () => {
  await using world = await createWorld();
  const { UUID } = await world.createMapping({ ScalingConfig: { MaximumConcurrency: 4 } });
  await world.untilState(UUID!, "Enabled");
  const changed = await world.cloud.call(CALLER, "lambda", "UpdateEventSourceMapping", {
    UUID,
    BatchSize: 1,
    FunctionName: "consumer:live",
  });
  assert.equal(changed.State, "Updating");
  assert.deepEqual(changed.ScalingConfig, { MaximumConcurrency: 4 });
  await world.untilState(UUID!, "Enabled");
  world.send("one");
  world.send("two");
  await until(() => world.queue.messages.length === 0);
  assert.deepEqual(world.bodies(), [["one"], ["two"]]);
  assert.equal(world.invoked[0]?.functionName, `${FUNCTION_ARN}:live`);
});

test("empty filter criteria and scaling take the setting away", async () => {
  await using world = await createWorld();
  const { UUID } = await world.createMapping({
    ScalingConfig: { MaximumConcurrency: 4 },
    FilterCriteria: { Filters: [{ Pattern: '{"body":["x"]}' }] },
  });
  await world.untilState(UUID!, "Enabled");
  const changed = await world.cloud.call(CALLER, "lambda", "UpdateEventSourceMapping", {
    UUID,
    ScalingConfig: {},
    FilterCriteria: {},
  });
  assert.equal(changed.ScalingConfig, undefined);
  assert.equal(changed.FilterCriteria, undefined);
});

test("a deleted mapping is gone, and reads no more", async () => {
  await using world = await createWorld();
  const { UUID } = await world.createMapping({});
  await world.untilState(UUID!, "Enabled");
  const deleted = await world.cloud.call(CALLER, "lambda", "DeleteEventSourceMapping", { UUID });
  assert.equal(deleted.State, "Deleting");
  await until(async () => {
    const { EventSourceMappings } = await world.cloud.call(
      CALLER,
      "lambda",
      "ListEventSourceMappings",
      {},
    );
    return EventSourceMappings?.length === 0;
  });
  world.send("stays");
  await world.clock.advance(60_000);
  assert.deepEqual(world.bodies(), []);
  assert.equal(world.queue.messages.length, 1);
});
