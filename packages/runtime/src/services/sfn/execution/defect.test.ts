import assert from "node:assert";
import { test } from "node:test";
import {
  caller,
  describe,
  FunctionError,
  functionArn,
  history,
  makeMachine,
  run,
  sfnCloud,
  start,
} from "./testing.ts";

test("Data that nests too deep is refused where it comes in, and fails an execution where it comes about", async () => {
  const deep = "[".repeat(1_001) + "]".repeat(1_001);
  await using cloud = sfnCloud({ functions: { f: () => JSON.parse(deep) } });
  const task = { Type: "Task", Resource: functionArn("f"), End: true };
  const definition = { StartAt: "A", States: { A: task } };
  const stateMachineArn = await makeMachine(cloud, definition);
  const refusal =
    /^Invalid State Machine Execution Input: 'Document nesting depth \(1001\) exceeds/;
  await assert.rejects(
    cloud.call(caller, "sfn", "StartExecution", { stateMachineArn, input: deep }),
    { code: "InvalidExecutionInput", message: refusal },
  );
  await start(cloud, stateMachineArn, JSON.parse(deep.slice(1, -1)));
  const { status, error, cause } = await run(cloud, definition);
  assert.deepEqual([status, error], ["FAILED", "States.Runtime"]);
  assert.match(cause ?? "", /^Document nesting depth \(1001\) exceeds the maximum allowed \(1000/);
});

test("What the store cannot keep ends its execution, and is told as a defect", async () => {
  await using cloud = sfnCloud();
  const defects: unknown[] = [];
  cloud.notices.removeAllListeners("defect");
  cloud.notices.on("defect", (error) => defects.push(error));
  const nest = "{% $reduce([1..9999], function($inner, $_) {[[$inner]]}, 1) %}";
  const { status, error } = await run(cloud, {
    QueryLanguage: "JSONata",
    StartAt: "A",
    States: {
      A: { Type: "Parallel", Arguments: nest, Branches: [passing("B")], End: true },
    },
  });
  assert.deepEqual([status, error], ["FAILED", "States.Runtime"]);
  assert.ok(defects.length > 0);
});

function passing(name: string) {
  return { StartAt: name, States: { [name]: { Type: "Pass", End: true } } };
}

test("What cannot be gone on with ends its execution, and is told as a defect", async (context) => {
  context.mock.method(Math, "random", () => {
    throw new Error("broken");
  });
  await using cloud = sfnCloud({
    functions: {
      f: () => {
        throw new FunctionError("Error", "failed");
      },
    },
  });
  const defects: unknown[] = [];
  cloud.notices.removeAllListeners("defect");
  cloud.notices.on("defect", (error) => defects.push(error));
  const retry = { ErrorEquals: ["States.ALL"], JitterStrategy: "FULL" };
  const { status, error, cause, executionArn } = await run(cloud, {
    StartAt: "A",
    States: { A: { Type: "Task", Resource: functionArn("f"), Retry: [retry], End: true } },
  });
  assert.deepEqual(
    [status, error, cause],
    ["FAILED", "States.Runtime", "Flyball failed: Error: broken"],
  );
  assert.equal(defects.length, 1);
  assert.equal((await history(cloud, executionArn)).at(-1)?.type, "ExecutionFailed");
  assert.equal((await describe(cloud, executionArn)).stopDate instanceof Date, true);
});
