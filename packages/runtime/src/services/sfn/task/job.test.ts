import assert from "node:assert";
import { test } from "node:test";
import { StatesError } from "../../../states-language/states-error.ts";
import { integrationOf, type ServiceIntegration } from "./integration.ts";
import { awaitJob, executionEnded, stopJob } from "./job.ts";
import { CALLER, serviceError, TaskWorld } from "./testing.ts";

/** Recorded answers: tests/aws/services/stepfunctions/v2/callback/test_callback of localstack/localstack. */

const CHILD = "arn:aws:states:us-east-1:123456789012:execution:Child:run-1";
const START = new Date("2026-01-02T03:04:05.678Z");
const STOP = new Date("2026-01-02T03:04:06Z");
const SUBMITTED = { ExecutionArn: CHILD, StartDate: START.getTime() };

const RUNNING = {
  executionArn: CHILD,
  stateMachineArn: "m",
  name: "run-1",
  status: "RUNNING",
  startDate: START,
  input: '{"a":1}',
  inputDetails: { included: true },
};
const SUCCEEDED = {
  ...RUNNING,
  status: "SUCCEEDED",
  stopDate: STOP,
  output: '{"Arg1":"argument1"}',
  outputDetails: { included: true },
};
const DESCRIBED = {
  ExecutionArn: CHILD,
  Input: '{"a":1}',
  InputDetails: { Included: true },
  Name: "run-1",
  StartDate: START.getTime(),
  StateMachineArn: "m",
};

function integration(pattern: string): ServiceIntegration {
  return integrationOf(`arn:aws:states:::states:startExecution.${pattern}`) as ServiceIntegration;
}

function awaited({ cloud }: TaskWorld, pattern: string, signal = cloud.stopping) {
  return awaitJob(cloud, CALLER, integration(pattern), SUBMITTED, signal);
}

test("A child that has succeeded is told with its output as text (test_start_execution_sync), or as JSON (test_start_execution_sync2)", async () => {
  await using world = new TaskWorld();
  world.answers.DescribeExecution = SUCCEEDED;
  const told = {
    ...DESCRIBED,
    Output: '{"Arg1":"argument1"}',
    OutputDetails: { Included: true },
    Status: "SUCCEEDED",
    StopDate: STOP.getTime(),
  };
  assert.deepEqual(await awaited(world, "sync"), told);
  assert.deepEqual(await awaited(world, "sync:2"), {
    ...told,
    Input: { a: 1 },
    Output: { Arg1: "argument1" },
  });
});

test("A child that did not succeed fails the task, with its description as the cause (test_start_execution_sync_delegate_failure)", async () => {
  for (const status of ["FAILED", "TIMED_OUT", "ABORTED"]) {
    await using world = new TaskWorld();
    const ended = { ...RUNNING, status, stopDate: STOP, error: "SomeFailure", cause: "why" };
    world.answers.DescribeExecution = ended;
    await assert.rejects(awaited(world, "sync"), (failure: unknown) => {
      assert(failure instanceof StatesError);
      assert.equal(failure.error, "States.TaskFailed");
      assert.equal(
        failure.cause,
        JSON.stringify({
          Cause: "why",
          Error: "SomeFailure",
          ...DESCRIBED,
          Status: status,
          StopDate: STOP.getTime(),
        }),
      );
      return true;
    });
  }
});

test("A child that runs is waited for, without asking again before it has ended", async () => {
  await using world = new TaskWorld();
  world.answers.DescribeExecution = RUNNING;
  const waiting = awaited(world, "sync:2");
  await new Promise((resolve) => setImmediate(resolve));
  world.cloud.wakes.wake(executionEnded("arn:of:another"));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(world.calls.length, 1);
  world.answers.DescribeExecution = SUCCEEDED;
  world.cloud.wakes.wake(executionEnded(CHILD));
  assert.equal(((await waiting) as { Status: string }).Status, "SUCCEEDED");
  assert.equal(world.calls.length, 2);
});

test("A child that ends while it is being asked about is not missed", async () => {
  await using world = new TaskWorld();
  world.answers.DescribeExecution = new Promise((resolve) =>
    setImmediate(() => {
      world.answers.DescribeExecution = SUCCEEDED;
      world.cloud.wakes.wake(executionEnded(CHILD));
      resolve(RUNNING);
    }),
  );
  assert.equal(((await awaited(world, "sync")) as { Status: string }).Status, "SUCCEEDED");
});

test("Who no longer waits gets the signal's reason", async () => {
  await using world = new TaskWorld();
  world.answers.DescribeExecution = RUNNING;
  const over = new AbortController();
  const waiting = awaited(world, "sync", over.signal);
  const reason = new Error("over");
  setImmediate(() => over.abort(reason));
  await assert.rejects(waiting, (error) => error === reason);
});

test("A child is stopped with its task; one that is gone is none to stop", async () => {
  await using world = new TaskWorld();
  await stopJob(world.cloud, CALLER, integration("sync"), SUBMITTED);
  assert.deepEqual(world.asked, { executionArn: CHILD });
  world.answers.StopExecution = serviceError("ExecutionDoesNotExist", "gone");
  await stopJob(world.cloud, CALLER, integration("sync"), SUBMITTED);
});
