import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json } from "./definition.ts";
import { PathError } from "./jsonpath/path.ts";
import type { Scope } from "./scope.ts";
import { StatesError } from "./states-error.ts";
import { fillTemplate } from "./template.ts";

const scope: Scope = { context: { Execution: { Name: "run" } }, variables: { limit: 3 } };

function failureOf(template: Json, input: Json): string {
  try {
    fillTemplate(template, input, scope);
  } catch (error) {
    if (error instanceof StatesError) return `${error.error}: ${error.cause}`;
    throw error;
  }
  return assert.fail("it was filled");
}

test("a template takes what its paths name, and keeps the rest", () => {
  // the specification's example of Parameters
  const template = { flagged: true, parts: { "first.$": "$.vals[0]", "last3.$": "$.vals[-3:]" } };
  assert.deepEqual(fillTemplate(template, { flagged: 7, vals: [0, 10, 20, 30, 40, 50] }, scope), {
    flagged: true,
    parts: { first: 0, last3: [30, 40, 50] },
  });
});

test("fields are found in arrays too, from every root, and by functions", () => {
  const template: Json = {
    list: [{ "name.$": "$$.Execution.Name" }, "$.untouched", [{ "limit.$": "$limit" }]],
    "text.$": "States.Format('{}-{}', $.a, $limit)",
    "all.$": "$",
    $: "kept",
    "a.$.b": "$.kept",
  };
  assert.deepEqual(fillTemplate(template, { a: 1 }, scope), {
    list: [{ name: "run" }, "$.untouched", [{ limit: 3 }]],
    text: "1-3",
    all: { a: 1 },
    $: "kept",
    "a.$.b": "$.kept",
  });
});

test("a path that finds nothing fails with AWS's sentence", () => {
  // localstack test_base_scenarios.snapshot.json: INVALID_JSONPATH_IN_STRING_EXPR_JSONPATH and …_CONTEXTPATH
  assert.equal(
    failureOf({ "value.$": "$.no_such_jsonpath" }, { a: 1 }),
    "States.Runtime: The JSONPath '$.no_such_jsonpath' specified for the field 'value.$' could not be found in the input '{\"a\":1}'",
  );
  assert.match(
    failureOf({ x: [{ "value.$": "$$.Execution.Input.no" }] }, {}),
    /^States\.Runtime: The JSONPath '\$\$\.Execution\.Input\.no' specified for the field 'value\.\$' could not/,
  );
  // repost.aws: "sum function returns error about not finding path"
  assert.match(
    failureOf({ "Jobs.$": "$.Jobs.sum()" }, { Jobs: [0, 1] }),
    /The JSONPath '\$\.Jobs\.sum\(\)' specified for the field 'Jobs\.\$' could not be found/,
  );
  assert.match(failureOf({ "v.$": "$.a[7]" }, { a: [] }), /The JSONPath '\$\.a\[7\]'/);
});

test("what is neither path nor function is refused", () => {
  for (const expression of ["a", "", "States.Nope()", 1, null, { b: 1 }])
    assert.throws(() => fillTemplate({ "a.$": expression }, {}, scope), PathError);
});

test("a template that nests too deep fails as an error of the state", () => {
  const deep = JSON.parse(`${"[".repeat(2_000)}${"]".repeat(2_000)}`) as Json;
  assert.match(failureOf(deep, {}), /^States\.Runtime: A template nests at most 1000 deep/);
});

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

test("a template without paths is itself; `$` is the input", () => {
  fc.assert(
    fc.property(json, json, (template, input) => {
      if (JSON.stringify(template).includes('.$"')) return;
      assert.deepEqual(fillTemplate(template, input, scope), template);
      assert.deepEqual(fillTemplate({ "t.$": "$", t2: template }, input, scope), {
        t: input,
        t2: template,
      });
    }),
  );
});
