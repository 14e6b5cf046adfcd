import assert from "node:assert";
import { test } from "node:test";
import { isServiceError } from "../../../errors.ts";
import {
  caller,
  clockOf,
  describe,
  FunctionError,
  functionArn,
  history,
  makeMachine,
  outline,
  run,
  settled,
  sfnCloud,
  start,
} from "./testing.ts";

const waiting = { StartAt: "W", States: { W: { Type: "Wait", Seconds: 100, End: true } } };
const passing = { StartAt: "P", States: { P: { Type: "Pass", Result: 1, End: true } } };

function code(expected: string, message?: string) {
  return (error: unknown) =>
    isServiceError(error, expected) && (message === undefined || error.message === message);
}

test("Starting under a name that runs with the same input gives the running one; otherwise the name is taken", async () => {
  await using cloud = sfnCloud();
  const arn = await makeMachine(cloud, waiting);
  const first = await start(cloud, arn, { a: 1 }, "one");
  assert.equal(await start(cloud, arn, { a: 1 }, "one"), first);
  // Recorded from AWS: LocalStack's snapshot of test_start_execution_idempotent.
  const taken = code("ExecutionAlreadyExists", `Execution Already Exists: '${first}'`);
  await assert.rejects(start(cloud, arn, { a: 2 }, "one"), taken);
  await settled(cloud);
  await assert.rejects(start(cloud, arn, { a: 1 }, "one"), taken);
  await clockOf(cloud).advance(91 * 86_400_000);
  await assert.rejects(describe(cloud, first), code("ExecutionDoesNotExist"));
  await start(cloud, arn, { a: 1 }, "one");
});

test("What cannot be started is refused in AWS's words", async () => {
  await using cloud = sfnCloud();
  const arn = await makeMachine(cloud, waiting);
  const begin = (input: object) =>
    cloud.call(caller, "sfn", "StartExecution", { stateMachineArn: arn, ...input });
  // Recorded from AWS: LocalStack's snapshot of test_invalid_start_execution_input.
  await assert.rejects(
    begin({ input: "not some json" }),
    code(
      "InvalidExecutionInput",
      "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'",
    ),
  );
  await assert.rejects(begin({ name: "with space" }), code("InvalidName"));
  await assert.rejects(begin({ name: "n".repeat(81) }), code("ValidationException"));
  await assert.rejects(begin({ input: `"${"x".repeat(262_143)}"` }), code("ValidationException"));
  await assert.rejects(
    begin({ stateMachineArn: `${arn}x` }),
    code("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}x'`),
  );
});

test("A stopped execution is aborted with what was said, and its history ends there", async () => {
  await using cloud = sfnCloud();
  const executionArn = await start(cloud, await makeMachine(cloud, waiting));
  await clockOf(cloud).advance(1_000);
  const stop = () =>
    cloud.call(caller, "sfn", "StopExecution", { executionArn, error: "E", cause: "because" });
  const [one, two] = await Promise.all([stop(), stop()]);
  assert.deepEqual(one.stopDate, two.stopDate);
  const { status, error, cause } = await describe(cloud, executionArn);
  assert.deepEqual([status, error, cause], ["ABORTED", "E", "because"]);
  // Recorded from AWS: LocalStack's snapshot of test_stop_execution.
  assert.deepEqual(await outline(cloud, executionArn), [
    "1<0 ExecutionStarted",
    "2<0 WaitStateEntered",
    "3<0 ExecutionAborted",
  ]);
});

test("An execution that runs longer than its machine allows is timed out, without an error of its own", async () => {
  await using cloud = sfnCloud();
  const { status, error, stopDate, startDate, executionArn } = await run(cloud, {
    ...waiting,
    TimeoutSeconds: 3,
  });
  // Recorded from AWS: floci-io/floci issue 2733.
  assert.deepEqual([status, error], ["TIMED_OUT", undefined]);
  assert.equal(stopDate!.getTime() - startDate!.getTime(), 3_000);
  const last = (await history(cloud, executionArn)).at(-1)!;
  assert.deepEqual(last.executionTimedOutEventDetails, { error: "States.Timeout" });
});

test("Executions are listed newest first, by status, a page at a time", async () => {
  await using cloud = sfnCloud();
  const arn = await makeMachine(cloud, waiting);
  for (const name of ["a", "b", "c"]) {
    await start(cloud, arn, {}, name);
    await clockOf(cloud).advance(1_000);
  }
  await cloud.call(caller, "sfn", "StopExecution", {
    executionArn: `${arn.replace("stateMachine", "execution")}:b`,
  });
  const list = (input: object = {}) =>
    cloud.call(caller, "sfn", "ListExecutions", { stateMachineArn: arn, ...input });
  const names = async (input?: object) => (await list(input)).executions!.map(({ name }) => name);
  assert.deepEqual(await names(), ["c", "b", "a"]);
  assert.deepEqual(await names({ statusFilter: "RUNNING" }), ["c", "a"]);
  const { nextToken } = await list({ maxResults: 2 });
  assert.deepEqual(await names({ nextToken }), ["a"]);
  await assert.rejects(list({ nextToken: "zzz" }), code("InvalidToken"));
});

test("A history is told forwards and backwards, in pages, with data or without", async () => {
  await using cloud = sfnCloud();
  const { executionArn } = await run(cloud, passing);
  const told = (input: object) =>
    cloud.call(caller, "sfn", "GetExecutionHistory", { executionArn, ...input });
  const ids = async (input: object) => (await told(input)).events!.map(({ id }) => id);
  assert.deepEqual(await ids({ reverseOrder: true }), [4, 3, 2, 1]);
  const { nextToken } = await told({ reverseOrder: true, maxResults: 3 });
  assert.deepEqual(await ids({ reverseOrder: true, nextToken }), [1]);
  const { events } = await told({ includeExecutionData: false });
  assert.deepEqual(events![2]!.stateExitedEventDetails, { name: "P" });
});

test("A loop without an end fails at the history's last event", async () => {
  await using cloud = sfnCloud();
  const { status, cause, executionArn } = await run(cloud, {
    StartAt: "A",
    States: {
      A: { Type: "Pass", Next: "B" },
      B: {
        Type: "Choice",
        Choices: [{ Variable: "$.over", IsPresent: true, Next: "C" }],
        Default: "A",
      },
      C: { Type: "Succeed" },
    },
  });
  assert.equal(status, "FAILED");
  assert.equal(cause, "The execution reached the maximum number of history events (25000).");
  const last = (await history(cloud, executionArn)).at(-1)!;
  assert.deepEqual([last.id, last.type], [25_000, "ExecutionFailed"]);
});

test("A redrive goes on from what failed: in a Parallel, from the branches that did not succeed", async () => {
  let broken = true;
  const calls: string[] = [];
  await using cloud = sfnCloud({
    functions: {
      good: () => calls.push("good") && "good",
      bad: () => {
        calls.push("bad");
        if (broken) throw new FunctionError("Broken", "as yet");
        return "mended";
      },
    },
  });
  const task = (name: string) => ({
    StartAt: name,
    States: { [name]: { Type: "Task", Resource: functionArn(name), End: true } },
  });
  const definition = {
    StartAt: "First",
    States: {
      First: { Type: "Pass", Next: "Both" },
      Both: { Type: "Parallel", Branches: [task("good"), task("bad")], End: true },
    },
  };
  const { executionArn, status, redriveStatus } = await run(cloud, definition);
  assert.deepEqual([status, redriveStatus], ["FAILED", "REDRIVABLE"]);
  broken = false;
  const redrive = () =>
    cloud.call(caller, "sfn", "RedriveExecution", { executionArn, clientToken: "t" });
  await Promise.all([redrive(), redrive()]);
  await settled(cloud);
  const redriven = await describe(cloud, executionArn);
  assert.equal(redriven.output, '["good","mended"]');
  assert.equal(redriven.redriveCount, 1);
  assert.deepEqual(calls, ["good", "bad", "bad"]);
  await assert.rejects(
    cloud.call(caller, "sfn", "RedriveExecution", { executionArn }),
    code("ExecutionNotRedrivable", "Execution is SUCCEEDED and cannot be redriven"),
  );
});

test("An Express execution answers who waits for it, and is nobody else's to see", async () => {
  await using cloud = sfnCloud();
  const arn = await makeMachine(cloud, passing, { type: "EXPRESS" });
  const answer = await cloud.call(caller, "sfn", "StartSyncExecution", {
    stateMachineArn: arn,
    name: "one",
  });
  assert.match(answer.executionArn!, /:express:machine:one:[0-9a-f-]{36}$/);
  assert.deepEqual([answer.status, answer.output], ["SUCCEEDED", "1"]);
  // Recorded from AWS: LocalStack's snapshot of test_express_sync.
  assert.deepEqual(answer.billingDetails, {
    billedMemoryUsedInMB: 64,
    billedDurationInMilliseconds: 100,
  });
  const executionArn = await start(cloud, arn);
  // Recorded from AWS: LocalStack's snapshot of test_start_async_describe_history_execution.
  await assert.rejects(
    describe(cloud, executionArn),
    code("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'"),
  );
  await assert.rejects(
    cloud.call(caller, "sfn", "ListExecutions", { stateMachineArn: arn }),
    code("StateMachineTypeNotSupported"),
  );
  const standard = await makeMachine(cloud, passing, { name: "standard" });
  await assert.rejects(
    cloud.call(caller, "sfn", "StartSyncExecution", { stateMachineArn: standard }),
    code("StateMachineTypeNotSupported"),
  );
});

test("What runs of a machine that is deleted is over at its next state, and then the machine is gone", async () => {
  await using cloud = sfnCloud();
  const stateMachineArn = await makeMachine(cloud, {
    StartAt: "W",
    States: {
      W: { Type: "Wait", Seconds: 100, Next: "P" },
      P: { Type: "Pass", End: true },
    },
  });
  const executionArn = await start(cloud, stateMachineArn);
  await clockOf(cloud).advance(1_000);
  await cloud.call(caller, "sfn", "DeleteStateMachine", { stateMachineArn });
  await clockOf(cloud).advance(1_000);
  assert.equal((await describe(cloud, executionArn)).status, "RUNNING");
  await assert.rejects(start(cloud, stateMachineArn), code("StateMachineDeleting"));
  await settled(cloud);
  assert.equal((await describe(cloud, executionArn)).status, "ABORTED");
  await assert.rejects(start(cloud, stateMachineArn), code("StateMachineDoesNotExist"));
});
