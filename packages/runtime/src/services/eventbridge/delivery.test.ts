import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ServiceError } from "../../errors.ts";
import { ACCOUNT, arnOf, CALLER, REGION, TestCloud } from "./testing.ts";

const QUEUE = arnOf("sqs", "orders");
const DEAD = arnOf("sqs", "dead");
const FUNCTION = arnOf("lambda", "function:handle");
const OUTAGE = new ServiceError("ServiceException", "later", { httpStatus: 500 });
const DAY_MS = 24 * 60 * 60 * 1000;

describe("a delivery", () => {
  it("reaches every kind of target", async () => {
    await using test = new TestCloud();
    const fifo = arnOf("sqs", "orders.fifo");
    const topic = arnOf("sns", "orders");
    const machine = arnOf("states", "stateMachine:orders");
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/events`;
    await test.rule("orders", { source: ["shop"] }, [
      { Arn: fifo, SqsParameters: { MessageGroupId: "g" } },
      { Arn: topic, Input: '"an order"' },
      { Arn: machine, RoleArn, InputPath: "$.detail" },
      { Arn: arnOf("logs", "log-group:/aws/events/orders:*") },
      { Arn: FUNCTION },
    ]);
    await test.put({ a: 1 });
    assert.equal((await test.received(fifo))[0]?.groupId, "g");
    assert.equal((await test.received(topic))[0]?.body, '"an order"');
    assert.deepEqual(await test.events(machine), [{ a: 1 }]);
    const [line] = await test.events(arnOf("logs", "log-group:/aws/events/orders"));
    assert.equal(JSON.parse(String(line?.message)).source, "shop");
    assert.equal((await test.received(FUNCTION)).length, 1);
    assert.equal(await test.metric("Invocations", "RuleName=orders"), 5);
    assert.equal(await test.metric("TriggeredRules", "RuleName=orders"), 1);
  });

  // EventBridge user guide, "Event bus targets", "CloudWatch Logs log groups": a transformer says time and message.
  it("to a log group may say its line's time and message", async () => {
    await using test = new TestCloud();
    const group = arnOf("logs", "log-group:orders");
    const InputTransformer = {
      InputPathsMap: { at: "$.time", text: "$.detail.text" },
      InputTemplate: '{"timestamp": <at>, "message": <text>}',
    };
    await test.rule("orders", { source: ["shop"] }, [{ Arn: group, InputTransformer }]);
    await test.put({ text: "hello" });
    const timestamp = Date.UTC(2026, 0, 15, 12);
    assert.deepEqual(await test.events(group), [{ timestamp, message: "hello" }]);
  });

  // EventBridge user guide, "How EventBridge retries delivering events": 24 hours, 185 times, with exponential backoff.
  it("that a target's outage stops is tried 185 times more within a day, and then given up", async () => {
    await using test = new TestCloud();
    test.failures.set(QUEUE, OUTAGE);
    await test.rule("orders", { source: ["shop"] }, [
      { Arn: QUEUE, DeadLetterConfig: { Arn: DEAD } },
    ]);
    await test.put({ a: 1 });
    await test.advance(2 * DAY_MS);
    const tries = test.triedAt.slice(0, -1);
    assert.equal(tries.length, 1 + 185);
    const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    assert.ok(
      waits[0]! <= 1_000 && waits[1]! > 1_500 && waits[1]! <= 2_000,
      "doubled, with jitter",
    );
    assert.ok(Math.max(...waits) <= 480_000);
    assert.ok(tries.at(-1)! < DAY_MS);
    const [dead] = await test.received(DEAD);
    const texts = Object.entries(dead?.attributes ?? {}).map(([name, value]) => [
      name,
      value.StringValue,
    ]);
    assert.deepEqual(Object.fromEntries(texts), {
      RULE_ARN: arnOf("events", "rule/orders"),
      TARGET_ARN: QUEUE,
      ERROR_CODE: "ERROR_FROM_TARGET",
      ERROR_MESSAGE: "later",
      EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
      RETRY_ATTEMPTS: "185",
    });
    assert.equal(JSON.parse(dead?.body ?? "").detail.a, 1);
    assert.equal(await test.metric("FailedInvocations", "RuleName=orders"), 1);
    assert.equal(await test.metric("InvocationsSentToDlq", "RuleName=orders"), 1);
    assert.equal(await test.metric("RetryInvocationAttempts", "RuleName=orders"), 185);
  });

  it("is tried as often and as long as its target's policy says", async () => {
    await using test = new TestCloud();
    const other = arnOf("sqs", "other");
    for (const arn of [QUEUE, other]) test.failures.set(arn, OUTAGE);
    const DeadLetterConfig = { Arn: DEAD };
    await test.rule("orders", { source: ["shop"] }, [
      { Arn: QUEUE, DeadLetterConfig, RetryPolicy: { MaximumRetryAttempts: 0 } },
      { Arn: other, DeadLetterConfig, RetryPolicy: { MaximumEventAgeInSeconds: 60 } },
    ]);
    await test.put({});
    await test.advance(DAY_MS);
    const dead = await test.received(DEAD);
    const told = dead.map(({ attributes = {} }) => [
      attributes.TARGET_ARN?.StringValue,
      attributes.EXHAUSTED_RETRY_CONDITION?.StringValue,
      attributes.RETRY_ATTEMPTS?.StringValue,
    ]);
    assert.deepEqual(told, [
      [QUEUE, "MaximumRetryAttempts", "0"],
      [other, "MaximumEventAgeInSeconds", "5"],
    ]);
    assert.ok(test.triedAt.every((at) => at <= 60_000));
  });

  it("is delivered once an outage is over", async () => {
    await using test = new TestCloud();
    test.failures.set(FUNCTION, new ServiceError("TooManyRequestsException", "slower"));
    await test.rule("orders", { source: ["shop"] }, [{ Arn: FUNCTION }]);
    await test.put({ a: 1 });
    await test.advance(10_000);
    test.failures.clear();
    await test.advance(60_000);
    assert.equal((await test.received(FUNCTION)).length, 1);
    assert.equal(await test.metric("FailedInvocations", "RuleName=orders"), 0);
  });

  // "For errors that result from missing permissions to a target, or if a target resource that no longer exists":
  // EventBridge user guide, "Using dead-letter queues to process undelivered events".
  it("to a target that is gone or refuses goes to the dead-letter queue at once", async () => {
    await using test = new TestCloud();
    test.failures.set(
      FUNCTION,
      new ServiceError("AccessDeniedException", "no", { httpStatus: 403 }),
    );
    const targets = [arnOf("sqs", "gone"), FUNCTION];
    const DeadLetterConfig = { Arn: DEAD };
    await test.rule(
      "orders",
      { source: ["shop"] },
      targets.map((Arn) => ({ Arn, DeadLetterConfig })),
    );
    await test.put({});
    const dead = await test.received(DEAD);
    const codes = dead.map(({ attributes }) => attributes?.ERROR_CODE?.StringValue);
    assert.deepEqual(codes.sort(), ["NO_PERMISSIONS", "NO_RESOURCE"]);
    assert.ok(dead.every(({ attributes }) => attributes?.RETRY_ATTEMPTS?.StringValue === "0"));
    assert.ok(dead.every(({ attributes }) => !attributes?.EXHAUSTED_RETRY_CONDITION));
  });

  it("without a dead-letter queue is lost, and counted", async () => {
    await using test = new TestCloud();
    await test.rule("orders", { source: ["shop"] }, [{ Arn: arnOf("sqs", "gone") }]);
    await test.put({});
    await test.advance(DAY_MS);
    assert.equal(await test.metric("FailedInvocations", "RuleName=orders"), 1);
    assert.deepEqual(test.defects, []);
  });

  it("that is owed survives a restart, and so does a dead letter that could not be buried", async () => {
    const directory = await mkdtemp(join(tmpdir(), "flyball-eventbridge-"));
    try {
      {
        await using test = new TestCloud({ directory });
        for (const arn of [QUEUE, DEAD]) test.failures.set(arn, OUTAGE);
        await test.rule("orders", { source: ["shop"] }, [
          { Arn: QUEUE },
          { Arn: arnOf("sqs", "gone"), DeadLetterConfig: { Arn: DEAD } },
        ]);
        await test.put({ a: 1 });
        await test.advance(1_500);
      }
      await using test = new TestCloud({ directory });
      await test.advance(10_000);
      const [event] = await test.events(QUEUE);
      assert.deepEqual(event?.detail, { a: 1 });
      assert.equal((await test.received(DEAD)).length, 1);
      await test.put({ a: 2 });
      assert.equal((await test.received(QUEUE)).length, 2);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe("a delivery to a state machine", () => {
  const machine = arnOf("states", "stateMachine:orders");
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/events`;

  it("names the execution for the event, the same at each attempt, so that none is started twice", async () => {
    await using test = new TestCloud();
    await test.rule("orders", { source: ["shop"] }, [{ Arn: machine, RoleArn }]);
    test.failures.set(machine, OUTAGE);
    const { Entries } = await test.put({});
    const [{ EventId }] = Entries as [{ EventId: string }];
    await test.advance(100);
    test.failures.set(machine, new ServiceError("ExecutionAlreadyExists", "it is there"));
    await test.advance(DAY_MS);
    assert.equal(test.triedAt.length, 2);
    assert.equal(await test.metric("FailedInvocations", "RuleName=orders"), 0);
    test.failures.clear();
    await test.put({});
    const [received] = await test.received(machine);
    assert.match(received?.name ?? "", /^[0-9a-f-]{36}_[0-9a-f-]{36}$/);
    assert.ok(!received?.name?.startsWith(EventId));
  });
});

describe("an event that a rule sends to another bus", () => {
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/events`;

  it("is matched there as it was, in another account and Region too", async () => {
    await using test = new TestCloud();
    const elsewhere = { ...CALLER, account: "210987654321", region: "us-east-1" };
    const bus = arnOf("events", "event-bus/default", elsewhere);
    const far = arnOf("sqs", "far", elsewhere);
    await test.rule("onward", { source: ["shop"] }, [{ Arn: bus, RoleArn }]);
    await test.rule("far", { account: [ACCOUNT], region: [REGION] }, [{ Arn: far }], {
      caller: elsewhere,
    });
    await test.put({ a: 1 });
    const [event] = await test.events(far);
    assert.deepEqual([event?.account, event?.region, event?.detail], [ACCOUNT, REGION, { a: 1 }]);
  });

  it("keeps its id within a Region", async () => {
    await using test = new TestCloud();
    await test.cloud.call(CALLER, "eventbridge", "CreateEventBus", { Name: "second" });
    const second = arnOf("events", "event-bus/second");
    await test.rule("onward", { source: ["shop"] }, [{ Arn: second }]);
    await test.rule("there", { source: ["shop"] }, [{ Arn: QUEUE }], { bus: "second" });
    const { Entries } = await test.put({});
    const [event] = await test.events(QUEUE);
    assert.deepEqual(Entries, [{ EventId: event?.id }]);
    assert.equal(await test.metric("Invocations", "EventBusName=second RuleName=there"), 1);
  });

  // EventBridge user guide, "Sending events between event buses in the same account and Region": "EventBridge can't
  // route events received from a sender event bus to a third event bus."
  it("goes on to no third, so that buses cannot make a loop", async () => {
    await using test = new TestCloud();
    await test.cloud.call(CALLER, "eventbridge", "CreateEventBus", { Name: "second" });
    const DeadLetterConfig = { Arn: DEAD };
    const targets = ["second", "default"].map((name) => ({
      Arn: arnOf("events", `event-bus/${name}`),
      DeadLetterConfig,
    }));
    await test.rule("onward", { source: ["shop"] }, [targets[0]!]);
    await test.rule("back", { source: ["shop"] }, [targets[1]!, { Arn: QUEUE }], { bus: "second" });
    await test.put({});
    assert.equal((await test.received(QUEUE)).length, 1);
    const [dead, ...others] = await test.received(DEAD);
    assert.equal(dead?.attributes?.ERROR_CODE?.StringValue, "THIRD_ACCOUNT_HOP_DETECTED");
    assert.deepEqual(others, []);
    const dimensions = "EventBusName=second RuleName=back";
    assert.equal(await test.metric("DeadLetterInvocations", dimensions), 1);
    assert.equal(await test.metric("FailedInvocations", dimensions), 0);
  });
});
