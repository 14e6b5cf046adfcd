import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type {
  ChoiceState,
  Json,
  JsonObject,
  QueryLanguage,
  State,
  TaskState,
} from "./definition.ts";
import { chooseNext, failureOf, finish, finishCaught, prepareInput, secondsOf } from "./flow.ts";
import { failsWith, moment } from "./testing.ts";

const task = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", End: true };

/** From the raw input to the output, with work that gives back what `work` makes of its input. */
async function through(
  state: JsonObject,
  input: Json,
  options: {
    language?: QueryLanguage;
    work?: (given: Json) => Json;
    variables?: Record<string, Json>;
  } = {},
) {
  const { language = "JSONPath", work = (given) => given, variables } = options;
  const at = moment(input, variables);
  const checked = state as unknown as State;
  return finish(checked, language, at, work(await prepareInput(checked, language, at)));
}

test("JSONPath: input and output go through the fields in the order that AWS documents", async (context) => {
  // Source: the developer guide, "Processing input and output"; ResultPath goes into the raw input there.
  const input = { note: "n", lambda: { who: "flyball" }, data: { val1: 23 } };
  const work = (given: Json): Json => ({ got: given, code: 200 });
  const table: readonly [string, JsonObject, Json][] = [
    ["nothing set: the result", {}, { got: input, code: 200 }],
    ["InputPath", { InputPath: "$.lambda" }, { got: { who: "flyball" }, code: 200 }],
    ["InputPath null", { InputPath: null }, { got: {}, code: 200 }],
    [
      "Parameters see what InputPath chose",
      { InputPath: "$.lambda", Parameters: { "name.$": "$.who", fixed: [1] } },
      { got: { name: "flyball", fixed: [1] }, code: 200 },
    ],
    ["ResultSelector", { ResultSelector: { "c.$": "$.code" } }, { c: 200 }],
    [
      "ResultPath puts the selected result into the raw input",
      { InputPath: "$.lambda", ResultSelector: { "c.$": "$.code" }, ResultPath: "$.data.result" },
      { ...input, data: { val1: 23, result: { c: 200 } } },
    ],
    ["ResultPath null: the raw input", { InputPath: "$.lambda", ResultPath: null }, input],
    [
      "OutputPath chooses last",
      { ResultSelector: { "c.$": "$.code" }, ResultPath: "$.data.result", OutputPath: "$.data" },
      { val1: 23, result: { c: 200 } },
    ],
    ["OutputPath null", { OutputPath: null }, {}],
  ];
  for (const [name, fields, output] of table) {
    await context.test(name, async () => {
      const outcome = await through({ ...task, ...fields }, input, { work });
      assert.deepEqual(outcome, { output, assigned: {} });
    });
  }
});

test("JSONPath: a state without fields passes any input on", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const input = value as Json;
      const { output } = await through({ Type: "Pass", End: true }, input);
      assert.deepEqual(output, input);
    }),
    { numRuns: 100 },
  );
});

test("a Pass gives its Result, or what its Parameters make", async () => {
  const pass = { Type: "Pass", End: true };
  assert.deepEqual(
    (await through({ ...pass, Result: { r: 1 }, ResultPath: "$.x" }, { a: 1 })).output,
    {
      a: 1,
      x: { r: 1 },
    },
  );
  assert.deepEqual((await through({ ...pass, Result: null }, { a: 1 })).output, null);
  assert.deepEqual((await through({ ...pass, Parameters: { "b.$": "$.a" } }, { a: 1 })).output, {
    b: 1,
  });
});

test("JSONPath: Assign reads the result as the work gave it, and the variables as they were", async () => {
  const state = {
    ...task,
    ResultSelector: { "only.$": "$.b" },
    Assign: { "b.$": "$.b", "old.$": "$count", count: 2 },
  };
  const outcome = await through(
    state,
    {},
    { work: () => ({ a: 1, b: 2 }), variables: { count: 1 } },
  );
  assert.deepEqual(outcome, { output: { only: 2 }, assigned: { b: 2, old: 1, count: 2 } });
});

test("JSONata: Arguments make the work's input; Output and Assign see input and result", async () => {
  const state = {
    ...task,
    Arguments: { id: "{% $states.input.order.id %}" },
    Output: "{% $merge([$states.input, {'paid': $states.result.ok}]) %}",
    Assign: { last: "{% $states.result.ok ? $states.input.order.id : $last %}" },
  };
  const given: Json[] = [];
  const outcome = await through(
    state,
    { order: { id: 4 } },
    {
      language: "JSONata",
      work: (input) => {
        given.push(input);
        return { ok: true };
      },
      variables: { last: 3 },
    },
  );
  assert.deepEqual(given, [{ id: 4 }]);
  assert.deepEqual(outcome, { output: { order: { id: 4 }, paid: true }, assigned: { last: 4 } });
});

test("JSONata: without Arguments the input, without Output the result; a Pass and a Wait give their input", async () => {
  const language = "JSONata";
  const double = (given: Json) => [given, given];
  assert.deepEqual((await through(task, 1, { language, work: double })).output, [1, 1]);
  assert.deepEqual((await through({ Type: "Pass", End: true }, { a: 1 }, { language })).output, {
    a: 1,
  });
  assert.deepEqual(
    (await through({ Type: "Wait", Seconds: 1, End: true }, 5, { language })).output,
    5,
  );
});

test("a path that finds nothing fails in AWS's words (LocalStack's snapshot tests)", async () => {
  const pass = { Type: "Pass", End: true };
  await failsWith(
    through({ ...pass, InputPath: "$.NoSuch" }, { a: 1 }),
    "States.Runtime",
    "Invalid path '$.NoSuch' : No results for path: $['NoSuch']",
  );
  await failsWith(
    through({ ...pass, OutputPath: "$.NoSuch" }, { a: 1 }),
    "States.Runtime",
    "Invalid path '$.NoSuch' : No results for path: $['NoSuch']",
  );
  await failsWith(
    through({ ...pass, Parameters: { "v.$": "$.x" } }, { a: 1 }),
    "States.Runtime",
    `The JSONPath '$.x' specified for the field 'v.$' could not be found in the input '{"a":1}'`,
  );
});

test("an output over 256 KiB of UTF-8 fails, one of just that size does not", async () => {
  const pass = { Type: "Pass", End: true };
  const limit = 262_144 - 2; // two quotes
  assert.equal(String((await through(pass, "x".repeat(limit))).output).length, limit);
  const cause =
    "The state/task 'Here' returned a result with a size exceeding the maximum number of bytes service limit.";
  await failsWith(through(pass, "x".repeat(limit + 1)), "States.DataLimitExceeded", cause);
  await failsWith(through(pass, "é".repeat(limit / 2 + 1)), "States.DataLimitExceeded", cause);
  await assert.rejects(
    through({ ...pass, Assign: { "v.$": "$" }, OutputPath: null }, "x".repeat(limit)),
    /DataLimitExceeded/,
  );
});

test("a catcher's ResultPath puts the error into the raw input, and OutputPath has no say", async () => {
  const catcher = {
    ErrorEquals: ["E"],
    Next: "N",
    ResultPath: "$.error",
    Assign: { "why.$": "$.Cause" },
  };
  const state = {
    ...task,
    InputPath: "$.a",
    OutputPath: "$.a",
    Catch: [catcher],
  } as unknown as State;
  const errorOutput = { Error: "E", Cause: "because" };
  assert.deepEqual(await finishCaught(state, catcher, "JSONPath", moment({ a: 1 }), errorOutput), {
    output: { a: 1, error: errorOutput },
    assigned: { why: "because" },
  });
  const plain = { ErrorEquals: ["E"], Next: "N" };
  assert.deepEqual(
    (await finishCaught(state, plain, "JSONPath", moment({ a: 1 }), errorOutput)).output,
    errorOutput,
  );
});

test("a JSONata catcher makes its output from the error output, and names itself where that fails", async () => {
  const good = { ErrorEquals: ["E"], Next: "N", Output: { e: "{% $states.errorOutput.Error %}" } };
  const bad = { ErrorEquals: ["F"], Next: "N", Output: { v: "{% $states.result %}" } };
  const state = { ...task, Catch: [good, bad] } as unknown as State;
  const errorOutput = { Error: "E", Cause: "" };
  assert.deepEqual((await finishCaught(state, good, "JSONata", moment({}), errorOutput)).output, {
    e: "E",
  });
  await assert.rejects(
    finishCaught(state, bad, "JSONata", moment({}), errorOutput),
    /specified for the field 'Catch\[1\]\/Output\/v' returned nothing/,
  );
});

test("a Choice goes where its first rule leads, and leaves with that rule's variables", async () => {
  const state = {
    Type: "Choice",
    Choices: [
      { Variable: "$.n", NumericLessThan: 0, Next: "Negative" },
      { Variable: "$.n", NumericGreaterThan: 9, Next: "Large", Assign: { "size.$": "$.n" } },
    ],
    Default: "Small",
    Assign: { size: 0 },
    OutputPath: "$.n",
  } as unknown as ChoiceState;
  const choose = (n: number) => chooseNext(state, "JSONPath", moment({ n }));
  assert.deepEqual(await choose(-1), { next: "Negative", output: -1, assigned: {} });
  assert.deepEqual(await choose(10), { next: "Large", output: 10, assigned: { size: 10 } });
  assert.deepEqual(await choose(5), { next: "Small", output: 5, assigned: { size: 0 } });
});

test("a JSONata Choice stops at the first condition that holds", async () => {
  const state = {
    Type: "Choice",
    Choices: [
      {
        Condition: "{% $states.input.n < 0 %}",
        Next: "Negative",
        Output: "{% -$states.input.n %}",
      },
      {
        Condition: "{% $states.input.n = 0 %}",
        Next: "Zero",
        Assign: { zeros: "{% $zeros + 1 %}" },
      },
      { Condition: "{% $states.input.text %}", Next: "Never" },
    ],
    Default: "Positive",
    Output: "{% 'default' %}",
  } as unknown as ChoiceState;
  const choose = (input: Json) => chooseNext(state, "JSONata", moment(input, { zeros: 1 }));
  assert.deepEqual(await choose({ n: -2 }), { next: "Negative", output: 2, assigned: {} });
  assert.deepEqual(await choose({ n: 0 }), {
    next: "Zero",
    output: { n: 0 },
    assigned: { zeros: 2 },
  });
  assert.deepEqual(await choose({ n: 1, text: false }), {
    next: "Positive",
    output: "default",
    assigned: {},
  });
  await failsWith(
    choose({ n: 1, text: "yes" }),
    "States.QueryEvaluationError",
    "The JSONata expression '$states.input.text' specified for the field 'Choices[2]/Condition' returned an unexpected " +
      `result type. Expected 'boolean', but was 'string' for value: "yes"`,
  );
});

test("a Choice without a match or a Default fails as in us-east-1 (floci-io/floci)", async () => {
  for (const [language, rule] of [
    ["JSONPath", { Variable: "$.n", IsPresent: true, Next: "N" }],
    ["JSONata", { Condition: "{% false %}", Next: "N" }],
  ] as const) {
    const state = { Type: "Choice", Choices: [rule] } as unknown as ChoiceState;
    await failsWith(
      chooseNext(state, language, moment({})),
      "States.Runtime",
      "Failed to transition out of the state. The state does not point to a next state.",
    );
  }
});

test("a Fail tells its error and cause, from the definition, a path, a function or an expression", async () => {
  const fail = (fields: JsonObject, language: QueryLanguage = "JSONPath") =>
    failureOf({ Type: "Fail", ...fields } as never, language, moment({ e: "Bad", n: 3 }));
  assert.deepEqual(await fail({}), {});
  assert.deepEqual(await fail({ Error: "E", Cause: "$.n" }), { error: "E", cause: "$.n" });
  assert.deepEqual(await fail({ ErrorPath: "$.e", CausePath: "States.Format('{} left', $.n)" }), {
    error: "Bad",
    cause: "3 left",
  });
  assert.deepEqual(
    await fail({ Error: "{% $states.input.e %}", Cause: "{% 'x' & 1 %}" }, "JSONata"),
    {
      error: "Bad",
      cause: "x1",
    },
  );
  await failsWith(
    fail({ ErrorPath: "$.ErrorX" }),
    "States.Runtime",
    `The JSONPath '$.ErrorX' specified for the field 'ErrorPath' could not be found in the input '{"e":"Bad","n":3}'`,
  );
});

test("a Task's seconds come from the definition, a path or an expression", async () => {
  const seconds = (fields: JsonObject, language: QueryLanguage = "JSONPath") =>
    secondsOf(
      { ...task, ...fields } as unknown as TaskState,
      "TimeoutSeconds",
      language,
      moment({ t: 9, bad: 0 }),
    );
  assert.equal(await seconds({}), undefined);
  assert.equal(await seconds({ TimeoutSeconds: 5 }), 5);
  assert.equal(await seconds({ TimeoutSecondsPath: "$.t" }), 9);
  assert.equal(await seconds({ TimeoutSeconds: "{% $states.input.t + 1 %}" }, "JSONata"), 10);
  await assert.rejects(seconds({ TimeoutSecondsPath: "$.bad" }), /States.Runtime/);
  await failsWith(
    seconds({ TimeoutSecondsPath: "$.NoSuch" }),
    "States.Runtime",
    "Invalid path '$.NoSuch' : No results for path: $['NoSuch']",
  );
});
