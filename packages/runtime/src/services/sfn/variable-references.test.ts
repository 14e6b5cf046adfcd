import assert from "node:assert/strict";
import { test } from "node:test";
import type { StateMachineDefinition } from "../../states-language/definition.ts";
import { variableReferences } from "./variable-references.ts";

// Expectations: recorded answers of AWS, test_sfn_api_variable_references in localstack/localstack.

function referencesOf(states: StateMachineDefinition["States"], language?: "JSONata") {
  return variableReferences({
    StartAt: "S",
    States: states,
    ...(language === undefined ? {} : { QueryLanguage: language }),
  });
}

test("a path that starts with a variable refers to it, in whatever field it stands", () => {
  assert.deepEqual(
    referencesOf({
      S: { Type: "Wait", SecondsPath: "$pause.seconds", OutputPath: "$kept[0]", Next: "F" },
      F: { Type: "Fail", ErrorPath: "$name", CausePath: "States.Format('it is $not', $cause)" },
    }),
    { S: ["kept", "pause"], F: ["cause", "name"] },
  );
});

test("the input and the Context object are no variables, and neither is text without `.$`", () => {
  assert.deepEqual(
    referencesOf({
      S: {
        Type: "Pass",
        InputPath: "$.a",
        Parameters: { "b.$": "$$.Execution.Id", c: "$d" },
        Assign: { d: "$e", "f.$": "$g" },
        End: true,
      },
    }),
    { S: ["g"] },
  );
});

test("a Choice refers in its tests, at any depth", () => {
  assert.deepEqual(
    referencesOf({
      S: {
        Type: "Choice",
        Choices: [
          {
            And: [
              { Variable: "$guess", StringEqualsPath: "$answer" },
              { Not: { Variable: "$.x", IsPresent: true } },
            ],
            Next: "S",
          },
        ],
      },
    }),
    { S: ["answer", "guess"] },
  );
});

test("the states of a Map and of a Parallel refer for themselves", () => {
  assert.deepEqual(
    referencesOf({
      S: {
        Type: "Map",
        ItemsPath: "$list",
        ItemProcessor: {
          StartAt: "Inner",
          States: {
            Inner: { Type: "Pass", Assign: { "s.$": "States.MathAdd($x, $bias)" }, End: true },
          },
        },
        Next: "P",
      },
      P: {
        Type: "Parallel",
        Branches: [{ StartAt: "B", States: { B: { Type: "Pass", InputPath: "$inB", End: true } } }],
        End: true,
      },
    }),
    { S: ["list"], Inner: ["bias", "x"], B: ["inB"] },
  );
});

test("an expression of JSONata refers to what it neither binds nor calls", () => {
  assert.deepEqual(
    referencesOf(
      {
        S: {
          Type: "Pass",
          Output: {
            total: "{% ($own := $price * 2; $sum([$own, $tax]) ~> $string) %}",
            mapped: "{% $map($items, function($item) { $item.n + $offset }) %}",
            plain: "$nothing",
            state: "{% $states.input.$a %}",
          },
          End: true,
        },
      },
      "JSONata",
    ),
    { S: ["a", "items", "offset", "price", "tax"] },
  );
});

test("where nothing refers, nothing is told", () => {
  assert.deepEqual(referencesOf({ S: { Type: "Succeed" } }), {});
});
