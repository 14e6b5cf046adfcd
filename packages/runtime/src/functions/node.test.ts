import assert from "node:assert/strict";
import { test } from "node:test";
import { bench, requestId, TRACE_HEADER } from "./testing.ts";

// Error types and payloads: aws/aws-lambda-nodejs-runtime-interface-client, src/Errors.js, UserFunction.js, Runtime.js.

interface ErrorDocument {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

test("a handler is found by folder, file and nested export, in every kind of module", async () => {
  await using it = await bench({
    "src/app.js": "exports.api = { get: async () => 'nested' };",
    "esm.mjs":
      "const word = await Promise.resolve('top-level await'); export const handler = async () => word;",
    "old.cjs": "module.exports.handler = async () => 'cjs';",
    "module/package.json": '{ "type": "module" }',
    "module/index.js": "export const handler = async () => import.meta.url.endsWith('index.js');",
  });
  const cases: [string, unknown][] = [
    ["src/app.api.get", "nested"],
    ["esm.handler", "top-level await"],
    ["old.handler", "cjs"],
    ["module/index.handler", true],
  ];
  for (const [handler, value] of cases)
    assert.equal((await it.invoke({}, { spec: { handler, key: handler } })).value, value);
});

test("async, callback and context-settled handlers answer; what is called first counts", async () => {
  await using it = await bench({
    "index.js": `
      exports.sync = () => 'ignored';
      exports.callback = (event, context, callback) => { callback(null, 'called'); callback(null, 'again'); };
      exports.later = (event, context, callback) => { setTimeout(() => console.log("loop empty"), 30); callback(null, "waited"); };
      exports.atOnce = (event, context, callback) => {
        context.callbackWaitsForEmptyEventLoop = false;
        setTimeout(() => {}, 60000);
        callback(null, context.callbackWaitsForEmptyEventLoop);
      };
      exports.succeed = (event, context) => context.succeed("succeeded");
      exports.done = (event, context) => context.done(null, "done");
      exports.fail = (event, context) => context.fail(new TypeError("failed"));
      exports.nothing = async () => {};`,
  });
  const invoke = (name: string) => it.invoke({}, { spec: { handler: `index.${name}`, key: name } });
  assert.equal((await invoke("sync")).value, null);
  assert.equal((await invoke("callback")).value, "called");
  const later = await invoke("later");
  assert.equal(later.value, "waited");
  assert.match(later.logTail, /loop empty/);
  assert.equal((await invoke("atOnce")).value, false);
  assert.equal((await invoke("succeed")).value, "succeeded");
  assert.equal((await invoke("done")).value, "done");
  assert.equal((await invoke("nothing")).value, null);
  const failed = await invoke("fail");
  assert.equal(failed.functionError, "Unhandled");
  assert.equal((failed.value as ErrorDocument).errorType, "TypeError");
});

test("an async handler whose promise never settles fails when nothing is left to wait for", async () => {
  await using it = await bench({
    "index.js": "exports.handler = async () => new Promise(() => {});",
  });
  const { value } = await it.invoke<ErrorDocument>();
  assert.equal(value.errorType, "Runtime.NodeJsExit");
  assert.equal((await it.invoke<ErrorDocument>()).value.errorType, "Runtime.NodeJsExit");
});

test("from Node.js 24 on a handler that takes a callback is refused", async () => {
  await using it = await bench(
    { "index.js": "exports.handler = (event, context, callback) => callback(null, 1);" },
    { runtime: "nodejs24.x" },
  );
  assert.equal(
    (await it.invoke<ErrorDocument>()).value.errorType,
    "Runtime.CallbackHandlerDeprecated",
  );
});

test("what a handler throws is AWS's error document and is logged; the environment lives on", async () => {
  await using it = await bench({
    "index.js": `exports.handler = async ({ kind }) => {
      if (kind === "error") { const error = new RangeError("out of range"); error.code = "E_RANGE"; throw error; }
      if (kind === "text") throw "just text";
      return process.pid;
    };`,
  });
  const before = await it.invoke();
  const id = requestId();
  const failed = await it.invoke<ErrorDocument>(
    { kind: "error" },
    { invocation: { requestId: id } },
  );
  assert.equal(failed.functionError, "Unhandled");
  assert.deepEqual(Object.keys(failed.value), ["errorType", "errorMessage", "trace"]);
  assert.equal(failed.value.errorType, "RangeError");
  assert.equal(failed.value.errorMessage, "out of range");
  assert.equal(failed.value.trace[0], "RangeError: out of range");
  assert.match(
    failed.logTail,
    new RegExp(
      `\\n[\\dT:.-]+Z\\t${id}\\tERROR\\tInvoke Error \\t{"errorType":"RangeError","errorMessage":"out of range","code":"E_RANGE","stack":\\["RangeError: out of range"`,
    ),
  );
  assert.deepEqual((await it.invoke({ kind: "text" })).value, {
    errorType: "string",
    errorMessage: "just text",
    trace: [],
  });
  assert.equal((await it.invoke()).value, before.value);
});

test("an unhandled rejection and an uncaught exception fail the invocation and end the process", async () => {
  await using it = await bench({
    "index.js": `exports.handler = ({ kind }) => new Promise(() => {
      if (kind === "rejection") Promise.reject(new Error("nobody cares"));
      else setTimeout(() => { throw new TypeError("thrown later"); }, 1);
    });`,
  });
  const rejected = await it.invoke<ErrorDocument>({ kind: "rejection" });
  assert.equal(rejected.functionError, "Unhandled");
  assert.equal(rejected.value.errorType, "Runtime.UnhandledPromiseRejection");
  assert.equal(rejected.value.errorMessage, "Error: nobody cares");
  assert.equal(rejected.value.trace[0], "Runtime.UnhandledPromiseRejection: Error: nobody cares");
  assert.match(
    rejected.logTail,
    /\tERROR\tUnhandled Promise Rejection \t{.*"reason":{"errorType":"Error"/,
  );
  const thrown = await it.invoke<ErrorDocument>({ kind: "exception" });
  assert.equal(thrown.value.errorType, "TypeError");
  assert.match(thrown.logTail, /\tERROR\tUncaught Exception \t{"errorType":"TypeError"/);
  assert.notEqual(thrown.initDurationMs, undefined);
});

test("what is wrong with a handler's code or name is told by AWS's error types", async () => {
  await using it = await bench({
    "needs.js": "require('not-there'); exports.handler = () => {};",
    "broken.js": "exports.handler = (",
    "index.js": "exports.notFunction = 7;",
    "esm.mjs": "import 'not-there'; export const handler = () => {};",
    "throws.js": "throw new RangeError('at load');",
  });
  const cases: [string, string, RegExp][] = [
    [
      "missing.handler",
      "Runtime.ImportModuleError",
      /^Error: Cannot find module 'missing'\nRequire stack:/,
    ],
    [
      "needs.handler",
      "Runtime.ImportModuleError",
      /^Error: Cannot find module 'not-there'\nRequire stack:/,
    ],
    ["broken.handler", "Runtime.UserCodeSyntaxError", /^SyntaxError: /],
    ["index.absent", "Runtime.HandlerNotFound", /^index\.absent is undefined or not exported$/],
    ["index.notFunction", "Runtime.HandlerNotFound", /^index\.notFunction is not a function$/],
    ["nodot", "Runtime.MalformedHandlerName", /^Bad handler$/],
    [
      "../up.handler",
      "Runtime.MalformedHandlerName",
      /^'\.\.\/up\.handler' is not a valid handler name\./,
    ],
    ["esm.handler", "Error", /^Cannot find package 'not-there' imported from /],
    ["throws.handler", "RangeError", /^at load$/],
  ];
  await Promise.all(
    cases.map(async ([handler, errorType, message]) => {
      const result = await it.invoke<ErrorDocument>({}, { spec: { handler, key: handler } });
      assert.equal(result.functionError, "Unhandled");
      assert.equal(result.value.errorType, errorType);
      assert.match(result.value.errorMessage, message);
      assert.match(result.logTail, new RegExp(`\\tStatus: error\\tError Type: ${errorType}\\n$`));
      assert.match(result.logTail, /Z\tundefined\tERROR\tUncaught Exception \t\{/);
    }),
  );
});

test("the context has all that AWS's has", async () => {
  await using it = await bench(
    {
      "index.js": `exports.handler = async (event, context) => ({
        ...context,
        remaining: context.getRemainingTimeInMillis(),
        methods: ["done", "succeed", "fail"].map((name) => typeof context[name]),
      });`,
    },
    { timeoutSeconds: 7, version: "3" },
  );
  const id = requestId();
  const clientContext = '{\n "custom": { "who": "zoë ☂" } }';
  const { value } = await it.invoke<Record<string, unknown>>(
    {},
    { invocation: { requestId: id, clientContext } },
  );
  const { remaining, logStreamName, ...rest } = value;
  assert(Number(remaining) > 6000 && Number(remaining) <= 7000);
  assert.equal(logStreamName, it.lines[0]?.stream);
  assert.deepEqual(rest, {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: "3",
    functionName: "greeter",
    memoryLimitInMB: "256",
    logGroupName: "/aws/lambda/greeter",
    clientContext: { custom: { who: "zoë ☂" } },
    invokedFunctionArn: "arn:aws:lambda:eu-central-1:123456789012:function:greeter",
    awsRequestId: id,
    methods: ["function", "function", "function"],
  });
});

test("the environment is AWS's, and nothing of the parent's leaks into it", async () => {
  process.env.SECRET_OF_THE_PARENT = "secret";
  process.env.AWS_PROFILE = "production";
  await using it = await bench(
    { "index.js": "exports.handler = async () => ({ ...process.env, cwd: process.cwd() });" },
    { environment: { TABLE: "orders", AWS_ENDPOINT_URL: "https://example.com" } },
  );
  const { value } = await it.invoke<Record<string, string>>();
  delete process.env.SECRET_OF_THE_PARENT;
  delete process.env.AWS_PROFILE;
  assert.equal(value.SECRET_OF_THE_PARENT, undefined);
  assert.equal(value.AWS_PROFILE, undefined);
  const expected = {
    TABLE: "orders",
    AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
    _HANDLER: "index.handler",
    AWS_REGION: "eu-central-1",
    AWS_DEFAULT_REGION: "eu-central-1",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x",
    AWS_LAMBDA_FUNCTION_NAME: "greeter",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/greeter",
    AWS_ACCESS_KEY_ID: "123456789012",
    LAMBDA_TASK_ROOT: it.directory,
    TZ: ":UTC",
    _X_AMZN_TRACE_ID: TRACE_HEADER,
  };
  for (const [name, text] of Object.entries(expected)) assert.equal(value[name], text, name);
  assert.match(value.AWS_LAMBDA_RUNTIME_API ?? "", /^127\.0\.0\.1:\d+$/);
  assert(value.AWS_SECRET_ACCESS_KEY && value.AWS_SESSION_TOKEN && value.LAMBDA_RUNTIME_DIR);
  assert.equal(value.cwd, it.directory);
});

test("console.log is one log event with time, request id and level; stdout is one event a line, as it is", async () => {
  await using it = await bench({
    "index.js": `console.log("at load");
      exports.handler = async () => {
        console.log("two\\nlines %d", 7, { a: 1 });
        process.stdout.write("plain\\npartial ");
        console.error("bad");
        process.stdout.write("rest\\n");
        console.warn("careful"); console.debug("fine"); console.trace("deep"); console.info("so");
      };`,
  });
  const id = requestId();
  await it.invoke({}, { invocation: { requestId: id } });
  const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
  const messages = it.lines.map(({ message }) => message.replace(time, "<time>"));
  assert.deepEqual(messages.slice(1, -2), [
    "<time>\tundefined\tINFO\tat load\n",
    `START RequestId: ${id} Version: $LATEST\n`,
    `<time>\t${id}\tINFO\ttwo\nlines 7 { a: 1 }\n`,
    "plain\n",
    "partial \n",
    `<time>\t${id}\tERROR\tbad\n`,
    "rest\n",
    `<time>\t${id}\tWARN\tcareful\n`,
    `<time>\t${id}\tDEBUG\tfine\n`,
    `<time>\t${id}\tTRACE\tdeep\n`,
    `<time>\t${id}\tINFO\tso\n`,
  ]);
});

test("with the JSON log format an event is an object, and the log level is kept to", async () => {
  await using it = await bench(
    {
      "index.js":
        "exports.handler = async () => { console.info('no'); console.warn('yes', 1); console.error(new TypeError('bad')); };",
    },
    { environment: { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: "WARN" } },
  );
  const id = requestId();
  const { logTail } = await it.invoke({}, { invocation: { requestId: id } });
  const [warned, failed, ...more] = logTail
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  assert.equal(more.length, 0);
  assert.deepEqual(
    { ...warned, timestamp: "" },
    { timestamp: "", level: "WARN", requestId: id, message: "yes 1" },
  );
  assert.equal(failed.message.errorType, "TypeError");
});

test("the AWS SDK is there without being bundled, from CommonJS and from ES modules", async () => {
  await using it = await bench({
    "index.js": `const { SQSClient } = require("@aws-sdk/client-sqs");
      exports.handler = async () => [typeof SQSClient, process.env.FLYBALL_SDK_PARENT ?? null];`,
    "esm.mjs": `import { SQSClient } from "@aws-sdk/client-sqs";
      export const handler = async () => [typeof SQSClient, typeof (await import("@smithy/core")).createPaginator];`,
    "own.js": "exports.handler = async () => require('@aws-sdk/client-sqs').mine;",
    "node_modules/@aws-sdk/client-sns/index.js": "module.exports = { mine: true };",
    "bundled.js": "exports.handler = async () => require('@aws-sdk/client-sns').mine;",
    "none.js": "exports.handler = async () => require('@aws-sdk/client-not-there');",
  });
  const invoke = <T>(name: string) =>
    it.invoke<T>({}, { spec: { handler: `${name}.handler`, key: name } });
  assert.deepEqual((await invoke("index")).value, ["function", null]);
  assert.deepEqual((await invoke("esm")).value, ["function", "function"]);
  assert.equal((await invoke("bundled")).value, true);
  const missing = await invoke<ErrorDocument>("none");
  assert.match(missing.value.errorMessage, /^Cannot find module '@aws-sdk\/client-not-there'/);
});

test("packages and programs are found in layers, the later layer first", async () => {
  await using first = await bench({
    "nodejs/node_modules/shared/index.js": "module.exports = 'first';",
    "nodejs/node_modules/only/index.js": "module.exports = 'only';",
  });
  await using second = await bench({
    "nodejs/node22/node_modules/shared/index.js": "module.exports = 'second';",
  });
  await using it = await bench(
    { "index.js": "exports.handler = async () => [require('shared'), require('only')];" },
    { layerDirectories: [first.directory, second.directory] },
  );
  assert.deepEqual((await it.invoke()).value, ["second", "only"]);
});

test("a streaming handler's response arrives whole, with an HTTP prelude where there is one", async () => {
  await using it = await bench({
    "index.mjs": `
      export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
        if (event.http) stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201 });
        stream.write("[1,");
        await new Promise((done) => setTimeout(done, 5));
        stream.write("2]");
        stream.end();
      });
      export const unfinished = awslambda.streamifyResponse(async (event, stream) => { stream.write("x"); });
      export const failing = awslambda.streamifyResponse(async () => { throw new TypeError("no stream"); });`,
  });
  assert.deepEqual((await it.invoke()).value, [1, 2]);
  const http = await it.executor.invoke(it.spec, {
    requestId: requestId(),
    payload: Buffer.from('{"http":true}'),
    traceHeader: "",
    invokedFunctionArn: "arn",
  });
  assert.equal(Buffer.from(http.payload).toString(), `{"statusCode":201}${"\0".repeat(8)}[1,2]`);
  for (const [name, errorMessage] of [
    ["unfinished", "Response stream is not finished."],
    ["failing", "no stream"],
  ]) {
    const failed = await it.invoke<ErrorDocument>(
      {},
      { spec: { handler: `index.${name}`, key: name! } },
    );
    assert.equal(failed.functionError, "Unhandled");
    assert.equal(failed.value.errorMessage, errorMessage);
  }
});

test("payloads of megabytes go in and out, and more than 6 MB out is AWS's error", async () => {
  await using it = await bench({
    "index.js":
      "exports.handler = async ({ text, bytes }) => bytes ? 'x'.repeat(bytes - 2) : text;",
  });
  const text = "ö".repeat(2_500_000);
  assert.equal((await it.invoke({ text })).value, text);
  assert.equal((await it.invoke<string>({ bytes: 6_291_556 })).value.length, 6_291_554);
  const oversized = await it.invoke({ bytes: 6_291_557 });
  assert.equal(oversized.functionError, "Unhandled");
  assert.deepEqual(oversized.value, {
    errorType: "Function.ResponseSizeTooLarge",
    errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
  });
  assert.equal((await it.invoke({ text: "still here" })).value, "still here");
});

test("between invocations time stands still for a function, and goes on with the next one", async () => {
  await using it = await bench({
    "index.js": `let firedAt = 0;
      exports.handler = async ({ wait }) => {
        if (wait) await new Promise((done) => setTimeout(done, wait));
        else setTimeout(() => { firedAt = Date.now(); }, 500).unref();
        return firedAt;
      };`,
  });
  await it.invoke();
  // Longer than the function's timer, which is longer than a busy machine needs to come to rest.
  await new Promise((done) => setTimeout(done, 600));
  const goesOnAt = Date.now();
  const firedAt = (await it.invoke({ wait: 20 })).value as number;
  assert.ok(firedAt >= goesOnAt, `the timer fired ${goesOnAt - firedAt} ms too early`);
});

test("a wrapper script starts the runtime", async () => {
  await using it = await bench(
    {
      "wrap/bootstrap": '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n',
      "index.js": "exports.handler = async () => process.env.WRAPPED;",
    },
    { environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrap/bootstrap" } },
  );
  assert.equal((await it.invoke()).value, "yes");
});
