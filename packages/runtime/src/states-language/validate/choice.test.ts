import assert from "node:assert/strict";
import { test } from "node:test";
import { choice, jsonata, only, SCHEMA, table } from "./testing.ts";
import { validateDefinition } from "./validate.ts";

test("Choices (cdk_preflight's pf-sfn-asl-choice-rules, measured)", async (context) => {
  const at = "/States/X/Choices[0]";
  const selectors =
    "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]";
  const test = { Variable: "$.a", IsPresent: true };
  await table(context, [
    [
      "no rules",
      only({ Type: "Choice", Choices: [] }),
      [SCHEMA, "Value cannot be empty", "/States/X/Choices"],
    ],
    ["nothing to test", choice({}), [SCHEMA, selectors, at]],
    ["two tests", choice({ ...test, Not: test }), [SCHEMA, selectors, at]],
    [
      "a Next inside",
      choice({ And: [{ ...test, Next: "D" }] }),
      [SCHEMA, "Field 'Next' is not supported", `${at}/And[0]`],
    ],
    [
      "no path",
      choice({ ...test, Variable: "States.ArrayLength($.a)" }),
      [
        SCHEMA,
        "Value is not a Reference Path: Reference path didn't start with '$'",
        `${at}/Variable`,
      ],
    ],
    [
      "no timestamp",
      choice({ Variable: "$.a", TimestampEquals: "today" }),
      [SCHEMA, "String does not match RFC3339 timestamp", `${at}/TimestampEquals`],
    ],
    [
      "text for a number",
      choice({ Variable: "$.a", NumericEquals: "1" }),
      [SCHEMA, "Expected value of type Number", `${at}/NumericEquals`],
    ],
    [
      "text for a boolean",
      choice({ Variable: "$.a", IsNull: "no" }),
      [SCHEMA, "Expected value of type [BOOLEAN]", `${at}/IsNull`],
    ],
    [
      "nested tests",
      choice({ Or: [test, { Not: { And: [test, { Variable: "$.b", StringMatches: "a*" }] } }] }),
    ],
    ["a JSONata condition", { ...jsonata, ...choice({ Condition: "{% $states.input.a > 1 %}" }) }],
  ]);
  const { message } = validateDefinition(JSON.stringify(choice({ Variable: "$.a" })))
    .diagnostics[0]!;
  assert.match(
    message,
    /^This object should have only one of the following fields: \[StringEquals, /,
  );
});
