import assert from "node:assert";
import { test } from "node:test";
import type { Caller } from "../../../call.ts";
import {
  caller,
  describe,
  functionArn,
  makeMachine,
  roleArn,
  settled,
  sfnCloud,
} from "./testing.ts";

test("The chain of requests that started an execution goes on through its tasks, as the machine's role", async () => {
  const callers: Caller[] = [];
  await using cloud = sfnCloud({
    functions: {
      f: (_payload, call) => {
        callers.push(call.caller);
        return 1;
      },
    },
  });
  const task = { Type: "Task", Resource: functionArn("f"), End: true };
  const inner = await makeMachine(cloud, { StartAt: "A", States: { A: task } }, { name: "inner" });
  const outer = await makeMachine(
    cloud,
    {
      StartAt: "B",
      States: {
        B: {
          Type: "Task",
          Resource: "arn:aws:states:::states:startExecution",
          Parameters: { StateMachineArn: inner },
          End: true,
        },
      },
    },
    { name: "outer" },
  );
  const traceHeader = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
  const { executionArn } = await cloud.call({ ...caller, traceHeader }, "sfn", "StartExecution", {
    stateMachineArn: outer,
  });
  await settled(cloud);
  assert.match(callers[0]!.traceHeader!, /^Root=1-5759e988-bd862e3fe1be46a994272793;/);
  assert.equal(callers[0]!.principal, roleArn);
  assert.equal(callers[0]!.source, inner);
  // It is told only of a chain that the starter's input named.
  assert.equal((await describe(cloud, executionArn!)).traceHeader, undefined);
});
