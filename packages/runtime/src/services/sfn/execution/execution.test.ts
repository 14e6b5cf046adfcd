import assert from "node:assert";
import { test } from "node:test";
import { FunctionError, functionArn, outline, run, sfnCloud } from "./testing.ts";

test("An execution goes through Pass, Choice, Wait, Task and Succeed, and its history tells so", async () => {
  await using cloud = sfnCloud({
    functions: { double: (payload) => (payload as { n: number }).n * 2 },
  });
  const { executionArn, status, output } = await run(
    cloud,
    {
      StartAt: "Begin",
      States: {
        Begin: { Type: "Pass", Result: { n: 4 }, Next: "Large" },
        Large: {
          Type: "Choice",
          Choices: [{ Variable: "$.n", NumericGreaterThan: 3, Next: "Later" }],
          Default: "Small",
        },
        Later: { Type: "Wait", Seconds: 3600, Next: "Double" },
        Double: {
          Type: "Task",
          Resource: functionArn("double"),
          ResultPath: "$.doubled",
          Next: "Done",
        },
        Done: { Type: "Succeed" },
        Small: { Type: "Fail", Error: "TooSmall", Cause: "It is." },
      },
    },
    {},
  );
  assert.equal(status, "SUCCEEDED");
  assert.deepEqual(JSON.parse(output!), { n: 4, doubled: 8 });
  assert.deepEqual(await outline(cloud, executionArn), [
    "1<0 ExecutionStarted",
    "2<0 PassStateEntered",
    "3<2 PassStateExited",
    "4<3 ChoiceStateEntered",
    "5<4 ChoiceStateExited",
    "6<5 WaitStateEntered",
    "7<6 WaitStateExited",
    "8<7 TaskStateEntered",
    "9<8 LambdaFunctionScheduled",
    "10<9 LambdaFunctionStarted",
    "11<10 LambdaFunctionSucceeded",
    "12<11 TaskStateExited",
    "13<12 SucceedStateEntered",
    "14<13 SucceedStateExited",
    "15<14 ExecutionSucceeded",
  ]);
});

test("A function's error is retried as the state says, then caught", async () => {
  let calls = 0;
  await using cloud = sfnCloud({
    functions: {
      flaky: () => {
        calls += 1;
        throw new FunctionError("Flaky", `time ${calls}`);
      },
    },
  });
  const { output } = await run(cloud, {
    StartAt: "Work",
    States: {
      Work: {
        Type: "Task",
        Resource: functionArn("flaky"),
        Retry: [{ ErrorEquals: ["Flaky"], MaxAttempts: 2 }],
        Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Caught" }],
        End: true,
      },
      Caught: { Type: "Pass", OutputPath: "$.error.Error", End: true },
    },
  });
  assert.equal(calls, 3);
  assert.equal(output, '"Flaky"');
});

test("Parallel gives its branches' outputs in their order, and ends with the first that fails", async () => {
  await using cloud = sfnCloud();
  const parallel = (second: object) => ({
    StartAt: "Both",
    States: {
      Both: {
        Type: "Parallel",
        Branches: [
          { StartAt: "A", States: { A: { Type: "Wait", Seconds: 60, End: true } } },
          { StartAt: "B", States: { B: second } },
        ],
        End: true,
      },
    },
  });
  const good = await run(cloud, parallel({ Type: "Pass", Result: 2, End: true }), 1);
  assert.equal(good.output, "[1,2]");
  const bad = await run(cloud, parallel({ Type: "Fail", Error: "No", Cause: "never" }), 1);
  assert.equal(bad.status, "FAILED");
  assert.equal(bad.error, "No");
  assert.deepEqual(await outline(cloud, bad.executionArn), [
    "1<0 ExecutionStarted",
    "2<0 ParallelStateEntered",
    "3<2 ParallelStateStarted",
    "4<3 WaitStateEntered",
    "5<3 FailStateEntered",
    "6<5 WaitStateAborted",
    "7<5 ParallelStateFailed",
    "8<7 ExecutionFailed",
  ]);
});

test("A Map's items come out in their order, whichever ends first", async () => {
  await using cloud = sfnCloud();
  const { output, executionArn } = await run(
    cloud,
    {
      StartAt: "Each",
      States: {
        Each: {
          Type: "Map",
          MaxConcurrency: 1,
          ItemProcessor: {
            StartAt: "Item",
            States: { Item: { Type: "Wait", SecondsPath: "$", End: true } },
          },
          End: true,
        },
      },
    },
    [3, 1],
  );
  assert.equal(output, "[3,1]");
  assert.deepEqual(await outline(cloud, executionArn), [
    "1<0 ExecutionStarted",
    "2<0 MapStateEntered",
    "3<2 MapStateStarted",
    "4<3 MapIterationStarted",
    "5<4 WaitStateEntered",
    "6<5 WaitStateExited",
    "7<6 MapIterationSucceeded",
    "8<6 MapIterationStarted",
    "9<8 WaitStateEntered",
    "10<9 WaitStateExited",
    "11<10 MapIterationSucceeded",
    "12<11 MapStateSucceeded",
    "13<11 MapStateExited",
    "14<13 ExecutionSucceeded",
  ]);
});
