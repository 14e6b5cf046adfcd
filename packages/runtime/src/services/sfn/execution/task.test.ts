import assert from "node:assert";
import { test } from "node:test";
import { isServiceError } from "../../../errors.ts";
import { defineService } from "../../../service.ts";
import {
  caller,
  clockOf,
  describe,
  functionArn,
  history,
  makeMachine,
  outline,
  run,
  settled,
  sfnCloud,
  start,
} from "./testing.ts";

/** A queue that only remembers what was sent. */
function fakeQueue() {
  const sent: { TaskToken: string }[] = [];
  const service = defineService({
    name: "sqs",
    operations: {
      SendMessage: (_call, { MessageBody }) => {
        sent.push(JSON.parse(MessageBody ?? "{}"));
        return { MessageId: "1", MD5OfMessageBody: "0" };
      },
    },
  });
  return { sent, service };
}

function waitingForToken(fields: object = {}) {
  return {
    StartAt: "Ask",
    States: {
      Ask: {
        Type: "Task",
        Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        Parameters: {
          QueueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/q",
          MessageBody: { "TaskToken.$": "$$.Task.Token" },
        },
        End: true,
        ...fields,
      },
    },
  };
}

test("A task that waits for its token ends with what the worker says, once", async () => {
  const { sent, service } = fakeQueue();
  await using cloud = sfnCloud({ services: [service] });
  const executionArn = await start(cloud, await makeMachine(cloud, waitingForToken()));
  await settled(cloud);
  const { TaskToken: taskToken } = sent[0]!;
  const both = await Promise.allSettled([
    cloud.call(caller, "sfn", "SendTaskSuccess", { taskToken, output: '"one"' }),
    cloud.call(caller, "sfn", "SendTaskSuccess", { taskToken, output: '"two"' }),
  ]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  assert.ok(
    isServiceError((both[1] as PromiseRejectedResult).reason, "TaskTimedOut"),
    "the second one came too late",
  );
  await settled(cloud);
  assert.equal((await describe(cloud, executionArn)).output, '"one"');
  // Recorded from AWS: LocalStack's snapshot of test_sqs_wait_for_task_token.
  assert.deepEqual(await outline(cloud, executionArn), [
    "1<0 ExecutionStarted",
    "2<0 TaskStateEntered",
    "3<2 TaskScheduled",
    "4<3 TaskStarted",
    "5<4 TaskSubmitted",
    "6<5 TaskSucceeded",
    "7<6 TaskStateExited",
    "8<7 ExecutionSucceeded",
  ]);
});

test("A worker's failure without error and cause is caught as nulls", async () => {
  const { sent, service } = fakeQueue();
  await using cloud = sfnCloud({ services: [service] });
  const definition = waitingForToken({
    Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.e", Next: "Caught" }],
  });
  Object.assign(definition.States, { Caught: { Type: "Pass", End: true } });
  const executionArn = await start(cloud, await makeMachine(cloud, definition));
  await settled(cloud);
  await cloud.call(caller, "sfn", "SendTaskFailure", { taskToken: sent[0]!.TaskToken });
  await settled(cloud);
  // Recorded from AWS: LocalStack's snapshot of test_sqs_failure_in_wait_for_task_tok_no_error_field.
  const { output } = await describe(cloud, executionArn);
  assert.equal(output, '{"e":{"Error":null,"Cause":null}}');
});

test("A heartbeat keeps a task alive; one that stays out is a timeout, which is retried as States.HeartbeatTimeout", async () => {
  const { sent, service } = fakeQueue();
  await using cloud = sfnCloud({ services: [service] });
  const definition = waitingForToken({
    HeartbeatSeconds: 10,
    Retry: [{ ErrorEquals: ["States.HeartbeatTimeout"], MaxAttempts: 1, IntervalSeconds: 1 }],
  });
  const executionArn = await start(cloud, await makeMachine(cloud, definition));
  await clockOf(cloud).advance(8_000);
  await cloud.call(caller, "sfn", "SendTaskHeartbeat", { taskToken: sent[0]!.TaskToken });
  await clockOf(cloud).advance(8_000);
  assert.equal((await describe(cloud, executionArn)).status, "RUNNING");
  assert.equal(sent.length, 1);
  await clockOf(cloud).advance(4_000);
  assert.equal(sent.length, 2);
  assert.notEqual(sent[1]!.TaskToken, sent[0]!.TaskToken);
  await settled(cloud);
  const { status, error } = await describe(cloud, executionArn);
  assert.deepEqual([status, error], ["FAILED", "States.Timeout"]);
});

test("A task that takes too long times out, and a late answer changes nothing", async () => {
  await using cloud = sfnCloud({
    functions: {
      slow: async (_payload, { cloud }) => {
        await new Promise<void>((resolve) =>
          cloud.clock.setTimer(cloud.clock.now() + 60_000, resolve),
        );
        return "late";
      },
    },
  });
  const { status, error, cause, executionArn } = await run(cloud, {
    StartAt: "Work",
    States: {
      Work: { Type: "Task", Resource: functionArn("slow"), TimeoutSeconds: 5, End: true },
    },
  });
  assert.deepEqual([status, error, cause], ["FAILED", "States.Timeout", undefined]);
  assert.deepEqual((await outline(cloud, executionArn)).slice(-2), [
    "5<4 LambdaFunctionTimedOut",
    "6<5 ExecutionFailed",
  ]);
});

test("Workers get an activity's tasks in their order, and wait for one up to a minute", async () => {
  await using cloud = sfnCloud();
  const { activityArn } = await cloud.call(caller, "sfn", "CreateActivity", { name: "work" });
  const poll = () =>
    cloud.call(caller, "sfn", "GetActivityTask", { activityArn, workerName: "me" });
  const waiting = poll();
  await clockOf(cloud).advance(61_000);
  assert.equal((await waiting).taskToken, undefined);
  const machineArn = await makeMachine(cloud, {
    StartAt: "Work",
    States: { Work: { Type: "Task", Resource: activityArn, End: true } },
  });
  const early = poll();
  const executionArn = await start(cloud, machineArn, 1);
  await clockOf(cloud).advance(1);
  assert.equal((await early).input, "1");
  await start(cloud, machineArn, 2);
  await clockOf(cloud).advance(1);
  await start(cloud, machineArn, 3);
  await clockOf(cloud).advance(1);
  assert.deepEqual([(await poll()).input, (await poll()).input], ["2", "3"]);
  const { taskToken } = await early;
  await cloud.call(caller, "sfn", "SendTaskSuccess", {
    taskToken: taskToken!,
    output: '"done"',
  });
  assert.equal((await describe(cloud, executionArn)).output, '"done"');
  // Recorded from AWS: LocalStack's snapshot of test_activity_task.
  assert.deepEqual(await outline(cloud, executionArn), [
    "1<0 ExecutionStarted",
    "2<0 TaskStateEntered",
    "3<2 ActivityScheduled",
    "4<3 ActivityStarted",
    "5<4 ActivitySucceeded",
    "6<5 TaskStateExited",
    "7<6 ExecutionSucceeded",
  ]);
});

test("A task that waits for a child execution ends with it, and stops it when it is stopped itself", async () => {
  await using cloud = sfnCloud();
  const child = await makeMachine(
    cloud,
    { StartAt: "W", States: { W: { Type: "Wait", Seconds: 60, End: true } } },
    { name: "child" },
  );
  const parent = await makeMachine(cloud, {
    StartAt: "Call",
    States: {
      Call: {
        Type: "Task",
        Resource: "arn:aws:states:::states:startExecution.sync:2",
        Parameters: { StateMachineArn: child, Input: { a: 1 } },
        OutputPath: "$.Output",
        End: true,
      },
    },
  });
  const first = await start(cloud, parent);
  await settled(cloud);
  assert.equal((await describe(cloud, first)).output, '{"a":1}');
  const second = await start(cloud, parent);
  await clockOf(cloud).advance(1_000);
  await cloud.call(caller, "sfn", "StopExecution", { executionArn: second, error: "Enough" });
  await settled(cloud);
  const children = await cloud.call(caller, "sfn", "ListExecutions", { stateMachineArn: child });
  assert.deepEqual(
    children.executions!.map(({ status }) => status),
    ["ABORTED", "SUCCEEDED"],
  );
  const events = await history(cloud, second);
  assert.deepEqual(events.at(-1)!.executionAbortedEventDetails, { error: "Enough" });
});
