import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json } from "./definition.ts";
import { evaluateJsonata, type JsonataBindings, QueryEvaluationError } from "./jsonata.ts";

const NOW = Date.UTC(2026, 2, 14, 1, 59, 26, 535);

function bindings(more: Partial<JsonataBindings> = {}): JsonataBindings {
  return {
    input: {},
    scope: { context: { Execution: { Name: "run" } }, variables: { total: 7 }, now: NOW },
    field: "Output",
    ...more,
  };
}

function evaluate(expression: string, more: Partial<JsonataBindings> = {}): Promise<Json> {
  return evaluateJsonata(`{% ${expression} %}`, bindings(more));
}

function fails(
  expression: string,
  cause: string,
  more: Partial<JsonataBindings> = {},
): Promise<void> {
  return assert.rejects(evaluate(expression, more), (error) => {
    assert(error instanceof QueryEvaluationError);
    assert.equal(error.error, "States.QueryEvaluationError");
    assert.equal(
      error.cause,
      `The JSONata expression '${expression}' specified for the field 'Output' ${cause}`,
    );
    return true;
  });
}

test("strings between {% and %} are expressions, wherever they stand; all else is as it was", async () => {
  const filled = await evaluateJsonata(
    {
      a: ["{% $states.input.n + $total %}", "{%", "x {% 1 %}"],
      b: { c: "{% $states.context.Execution.Name %}" },
    },
    bindings({ input: { n: 3 } }),
  );
  assert.deepEqual(filled, { a: [10, "{%", "x {% 1 %}"], b: { c: "run" } });
});

test("an expression sees the result and the error output where there are any", async () => {
  assert.equal(await evaluate("$states.result.x", { result: { x: 1 } }), 1);
  assert.equal(
    await evaluate("$states.errorOutput.Error", { errorOutput: { Error: "E", Cause: "" } }),
    "E",
  );
  await fails("$states.result", "returned nothing (undefined).");
});

test("a JSON null is a value, and stays in its place", async () => {
  const input = { bar: null };
  assert.deepEqual(await evaluateJsonata({ v: "{% $states.input.bar %}" }, bindings({ input })), {
    v: null,
  });
  assert.deepEqual(await evaluate("[1, $states.input.bar]", { input }), [1, null]);
});

test("any JSON goes through an expression unchanged", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (value) => {
      const input = { value } as Json;
      const plain = JSON.parse(JSON.stringify(input)) as Json;
      assert.deepEqual(
        JSON.parse(JSON.stringify(await evaluate("$states.input", { input }))),
        plain,
      );
    }),
    { numRuns: 200 },
  );
});

test("a member called __proto__ is a member like any other", async () => {
  const input = JSON.parse('{"__proto__": {"a": 1}}') as Json;
  assert.equal(JSON.stringify(await evaluate("$states.input", { input })), '{"__proto__":{"a":1}}');
});

test("numbers that JSON has no literal for are written as strings (AWS, floci issue 2737)", async () => {
  assert.equal(await evaluate("1/0"), "Infinity");
  assert.deepEqual(await evaluate("[1/0]"), ["Infinity"]);
  assert.deepEqual(await evaluate("{'k': -1/0}"), { k: "-Infinity" });
});

test("the clock of an expression is the scope's", async () => {
  assert.equal(await evaluate("$now()"), "2026-03-14T01:59:26.535Z");
  assert.equal(await evaluate("$now('[Y0001]-[M01]')"), "2026-03");
  assert.equal(await evaluate("$millis()"), NOW);
});

test("Step Functions' own functions", async (context) => {
  // Source: the developer guide, "Transforming data with JSONata"; edges: floci, docs/services/step-functions.md
  const table: readonly [string, Json][] = [
    ["$partition([1,2,3,4], 3)", [[1, 2, 3], [4]]],
    ["$partition([1,2,3], 2.9)", [[1, 2], [3]]],
    ["$range(0, 10, 5)", [0, 5, 10]],
    ["$range(-1.7, 2, 1)", [-1, 0, 1, 2]],
    ["$range(3, 1, -1)", [3, 2, 1]],
    ["$range(1, 1, 1)", 1],
    ["$count($range(1, 360145, 1))", 360145],
    ["$hash('Hello World', 'SHA-1')", "0a4d55a8d778e5022fab701977c5d840bbc486d0"],
    ["$hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"],
    ["$length($hash('a', 'SHA-512'))", 128],
    ["$random(4) = $random(4)", true],
    ["$random(4) = $random(5)", false],
    ["$random() >= 0 and $random() < 1", true],
    ["$uuid() = $uuid()", false],
    ["$parse('{\"a\": [1]}').a", [1]],
  ];
  for (const [expression, value] of table) {
    await context.test(expression, async () => assert.deepEqual(await evaluate(expression), value));
  }
  for (const nothing of [
    "$partition([1], 0)",
    "$partition([], 2)",
    "$range(1, 2)",
    "$range(1, 2, -1)",
    "$hash('a')",
  ]) {
    await context.test(`${nothing} is nothing`, () =>
      fails(nothing, "returned nothing (undefined)."),
    );
  }
});

test("$uuid gives UUIDs of version 4", async () => {
  const value = await evaluate("$uuid()");
  assert.match(String(value), /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});

test("failures are told in AWS's words", async (context) => {
  // Sources: LocalStack's snapshot tests of query language and intrinsic functions; floci issues 2736 and 2737
  const table: readonly [string, string][] = [
    ["$doesNotExist", "returned nothing (undefined)."],
    ["$fn := function($x){$x}", "returned an unsupported result type."],
    ["[function($x){$x}]", "returned an unsupported result type."],
    [
      "$randomSeeded(1)",
      "threw an error during evaluation. T1006: Attempted to invoke a non-function",
    ],
    ['$eval("1+1")', "threw an error during evaluation. T1006: Attempted to invoke a non-function"],
    [
      "1 + 'a'",
      'threw an error during evaluation. T2002: The right side of the "+" operator must evaluate to a number',
    ],
    [
      "$sum(['a'])",
      'threw an error during evaluation. T0412: Argument 1 of function "sum" must be an array of "numbers"',
    ],
    [
      "[1..900000] ~> $count()",
      "threw an error during evaluation: Expression evaluation memory limit exceeded: Check for excessive memory usage",
    ],
  ];
  for (const [expression, cause] of table)
    await context.test(expression, () => fails(expression, cause));
});

test("a failure names the place in the field", async () => {
  const template = { list: [1, { "a b": "{% $missing %}" }] };
  await assert.rejects(evaluateJsonata(template, bindings({ field: "Arguments" })), (error) => {
    assert(error instanceof QueryEvaluationError);
    assert.equal(error.location, "Arguments/list[1]/a b");
    assert.match(
      error.cause,
      /specified for the field 'Arguments\/list\[1\]\/a b' returned nothing/,
    );
    return true;
  });
});

test("an expression nests 100 levels and no more (AWS, floci issue 2737)", async (context) => {
  const sum = (terms: number) => Array(terms).fill("1").join("+");
  const parentheses = (count: number) => `${"(".repeat(count)}1${")".repeat(count)}`;
  const call = (n: number) => `($f := function($n){ $n = 0 ? 0 : 1 + $f($n-1) }; $f(${n}))`;
  assert.equal(await evaluate(sum(100)), 100);
  assert.equal(await evaluate(parentheses(99)), 1);
  assert.equal(await evaluate(call(31)), 31);
  for (const expression of [sum(101), parentheses(100), call(32)]) {
    await context.test(expression.slice(-12), () =>
      assert.rejects(evaluate(expression), /Stack overflow error: .* Depth=101 max=100$/),
    );
  }
});

test("a long list of expressions is not deep", async () => {
  const input = { a: 1 };
  assert.equal(
    await evaluate(`$sum([${Array(300).fill("$states.input.a").join(",")}])`, { input }),
    300,
  );
});

test("an expression that never ends is stopped, and lets others run meanwhile", async () => {
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  try {
    await assert.rejects(
      evaluate("($f := function($x){ $f($x+1) }; $f(1))"),
      /Expression evaluation timeout: Check for infinite loop/,
    );
  } finally {
    clearInterval(ticking);
  }
  assert(turns > 10, `only ${turns} turns`);
});

test("a pattern that never ends is stopped; others match as ever", async () => {
  const input = { s: "a".repeat(64) };
  await assert.rejects(evaluate("$match($states.input.s, /(a+)+b/)", { input }), /timeout/);
  assert.equal(
    await evaluate("$replace('2024-01-02', /(\\d+)-(\\d+)-(\\d+)/, '$3.$2.$1')"),
    "02.01.2024",
  );
  assert.deepEqual(await evaluate("$split('a, b,c', /,\\s*/)"), ["a", "b", "c"]);
});
