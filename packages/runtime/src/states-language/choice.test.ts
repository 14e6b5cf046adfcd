import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { holds } from "./choice.ts";
import type { ChoiceTest, Json } from "./definition.ts";
import type { Scope } from "./scope.ts";
import { StatesError } from "./states-error.ts";

const scope: Scope = { context: { Map: { Item: { Index: 1 } } }, variables: { limit: 10 } };

function compare(comparison: string, value: Json, operand: Json): boolean {
  const direct = holds({ Variable: "$.v", [comparison]: operand }, { v: value }, scope);
  if (!comparison.startsWith("Is") && comparison !== "StringMatches") {
    const byPath = { Variable: "$.v", [`${comparison}Path`]: "$.o" };
    assert.equal(holds(byPath, { v: value, o: operand }, scope), direct, comparison);
  }
  return direct;
}

/** Values of every type, each unlike the others. */
const VALUES: readonly Json[] = [
  null,
  0,
  1,
  1.1,
  "",
  " ",
  "A",
  "2012-10-09T19:00:55Z",
  "2012-10-09T19:00:55",
  "2023-02-24",
  [],
  [""],
  {},
  { A: 0 },
  true,
  false,
];

describe("comparisons, as AWS decided them (localstack test_*_operators.snapshot.json)", () => {
  test("compare only what is of their type", () => {
    const operands = { String: "A", Numeric: 1, Boolean: true, Timestamp: "2012-10-09T19:00:55Z" };
    for (const [type, operand] of Object.entries(operands))
      assert.deepEqual(
        VALUES.filter((value) => compare(`${type}Equals`, value, operand)),
        [operand],
      );
  });

  test("order numbers, texts and moments", () => {
    const pairs: [type: string, smaller: Json, larger: Json][] = [
      ["Numeric", -1, 0.5],
      ["String", "A", "A "],
      ["String", "AB", "ABC"],
      ["String", "A", "A\t\n\r"],
      ["Timestamp", "2012-10-09T19:00:55Z", "2012-10-09T19:00:56Z"],
      ["Timestamp", "2012-10-09T19:00:55+01:00", "2012-10-09T18:30:00Z"],
      ["Timestamp", "2012-10-09T19:00:55.0000001Z", "2012-10-09T19:00:55.0000002Z"],
    ];
    for (const [type, smaller, larger] of pairs) {
      assert.ok(compare(`${type}LessThan`, smaller, larger));
      assert.ok(compare(`${type}LessThanEquals`, smaller, larger));
      assert.ok(compare(`${type}GreaterThan`, larger, smaller));
      assert.ok(compare(`${type}GreaterThanEquals`, larger, smaller));
      assert.ok(!compare(`${type}LessThan`, smaller, smaller));
      assert.ok(compare(`${type}LessThanEquals`, smaller, smaller));
      assert.ok(!compare(`${type}GreaterThan`, smaller, larger));
      assert.ok(compare(`${type}GreaterThanEquals`, smaller, smaller));
      assert.ok(!compare(`${type}Equals`, smaller, larger));
    }
  });

  test("take two texts of one moment for equal", () => {
    assert.ok(compare("TimestampEquals", "2016-03-14T01:59:00Z", "2016-03-14T02:59:00.000+01:00"));
    assert.ok(!compare("TimestampEquals", "2016-03-14T01:59:00Z", "2016-03-14T01:59:00.001Z"));
  });

  test("tell types", () => {
    const types: [comparison: string, values: Json[]][] = [
      ["IsNull", [null]],
      ["IsNumeric", [0, 1, 1.1]],
      ["IsBoolean", [true, false]],
      ["IsString", VALUES.filter((value) => typeof value === "string")],
      ["IsTimestamp", ["2012-10-09T19:00:55Z"]],
      ["IsPresent", [...VALUES]],
    ];
    for (const [comparison, values] of types)
      for (const value of VALUES) {
        assert.equal(compare(comparison, value, true), values.includes(value), comparison);
        assert.equal(compare(comparison, value, false), !values.includes(value), comparison);
      }
  });
});

test("StringMatches knows the star, and escapes of it", () => {
  // the specification's table under "StringMatches", and more
  const matches: [pattern: string, text: string][] = [
    ["foo*.log", "foo23.log"],
    ["*.log", "zebra.log"],
    ["foo*.*", "foobar.zebra"],
    ["*", ""],
    ["**", "x"],
    ["logs-*-*-done", "logs-2025-04-done"],
    ["file\\*name", "file*name"],
    ["a\\\\*", "a\\b"],
    ["a\\b", "a\\b"],
    ["*a*a*", "aa"],
  ];
  const misses: [pattern: string, text: string][] = [
    ["foo*.log", "foo.lo"],
    ["file\\*name", "fileXname"],
    ["*a*a*", "a"],
    ["ab*ba", "aba"],
    ["a", "A"],
    ["", "x"],
    ["a.c", "abc"],
  ];
  for (const [pattern, text] of matches)
    assert.ok(compare("StringMatches", text, pattern), pattern);
  for (const [pattern, text] of misses)
    assert.ok(!compare("StringMatches", text, pattern), pattern);
  assert.ok(!compare("StringMatches", 123, "123"));
});

test("a pattern made of a text by stars and escapes matches it", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (kept, dropped) => {
      const pattern = kept.map((part) => part.replace(/[*\\]/g, "\\$&")).join("*");
      const text = kept
        .map((part, at) => part + (at < kept.length - 1 ? (dropped[at] ?? "") : ""))
        .join("");
      assert.ok(compare("StringMatches", text, pattern));
    }),
  );
});

test("many stars take no time", () => {
  assert.ok(!compare("StringMatches", "a".repeat(50_000), `${"*a".repeat(1_000)}*b`));
});

test("the specification's example chooses the twenties", () => {
  const notPrivate = { Not: { Variable: "$.type", StringEquals: "Private" } };
  const inTwenties: ChoiceTest = {
    And: [
      { Variable: "$.value", IsPresent: true },
      { Variable: "$.value", IsNumeric: true },
      { Variable: "$.value", NumericGreaterThanEquals: 20 },
      { Variable: "$.value", NumericLessThan: 30 },
    ],
  };
  assert.ok(!holds(notPrivate, { type: "Private", value: 22 }, scope));
  assert.ok(holds(inTwenties, { type: "Private", value: 22 }, scope));
  assert.ok(!holds(inTwenties, { type: "Private", value: 33 }, scope));
  // And stops at what does not hold: without `value` the comparisons after it are not asked
  assert.ok(!holds(inTwenties, { type: "Private" }, scope));
});

test("Or is enough with one, and asks no further", () => {
  const either = {
    Or: [
      { Variable: "$.a", NumericEquals: 1 },
      { Variable: "$.b", NumericEquals: 2 },
    ],
  };
  assert.ok(holds(either, { a: 1 }, scope));
  assert.ok(holds(either, { a: 0, b: 2 }, scope));
  assert.ok(!holds(either, { a: 0, b: 0 }, scope));
});

test("variables and the Context object are compared too", () => {
  assert.ok(holds({ Variable: "$limit", NumericGreaterThanPath: "$$.Map.Item.Index" }, {}, scope));
  assert.ok(holds({ Variable: "$missing", IsPresent: false }, {}, scope));
  assert.ok(holds({ Variable: "$.a[0].b", IsPresent: false }, { a: [] }, scope));
});

test("a path that finds nothing fails the execution, but for IsPresent", () => {
  const tests: ChoiceTest[] = [
    { Variable: "$.x", BooleanEquals: true },
    { Variable: "$.x", IsNull: true },
    { Variable: "$.x", IsString: false },
    { Variable: "$.a", NumericEqualsPath: "$.x" },
  ];
  for (const each of tests)
    assert.throws(
      () => holds(each, { a: 1 }, scope),
      (error) =>
        error instanceof StatesError &&
        error.error === "States.Runtime" &&
        error.cause ===
          "Invalid path '$.x': The choice state's condition path references an invalid value.",
    );
});
