import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json, JsonObject } from "./definition.ts";
import { PathError, readPath } from "./jsonpath/path.ts";
import { readReferencePath, writeReferencePath } from "./result-path.ts";
import type { Scope } from "./scope.ts";
import { StatesError } from "./states-error.ts";

const scope: Scope = { context: { Execution: { Input: [1] } }, variables: { list: [2] } };

function failureOf(act: () => Json): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatesError) return `${error.error}: ${error.cause}`;
    throw error;
  }
  return assert.fail("it was done");
}

test("a result is put where its path says", () => {
  const cases: [path: string, input: Json, value: Json, output: Json][] = [
    // the specification's examples
    [
      "$.sum",
      { title: "Numbers", numbers: { val1: 3 } },
      7,
      { title: "Numbers", numbers: { val1: 3 }, sum: 7 },
    ],
    ["$.b.greeting", { a: 1 }, "Hi!", { a: 1, b: { greeting: "Hi!" } }],
    ["$.master.detail", { master: { detail: [1, 2, 3] } }, 6, { master: { detail: 6 } }],
    ["$.coords", { georefOf: "Home" }, { x: 0.38 }, { georefOf: "Home", coords: { x: 0.38 } }],
    ["$", { a: 1 }, 2, 2],
    ["$", null, 2, 2],
    ["$['a b']['c']", {}, 1, { "a b": { c: 1 } }],
    ["$.list[1].x", { list: [{}, { y: 1 }] }, 2, { list: [{}, { y: 1, x: 2 }] }],
    ["$.list[0]", { list: [1, 2] }, null, { list: [null, 2] }],
    ["$.__proto__", {}, 1, JSON.parse('{"__proto__":1}')],
  ];
  for (const [path, input, value, output] of cases) {
    const before = structuredClone(input);
    assert.deepEqual(writeReferencePath(path, input, value), output, path);
    assert.deepEqual(input, before, "the input stays");
  }
});

test("an input that has no place for the result is a conflict", () => {
  // qiita.com/tsubasaogawa/items/4fe341bdb6ae7d2fd8ee, from an execution on AWS
  assert.equal(
    failureOf(() => writeReferencePath("$.someTaskResult", "input1", 1)),
    'States.ReferencePathConflict: Unable to apply ReferencePath $.someTaskResult to input "input1"',
  );
  assert.equal(
    failureOf(() => writeReferencePath("$.a.b", { a: 1 }, 1)),
    'States.ReferencePathConflict: Unable to apply step "b" to input {"a":1}',
  );
  const conflicts: [string, Json][] = [
    ["$.x", []],
    ["$.x", null],
    ["$.a.b", { a: null }],
    ["$.a.b.c", { a: { b: [] } }],
    ["$[0]", {}],
    ["$.a[1]", { a: [0] }],
    ["$.a[-1]", { a: [0] }],
    ["$.a[0]", {}],
  ];
  for (const [path, input] of conflicts)
    assert.match(
      failureOf(() => writeReferencePath(path, input, 1)),
      /^States\.ReferencePathConflict: /,
    );
});

test("only a path into the input can be written", () => {
  for (const path of [
    "$.a[*]",
    "$..a",
    "$.a[0:1]",
    "$['a','b']",
    "$[?(@.a)]",
    "$$.a",
    "$list",
    "a",
  ])
    assert.throws(() => writeReferencePath(path, {}, 1), PathError, path);
});

test("what a reference path names is read, from every root; a conflict says at which step", () => {
  assert.deepEqual(readReferencePath("$.a.items", { a: { items: [3] } }, scope), [3]);
  assert.deepEqual(readReferencePath("$$.Execution.Input", {}, scope), [1]);
  assert.deepEqual(readReferencePath("$list", {}, scope), [2]);
  assert.deepEqual(readReferencePath("$[?(@.a >= 5)]", [{ a: 1 }, { a: 5 }], scope), [{ a: 5 }]);
  assert.equal(
    failureOf(() =>
      readReferencePath("$.discovery.objects", { discovery: { statusCode: 500 } }, scope),
    ),
    'States.ReferencePathConflict: Unable to apply step "objects" to input {"discovery":{"statusCode":500}}',
  );
});

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const name = fc.stringMatching(/^[a-zé_-]{1,4}$/);

test("what is written is read again, and nothing else has changed", () => {
  const object = fc.dictionary(name, json) as fc.Arbitrary<JsonObject>;
  fc.assert(
    fc.property(object, name, name, json, (input, first, second, value) => {
      const fresh = { ...input, [first]: { untouched: 1 } };
      const output = writeReferencePath(`$.${first}.${second}`, fresh, value) as JsonObject;
      assert.deepEqual(readPath(`$.${first}.${second}`, output, scope), value);
      assert.deepEqual({ ...output, [first]: null }, { ...fresh, [first]: null });
      if (second !== "untouched") assert.equal((output[first] as JsonObject).untouched, 1);
      assert.deepEqual(writeReferencePath(`$['${second}']`, input, value), {
        ...input,
        [second]: value,
      });
    }),
  );
});
