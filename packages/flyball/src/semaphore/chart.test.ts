import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chartLines, type Sample } from "./chart.ts";

const plain = (text: string) => text;
const options = { now: 20_000, windowMs: 20_000, intervalMs: 1000, paint: plain };

function samplesOf(held: readonly number[], limit: number | undefined = 4): Sample[] {
  const first = options.now - (held.length - 1) * 1000;
  return held.map((units, place) => ({ at: first + place * 1000, held: units, waiting: 0, limit }));
}

test("units held stand as high as their share of the limit, now at the right", () => {
  const lines = chartLines(samplesOf([4, 2, 1, 0]), { ...options, columns: 27, rows: 4 });
  assert.deepEqual(lines, [
    "    4 ┤                █   ",
    "    0 │                ██▄ ",
    "waits │                    ",
    "    0 └20 s ago ─────── now",
  ]);
});

test("the line's length is drawn below, the longest as a whole block", () => {
  const samples = samplesOf([4, 4, 4]).map((sample, place) => ({ ...sample, waiting: place * 8 }));
  const lines = chartLines(samples, { ...options, columns: 27, rows: 4 });
  assert.equal(lines[2], "waits │                  ▄█");
  assert.match(lines[3] ?? "", /^ {2}≤16 └/);
});

test("columns in which all that may be held was held are painted as full", () => {
  const painted: string[] = [];
  const paint = (text: string, full: boolean) => {
    if (full) painted.push(text);
    return text;
  };
  chartLines(samplesOf([3, 4, 2]), { ...options, paint, columns: 27, rows: 3 });
  assert.deepEqual(painted, ["█"]);
});

test("a look that came late leaves no gap, and a pause leaves one", () => {
  const [first, , third] = samplesOf([4, 4, 4]) as [Sample, Sample, Sample];
  const long = { ...first, at: first.at - 4000 };
  const [row] = chartLines([long, first, third], { ...options, columns: 27, rows: 3 });
  assert.equal(row?.slice(7), "             █   ███");
});

test("it fits whatever terminal there is, whatever was held", () => {
  const sample = fc.record({
    at: fc.integer({ min: 0, max: 20_000 }),
    held: fc.nat(2000),
    waiting: fc.nat(5000),
    limit: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }),
  });
  const size = fc.record({
    columns: fc.integer({ min: 16, max: 300 }),
    rows: fc.integer({ min: 3, max: 40 }),
    windowMs: fc.integer({ min: 1000, max: 600_000 }),
  });
  fc.assert(
    fc.property(fc.array(sample), size, (samples, given) => {
      const lines = chartLines(samples, { ...options, ...given });
      assert.equal(lines.length, given.rows);
      for (const line of lines) assert.ok(line.length <= given.columns, `"${line}"`);
    }),
  );
});
