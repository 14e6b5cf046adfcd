import assert from "node:assert";
import { test } from "node:test";
import { DATA_BYTES_MAX } from "../../../states-language/size.ts";
import { serviceError, TaskWorld } from "./testing.ts";

/** Recorded answers: the tests that are named, in tests/aws/services/stepfunctions/v2 of localstack/localstack. */

const FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:charge";
const INVOKE = "arn:aws:states:::lambda:invoke";

function returned(payload: string, more: object = {}) {
  return {
    StatusCode: 200,
    ExecutedVersion: "$LATEST",
    Payload: Buffer.from(payload),
    ...more,
  };
}

function eventOf(world: TaskWorld): string {
  const { Payload } = world.asked as { Payload: Uint8Array };
  return Buffer.from(Payload).toString();
}

test("A function that is the resource gets the input as its event, and its result is the state's", async () => {
  await using world = new TaskWorld();
  for (const event of [{ a: [1, null] }, "text", 0, null]) {
    world.answers.Invoke = returned('{"paid":true}');
    assert.deepEqual(await world.perform(`${FUNCTION}:live`, event), { paid: true });
    assert.deepEqual(JSON.parse(eventOf(world)), event);
    assert.deepEqual((world.asked as { FunctionName: string }).FunctionName, `${FUNCTION}:live`);
  }
});

test("A function that is invoked by its service gets the payload, text as it is, and its result is JSON (test_invoke_json_values)", async () => {
  await using world = new TaskWorld();
  const payloads: [payload: string | object | null, event: string, result: unknown][] = [
    [{ Hello: "World" }, '{"Hello":"World"}', { Hello: "World" }],
    ['"HelloWorld"', '"HelloWorld"', "HelloWorld"],
    ["null", "null", null],
    ["0.0", "0.0", 0],
    [[], "[]", []],
  ];
  for (const [payload, event, result] of payloads) {
    world.answers.Invoke = returned(event);
    const parameters = { FunctionName: "charge", Payload: payload as never };
    assert.deepEqual(await world.result(INVOKE, parameters), {
      ExecutedVersion: "$LATEST",
      Payload: result,
      StatusCode: 200,
    });
    assert.equal(eventOf(world), event);
  }
  world.answers.Invoke = returned("{}");
  await world.perform(INVOKE, { FunctionName: "charge", Payload: null });
  assert.deepEqual(world.asked, { FunctionName: "charge" });
});

test("The metadata of an invocation tells the version and the payload's length", async () => {
  await using world = new TaskWorld();
  world.answers.Invoke = returned('"HelloWorld!"');
  const { SdkHttpMetadata } = (await world.perform(INVOKE, { FunctionName: "f" })) as {
    SdkHttpMetadata: { HttpHeaders: Record<string, string> };
  };
  const { HttpHeaders } = SdkHttpMetadata;
  assert.equal(HttpHeaders["X-Amz-Executed-Version"], "$LATEST");
  assert.equal(HttpHeaders["Content-Length"], "13");
  assert.equal(HttpHeaders["Content-Type"], "application/json");
});

test("An event that is queued has no payload to show", async () => {
  await using world = new TaskWorld();
  world.answers.Invoke = { StatusCode: 202 };
  const parameters = { FunctionName: "f", InvocationType: "Event", Payload: {} };
  assert.deepEqual(await world.result(INVOKE, parameters), { StatusCode: 202 });
});

test("A function's own error is the state's: its type, and all that it told (test_raise_exception)", async () => {
  await using world = new TaskWorld();
  const payload =
    '{"errorMessage":"Some exception was raised.", "errorType":"Exception", "requestId":"1", "stackTrace":["  File"]}';
  world.answers.Invoke = returned(payload, { FunctionError: "Unhandled" });
  for (const [resource, parameters] of [
    [FUNCTION, {}],
    [INVOKE, { FunctionName: "f" }],
    [`${INVOKE}.waitForTaskToken`, { FunctionName: "f" }],
  ] as const) {
    const { error, cause } = await world.failure(resource, parameters);
    assert.equal(error, "Exception");
    // The service's integration writes what was told anew, without blanks (test_raise_exception_catch).
    assert.equal(cause, resource === FUNCTION ? payload : payload.replaceAll(", ", ","));
  }
});

test("A function that ran out of time is caught as Sandbox.Timedout, or, where it told no type, as Lambda.Unknown", async () => {
  await using world = new TaskWorld();
  const timedOut =
    '{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 1 Error: Task timed out after 3.00 seconds"}';
  world.answers.Invoke = returned(timedOut, { FunctionError: "Unhandled" });
  assert.equal((await world.failure(FUNCTION, {})).error, "Sandbox.Timedout");
  const untyped = '{"errorMessage":"2026-01-02T03:04:05.678Z 1 Task timed out after 3.00 seconds"}';
  world.answers.Invoke = returned(untyped, { FunctionError: "Unhandled" });
  const { error, cause } = await world.failure(FUNCTION, {});
  assert.equal(error, "Lambda.Unknown");
  assert.equal(
    cause,
    `The cause could not be determined because Lambda did not return an error type. Returned payload: ${untyped}`,
  );
});

test("A function that is throttled, or that there is not, fails with Lambda's error, however it is named (test_no_such_function)", async () => {
  await using world = new TaskWorld();
  world.answers.Invoke = serviceError("TooManyRequestsException", "Rate Exceeded.");
  for (const resource of [FUNCTION, INVOKE]) {
    const { error, cause } = await world.failure(resource, { FunctionName: "f" });
    assert.equal(error, "Lambda.TooManyRequestsException");
    assert.match(
      cause,
      /^Rate Exceeded\. \(Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; Request ID: [-\w]+; Proxy: null\)$/,
    );
  }
});

test("A function of another account is invoked there", async () => {
  await using world = new TaskWorld();
  world.answers.Invoke = returned("{}");
  const foreign = FUNCTION.replace("123456789012", "210987654321");
  await world.perform(foreign, {});
  await world.perform(INVOKE, { FunctionName: foreign });
  await world.perform(INVOKE, { FunctionName: "charge" });
  assert.deepEqual(
    world.calls.map(({ caller }) => caller.account),
    ["210987654321", "210987654321", "123456789012"],
  );
});

test("A result above 256 KiB is refused under the function's ARN, or the service's name (test_task_lambda_data_limit_exceeded_on_large_utf8_response)", async () => {
  await using world = new TaskWorld();
  const largest = JSON.stringify("a".repeat(DATA_BYTES_MAX - 2));
  world.answers.Invoke = returned(largest);
  assert.equal(await world.perform(FUNCTION, {}), JSON.parse(largest));
  assert.match((await world.failure(INVOKE, { FunctionName: "f" })).cause, /state\/task 'lambda'/);
  world.answers.Invoke = returned(`"a${largest.slice(1)}`);
  const { error, cause } = await world.failure(FUNCTION, {});
  assert.equal(error, "States.DataLimitExceeded");
  assert.match(cause, new RegExp(`state/task '${FUNCTION}' returned a result`));
});
