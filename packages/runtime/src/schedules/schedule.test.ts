import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type CronSchedule, nextOfRate, parseSchedule } from "./schedule.ts";
import { instantOf, isTimeZone, parseWallTime, wallTimeAt } from "./wall-time.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Thu, 15 Jan 2026. */
const START = Date.UTC(2026, 0, 15, 12);

function cron(fields: string): CronSchedule {
  const schedule = parseSchedule(`cron(${fields})`);
  assert.ok(schedule?.kind === "cron", fields);
  return schedule;
}

/** The next times after an instant, to the minute. */
function times(fields: string, count: number, { from = START, zone = "UTC" } = {}): string[] {
  const schedule = cron(fields);
  const found: string[] = [];
  for (let after: number | undefined = from; found.length < count; ) {
    after = schedule.next(after, zone);
    if (after === undefined) return found;
    found.push(new Date(after).toISOString().slice(0, 16));
  }
  return found;
}

describe("a rate", () => {
  // Those that AWS refuses are the ones of LocalStack's test_put_rule_with_invalid_schedule_rate, validated there.
  it("has a number and a unit that agree", () => {
    const rates: [string, number][] = [
      ["rate(1 minute)", MINUTE_MS],
      ["rate(5 minutes)", 5 * MINUTE_MS],
      ["rate(1 hour)", 60 * MINUTE_MS],
      ["rate(12 hours)", 720 * MINUTE_MS],
      ["rate(1 day)", DAY_MS],
      ["rate(7 days)", 7 * DAY_MS],
    ];
    for (const [expression, intervalMs] of rates)
      assert.deepEqual(parseSchedule(expression), { kind: "rate", intervalMs });
    for (const bad of [
      "rate(10 seconds)",
      "rate(10 years)",
      "rate(1 minutes)",
      "rate(1 hours)",
      "rate(1 days)",
      "rate(10 minute)",
      "rate(10 hour)",
      "rate(10 day)",
      "rate()",
      "rate(10)",
      "rate(10 minutess)",
      "rate(foo minutes)",
      "rate(0 minutes)",
      "rate(-10 minutes)",
      "rate(10 MINUTES)",
      "rate( 10 minutes )",
      " rate(10 minutes)",
    ])
      assert.equal(parseSchedule(bad), undefined, bad);
  });

  it("is due after each interval, and strictly later than what was asked after", () => {
    const rate = { kind: "rate", intervalMs: 5 * MINUTE_MS } as const;
    const property = (since: number, passed: number) => {
      const next = nextOfRate(rate, since, since + passed);
      assert.ok(next > since + passed && next <= since + passed + rate.intervalMs);
      assert.equal((next - since) % rate.intervalMs, 0);
    };
    fc.assert(fc.property(fc.nat(START), fc.nat(DAY_MS), property));
  });
});

describe("a cron expression", () => {
  // EventBridge user guide, "Cron expressions reference", "Examples".
  it("is due when AWS's examples say so", () => {
    assert.deepEqual(times("0 10 * * ? *", 2), ["2026-01-16T10:00", "2026-01-17T10:00"]);
    assert.deepEqual(times("15 12 * * ? *", 1), ["2026-01-15T12:15"]);
    assert.deepEqual(times("0 18 ? * MON-FRI *", 3), [
      "2026-01-15T18:00",
      "2026-01-16T18:00",
      "2026-01-19T18:00",
    ]);
    assert.deepEqual(times("0 8 1 * ? *", 2), ["2026-02-01T08:00", "2026-03-01T08:00"]);
    assert.deepEqual(times("0/15 * * * ? *", 3), [
      "2026-01-15T12:15",
      "2026-01-15T12:30",
      "2026-01-15T12:45",
    ]);
    assert.deepEqual(times("0/5 8-17 ? * MON-FRI *", 1, { from: Date.UTC(2026, 0, 16, 17, 55) }), [
      "2026-01-19T08:00",
    ]);
    assert.deepEqual(times("0 9 ? * 2#1 *", 2), ["2026-02-02T09:00", "2026-03-02T09:00"]);
    assert.deepEqual(times("15 10 ? * 6L 2026-2027", 2), ["2026-01-30T10:15", "2026-02-27T10:15"]);
    assert.deepEqual(times("1/10 * * * ? *", 2), ["2026-01-15T12:01", "2026-01-15T12:11"]);
  });

  it("knows last days, and the weekdays nearest to a day within its month", () => {
    assert.deepEqual(times("0 0 L * ? *", 2), ["2026-01-31T00:00", "2026-02-28T00:00"]);
    assert.deepEqual(times("0 0 LW * ? *", 2), ["2026-01-30T00:00", "2026-02-27T00:00"]);
    assert.deepEqual(times("0 0 1W * ? *", 2), ["2026-02-02T00:00", "2026-03-02T00:00"]);
    assert.deepEqual(times("0 0 15W 2 ? *", 2), ["2026-02-16T00:00", "2027-02-15T00:00"]);
    assert.deepEqual(times("0 0 ? * L *", 2), ["2026-01-17T00:00", "2026-01-24T00:00"]);
    assert.deepEqual(times("0 0 29 2 ? *", 2), ["2028-02-29T00:00", "2032-02-29T00:00"]);
  });

  it("numbers weekdays from Sunday, and lets ranges go round", () => {
    assert.deepEqual(times("0 0 ? * 1 *", 1), ["2026-01-18T00:00"]);
    assert.deepEqual(times("0 0 ? * SUN,7 *", 2), ["2026-01-17T00:00", "2026-01-18T00:00"]);
    assert.deepEqual(times("0 0 ? * FRI-MON *", 4), [
      "2026-01-16T00:00",
      "2026-01-17T00:00",
      "2026-01-18T00:00",
      "2026-01-19T00:00",
    ]);
  });

  it("is over when its years are", () => {
    assert.deepEqual(times("0 0 31 12 ? 2026", 2), ["2026-12-31T00:00"]);
    assert.deepEqual(times("15 10 ? * 6L 2002-2005", 1), []);
    assert.deepEqual(times("0 0 31 2 ? *", 1), []);
  });

  // The first five are those of LocalStack's tests_put_rule_with_invalid_schedule_cron, validated on AWS.
  it("is none with a wrong field, or with a day in both or none of the fields of days", () => {
    for (const fields of [
      "0 1 * * * *",
      "7 20 * * NOT *",
      "INVALID",
      "0 dummy ? * MON-FRI *",
      "71 8 1 * ? *",
      "0 1 ? * ? *",
      "0 1 1 * ?",
      "0 1 1 * ? * *",
      " 0 1 1 * ? *",
      "0 24 1 * ? *",
      "0 1 0 * ? *",
      "0 1 32 * ? *",
      "0 1 1 13 ? *",
      "0 1 ? * 0 *",
      "0 1 ? * 8 *",
      "0 1 ? * 3#6 *",
      "0 1 ? * 3#1,6#3 *",
      "0 1 ? * MON/2 *",
      "0 1 32W * ? *",
      "0 1 1W,15W * ? *",
      "0 1 1 * ? 1969",
      "0 1 1 * ? 2200",
      "0 1 1 * ? 2030-2020",
      "0/0 1 1 * ? *",
      "*/61 1 1 * ? *",
      "1,,2 1 1 * ? *",
      "1- 1 1 * ? *",
      "? 1 1 * ? *",
    ])
      assert.equal(parseSchedule(`cron(${fields})`), undefined, fields);
  });

  it("is next due at the first minute that its fields describe, as a search of every minute finds it", () => {
    const list = (min: number, max: number, maxLength = 3) =>
      fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength });
    const or = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
    const text = (values: readonly number[] | undefined) => values?.join(",") ?? "*";
    const has = (values: readonly number[] | undefined, value: number) =>
      values === undefined || values.includes(value);
    fc.assert(
      fc.property(
        or(list(0, 59)),
        or(list(0, 23)),
        fc.oneof(fc.record({ days: or(list(1, 31)) }), fc.record({ weekdays: list(1, 7) })),
        fc.integer({ min: START, max: START + 700 * DAY_MS }),
        (minutes, hours, day, after) => {
          const weekdays = "weekdays" in day ? day.weekdays : undefined;
          const days = "days" in day ? day.days : undefined;
          const field = weekdays ? `? * ${text(weekdays)}` : `${text(days)} * ?`;
          const found = cron(`${text(minutes)} ${text(hours)} ${field} *`).next(after);
          const limit = after + 62 * DAY_MS;
          let minute = (Math.floor(after / MINUTE_MS) + 1) * MINUTE_MS;
          const fits = (at: Date) =>
            has(minutes, at.getUTCMinutes()) &&
            has(hours, at.getUTCHours()) &&
            has(days, at.getUTCDate()) &&
            has(weekdays, at.getUTCDay() + 1);
          while (minute < limit && !fits(new Date(minute))) minute += MINUTE_MS;
          if (minute < limit) assert.equal(found, minute);
          else assert.ok(found === undefined || found >= limit);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("clocks that change", () => {
  const zone = "Europe/Berlin";

  // re:Post, "How do I adjust my EventBridge rule for Daylight Saving Time?"
  it("leave a time out in spring that they do not show", () => {
    const from = Date.UTC(2026, 2, 28, 0);
    assert.deepEqual(times("30 2 * * ? *", 2, { from, zone }), [
      "2026-03-28T01:30",
      "2026-03-30T00:30",
    ]);
    const night = Date.UTC(2026, 2, 29, 0, 40);
    assert.deepEqual(times("0/30 * * * ? *", 2, { from: night, zone }), [
      "2026-03-29T01:00",
      "2026-03-29T01:30",
    ]);
  });

  it("make a time in autumn due once that they show twice", () => {
    const from = Date.UTC(2026, 9, 24, 12);
    assert.deepEqual(times("30 2 * * ? *", 2, { from, zone }), [
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
    const between = Date.UTC(2026, 9, 25, 1, 10);
    assert.deepEqual(times("30 2 * * ? *", 1, { from: between, zone }), ["2026-10-26T01:30"]);
  });

  it("show a time in each zone, and back", () => {
    const zones = [
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Asia/Kolkata",
      "Australia/Lord_Howe",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 4e9 }),
        (timeZone, second) => {
          const instant = second * 1000;
          const wall = wallTimeAt(instant, timeZone);
          const back = instantOf(wall, timeZone);
          assert.ok(back !== undefined && back <= instant);
          assert.equal(wallTimeAt(back, timeZone), wall);
          // Later only by what the clocks were set back by.
          assert.ok(instant - back <= 60 * MINUTE_MS * 3);
        },
      ),
    );
    assert.ok(isTimeZone(zone));
    assert.ok(!isTimeZone("Europe/Atlantis"));
  });
});

describe("a time for once", () => {
  // EventBridge Scheduler user guide, "Schedule types", "One-time schedules".
  it("is on the clocks of the zone that it is asked in", () => {
    const schedule = parseSchedule("at(2026-07-01T12:00:00)");
    assert.ok(schedule?.kind === "at");
    assert.equal(instantOf(schedule.time, "UTC"), Date.UTC(2026, 6, 1, 12));
    assert.equal(instantOf(schedule.time, "Europe/Berlin"), Date.UTC(2026, 6, 1, 10));
    assert.equal(parseSchedule("at(1970-01-01T00:00:00)")?.kind, "at");
  });

  it("is refused where there is no such time", () => {
    for (const text of [
      "2026-02-30T00:00:00",
      "2026-01-01",
      "2026-01-01T24:00:00",
      "2026-01-01T00:00:00Z",
    ])
      assert.equal(parseWallTime(text), undefined, text);
    const skipped = parseWallTime("2026-03-29T02:30:00");
    assert.equal(instantOf(skipped ?? assert.fail(), "Europe/Berlin"), undefined);
  });
});
