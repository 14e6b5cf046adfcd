import assert from "node:assert";
import { test } from "node:test";
import {
  caller,
  clockOf,
  describe,
  FunctionError,
  functionArn,
  makeMachine,
  outline,
  run,
  settled,
  sfnCloud,
  start,
} from "../testing.ts";

function distributed(fields: object, executionType = "STANDARD") {
  return {
    StartAt: "Each",
    States: {
      Each: {
        Type: "Map",
        Label: "Each",
        ItemProcessor: {
          ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: executionType },
          StartAt: "Work",
          States: { Work: { Type: "Task", Resource: functionArn("work"), End: true } },
        },
        End: true,
        ...fields,
      },
    },
  };
}

const functions = {
  work: (payload: unknown) => {
    if (payload === "bad") throw new FunctionError("Bad", "no good");
    return `${JSON.stringify(payload)}!`;
  },
};

for (const type of ["STANDARD", "EXPRESS"])
  test(`A distributed Map runs its items as ${type} executions of their own`, async () => {
    await using cloud = sfnCloud({ functions });
    const { executionArn, output } = await run(
      cloud,
      distributed({ MaxConcurrency: 2 }, type),
      [1, 2, 3],
    );
    assert.equal(output, '["1!","2!","3!"]');
    // Recorded from AWS since November 2024: LocalStack's snapshot of test_map_state_nested_config_distributed.
    assert.deepEqual(await outline(cloud, executionArn), [
      "1<0 ExecutionStarted",
      "2<0 MapStateEntered",
      "3<2 MapStateStarted",
      "4<3 MapRunStarted",
      "5<4 MapRunSucceeded",
      "6<5 MapStateSucceeded",
      "7<4 MapStateExited",
      "8<7 ExecutionSucceeded",
    ]);
    const { mapRuns } = await cloud.call(caller, "sfn", "ListMapRuns", { executionArn });
    assert.equal(mapRuns!.length, 1);
    const { mapRunArn } = mapRuns![0]!;
    assert.match(mapRunArn!, /:mapRun:machine-\d+\/Each:[0-9a-f-]{36}$/);
    const mapRun = await cloud.call(caller, "sfn", "DescribeMapRun", { mapRunArn });
    assert.equal(mapRun.status, "SUCCEEDED");
    assert.equal(mapRun.executionCounts!.succeeded, 3);
    assert.equal(mapRun.itemCounts!.total, 3);
    const { executions } = await cloud.call(caller, "sfn", "ListExecutions", { mapRunArn });
    assert.deepEqual(
      executions!.map(({ status, itemCount }) => [status, itemCount]),
      [
        ["SUCCEEDED", 1],
        ["SUCCEEDED", 1],
        ["SUCCEEDED", 1],
      ],
    );
    const child = await describe(cloud, executions![0]!.executionArn!);
    assert.equal(child.mapRunArn, mapRunArn);
  });

test("A distributed Map takes as many failures as it tolerates, and fails with one more", async () => {
  await using cloud = sfnCloud({ functions });
  const items = ["good", "bad", "good", "bad"];
  const enough = await run(cloud, distributed({ ToleratedFailureCount: 2 }), items);
  assert.equal(enough.output, '["\\"good\\"!","\\"good\\"!"]');
  const percentage = await run(cloud, distributed({ ToleratedFailurePercentage: 50 }), items);
  assert.equal(percentage.status, "SUCCEEDED");
  const few = await run(cloud, distributed({ ToleratedFailureCount: 1 }), items);
  assert.equal(few.status, "FAILED");
  assert.equal(few.error, "States.ExceedToleratedFailureThreshold");
  assert.deepEqual((await outline(cloud, few.executionArn)).slice(3), [
    "4<3 MapRunStarted",
    "5<4 MapRunFailed",
    "6<5 MapStateFailed",
    "7<6 ExecutionFailed",
  ]);
});

test("An ItemBatcher gives each child as many items as it may", async () => {
  await using cloud = sfnCloud({ functions });
  const { output } = await run(
    cloud,
    distributed({
      ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { "all.$": "$.length" } },
      ItemsPath: "$.items",
    }),
    { length: 3, items: [1, 2, 3] },
  );
  assert.deepEqual(JSON.parse(output!), [
    '{"BatchInput":{"all":3},"Items":[1,2]}!',
    '{"BatchInput":{"all":3},"Items":[3]}!',
  ]);
});

test("Stopping an execution stops its map run and the children", async () => {
  await using cloud = sfnCloud();
  const definition = distributed({});
  Object.assign(definition.States.Each.ItemProcessor.States, {
    Work: { Type: "Wait", Seconds: 1000, End: true },
  });
  const executionArn = await start(cloud, await makeMachine(cloud, definition), [1, 2]);
  await clockOf(cloud).advance(1_000);
  await cloud.call(caller, "sfn", "StopExecution", { executionArn });
  await clockOf(cloud).advance(1_000);
  const { mapRuns } = await cloud.call(caller, "sfn", "ListMapRuns", { executionArn });
  const { mapRunArn } = mapRuns![0]!;
  const mapRun = await cloud.call(caller, "sfn", "DescribeMapRun", { mapRunArn });
  assert.equal(mapRun.status, "ABORTED");
  assert.equal(mapRun.executionCounts!.aborted, 2);
});

test("A redrive runs the children again that had failed, and no others", async () => {
  const calls: unknown[] = [];
  let broken = true;
  await using cloud = sfnCloud({
    functions: {
      work: (payload) => {
        calls.push(payload);
        if (payload === "bad" && broken) throw new FunctionError("Bad", "no good");
        return payload;
      },
    },
  });
  const { executionArn, status } = await run(cloud, distributed({ MaxConcurrency: 1 }), [
    "good",
    "bad",
    "later",
  ]);
  assert.equal(status, "FAILED");
  broken = false;
  await cloud.call(caller, "sfn", "RedriveExecution", { executionArn });
  await settled(cloud);
  const redriven = await describe(cloud, executionArn);
  assert.equal(redriven.output, '["good","bad","later"]');
  assert.deepEqual(calls, ["good", "bad", "bad", "later"]);
  assert.deepEqual((await outline(cloud, executionArn)).slice(6), [
    "7<6 ExecutionFailed",
    "8<0 ExecutionRedriven",
    "9<6 MapRunRedriven",
    "10<9 MapRunSucceeded",
    "11<10 MapStateSucceeded",
    "12<9 MapStateExited",
    "13<12 ExecutionSucceeded",
  ]);
});
