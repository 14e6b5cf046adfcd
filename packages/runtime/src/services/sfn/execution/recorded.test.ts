import assert from "node:assert";
import { test } from "node:test";
import {
  caller,
  describe,
  functionArn,
  makeMachine,
  outline,
  run,
  settled,
  sfnCloud,
  start,
} from "./testing.ts";

// What AWS does as LocalStack's snapshot tests have recorded it; their names are in parentheses.

test("States.Runtime fails the execution, even where a catcher names it (test_catch_states_runtime)", async () => {
  await using cloud = sfnCloud({ functions: { f: () => 1 } });
  const { status, error } = await run(cloud, {
    StartAt: "A",
    States: {
      A: {
        Type: "Task",
        Resource: functionArn("f"),
        OutputPath: "$.no.such.path",
        Catch: [{ ErrorEquals: ["States.Runtime"], Next: "Caught" }],
        End: true,
      },
      Caught: { Type: "Pass", End: true },
    },
  });
  assert.equal(status, "FAILED");
  assert.equal(error, "States.Runtime");
});

test("States.ALL catches a result that is too large (test_task_lambda_catch_state_all_data_limit_exceeded_on_large_utf8_response)", async () => {
  await using cloud = sfnCloud({ functions: { f: () => "x".repeat(262_144) } });
  const { output } = await run(cloud, {
    StartAt: "A",
    States: {
      A: {
        Type: "Task",
        Resource: functionArn("f"),
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "Caught" }],
        End: true,
      },
      Caught: { Type: "Pass", End: true },
    },
  });
  assert.deepEqual(JSON.parse(output ?? "{}"), {
    Error: "States.DataLimitExceeded",
    Cause: `The state/task '${functionArn("f")}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  });
});

test("A JSONata Map over what is no array is an evaluation that failed (test_map_state_items_input_types)", async () => {
  await using cloud = sfnCloud();
  const definition = {
    QueryLanguage: "JSONata",
    StartAt: "Each",
    States: {
      Each: {
        Type: "Map",
        ItemProcessor: { StartAt: "P", States: { P: { Type: "Pass", End: true } } },
        End: true,
      },
    },
  };
  const { executionArn, error, cause } = await run(cloud, definition, true);
  assert.deepEqual(await outline(cloud, executionArn), [
    "1<0 ExecutionStarted",
    "2<0 MapStateEntered",
    "3<0 EvaluationFailed",
    "4<3 MapStateFailed",
    "5<4 ExecutionFailed",
  ]);
  assert.equal(error, "States.QueryEvaluationError");
  assert.equal(
    cause,
    "An error occurred while executing the state 'Each' (entered at the event id #2). Map state input must be an array but was: true",
  );
});

test("What reads variables is told of an execution's machine (test_base_variable_references_in_assign_templates)", async () => {
  await using cloud = sfnCloud();
  const arn = await makeMachine(cloud, {
    StartAt: "Set",
    States: {
      Set: { Type: "Pass", Assign: { answer: 42 }, Next: "Read" },
      Read: { Type: "Pass", Parameters: { "is.$": "$answer" }, End: true },
    },
  });
  const executionArn = await start(cloud, arn);
  const machine = await cloud.call(caller, "sfn", "DescribeStateMachineForExecution", {
    executionArn,
  });
  assert.deepEqual(machine.variableReferences, { Read: ["answer"] });
});

test("An Express execution's Context object counts redrives, too (test_query_runtime_memory)", async () => {
  await using cloud = sfnCloud();
  const stateMachineArn = await makeMachine(
    cloud,
    {
      StartAt: "Tell",
      States: {
        Tell: { Type: "Pass", Parameters: { "n.$": "$$.Execution.RedriveCount" }, End: true },
      },
    },
    { type: "EXPRESS" },
  );
  const { output } = await cloud.call(caller, "sfn", "StartSyncExecution", { stateMachineArn });
  assert.equal(output, '{"n":0}');
});

test("A token that is none is told before an output that is none (test_sfn_send_task_outcome_with_no_such_token)", async () => {
  await using cloud = sfnCloud();
  await assert.rejects(
    cloud.call(caller, "sfn", "SendTaskSuccess", { taskToken: "none", output: "no JSON" }),
    { code: "InvalidToken", message: "Invalid Token: 'Invalid token'" },
  );
});

test("A task that waits for a child execution ends early with what is said with its token (test_sync_with_task_token)", async () => {
  await using cloud = sfnCloud();
  const child = await makeMachine(
    cloud,
    { StartAt: "W", States: { W: { Type: "Wait", Seconds: 500_000, End: true } } },
    { name: "child" },
  );
  const parent = await makeMachine(
    cloud,
    {
      StartAt: "A",
      States: {
        A: {
          Type: "Task",
          Resource: "arn:aws:states:::states:startExecution.sync",
          Parameters: { StateMachineArn: child, Name: "c", Input: { "token.$": "$$.Task.Token" } },
          End: true,
        },
      },
    },
    { name: "parent" },
  );
  const executionArn = await start(cloud, parent);
  await settled(cloud);
  const { input } = await describe(cloud, `${child.replace(":stateMachine:", ":execution:")}:c`);
  const { token: taskToken } = JSON.parse(input ?? "{}");
  await cloud.call(caller, "sfn", "SendTaskSuccess", { taskToken, output: '"enough"' });
  await settled(cloud);
  assert.equal((await describe(cloud, executionArn)).output, '"enough"');
  assert.deepEqual((await outline(cloud, executionArn)).slice(4), [
    "5<4 TaskSubmitted",
    "6<5 TaskSucceeded",
    "7<6 TaskStateExited",
    "8<7 ExecutionSucceeded",
  ]);
});

test("An empty input is refused in words of its own (test_invalid_start_execution_input)", async () => {
  await using cloud = sfnCloud();
  const stateMachineArn = await makeMachine(cloud, {
    StartAt: "P",
    States: { P: { Type: "Pass", End: true } },
  });
  await assert.rejects(
    cloud.call(caller, "sfn", "StartExecution", { stateMachineArn, input: "" }),
    {
      code: "InvalidExecutionInput",
      message: "Invalid State Machine Execution Input: 'Invalid execution input.'",
    },
  );
});

test("A task with the role of another account is called there (test_cross_account_service_lambda_invoke)", async () => {
  const accounts: string[] = [];
  await using cloud = sfnCloud({
    functions: { f: (_payload, call) => accounts.push(call.caller.account) },
  });
  await run(cloud, {
    StartAt: "A",
    States: {
      A: {
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke",
        Parameters: { FunctionName: "f" },
        Credentials: { RoleArn: "arn:aws:iam::210987654321:role/other" },
        End: true,
      },
    },
  });
  assert.deepEqual(accounts, ["210987654321"]);
});
