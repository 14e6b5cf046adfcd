import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json, JsonObject } from "../definition.ts";
import type { Scope } from "../scope.ts";
import { isEqual } from "./equal.ts";
import { compilePath, exists, PathError, readPath } from "./path.ts";

const scope: Scope = { context: {}, variables: {} };
// What fast-check makes of JSON is JSON: its `JsonValue` has the same members.
const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

type Step = string | number;

/** Every place in a value, with what is there. */
function* places(value: Json, at: readonly Step[] = []): Generator<[readonly Step[], Json]> {
  yield [at, value];
  if (typeof value !== "object" || value === null) return;
  const steps = Array.isArray(value) ? value.keys() : Object.keys(value);
  for (const step of steps) yield* places((value as JsonObject)[step]!, [...at, step]);
}

function pathTo(steps: readonly Step[], quote: "'" | '"'): string {
  const written = steps.map((step) =>
    typeof step === "number" ? `[${step}]` : `[${quote}${escaped(step, quote)}${quote}]`,
  );
  return `$${written.join("")}`;
}

function escaped(name: string, quote: string): string {
  return name.replace(/[\\'"]/g, (char) => (char === "\\" || char === quote ? `\\${char}` : char));
}

test("a definite path that is built to a place reads what is there", () => {
  fc.assert(
    fc.property(json, fc.constantFrom("'" as const, '"' as const), (value, quote) => {
      for (const [steps, there] of places(value)) {
        const path = pathTo(steps, quote);
        assert.deepEqual(readPath(path, value, scope), there, path);
        assert.ok(exists(path, value, scope));
        assert.ok(compilePath(path).isReference);
      }
    }),
  );
});

test("a deep scan with a wildcard finds every place but the root, once", () => {
  fc.assert(
    fc.property(json, (value) => {
      const found = readPath("$..*", value, scope) as Json[];
      assert.equal(found.length, [...places(value)].length - 1);
    }),
  );
});

test("a deep scan for a name finds as many as there are", () => {
  fc.assert(
    fc.property(json, fc.constantFrom("a", "", "b"), (value, name) => {
      const expected = [...places(value)].filter(([steps]) => steps.at(-1) === name).length;
      const path = `$..['${name}']`;
      assert.equal(
        (readPath(path, { a: value }, scope) as Json[]).length,
        expected + (name === "a" ? 1 : 0),
      );
    }),
  );
});

test("slices, wildcards and indexes of a list agree with the list's own", () => {
  const bound = fc.integer({ min: -6, max: 6 });
  fc.assert(
    fc.property(fc.array(json, { maxLength: 5 }), bound, (list, at) => {
      assert.deepEqual(readPath("$[*]", list, scope), list);
      assert.deepEqual(readPath(`$[${at}:]`, list, scope), list.slice(at));
      assert.deepEqual(readPath(`$[:${at}]`, list, scope), list.slice(0, at));
      const element = list.at(at);
      assert.deepEqual(
        readPath(`$[${at},${at}]`, list, scope),
        element === undefined ? [] : [element, element],
      );
    }),
  );
});

test("a filter and its negation share a list of objects between them", () => {
  const objects = fc.array(fc.record({ a: json }, { requiredKeys: [] }), { maxLength: 8 });
  const operators = [
    "== 1",
    "!= 'x'",
    "> 0",
    "< 'b'",
    "in [1, null]",
    "empty true",
    "size 2",
    "=~ /a*/",
    "",
  ];
  fc.assert(
    fc.property(objects, fc.constantFrom(...operators), (list, operator) => {
      const kept = readPath(`$[?(@.a ${operator})]`, list as Json, scope) as Json[];
      const left = readPath(`$[?(!(@.a ${operator}))]`, list as Json, scope) as Json[];
      assert.equal(kept.length + left.length, list.length);
    }),
  );
});

test("equality is that of the values, whatever the order of members", () => {
  fc.assert(
    fc.property(json, json, (left, right) => {
      assert.ok(isEqual(left, structuredClone(left)));
      assert.equal(isEqual(left, right), isEqual(right, left));
      assert.ok(isEqual({ x: left, y: right }, { y: right, x: left }));
    }),
  );
});

/** Texts made of what paths are made of, so that many get far into the parser. */
const pathLike = fc
  .array(
    fc.constantFrom(
      ..."$ . .. [ ] ( ) ' \" ? @ * , : 0 -1 a b && || ! == < =~ / \\ in true null { } length() é".split(
        " ",
      ),
      " ",
    ),
    { maxLength: 20 },
  )
  .map((pieces) => pieces.join(""));

test("any text is a path or refused as none, and a path can be read from anything", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((rest) => `$${rest}`),
    pathLike,
    pathLike.map((rest) => `$[?(@${rest})]`),
  );
  fc.assert(
    fc.property(text, json, (path, value) => {
      try {
        compilePath(path);
      } catch (error) {
        assert.ok(error instanceof PathError, String(error));
        return;
      }
      try {
        readPath(path, value, scope);
      } catch (error) {
        assert.equal((error as { error?: string }).error, "States.Runtime", String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});
