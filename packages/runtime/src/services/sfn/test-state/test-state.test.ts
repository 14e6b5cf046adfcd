import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualClock } from "../../../clock/virtual.ts";
import { defineService } from "../../../service.ts";
import { caller, machinesCloud, roleArn } from "../testing.ts";
import { functionArn, ITEM, inspect, passing, run } from "./testing.ts";

// AWS's answers: the recordings under tests/aws/services/stepfunctions/v2/test_state of localstack/localstack.

const HELLO = { Value: "HelloWorld" };
test("at INFO the answer is the outcome alone", async () => {
  assert.deepEqual(await run({ Type: "Pass", Next: "After" }, { input: HELLO }), {
    output: JSON.stringify(HELLO),
    nextState: "After",
    status: "SUCCEEDED",
  });
});

test("a Pass tells each step from its input to its output", async () => {
  const input = { initialData: { field: "value" }, other: 1 };
  assert.deepEqual(
    await inspect(
      {
        Type: "Pass",
        InputPath: "$.initialData",
        Parameters: { static: true, "copied.$": "$.field" },
        ResultPath: "$.modified",
        OutputPath: "$.modified",
        End: true,
      },
      { input },
    ),
    {
      output: { static: true, copied: "value" },
      status: "SUCCEEDED",
      inspectionData: {
        input,
        afterInputPath: { field: "value" },
        afterParameters: { static: true, copied: "value" },
        afterResultSelector: { static: true, copied: "value" },
        afterResultPath: { ...input, modified: { static: true, copied: "value" } },
      },
    },
  );
});

test("a Pass with a Result tells that and nothing of its input's way", async () => {
  assert.deepEqual(await inspect({ Type: "Pass", Result: { r: 1 }, End: true }, { input: HELLO }), {
    output: { r: 1 },
    status: "SUCCEEDED",
    inspectionData: {
      input: HELLO,
      result: { r: 1 },
      afterResultSelector: { r: 1 },
      afterResultPath: { r: 1 },
    },
  });
});

test("a Choice tells where it goes, a Fail why, a Succeed its output", async () => {
  const inspectionData = { input: HELLO, afterInputPath: HELLO };
  const choice = {
    Type: "Choice",
    Choices: [{ Variable: "$.Value", StringEquals: "HelloWorld", Next: "Greet" }],
    Default: "Leave",
  };
  assert.deepEqual(await inspect(choice, { input: HELLO }), {
    output: HELLO,
    nextState: "Greet",
    status: "SUCCEEDED",
    inspectionData,
  });
  const failure = { Type: "Fail", Error: "SomeFailure", Cause: "It had to." };
  assert.deepEqual(await inspect(failure, { input: HELLO }), {
    error: "SomeFailure",
    cause: "It had to.",
    status: "FAILED",
    inspectionData,
  });
  assert.deepEqual(await inspect({ Type: "Succeed" }, { input: HELLO }), {
    output: HELLO,
    status: "SUCCEEDED",
    inspectionData,
  });
});

test("a Task calls what it names, and tells the way there and back", async () => {
  const task = {
    Type: "Task",
    Resource: functionArn("greeter"),
    InputPath: "$.who",
    ResultSelector: { "greeting.$": "$" },
    ResultPath: "$.said",
    End: true,
  };
  assert.deepEqual(await inspect(task, { input: { who: { name: "Ada" } }, roleArn }), {
    output: { who: { name: "Ada" }, said: { greeting: "Hello, Ada" } },
    status: "SUCCEEDED",
    inspectionData: {
      input: { who: { name: "Ada" } },
      afterInputPath: { name: "Ada" },
      afterParameters: { name: "Ada" },
      result: "Hello, Ada",
      afterResultSelector: { greeting: "Hello, Ada" },
      afterResultPath: { who: { name: "Ada" }, said: { greeting: "Hello, Ada" } },
    },
  });
});

test("a Task's own error is told with what a Retry or a Catch makes of it", async () => {
  const task = { Type: "Task", Resource: functionArn("breaker"), End: true };
  const status = async (more: object, retrierRetryCount = 0) => {
    const { status, error, nextState, inspectionData } = await run(
      { ...task, ...more },
      { roleArn, inspectionLevel: "DEBUG", stateConfiguration: { retrierRetryCount } },
    );
    assert.equal(error, "Broken");
    return [status, nextState, inspectionData?.errorDetails];
  };
  assert.deepEqual(await status({}), ["FAILED", undefined, undefined]);
  const Retry = [
    { ErrorEquals: ["Other"] },
    { ErrorEquals: ["Broken"], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 5 },
  ];
  assert.deepEqual(await status({ Retry }, 4), [
    "RETRIABLE",
    undefined,
    { retryIndex: 1, retryBackoffIntervalSeconds: 16 },
  ]);
  assert.deepEqual(await status({ Retry }, 5), ["FAILED", undefined, { retryIndex: 1 }]);
  const Catch = [{ ErrorEquals: ["States.ALL"], Next: "Mend" }];
  assert.deepEqual(await status({ Catch }), ["CAUGHT_ERROR", "Mend", { catchIndex: 0 }]);
});

test("in JSONata the arguments and the variables are told, and the Context object is there", async () => {
  const task = {
    Type: "Task",
    QueryLanguage: "JSONata",
    Resource: "arn:aws:states:::lambda:invoke",
    Arguments: { FunctionName: "foo", Payload: "{% $who %}" },
    Assign: { last: "{% $states.result.Payload %}" },
    Output: "{% $states.context %}",
    End: true,
  };
  const { output, inspectionData, ...rest } = (await inspect(task, {
    input: HELLO,
    roleArn,
    variables: '{"who":"Ada"}',
    mock: { result: '{"Payload":"bar","StatusCode":200}' },
  })) as { output: Record<string, Record<string, unknown>>; inspectionData: object };
  assert.deepEqual(rest, { status: "SUCCEEDED" });
  assert.deepEqual(inspectionData, {
    input: HELLO,
    afterArguments: { FunctionName: "foo", Payload: "Ada" },
    result: { Payload: "bar", StatusCode: 200 },
    variables: { who: "Ada", last: "bar" },
  });
  const { Execution, State, StateMachine } = output;
  assert.deepEqual(State, {
    Name: "StateName",
    EnteredTime: "2026-01-01T12:00:00.000Z",
    RetryCount: 0,
  });
  assert.deepEqual(
    [Execution?.Input, Execution?.RoleArn, Execution?.StartTime],
    [HELLO, roleArn, "2026-01-01T12:00:00.000Z"],
  );
  assert.equal(
    Execution?.Id,
    `arn:aws:states:eu-central-1:123456789012:express:${StateMachine?.Name}:${Execution?.Name}`,
  );
});

test("a mocked error is caught as the real one would be", async () => {
  const task = {
    Type: "Task",
    QueryLanguage: "JSONata",
    Resource: "arn:aws:states:::lambda:invoke",
    Arguments: { FunctionName: "foo" },
    Catch: [{ ErrorEquals: ["Mocked"], Next: "Handle", Output: "{% $states.errorOutput %}" }],
    End: true,
  };
  const mock = { errorOutput: { error: "Mocked", cause: "of course" } };
  assert.deepEqual(await inspect(task, { input: HELLO, mock }), {
    error: "Mocked",
    cause: "of course",
    output: { Error: "Mocked", Cause: "of course" },
    nextState: "Handle",
    status: "CAUGHT_ERROR",
    inspectionData: {
      input: HELLO,
      afterArguments: { FunctionName: "foo" },
      errorDetails: { catchIndex: 0 },
    },
  });
});

const DISTRIBUTED = {
  ...ITEM,
  ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
};

test("a mocked Map tells its items and their inputs, and a Parallel what becomes of its results", async () => {
  const map = {
    Type: "Map",
    ItemsPath: "$.list",
    ItemSelector: { "n.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index" },
    MaxConcurrency: 2,
    ItemProcessor: ITEM,
    ResultPath: "$.done",
    End: true,
  };
  const input = { list: [5, 6] };
  assert.deepEqual(await inspect(map, { input, mock: { result: "[10,12]" } }), {
    output: { list: [5, 6], done: [10, 12] },
    status: "SUCCEEDED",
    inspectionData: {
      input,
      afterInputPath: input,
      afterItemsPath: [5, 6],
      afterItemSelector: [
        { n: 5, i: 0 },
        { n: 6, i: 1 },
      ],
      maxConcurrency: 2,
      afterResultSelector: [10, 12],
      afterResultPath: { list: [5, 6], done: [10, 12] },
    },
  });
  const parallel = { Type: "Parallel", Branches: [passing("One"), passing("Other")], End: true };
  assert.deepEqual(await inspect(parallel, { input, mock: { result: "[1,2]" } }), {
    output: [1, 2],
    status: "SUCCEEDED",
    inspectionData: { input, afterResultSelector: [1, 2], afterResultPath: [1, 2] },
  });
});

test("a Map fails when more of its items are said to have failed than it tolerates", async () => {
  const map = {
    Type: "Map",
    QueryLanguage: "JSONata",
    Items: "{% $states.input %}",
    ItemProcessor: DISTRIBUTED,
    ToleratedFailureCount: 1,
    Retry: [{ ErrorEquals: ["States.ExceedToleratedFailureThreshold"] }],
    End: true,
  };
  const failing = (mapIterationFailureCount: number) =>
    inspect(map, {
      input: ["a", "b", "c"],
      mock: { result: "[1,1,1]" },
      stateConfiguration: { mapIterationFailureCount },
    });
  const inspectionData = { input: ["a", "b", "c"], maxConcurrency: 0, toleratedFailureCount: 1 };
  assert.deepEqual(await failing(1), { output: [1, 1, 1], status: "SUCCEEDED", inspectionData });
  assert.deepEqual(await failing(2), {
    error: "States.ExceedToleratedFailureThreshold",
    cause: "The specified tolerated failure threshold was exceeded",
    status: "RETRIABLE",
    inspectionData: {
      ...inspectionData,
      errorDetails: { retryIndex: 0, retryBackoffIntervalSeconds: 1 },
    },
  });
});

test("a state within a machine is tested by its name, at any depth", async () => {
  const machine = {
    QueryLanguage: "JSONata",
    StartAt: "Each",
    States: {
      Each: {
        Type: "Map",
        Items: "{% $states.input %}",
        ItemProcessor: {
          StartAt: "Double",
          States: {
            Double: { Type: "Pass", Output: "{% $states.input * 2 %}", Next: "Done" },
            Done: { Type: "Succeed" },
          },
        },
        End: true,
      },
    },
  };
  assert.deepEqual(await inspect(machine, { stateName: "Double", input: 21 }), {
    output: 42,
    nextState: "Done",
    status: "SUCCEEDED",
    inspectionData: { input: 21 },
  });
  await assert.rejects(run(machine, { stateName: "Halve" }), {
    code: "ValidationException",
    message: "State not found in definition",
  });
});

test("a Context object of one's own stands in for the whole of it", async () => {
  const task = {
    Type: "Task",
    Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    Parameters: { QueueUrl: "q", MessageBody: { "token.$": "$$.Task.Token" } },
    ResultSelector: { "all.$": "$$" },
    End: true,
  };
  const context = { Task: { Token: "abcd123" } };
  const { output, inspectionData } = await run(task, {
    context: JSON.stringify(context),
    mock: { result: "{}" },
    inspectionLevel: "TRACE",
  });
  assert.deepEqual(JSON.parse(output ?? ""), { all: context });
  assert.deepEqual(JSON.parse(inspectionData?.afterParameters ?? ""), {
    QueueUrl: "q",
    MessageBody: { token: "abcd123" },
  });
});

test("a Wait is waited for, up to the five minutes that a test may take", async () => {
  await using cloud = machinesCloud();
  const clock = cloud.clock as VirtualClock;
  const wait = (Seconds: number) =>
    cloud.call(caller, "sfn", "TestState", {
      definition: JSON.stringify({ Type: "Wait", Seconds, Next: "After" }),
      input: '{"a":1}',
    });
  const short = wait(60);
  await clock.advance(60_000);
  assert.deepEqual(await short, { output: '{"a":1}', nextState: "After", status: "SUCCEEDED" });
  const long = wait(301);
  await clock.advance(300_000);
  assert.deepEqual(await long, { error: "States.Timeout", status: "FAILED" });
});

test("a Task that takes longer than it may has timed out", async () => {
  const silent = defineService({
    name: "lambda",
    operations: { Invoke: () => new Promise<never>(() => {}) },
  });
  await using cloud = machinesCloud(silent);
  const tested = cloud.call(caller, "sfn", "TestState", {
    definition: JSON.stringify({
      Type: "Task",
      Resource: functionArn("sleeper"),
      TimeoutSeconds: 5,
      Catch: [{ ErrorEquals: ["States.Timeout"], Next: "Late" }],
      End: true,
    }),
    roleArn,
  });
  await (cloud.clock as VirtualClock).advance(5_000);
  const { status, error, nextState } = await tested;
  assert.deepEqual([status, error, nextState], ["CAUGHT_ERROR", "States.Timeout", "Late"]);
});
