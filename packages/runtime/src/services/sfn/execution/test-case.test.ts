import assert from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { mocksOf } from "../task/mock/mocks.ts";
import {
  describe,
  functionArn,
  history,
  makeMachine,
  settled,
  sfnCloud,
  start,
} from "./testing.ts";

test("A test case answers functions by either kind of resource, a submitted task at once, and a distributed Map's children in turn", async () => {
  const directory = await mkdtemp(join(tmpdir(), "flyball-mocks-"));
  const file = join(directory, "mocks.json");
  await using cloud = sfnCloud();
  const each = { F: "Invoked", T: "Told", C: "Counted" };
  const first = { Return: { StatusCode: 200, Payload: "first" } };
  await writeFile(
    file,
    JSON.stringify({
      StateMachines: { mocked: { TestCases: { One: each } } },
      MockedResponses: {
        Invoked: { "0": first },
        Told: { "0": { Return: "told" } },
        Counted: { "0": first, "1": { Return: "second" } },
      },
    }),
  );
  mocksOf(cloud).use(file);
  const task = { Type: "Task", Resource: functionArn("f"), ResultPath: "$.result", End: true };
  const tell = {
    Type: "Task",
    Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    Parameters: { QueueUrl: "https://queue", MessageBody: { "Token.$": "$$.Task.Token" } },
  };
  const map = {
    Type: "Map",
    ItemsPath: "$.items",
    MaxConcurrency: 1,
    ItemProcessor: {
      ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
      StartAt: "C",
      States: { C: { Type: "Task", Resource: functionArn("f"), End: true } },
    },
    End: true,
  };
  const { End: _end, ...invoke } = task;
  const states = {
    F: { ...invoke, Next: "T" },
    T: { ...tell, ResultPath: null, Next: "M" },
    M: map,
  };
  const arn = await makeMachine(cloud, { StartAt: "F", States: states }, { name: "mocked" });
  const executionArn = await start(cloud, `${arn}#One`, { items: [1, 2] });
  await settled(cloud);
  assert.equal((await describe(cloud, executionArn)).output, '["first","second"]');
  const events = await history(cloud, executionArn);
  assert.equal(events[5]?.stateExitedEventDetails?.output, '{"items":[1,2],"result":"first"}');
  const types = events.map(({ type }) => type);
  const at = types.indexOf("TaskSubmitted");
  assert.equal(types[at + 1], "TaskSucceeded");
  await rm(directory, { recursive: true });
});
