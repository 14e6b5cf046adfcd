import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { arnOf, CALLER, START, TestCloud } from "./testing.ts";

const QUEUE = arnOf("sqs", "ticks");
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

async function schedule(test: TestCloud, ScheduleExpression: string, rest = {}): Promise<void> {
  await test.cloud.call(CALLER, "eventbridge", "PutRule", {
    Name: "tick",
    ScheduleExpression,
    ...rest,
  });
  await test.targets("tick", [{ Arn: QUEUE }]);
}

async function times(test: TestCloud): Promise<unknown[]> {
  return (await test.events(QUEUE)).map(({ time }) => time);
}

describe("a rule with a schedule", () => {
  // As recorded on AWS in LocalStack's snapshot of tests_schedule_target_sqs.
  it("sends its targets an event at its rate, counted from when it was put", async () => {
    await using test = new TestCloud();
    await test.advance(10_000);
    await schedule(test, "rate(5 minutes)");
    await test.advance(11 * MINUTE_MS);
    assert.deepEqual(await times(test), ["2026-01-15T12:05:10Z", "2026-01-15T12:10:10Z"]);
    const [{ id: _id, ...event } = assert.fail()] = await test.events(QUEUE);
    assert.deepEqual(event, {
      version: "0",
      "detail-type": "Scheduled Event",
      source: "aws.events",
      account: CALLER.account,
      time: "2026-01-15T12:05:10Z",
      region: CALLER.region,
      resources: [arnOf("events", "rule/tick")],
      detail: {},
    });
    assert.equal(await test.metric("TriggeredRules", "RuleName=tick"), 2);
  });

  it("is due at the minutes of its cron expression, in UTC", async () => {
    await using test = new TestCloud();
    await schedule(test, "cron(0 8 ? * MON-FRI *)");
    await test.advance(5 * DAY_MS);
    assert.deepEqual(await times(test), [
      "2026-01-16T08:00:00Z",
      "2026-01-19T08:00:00Z",
      "2026-01-20T08:00:00Z",
    ]);
  });

  it("is due after more time than a timer lasts", async () => {
    await using test = new TestCloud();
    await schedule(test, "cron(0 0 1 6 ? *)");
    await test.advance(140 * DAY_MS);
    assert.deepEqual(await times(test), ["2026-06-01T00:00:00Z"]);
  });

  it("stops when it is disabled, given another schedule or deleted", async () => {
    await using test = new TestCloud();
    await schedule(test, "rate(1 minute)");
    await test.advance(MINUTE_MS);
    await test.cloud.call(CALLER, "eventbridge", "DisableRule", { Name: "tick" });
    await test.advance(10 * MINUTE_MS);
    assert.equal((await times(test)).length, 1);
    await test.cloud.call(CALLER, "eventbridge", "EnableRule", { Name: "tick" });
    await test.advance(MINUTE_MS);
    assert.equal((await times(test)).length, 2);
    await schedule(test, "rate(1 hour)");
    await test.advance(59 * MINUTE_MS);
    assert.equal((await times(test)).length, 2);
    await test.cloud.call(CALLER, "eventbridge", "RemoveTargets", { Rule: "tick", Ids: ["t0"] });
    await test.cloud.call(CALLER, "eventbridge", "DeleteRule", { Name: "tick" });
    await test.advance(DAY_MS);
    assert.equal((await times(test)).length, 2);
    assert.deepEqual(test.defects, []);
  });

  it("may have a pattern as well", async () => {
    await using test = new TestCloud();
    await schedule(test, "rate(1 minute)", { EventPattern: '{"source":["shop"]}' });
    await test.put({});
    await test.advance(MINUTE_MS);
    const sources = (await test.events(QUEUE)).map(({ source }) => source);
    assert.deepEqual(sources, ["shop", "aws.events"]);
  });

  it("goes on after a restart, without what fell due meanwhile", async () => {
    const directory = await mkdtemp(join(tmpdir(), "flyball-schedule-"));
    try {
      {
        await using test = new TestCloud({ directory });
        await schedule(test, "rate(5 minutes)");
        await test.advance(6 * MINUTE_MS);
        assert.equal((await times(test)).length, 1);
      }
      await using test = new TestCloud({ directory, startTime: START + 22 * MINUTE_MS });
      await test.advance(2 * MINUTE_MS);
      assert.deepEqual(await times(test), []);
      await test.advance(MINUTE_MS);
      assert.deepEqual(await times(test), ["2026-01-15T12:25:00Z"]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  // The messages as recorded on AWS in LocalStack's test_events_schedule.py.
  it("is refused on a custom bus, and with an expression that is none", async () => {
    await using test = new TestCloud();
    await test.cloud.call(CALLER, "eventbridge", "CreateEventBus", { Name: "shop" });
    await assert.rejects(schedule(test, "rate(1 minute)", { EventBusName: "shop" }), {
      code: "ValidationException",
      message: "ScheduleExpression is supported only on the default event bus.",
    });
    for (const expression of ["rate(1 minutes)", "cron(0 1 * * * *)", "at(2026-01-15T12:00:00)"])
      await assert.rejects(schedule(test, expression), {
        code: "ValidationException",
        message: "Parameter ScheduleExpression is not valid.",
      });
  });
});
