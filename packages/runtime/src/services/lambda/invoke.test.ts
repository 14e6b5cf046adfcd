import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { ServiceError } from "../../errors.ts";
import { requestPayload } from "./payload.ts";
import { answer, arn, CALLER, createWorld, error, failure, functionInput } from "./testing.ts";

/** A header whose chain the function is not allowed to go on in, made by running it until it is stopped. */
async function loop(world: ReturnType<typeof createWorld>, name: string): Promise<number> {
  let header: string | undefined;
  for (let runs = 0; runs < 100; runs += 1) {
    const caller = { ...CALLER, ...(header === undefined ? {} : { traceHeader: header }) };
    try {
      await world.call("Invoke", { FunctionName: name }, caller);
    } catch (refusal) {
      assert.ok(refusal instanceof ServiceError);
      assert.equal(refusal.code, "RecursiveInvocationException");
      return runs;
    }
    header = world.ran.at(-1)?.invocation.traceHeader;
  }
  return Number.POSITIVE_INFINITY;
}

test("a synchronous invocation answers with the function's payload, version and log", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f", { Publish: true }));
  world.does = ({ payload }) => answer({ got: JSON.parse(Buffer.from(payload).toString()) });
  const out = await world.call("Invoke", {
    FunctionName: "f:1",
    Payload: Buffer.from('{"a":1}'),
    LogType: "Tail",
    ClientContext: Buffer.from('{"client":{}}').toString("base64"),
  });
  assert.deepEqual(
    [
      out.StatusCode,
      out.ExecutedVersion,
      out.FunctionError,
      Buffer.from(out.Payload ?? "").toString(),
    ],
    [200, "1", undefined, '{"got":{"a":1}}'],
  );
  assert.equal(Buffer.from(out.LogResult ?? "", "base64").toString(), "the log");
  const { invocation, spec } = world.ran[0] ?? assert.fail("nothing ran");
  assert.equal(invocation.invokedFunctionArn, arn("function:f:1"));
  assert.equal(invocation.clientContext, '{"client":{}}');
  assert.match(
    invocation.traceHeader,
    /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0$/,
  );
  assert.deepEqual(
    [spec.version, spec.timeoutSeconds, spec.logGroupName],
    ["1", 3, "/aws/lambda/f"],
  );
});

test("a function's own error is an answer with status 200", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f"));
  world.does = () => failure("boom");
  const out = await world.call("Invoke", { FunctionName: "f" });
  assert.deepEqual([out.StatusCode, out.FunctionError], [200, "Unhandled"]);
  await world.cloud.metrics.flush();
  assert.deepEqual(
    ["Invocations f", "Errors f", "Duration f", "Throttles f", "Errors f f"].map((key) =>
      world.metrics.get(key),
    ),
    [1, 1, 1, 0, 1],
  );
});

test("a dry run runs nothing, but tells what is not there", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f"));
  const dry = (FunctionName: string) =>
    world.call("Invoke", { FunctionName, InvocationType: "DryRun" });
  assert.equal((await dry("f")).StatusCode, 204);
  await assert.rejects(
    dry("f:live"),
    error("ResourceNotFoundException", `Function not found: ${arn("function:f:live")}`),
  );
  assert.equal(world.ran.length, 0);
});

test("a payload that is too large or no JSON is refused as AWS refuses it", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f"));
  const invoke = (
    Payload: Uint8Array,
    InvocationType: "Event" | "RequestResponse" = "RequestResponse",
  ) => world.call("Invoke", { FunctionName: "f", InvocationType, Payload });
  await assert.rejects(
    invoke(Buffer.from("notjson")),
    error(
      "InvalidRequestContentException",
      /^Could not parse request body into json: Could not parse payload into json: Unrecognized token 'notjson': was expecting/,
    ),
  );
  await assert.rejects(
    invoke(Buffer.from([0x22, 0x87, 0x22])),
    error("InvalidRequestContentException", /Invalid UTF-8/),
  );
  await assert.rejects(invoke(Buffer.from(JSON.stringify("x".repeat(6_291_455)))), {
    code: "RequestEntityTooLargeException",
    httpStatus: 413,
  });
  await assert.rejects(
    invoke(Buffer.from(JSON.stringify("x".repeat(1_048_575))), "Event"),
    error(
      "RequestEntityTooLargeException",
      "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
    ),
  );
  assert.equal(world.ran.length, 0);
});

test("whatever bytes come as a payload, they are JSON or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.json(), (bytes, json) => {
      assert.deepEqual(requestPayload(Buffer.from(json), "Event"), Buffer.from(json));
      try {
        JSON.parse(Buffer.from(requestPayload(bytes, "RequestResponse")).toString());
      } catch (refusal) {
        assert.equal((refusal as ServiceError).code, "InvalidRequestContentException");
      }
    }),
  );
});

test("a response above 6 MB is the function's error", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f"));
  world.does = () => ({ payload: Buffer.alloc(6_291_557, "1") });
  const out = await world.call("Invoke", { FunctionName: "f" });
  assert.equal(out.FunctionError, "Unhandled");
  assert.match(Buffer.from(out.Payload ?? "").toString(), /Function.ResponseSizeTooLarge/);
});

test("a function that invokes itself runs 16 times, and with Allow for ever", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f"));
  assert.equal(await loop(world, "f"), 16);
  assert.equal(world.ran.length, 16);
  await world.call("PutFunctionRecursionConfig", { FunctionName: "f", RecursiveLoop: "Allow" });
  assert.equal(await loop(world, "f"), Number.POSITIVE_INFINITY);
});

test("beyond its reserved concurrency a function is throttled", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f"));
  await world.call("PutFunctionConcurrency", {
    FunctionName: "f",
    ReservedConcurrentExecutions: 1,
  });
  const held = Promise.withResolvers<object>();
  world.does = () => held.promise;
  const first = world.call("Invoke", { FunctionName: "f" });
  await assert.rejects(world.call("Invoke", { FunctionName: "f" }), (refusal: ServiceError) => {
    assert.deepEqual(
      [refusal.code, refusal.message, refusal.fields],
      [
        "TooManyRequestsException",
        "Rate Exceeded.",
        { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded", Type: "User" },
      ],
    );
    return true;
  });
  held.resolve({});
  await first;
  assert.equal((await world.call("Invoke", { FunctionName: "f" })).StatusCode, 200);
  await world.call("DeleteFunctionConcurrency", { FunctionName: "f" });
  assert.deepEqual(await world.call("GetFunctionConcurrency", { FunctionName: "f" }), {});
});

test("an alias with weights runs both of its versions, and nothing else", async () => {
  await using world = createWorld();
  await world.call("CreateFunction", functionInput("f", { Publish: true }));
  await world.call("UpdateFunctionConfiguration", { FunctionName: "f", Description: "2" });
  await world.call("PublishVersion", { FunctionName: "f" });
  await world.call("CreateAlias", {
    FunctionName: "f",
    Name: "live",
    FunctionVersion: "1",
    RoutingConfig: { AdditionalVersionWeights: { "2": 0.5 } },
  });
  const seen = new Set<string | undefined>();
  for (let i = 0; i < 64; i += 1)
    seen.add((await world.call("Invoke", { FunctionName: "f:live" })).ExecutedVersion);
  assert.deepEqual([...seen].sort(), ["1", "2"]);
  await world.call("UpdateAlias", {
    FunctionName: "f",
    Name: "live",
    FunctionVersion: "2",
    RoutingConfig: { AdditionalVersionWeights: {} },
  });
  assert.equal((await world.call("Invoke", { FunctionName: "f:live" })).ExecutedVersion, "2");
  assert.equal(world.ran.at(-1)?.invocation.invokedFunctionArn, arn("function:f:live"));
});
