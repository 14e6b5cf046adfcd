import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLER, inputOf, START, TestCloud } from "./testing.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The instants at which a queue was sent to, as a clock in UTC shows them. */
function instants(world: TestCloud, startTime: number): string[] {
  return world.received().map(({ at }) => new Date(startTime + at).toISOString());
}

test("a one-time schedule invokes its target once, at the time on the clocks of its zone", async () => {
  await using world = new TestCloud();
  await world.schedule("at(2026-01-15T14:00:00)", { ScheduleExpressionTimezone: "Europe/Berlin" });
  await world.advance(HOUR - 1);
  assert.deepEqual(world.seconds(), []);
  await world.advance(30 * DAY);
  assert.deepEqual(world.seconds(), [3_600]);
  assert.equal(world.received()[0]?.caller.principal, "scheduler.amazonaws.com");
});

// LocalStack's test_scheduler.snapshot.json: AWS takes at(2022-12-12T00:00:00) in 2025.
test("a one-time schedule whose time is over is due at once, and not again when it is updated as it is", async () => {
  await using world = new TestCloud();
  await world.schedule("at(2022-12-12T00:00:00)");
  await world.advance(MINUTE);
  assert.deepEqual(world.seconds(), [0]);
  const same = inputOf("at(2022-12-12T00:00:00)", { Description: "only this is new" });
  await world.cloud.call(CALLER, "scheduler", "UpdateSchedule", same);
  await world.advance(DAY);
  assert.equal(world.received().length, 1);
});

// EventBridge Scheduler user guide, "Schedule types", "Rate-based schedules".
test("a rate without a start begins at once and comes round after each interval", async () => {
  await using world = new TestCloud();
  await world.schedule("rate(5 minutes)");
  await world.advance(12 * MINUTE);
  assert.deepEqual(world.seconds(), [0, 300, 600]);
});

test("a rate begins at its start date and does not go beyond its end date", async () => {
  await using world = new TestCloud();
  await world.schedule("rate(1 minutes)", {
    StartDate: new Date(START + 90 * SECOND),
    EndDate: new Date(START + 220 * SECOND),
  });
  await world.advance(HOUR);
  assert.deepEqual(world.seconds(), [90, 150, 210]);
});

test("a cron expression is due at its times between its start and its end", async () => {
  await using world = new TestCloud();
  await world.schedule("cron(30 13 * * ? *)", {
    StartDate: new Date(Date.UTC(2026, 0, 16)),
    EndDate: new Date(Date.UTC(2026, 0, 18)),
  });
  await world.advance(10 * DAY);
  assert.deepEqual(instants(world, START), [
    "2026-01-16T13:30:00.000Z",
    "2026-01-17T13:30:00.000Z",
  ]);
});

// EventBridge Scheduler user guide, "Schedule types", "Daylight savings time on EventBridge Scheduler".
test("a time that clocks skip in spring is left out, and one that they show twice in autumn comes once", async () => {
  const startTime = Date.UTC(2026, 2, 28);
  await using spring = new TestCloud({ startTime });
  await spring.schedule("cron(30 2 * * ? *)", { ScheduleExpressionTimezone: "Europe/Berlin" });
  await spring.advance(3 * DAY);
  assert.deepEqual(instants(spring, startTime), [
    "2026-03-28T01:30:00.000Z",
    "2026-03-30T00:30:00.000Z",
  ]);
  const october = Date.UTC(2026, 9, 24);
  await using autumn = new TestCloud({ startTime: october });
  await autumn.schedule("cron(30 2 * * ? *)", { ScheduleExpressionTimezone: "Europe/Berlin" });
  await autumn.advance(3 * DAY);
  assert.deepEqual(instants(autumn, october), [
    "2026-10-24T00:30:00.000Z",
    "2026-10-25T00:30:00.000Z",
    "2026-10-26T01:30:00.000Z",
  ]);
});

test("a day's rate is 24 hours, however long the day is", async () => {
  const startTime = Date.UTC(2026, 2, 28, 12);
  await using world = new TestCloud({ startTime });
  await world.schedule("rate(1 day)", { ScheduleExpressionTimezone: "Europe/Berlin" });
  await world.advance(2 * DAY);
  assert.deepEqual(world.seconds(), [0, 86_400, 172_800]);
});

test("a flexible window puts each invocation off by less than its length, the same in every run", async () => {
  const run = async () => {
    await using world = new TestCloud();
    await world.schedule("rate(1 hour)", {
      FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 },
      target: { Input: "<aws.scheduler.scheduled-time>" },
    });
    await world.advance(10 * HOUR - 1);
    return world.received().map(({ at, body }) => ({ at, scheduled: Date.parse(body) - START }));
  };
  const invocations = await run();
  assert.equal(invocations.length, 10);
  const delays = invocations.map(({ at, scheduled }) => at - scheduled);
  assert.deepEqual(
    invocations.map(({ scheduled }) => scheduled),
    invocations.map((_, index) => index * HOUR),
  );
  assert(delays.every((delay) => delay >= 0 && delay < 15 * MINUTE));
  assert(new Set(delays).size > 5, "anybody's guess");
  assert.deepEqual(await run(), invocations);
});

test("a disabled schedule invokes nothing until it is enabled, and keeps its rhythm", async () => {
  await using world = new TestCloud();
  await world.schedule("rate(10 minutes)", { State: "DISABLED" });
  await world.advance(25 * MINUTE);
  assert.deepEqual(world.seconds(), []);
  await world.cloud.call(CALLER, "scheduler", "UpdateSchedule", inputOf("rate(10 minutes)"));
  await world.advance(20 * MINUTE);
  assert.deepEqual(world.seconds(), [1_800, 2_400]);
});

test("an update that leaves the timing alone keeps the rhythm; another timing begins anew", async () => {
  await using world = new TestCloud();
  await world.schedule("rate(10 minutes)");
  await world.advance(5 * MINUTE);
  const other = { target: { Input: "other" } };
  await world.cloud.call(CALLER, "scheduler", "UpdateSchedule", inputOf("rate(10 minutes)", other));
  await world.advance(6 * MINUTE);
  await world.cloud.call(CALLER, "scheduler", "UpdateSchedule", inputOf("rate(2 minutes)", other));
  await world.advance(3 * MINUTE);
  assert.deepEqual(
    world.received().map(({ at, body }) => [at / MINUTE, body]),
    [
      [0, "go"],
      [10, "other"],
      [11, "other"],
      [13, "other"],
    ],
  );
});

test("a deleted schedule is never due again", async () => {
  await using world = new TestCloud();
  await world.schedule("rate(1 minute)");
  await world.advance(90 * SECOND);
  await world.cloud.call(CALLER, "scheduler", "DeleteSchedule", { Name: "nightly" });
  await world.advance(HOUR);
  assert.deepEqual(world.seconds(), [0, 60]);
  assert.deepEqual(world.defects, []);
});

test("three hundred schedules that are due at one instant are all invoked at it", async () => {
  await using world = new TestCloud();
  for (let index = 0; index < 300; index += 1)
    await world.schedule("at(2026-01-15T13:00:00)", { Name: `s${index}` });
  await world.advance(HOUR);
  assert.equal(world.received().length, 300);
});
