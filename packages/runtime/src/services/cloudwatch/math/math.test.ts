import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { evaluate } from "./evaluate.ts";
import { ExpressionError, parseExpression } from "./expression.ts";
import type { Series, Value } from "./series.ts";

/** `30 - 20`: values by minute; - is missing. */
function series(id: string, text: string): Series {
  const points = text.split(" ").flatMap((value, index): [number, number][] => {
    return value === "-" ? [] : [[index * 60, Number(value)]];
  });
  const identity = { namespace: "N", name: id, dimensions: [] };
  const metric = { identity, statistic: "Sum" };
  return { kind: "series", points: new Map(points), period: 60, label: id, metric };
}

function result(text: string, metrics: Record<string, string>, minutes = 5): Value {
  const all = Object.entries(metrics).map(([id, values]) => ({ id, series: series(id, values) }));
  return evaluate(parseExpression(text), {
    range: { start: 0, end: minutes * 60, period: 60 },
    resolve: (id) => all.find((metric) => metric.id === id)?.series,
    metrics: () => all,
    search: () => [],
  });
}

function shown(value: Value, minutes = 5): string {
  if (value.kind === "scalar") return `scalar ${value.value}`;
  if (value.kind === "array") return value.series.map((one) => shown(one, minutes)).join(" | ");
  return Array.from({ length: minutes }, (_, at) => value.points.get(at * 60) ?? "-").join(" ");
}

const m = { m1: "30 20 0 0 -", m2: "20 - 20 - -", m3: "1 2 4 - 7" };

// Rows marked (guide) are of the CloudWatch user guide, "Metric math syntax and functions".
const TABLE: [string, string, Record<string, string>?][] = [
  ["m1 < m2", "0 0 1 0 -"], // guide
  ["m1 >= 30", "1 0 0 0 -"], // guide
  ["m1 > 15 AND m2 > 15", "1 0 0 0 -"], // guide
  ["m1 > 15 OR m2 > 15", "1 1 1 0 -"],
  ["m1 + m2", "50 20 20 0 -"],
  ["m1 / m2", "1.5 - 0 - -"],
  ["5 * m1", "150 100 0 0 -"],
  ["-m1 + 1", "-29 -19 1 1 -"],
  ["1 + 2 * 3 ^ 2 + TIME_SERIES(0)", "19 19 19 19 19"],
  ["-2 ^ 2 + TIME_SERIES(0)", "-4 -4 -4 -4 -4"],
  ["m1 - AVG(m1)", "17.5 7.5 -12.5 -12.5 -"],
  ["SUM([m1, m2])", "50 20 20 0 -"],
  ["AVG([m1, m2])", "25 10 10 0 -"],
  ["MAX(METRICS())", "30 20 20 0 7"],
  ["MIN(METRICS())", "1 2 0 0 7"],
  ['SUM(METRICS("m2"))', "20 - 20 - -"],
  ["METRICS() * 2", "60 40 0 0 - | 40 - 40 - - | 2 4 8 - 14"],
  ["DATAPOINT_COUNT([m1, m2])", "2 1 2 1 -"],
  ["m1 / DATAPOINT_COUNT(m1)", "7.5 5 0 0 -"],
  ["m1 * METRIC_COUNT(METRICS())", "90 60 0 0 -"],
  ["m1 / PERIOD(m1)", "0.5 0.3333333333333333 0 0 -"],
  ["STDDEV(m1) + TIME_SERIES(0)", "12.99038105676658 ".repeat(5).trim()],
  ["DIFF(m3)", "- 1 2 - 3"],
  ["DIFF_TIME(m3)", "- 60 60 - 120"],
  ["RATE(m3) * 60", "- 1 2 - 1.5"],
  ["RUNNING_SUM(m3)", "1 3 7 - 14"],
  ["FILL(m2, 9)", "20 9 20 9 9"],
  ["FILL(m2, REPEAT)", "20 20 20 20 20"],
  ["FILL(m3, LINEAR)", "1 2 4 5.5 7"],
  ["FILL(m2, m3)", "20 2 20 - 7"],
  ["ABS(m1 - m2)", "10 20 20 0 -"],
  ["CEIL(m3 / 4)", "1 1 1 - 2"],
  ["FLOOR(m3 / 4)", "0 0 1 - 1"],
  ["FIRST(SORT(METRICS(), SUM, DESC))", "30 20 0 0 -"],
  ["LAST(SORT(METRICS(), SUM, DESC))", "1 2 4 - 7"],
  ["SORT(METRICS(), MAX, ASC, 1)", "1 2 4 - 7"],
  ["SLICE(SORT(METRICS(), SUM, ASC), 1)", "20 - 20 - - | 30 20 0 0 -"],
  ["SLICE(METRICS(), 0, 1)", "30 20 0 0 -"],
  ["IF(m1 < 25, m1)", "- 20 0 0 -"],
  ["IF(m1 < 25, 10, 2)", "2 10 10 10 -"],
  ["IF(1, m2, m3)", "20 - 20 - -"],
  ["MINUTE(m2)", "0 1 2 3 4"],
  ["DAY(m2)", "4 4 4 4 4"],
  ["REMOVE_EMPTY([m1, m2])", "20 - - - -", { m1: "- -", m2: "20 -" }],
  // The guide's three tables of IF.
  ["IF(a, b, c)", "30 0 20 - -", { a: "1 1 0 0 -", b: "30 - 0 0 30", c: "0 0 20 - 20" }],
  ["IF(a, 5, c)", "5 5 20 - -", { a: "1 1 0 0 -", c: "0 0 20 - 20" }],
  ["IF(a, b, 5)", "30 0 5 5 -", { a: "1 1 0 0 -", b: "30 - 0 0 30" }],
];

for (const [text, expected, metrics = m] of TABLE)
  test(`${text} comes to ${expected}`, () => assert.equal(shown(result(text, metrics)), expected));

for (const bad of [
  "",
  "m1 +",
  "(m1",
  "m1 m2",
  "nope",
  "NOPE(m1)",
  "constructor(m1)",
  "SUM()",
  "AVG(m1, m2)",
  "[1, 2]",
  "RATE(5)",
  "[m1] + [m2]",
  "SORT(METRICS(), STDDEV, ASC)",
  "SORT(METRICS(), SUM, UP)",
  "PERIOD(m1 + m2)",
  "m1 $ m2",
  `${"(".repeat(500)}m1${")".repeat(500)}`,
])
  test(`${bad.slice(0, 30) || "nothing"} is refused`, () => {
    assert.throws(() => result(bad, m), ExpressionError);
  });

test("any text is an expression or an ExpressionError, never another failure", () => {
  const part = fc.constantFrom(
    ..."m1 m2 SUM AVG IF FILL METRICS ( ) [ ] , + - * / ^ < == AND OR 1 2.5 'a' \"b\" REPEAT".split(
      " ",
    ),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      try {
        result(parts.join(" "), m);
      } catch (error) {
        assert.ok(error instanceof ExpressionError, String(error));
      }
    }),
  );
});

test("arithmetic on scalars agrees with arithmetic on constant series", () => {
  const number = fc.integer({ min: -50, max: 50 });
  const operator = fc.constantFrom("+", "-", "*", "<", ">=", "==", "!=", "&&", "||");
  fc.assert(
    fc.property(number, number, operator, (a, b, sign) => {
      const scalars = result(`(${a}) ${sign} (${b})`, {});
      const both = result(`TIME_SERIES(${a}) ${sign} TIME_SERIES(${b})`, {}, 1);
      assert.equal(shown(both, 1), String(scalars.kind === "scalar" && scalars.value + 0));
    }),
  );
});
