import assert from "node:assert/strict";
import { test } from "node:test";
import { caller, machinesCloud, passDefinition } from "./testing.ts";

// AWS's answers: test_sfn_api_validation.snapshot.json of localstack/localstack, which was recorded from AWS; the
// parameters: API reference, ValidateStateMachineDefinition.

function validate(input: object) {
  return async () => {
    await using cloud = machinesCloud();
    return cloud.call(caller, "sfn", "ValidateStateMachineDefinition", {
      definition: passDefinition(),
      ...input,
    });
  };
}

test("a definition without faults is OK", async () => {
  assert.deepEqual(await validate({})(), { result: "OK", diagnostics: [], truncated: false });
});

test("faults are told with their place", async () => {
  assert.deepEqual(await validate({ definition: "{}" })(), {
    result: "FAIL",
    diagnostics: [
      {
        severity: "ERROR",
        code: "SCHEMA_VALIDATION_FAILED",
        message: "These fields are required: [States, StartAt]",
        location: "/",
      },
    ],
    truncated: false,
  });
  const { diagnostics } = await validate({ definition: "not a definition" })();
  assert.deepEqual(diagnostics, [
    {
      severity: "ERROR",
      code: "INVALID_JSON_DESCRIPTION",
      message:
        "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: (String)\"not a definition\"; line: 1, column: 4]",
      location: '[Source: (String)"not a definition"; line: 1, column: 4]',
    },
  ]);
});

test("what only Standard machines can do is a fault of an Express one", async () => {
  const definition = JSON.stringify({
    StartAt: "Send",
    States: {
      Send: {
        Type: "Task",
        Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        Parameters: { QueueUrl: "https://queue", "MessageBody.$": "$$.Task.Token" },
        End: true,
      },
    },
  });
  assert.equal((await validate({ definition })()).result, "OK");
  const { result, diagnostics } = await validate({ definition, type: "EXPRESS" })();
  assert.equal(result, "FAIL");
  assert.equal(diagnostics?.[0]?.location, "/States/Send/Resource");
});

test("warnings are told to who wants them, and leave the result OK", async () => {
  const definition = JSON.stringify({
    StartAt: "Only",
    States: { Only: { Type: "Pass", Parameters: { name: "$.name" }, End: true } },
  });
  assert.deepEqual(await validate({ definition })(), {
    result: "OK",
    diagnostics: [],
    truncated: false,
  });
  const { result, diagnostics } = await validate({ definition, severity: "WARNING" })();
  assert.equal(result, "OK");
  assert.deepEqual(
    diagnostics?.map(({ severity, code }) => [severity, code]),
    [["WARNING", "NO_DOLLAR"]],
  );
});

test("what does not fit into the answer is cut off, and that is told", async () => {
  const definition = JSON.stringify({ StartAt: 1, States: [], TimeoutSeconds: "soon" });
  const all = await validate({ definition, maxResults: 0 })();
  assert(all.diagnostics!.length > 1 && !all.truncated);
  const some = await validate({ definition, maxResults: 1 })();
  assert.deepEqual(some, {
    result: "FAIL",
    diagnostics: all.diagnostics!.slice(0, 1),
    truncated: true,
  });
});

test("the parameters are checked", async () => {
  for (const wrong of [{ maxResults: 101 }, { severity: "INFO" }, { type: "FAST" }])
    await assert.rejects(validate(wrong), { code: "ValidationException" });
});
