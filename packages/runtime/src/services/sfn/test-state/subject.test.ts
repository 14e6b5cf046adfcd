import assert from "node:assert/strict";
import { test } from "node:test";
import { caller, machinesCloud } from "../testing.ts";
import { functionArn, ITEM, type Request, run } from "./testing.ts";

// AWS's answers: the recordings under tests/aws/services/stepfunctions/v2/test_state of localstack/localstack.

test("a Context object that AWS refuses is refused in its words", async () => {
  const task = { Type: "Task", Resource: functionArn("greeter"), End: true };
  const refused: [object, string][] = [
    [{ Execution: { Id: 1 } }, "Execution.Id must be a string"],
    [{ Map: {} }, "'Map' field is not supported when mocking a Context object"],
    [{ Execution: { pokemon: "squirtle" } }, "Field 'pokemon' is not allowed"],
    [{ Pokedex: {} }, "Field 'Pokedex' is not allowed"],
    [
      { Task: { Token: "t" } },
      "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern",
    ],
  ];
  for (const [context, why] of refused)
    await assert.rejects(run(task, { context: JSON.stringify(context), mock: { result: "1" } }), {
      code: "ValidationException",
      message: `Invalid Context object provided: ${why}`,
    });
});

test("what cannot be tested, or not so, is refused in AWS's words", async () => {
  const task = {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Parameters: { FunctionName: "foo" },
    End: true,
  };
  const map = { Type: "Map", ItemProcessor: ITEM, End: true };
  const parallel = { Type: "Parallel", Branches: [ITEM], End: true };
  const mock = { result: "{}" };
  const refused: [object, Request, string][] = [
    [task, {}, "RoleArn must be specified when testing a Task state"],
    [
      { Type: "Pass", End: true },
      { mock },
      "State type 'Pass' is not supported when a mock is specified",
    ],
    [
      task,
      { mock: { ...mock, errorOutput: { error: "E" } } },
      "A test mock should have only one of the following fields: [result, errorOutput].",
    ],
    [
      task,
      { mock, revealSecrets: true },
      "TestState does not support RevealSecrets when a mock is specified.",
    ],
    [task, { mock: { result: "not json" } }, "Mocked result must be valid JSON"],
    [map, { mock }, "Mocked result must be an array."],
    [parallel, { mock }, "Mocked result must be an array."],
    [
      parallel,
      { mock: { result: "[1,2]" } },
      "Mocked result must contain the same number of items as number of Parallel branches.",
    ],
    [
      map,
      { stateConfiguration: { mapIterationFailureCount: 1 } },
      "TestState does not support MapIterationFailureCount when a mock is not specified.",
    ],
    [
      map,
      { mock: { result: "[1]" }, stateConfiguration: { mapIterationFailureCount: 2 } },
      "Map iteration failure count must be less than or equal to the number of Map iterations",
    ],
  ];
  for (const [definition, request, message] of refused)
    await assert.rejects(run(definition, request), { code: "ValidationException", message });
  for (const unmocked of [map, parallel])
    await assert.rejects(run(unmocked), {
      code: "InvalidDefinition",
      message:
        "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]",
    });
  for (const revealSecrets of [true])
    await assert.rejects(run({ Type: "Pass", End: true }, { revealSecrets }), {
      code: "ValidationException",
    });
});

test("a definition and an input that are none are refused", async () => {
  await assert.rejects(
    run({ Type: "Parallel", Branches: [], End: true }, { mock: { result: "[]" } }),
    {
      code: "InvalidDefinition",
      message:
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches'",
    },
  );
  await using cloud = machinesCloud();
  await assert.rejects(
    cloud.call(caller, "sfn", "TestState", {
      definition: '{"Type":"Succeed"}',
      input: "not some validation string",
    }),
    {
      code: "InvalidExecutionInput",
      message:
        "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'",
    },
  );
});

test("a mocked result has the fields and the types that the action answers with", async () => {
  const start = (result: object, fieldValidationMode?: "STRICT" | "PRESENT" | "NONE") =>
    run(
      {
        Type: "Task",
        Resource: "arn:aws:states:::states:startExecution",
        Parameters: { StateMachineArn: "arn" },
        End: true,
      },
      {
        mock: {
          result: JSON.stringify(result),
          ...(fieldValidationMode === undefined ? {} : { fieldValidationMode }),
        },
      },
    );
  const refused = async (result: object, why: string, mode?: "STRICT" | "PRESENT") =>
    await assert.rejects(start(result, mode), {
      code: "ValidationException",
      message: `Mock result schema validation error: ${why}`,
    });
  await refused({}, "Required field 'ExecutionArn' is missing");
  await refused({ executionArn: "arn" }, "Required field 'ExecutionArn' is missing");
  await refused({ ExecutionArn: "arn", StartDate: 1 }, "Field 'StartDate' must be a string");
  await refused({ StartDate: true }, "Field 'StartDate' must be a string", "PRESENT");
  assert.equal((await start({}, "PRESENT")).status, "SUCCEEDED");
  assert.equal((await start({ StartDate: 1 }, "NONE")).status, "SUCCEEDED");
  const put = (result: object) =>
    run(
      {
        Type: "Task",
        Resource: "arn:aws:states:::events:putEvents",
        Parameters: { Entries: [] },
        End: true,
      },
      { mock: { result: JSON.stringify(result) } },
    );
  await assert.rejects(put({ Entries: {} }), {
    message: "Mock result schema validation error: Field 'Entries' must be an array",
  });
  await assert.rejects(put({ Entries: [{ EventId: "1" }, { EventId: 2 }] }), {
    message: "Mock result schema validation error: Field 'EventId' must be a string",
  });
  assert.equal((await put({ Entries: [{ EventId: "1" }], more: 1 })).status, "SUCCEEDED");
});
