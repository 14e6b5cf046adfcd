import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceError } from "../../errors.ts";
import { defineService } from "../../service.ts";
import { ACCOUNT, arnOf, QUEUE, REGION, TestCloud } from "./testing.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const AT = "at(2026-01-15T12:01:00)";

test("templated targets are called as their services are", async () => {
  await using world = new TestCloud();
  const json = '{"a":1}';
  const targets = {
    function: arnOf("lambda", "function:work"),
    topic: arnOf("sns", "news"),
    machine: arnOf("states", "stateMachine:flow"),
    fifo: arnOf("sqs", "jobs.fifo"),
    bus: arnOf("events", "event-bus/default"),
  };
  await world.schedule(AT, { Name: "f", target: { Arn: targets.function, Input: json } });
  await world.schedule(AT, { Name: "t", target: { Arn: targets.topic, Input: "plain" } });
  await world.schedule(AT, { Name: "m", target: { Arn: targets.machine, Input: json } });
  await world.schedule(AT, {
    Name: "q",
    target: { Arn: targets.fifo, SqsParameters: { MessageGroupId: "g" } },
  });
  const EventBridgeParameters = { DetailType: "due", Source: "mine" };
  await world.schedule(AT, {
    Name: "b",
    target: { Arn: targets.bus, Input: json, EventBridgeParameters },
  });
  await world.advance(MINUTE);
  const bodies = (arn: string) => world.received(arn).map(({ body }) => body);
  assert.deepEqual(bodies(targets.function), [json]);
  assert.deepEqual(bodies(targets.topic), ["plain"]);
  assert.deepEqual(bodies(targets.machine), [json]);
  assert.deepEqual(
    world.received(targets.fifo).map(({ body, groupId }) => [body, groupId]),
    [["go", "g"]],
  );
  assert.deepEqual(
    bodies(targets.bus).map((body) => JSON.parse(body)),
    [{ Source: "mine", DetailType: "due", Detail: json }],
  );
});

test("a universal target is any action of a service, with the input as its parameters", async () => {
  const items: unknown[] = [];
  const dynamodb = defineService({
    name: "dynamodb",
    operations: {
      PutItem: async ({ caller }, { TableName, Item }) => {
        items.push({ TableName, Item, region: caller.region });
        return {};
      },
    },
  });
  await using world = new TestCloud({ services: [dynamodb] });
  const Item = { id: { S: "<aws.scheduler.scheduled-time>" } };
  const Arn = "arn:aws:scheduler:::aws-sdk:dynamodb:putItem";
  await world.schedule(AT, {
    target: { Arn, Input: JSON.stringify({ TableName: "runs", Item }) },
  });
  await world.advance(MINUTE);
  assert.deepEqual(items, [
    { TableName: "runs", Item: { id: { S: "2026-01-15T12:01:00Z" } }, region: REGION },
  ]);
});

// EventBridge Scheduler user guide, "Adding context attributes".
test("context attributes are filled in, anew at each attempt", async () => {
  await using world = new TestCloud();
  const failure = new ServiceError("ThrottlingException", "slow down", { httpStatus: 429 });
  world.failures.set(QUEUE, failure);
  const names = ["schedule-arn", "scheduled-time", "execution-id", "attempt-number", "other"];
  const Input = names.map((name) => `<aws.scheduler.${name}>`).join(" ");
  const arn = await world.schedule(AT, { target: { Input } });
  await world.advance(MINUTE);
  world.failures.clear();
  await world.advance(MINUTE);
  const [first = [], second = []] = world.received().map(({ body }) => body.split(" "));
  assert.equal(world.received().length, 2);
  const [, , executionId = ""] = first;
  assert.match(executionId, /^[0-9a-f]{16}$/);
  const time = "2026-01-15T12:01:00Z";
  assert.deepEqual(first, [arn, time, executionId, "1", "<aws.scheduler.other>"]);
  assert.deepEqual(second, [arn, time, executionId, "2", "<aws.scheduler.other>"]);
});

test("a target without an input gets an event that tells of the schedule and its time", async () => {
  await using world = new TestCloud();
  const Arn = arnOf("lambda", "function:work");
  const arn = await world.schedule(AT, { target: { Arn, Input: undefined } });
  await world.advance(MINUTE);
  const { id, ...event } = JSON.parse(world.received(Arn)[0]?.body ?? "");
  assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.deepEqual(event, {
    version: "0",
    "detail-type": "Scheduled Event",
    source: "aws.scheduler",
    account: ACCOUNT,
    time: "2026-01-15T12:01:00Z",
    region: REGION,
    resources: [arn],
    detail: "{}",
  });
});

// The attributes: EventBridge Scheduler user guide, "Configuring a schedule's dead-letter queue".
test("what fails for good is a dead letter that says why", async () => {
  await using world = new TestCloud();
  const DeadLetterConfig = { Arn: arnOf("sqs", "dead") };
  const gone = arnOf("sqs", "gone");
  const arn = await world.schedule(AT, { target: { Arn: gone, DeadLetterConfig } });
  await world.advance(MINUTE);
  const [letter] = world.received(DeadLetterConfig.Arn);
  assert.equal(letter?.body, "go");
  const texts = Object.entries(letter?.attributes ?? {}).map(([name, { StringValue }]) => [
    name,
    StringValue,
  ]);
  const { EXECUTION_ID, ...rest } = Object.fromEntries(texts);
  assert.match(EXECUTION_ID, /^[0-9a-f]{16}$/);
  assert.deepEqual(rest, {
    ERROR_CODE: "AWS.SimpleQueueService.NonExistentQueue",
    ERROR_MESSAGE: "The specified queue does not exist.",
    IS_PAYLOAD_TRUNCATED: "false",
    RETRY_ATTEMPTS: "0",
    SCHEDULED_TIME: "2026-01-15T12:01:00Z",
    SCHEDULE_ARN: arn,
    TARGET_ARN: gone,
  });
  const group = "ScheduleGroup=default";
  assert.equal(await world.metric("InvocationAttemptCount", group), 1);
  assert.equal(await world.metric("TargetErrorCount", group), 1);
  assert.equal(await world.metric("InvocationDroppedCount", group), 1);
  assert.equal(await world.metric("InvocationsSentToDeadLetterCount"), 1);
});

test("what may be better later is tried as often as the policy says, then it is a dead letter", async () => {
  await using world = new TestCloud();
  const failure = new ServiceError("InternalFailure", "it broke", { httpStatus: 500 });
  world.failures.set(QUEUE, failure);
  const DeadLetterConfig = { Arn: arnOf("sqs", "dead") };
  const RetryPolicy = { MaximumRetryAttempts: 3 };
  await world.schedule(AT, { target: { DeadLetterConfig, RetryPolicy } });
  await world.advance(HOUR);
  assert.equal(world.received().length, 4);
  const [{ attributes = {} } = {}] = world.received(DeadLetterConfig.Arn);
  assert.equal(attributes.RETRY_ATTEMPTS?.StringValue, "3");
  assert.equal(attributes.EXHAUSTED_RETRY_CONDITION?.StringValue, "MaximumRetryAttempts");
  assert.equal(attributes.ERROR_CODE?.StringValue, "InternalFailure");
});

test("an event that is too old is tried no more", async () => {
  await using world = new TestCloud();
  world.failures.set(QUEUE, new ServiceError("ThrottlingException", "", { httpStatus: 429 }));
  const RetryPolicy = { MaximumEventAgeInSeconds: 60 };
  await world.schedule(AT, { target: { RetryPolicy } });
  await world.advance(HOUR);
  const tries = world.received().length;
  assert(tries >= 5 && tries <= 7, `${tries} tries in a minute`);
  assert.equal(await world.metric("TargetErrorThrottledCount"), tries);
  assert.equal(await world.metric("InvocationDroppedCount"), 1);
});

test("a dead letter that cannot be buried is counted by its error", async () => {
  await using world = new TestCloud();
  const gone = arnOf("sqs", "gone");
  await world.schedule(AT, { target: { Arn: gone, DeadLetterConfig: { Arn: gone } } });
  await world.advance(MINUTE);
  assert.equal(await world.metric("InvocationsFailedToBeSentToDeadLetterCount"), 1);
  const named = "InvocationsFailedToBeSentToDeadLetterCount_QueueDoesNotExist";
  assert.equal(await world.metric(named), 1);
});

test("targets that a schedule cannot have are refused", async () => {
  await using world = new TestCloud();
  const universal = (name: string) => ({ Arn: `arn:aws:scheduler:::aws-sdk:${name}` });
  const cases: [object, RegExp][] = [
    [{ Arn: "nonsense" }, /^Provided Arn is not in correct format\.$/],
    [{ Arn: arnOf("kinesis", "stream/s") }, /^Flyball does not have kinesis, so /],
    [{ Arn: arnOf("dynamodb", "table/t") }, /is not a templated target/],
    [{ Arn: arnOf("lambda", "function:f"), Input: "no JSON" }, /^Input must be a valid JSON/],
    [{ Arn: arnOf("events", "event-bus/default"), Input: "{}" }, /^EventBridgeParameters is req/],
    [{ Arn: arnOf("sqs", "jobs.fifo") }, /MessageGroupId/],
    [universal("sqs:sendLetter"), /^sendLetter is not a supported api for sqs\.$/],
    [universal("dynamodb:getItem"), /^getItem is not a supported api for dynamodb\.$/],
    [universal("ec2:stopInstances"), /^ec2 is not a supported service for a target\./],
    [{ ...universal("sqs:sendMessage"), Input: "[]" }, /^Invalid RequestJson provided\./],
    [{ RoleArn: "root" }, /'root' at 'target\.roleArn' failed to satisfy constraint/],
    [{ RoleArn: undefined }, /null at 'target\.roleArn' failed .* Member must not be null/],
    [
      { RetryPolicy: { MaximumRetryAttempts: 186 } },
      /'186' at 'target\.retryPolicy\.maximumRetryAttempts' .* less than or equal to 185/,
    ],
    [{ DeadLetterConfig: { Arn: arnOf("sqs", "dead.fifo") } }, /'target\.deadLetterConfig\.arn'/],
  ];
  for (const [target, message] of cases)
    await assert.rejects(world.schedule(AT, { target }), (error: ServiceError) => {
      assert.equal(error.code, "ValidationException", JSON.stringify(target));
      assert.match(error.message, message);
      return true;
    });
});
