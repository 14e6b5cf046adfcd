import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json } from "../definition.ts";
import { done, fail, only, SCHEMA, table, told, work } from "./testing.ts";
import { invalidDefinitionMessage, validateDefinition } from "./validate.ts";

test("what is no JSON is refused with the place, in Jackson's words", async (context) => {
  // Source: LocalStack's test_sfn_api_validation.snapshot.json for the first; Jackson's messages for the others.
  const rows: readonly [string, string, number][] = [
    [
      "not a definition",
      "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
      4,
    ],
    [
      "{not json",
      "Unexpected character ('n' (code 110)): was expecting double-quote to start field name",
      3,
    ],
    [
      '{"a":1,}',
      "Unexpected character ('}' (code 125)): was expecting double-quote to start field name",
      9,
    ],
    [
      '{"a" 1}',
      "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value",
      7,
    ],
    [
      '{"a":1 "b"}',
      "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries",
      9,
    ],
    [
      "[1 2]",
      "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
      5,
    ],
    ['{"a":"b', "Unexpected end-of-input: was expecting closing quote for a string value", 8],
    [
      "[1,2",
      'Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)"[1,2"; line: 1, column: 1])',
      5,
    ],
  ];
  for (const [text, message, column] of rows) {
    await context.test(text, () => {
      const source = `[Source: (String)"${text}"; line: 1, column: ${column}]`;
      assert.deepEqual(told(validateDefinition(text).diagnostics), [
        ["INVALID_JSON_DESCRIPTION", `${message}\n at ${source}`, source],
      ]);
    });
  }
});

test("any text is either JSON or told why not", () => {
  const texts = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom(...'{}[]:,"\\ut0-1.eE \n') }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const { definition, diagnostics } = validateDefinition(text);
      assert.equal(definition, undefined);
      assert(diagnostics.length > 0);
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      const refused = diagnostics[0]!.code === "INVALID_JSON_DESCRIPTION" || text.trim() === "";
      assert.equal(refused, !isJson);
    }),
    { numRuns: 500 },
  );
});

test("the top of a definition (LocalStack's test_sfn_api_validation.snapshot.json)", async (context) => {
  await table(context, [
    ["a list", [], [SCHEMA, "Definition must be a valid JSON object", undefined]],
    ["nothing in it", {}, [SCHEMA, "These fields are required: [States, StartAt]", "/"]],
    ["no StartAt", { States: { A: done } }, [SCHEMA, "These fields are required: [StartAt]", "/"]],
    ["an unknown field", only(done, { Foo: 1 }), [SCHEMA, "Field 'Foo' is not supported", "/"]],
    ["no states", { StartAt: "A", States: {} }, [SCHEMA, "Value cannot be empty", "/States"]],
    [
      "a version",
      only(done, { Version: "2.0" }),
      [SCHEMA, "Value should be one of the following: [1.0]", "/Version"],
    ],
    [
      "a timeout below 0",
      only(done, { TimeoutSeconds: -1 }),
      [SCHEMA, "Minimum value is 0", "/TimeoutSeconds"],
    ],
    [
      "a language outside the enum (floci issue 2968)",
      only(done, { QueryLanguage: "jsonata" }),
      [SCHEMA, "Value should be one of the following: [JSONPath, JSONata]", "/QueryLanguage"],
    ],
    [
      "a language that is no string (floci issue 2968)",
      only(done, { QueryLanguage: 5 }),
      [SCHEMA, "Expected value of type [STRING]", "/QueryLanguage"],
    ],
  ]);
  assert.deepEqual(told(validateDefinition("").diagnostics)[0]?.[0], "MISSING_DESCRIPTION");
  // LocalStack's snapshot of test_validate_state_machine_definition_not_a_definition
  assert.deepEqual(validateDefinition(" ").diagnostics, [
    {
      severity: "ERROR",
      code: "SCHEMA_VALIDATION_FAILED",
      message: "Definition must be a valid JSON object",
    },
  ]);
});

test("warnings do not refuse", () => {
  const definition = {
    StartAt: "A",
    States: {
      A: { Type: "Pass", Result: { v: "$.x" }, Next: "B" },
      B: work({ Parameters: { v: "$.x", w: "States.UUID()" }, End: false, Next: "C" }),
      C: fail({ Cause: "$.cause" }),
    },
  };
  const result = validateDefinition(JSON.stringify(definition));
  assert.deepEqual(
    result.diagnostics.map(({ severity, code, location }) => [severity, code, location]),
    [
      ["WARNING", "PASS_RESULT_IS_STATIC", "/States/A/Result"],
      ["WARNING", "NO_DOLLAR", "/States/B/Parameters/v"],
      ["WARNING", "NO_DOLLAR", "/States/B/Parameters/w"],
      ["WARNING", "NO_PATH", "/States/C/Cause"],
    ],
  );
  assert.deepEqual(result.definition, definition);
});

test("CreateStateMachine's message names every error and its place (LocalStack issue 11978, floci issue 2735)", () => {
  const message = (definition: Json) =>
    invalidDefinitionMessage(validateDefinition(JSON.stringify(definition)).diagnostics);
  assert.equal(
    message({ StartAt: "pass1", States: { pass1: { Type: "Pass", Next: "pass3" }, pass2: done } }),
    "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at /States/pass1/Next, " +
      `MISSING_TRANSITION_TARGET: State "pass2" is not reachable. at /States/pass2'`,
  );
  assert.equal(
    message({ StartAt: "A", States: { A: { Type: "Pass", Next: "A" } } }),
    "Invalid State Machine Definition: 'MISSING_END_STATE: Workflow has no terminal state at null'",
  );
});

test("a definition that nests without end is refused before anything walks it", () => {
  const deep = `{"StartAt":"X","States":{"X":{"Type":"Pass","End":true,"Result":${"[".repeat(100_000)}${"]".repeat(100_000)}}}}`;
  assert.deepEqual(
    validateDefinition(deep).diagnostics.map(({ code }) => code),
    ["TOO_DEEPLY_NESTED"],
  );
  assert.equal(
    validateDefinition("[".repeat(100_000)).diagnostics[0]?.code,
    "INVALID_JSON_DESCRIPTION",
  );
});

test("any JSON in any place of a definition is judged, and nothing is thrown", () => {
  const names = fc.constantFrom(
    "Type",
    "Next",
    "End",
    "Choices",
    "Branches",
    "ItemProcessor",
    "Retry",
    "Catch",
    "Assign",
    "Parameters",
    "QueryLanguage",
    "Resource",
    "Credentials",
    "Seconds",
    "Timestamp",
    "ItemReader",
    "ResultWriter",
    "Label",
    "Output",
    "ItemBatcher",
    "Items",
    "ErrorEquals",
    "And",
    "Not",
    "Variable",
    "Condition",
    "ProcessorConfig",
    "States",
    "StartAt",
  );
  const values = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Json>(
        "Task",
        "Map",
        "Choice",
        "Parallel",
        "Wait",
        "{% $x %}",
        "$.a",
        "A",
        null,
        true,
        -1,
        1.5,
      ),
      fc.array(tie("json"), { maxLength: 3 }),
      fc.dictionary(names, tie("json"), { maxKeys: 5 }),
    ),
  }));
  const states = fc.tuple(
    fc.constantFrom("Task", "Map", "Choice", "Parallel", "Wait", "Pass", "Fail"),
    fc.dictionary(names, values.json),
  );
  fc.assert(
    fc.property(states, fc.constantFrom("JSONPath", "JSONata"), ([type, fields], language) => {
      const definition = {
        QueryLanguage: language,
        StartAt: "X",
        States: { X: { ...fields, Type: type } },
      };
      const { diagnostics, definition: accepted } = validateDefinition(JSON.stringify(definition));
      assert.equal(
        accepted === undefined,
        diagnostics.some(({ severity }) => severity === "ERROR"),
      );
    }),
    { numRuns: 500 },
  );
});
