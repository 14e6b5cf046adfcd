import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { wallTimeAt } from "../../schedules/wall-time.ts";
import { nextDue, type Timing } from "./expression.ts";
import { START } from "./testing.ts";

const DAY = 86_400_000;

const timeZone = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe");
const instant = fc.integer({ min: START, max: START + 400 * DAY });
const expression = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 500 }), fc.constantFrom("minute", "minutes", "hours", "day"))
    .map(([value, unit]) => `rate(${value} ${unit})`),
  fc.tuple(fc.nat(59), fc.nat(23)).map(([minute, hour]) => `cron(${minute} ${hour} * * ? *)`),
);

test("what is due next is later, within the schedule's dates, and nothing is due before it", () => {
  fc.assert(
    fc.property(expression, timeZone, instant, instant, instant, (text, zone, one, two, after) => {
      const startDate = Math.min(one, two);
      const endDate = Math.max(one, two);
      const timing: Timing = {
        expression: text,
        timeZone: zone,
        startDate,
        endDate,
        since: startDate,
      };
      const due = nextDue(timing, after);
      if (due === undefined) return;
      assert(due > after && due >= startDate && due <= endDate);
      const between = Math.floor((after + due) / 2);
      if (between < due) assert.equal(nextDue(timing, between), due);
    }),
    { numRuns: 100 },
  );
});

test("a cron expression's instants show its time on the clocks of its zone, but where they skip it", () => {
  fc.assert(
    fc.property(fc.nat(59), fc.nat(23), timeZone, instant, (minute, hour, zone, after) => {
      const text = `cron(${minute} ${hour} * * ? *)`;
      const due = nextDue({ expression: text, timeZone: zone, since: START }, after);
      assert(due !== undefined && due - after <= 2 * DAY + 3_600_000);
      const shown = new Date(wallTimeAt(due, zone));
      assert.deepEqual([shown.getUTCHours(), shown.getUTCMinutes()], [hour, minute]);
    }),
    { numRuns: 100 },
  );
});
