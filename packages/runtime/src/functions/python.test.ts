import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import { bench, requestId, TRACE_HEADER } from "./testing.ts";

// Error types, messages and log forms: aws/aws-lambda-python-runtime-interface-client, awslambdaric/bootstrap.py.

const PYTHON = { runtime: "python3.13", handler: "app.handler" };
const probed = spawnSync("python3", [
  "-c",
  "import importlib.util as i; print(bool(i.find_spec('boto3')))",
]);
const skip = probed.status === 0 ? false : "there is no python3 on the PATH";
const hasBoto3 = String(probed.stdout).trim() === "True";

interface ErrorDocument {
  readonly errorMessage: string;
  readonly errorType: string;
  readonly requestId: string;
  readonly stackTrace: readonly string[];
}

test("a Python handler gets its event, and a context as AWS's", { skip }, async () => {
  await using it = await bench(
    {
      "app.py": `
import os
def handler(event, context):
    return {
        "event": event, "id": context.aws_request_id, "name": context.function_name, "version": context.function_version,
        "memory": context.memory_limit_in_mb, "arn": context.invoked_function_arn, "group": context.log_group_name,
        "stream": context.log_stream_name, "left": context.get_remaining_time_in_millis(),
        "client": [context.client_context.custom, context.client_context.client.app_title] if context.client_context else None,
        "identity": context.identity.cognito_identity_id, "trace": os.environ["_X_AMZN_TRACE_ID"], "cwd": os.getcwd(),
    }
`,
    },
    { ...PYTHON, timeoutSeconds: 7 },
  );
  const id = requestId();
  const clientContext = '{"custom": {"who": "zoë ☂"}, "client": {"app_title": "shop"}}';
  const { value } = await it.invoke<Record<string, unknown>>(
    { n: [1, "ü"] },
    { invocation: { requestId: id, clientContext } },
  );
  const { left, ...rest } = value;
  assert(Number(left) > 5000 && Number(left) <= 7000);
  assert.deepEqual(rest, {
    event: { n: [1, "ü"] },
    id,
    name: "greeter",
    version: "$LATEST",
    memory: "256",
    arn: "arn:aws:lambda:eu-central-1:123456789012:function:greeter",
    group: "/aws/lambda/greeter",
    stream: it.lines[0]?.stream,
    client: [{ who: "zoë ☂" }, "shop"],
    identity: null,
    trace: TRACE_HEADER,
    cwd: it.directory,
  });
  assert.equal((await it.invoke<{ client: unknown }>()).value.client, null);
});

test("logging is set up as on AWS, and print is one event a line", { skip }, async () => {
  await using it = await bench(
    {
      "app.py": `
import logging, sys
logger = logging.getLogger()
logger.info("not yet: the level is WARNING")
logger.warning("at load")
logger.setLevel("INFO")
def handler(event, context):
    logger.info("two\\nlines %d", 7)
    print("plain\\ntext")
    context.log("from the context\\n")
    logging.getLogger("app.orders").error("bad")
    sys.stdout.write("no newline")
`,
    },
    PYTHON,
  );
  const id = requestId();
  const { logTail } = await it.invoke({}, { invocation: { requestId: id } });
  const messages = it.lines.map(({ message }) =>
    message.replace(/[\d-]{10}T[\d:.]{12}Z/, "<time>"),
  );
  assert.deepEqual(messages.slice(1, -2), [
    "[WARNING]\t<time>\t\tat load\n",
    `START RequestId: ${id} Version: $LATEST\n`,
    `[INFO]\t<time>\t${id}\ttwo\nlines 7\n`,
    "plain\n",
    "text\n",
    "from the context\n",
    `[ERROR]\t<time>\t${id}\tbad\n`,
    "no newline\n",
  ]);
  assert.match(logTail, /no newline\nEND RequestId/);
});

test("what a Python handler raises is AWS's error document, logged, and the environment lives on", {
  skip,
}, async () => {
  await using it = await bench(
    {
      "app.py": `
import os
class OrderError(Exception): pass
def check(): raise OrderError("no such order")
def handler(event, context):
    if event.get("fail"): check()
    if event.get("odd"): return object()
    return os.getpid()
`,
    },
    PYTHON,
  );
  const before = await it.invoke();
  const id = requestId();
  const failed = await it.invoke<ErrorDocument>({ fail: true }, { invocation: { requestId: id } });
  assert.equal(failed.functionError, "Unhandled");
  const { stackTrace, ...rest } = failed.value;
  assert.deepEqual(rest, { errorMessage: "no such order", errorType: "OrderError", requestId: id });
  assert.equal(stackTrace.length, 2);
  assert.match(stackTrace[0] ?? "", /^ {2}File ".*app\.py", line 6, in handler\n/);
  assert.match(
    failed.logTail,
    /\[ERROR\] OrderError: no such order\nTraceback \(most recent call last\):\n\u00a0\u00a0File ".*app\.py", line 6, in handler\n/,
  );
  const odd = await it.invoke<ErrorDocument>({ odd: true });
  assert.equal(odd.value.errorType, "Runtime.MarshalError");
  assert.equal(
    odd.value.errorMessage,
    "Unable to marshal response: Object of type object is not JSON serializable",
  );
  assert.equal((await it.invoke()).value, before.value);
});

test("what is wrong with a Python handler's code or name is told by AWS's error types", {
  skip,
}, async () => {
  await using it = await bench(
    {
      "app.py": "",
      "needs.py": "import not_there",
      "broken.py": "def handler(:\n  pass\n",
      "raises.py": "raise ValueError('at load')",
      "pkg/mod.py": "def func(event, context): return 'in a package'",
    },
    PYTHON,
  );
  const cases: [string, string, string | RegExp][] = [
    [
      "missing.handler",
      "Runtime.ImportModuleError",
      "Unable to import module 'missing': No module named 'missing'",
    ],
    [
      "needs.handler",
      "Runtime.ImportModuleError",
      "Unable to import module 'needs': No module named 'not_there'",
    ],
    [
      "broken.handler",
      "Runtime.UserCodeSyntaxError",
      /^Syntax error in module 'broken': .* \(broken\.py, line 1\)$/,
    ],
    ["app.absent", "Runtime.HandlerNotFound", "Handler 'absent' missing on module 'app'"],
    [
      "nodot",
      "Runtime.MalformedHandlerName",
      "Bad handler 'nodot': not enough values to unpack (expected 2, got 1)",
    ],
    ["raises.handler", "ValueError", "at load"],
  ];
  await Promise.all(
    cases.map(async ([handler, errorType, message]) => {
      const result = await it.invoke<ErrorDocument>({}, { spec: { handler, key: handler } });
      assert.equal(result.functionError, "Unhandled");
      assert.equal(result.value.errorType, errorType);
      if (typeof message === "string") assert.equal(result.value.errorMessage, message);
      else assert.match(result.value.errorMessage, message);
      assert.match(result.logTail, new RegExp(`\\[ERROR\\] ${errorType}: `));
      assert.match(result.logTail, new RegExp(`\\tStatus: error\\tError Type: ${errorType}\\n$`));
    }),
  );
  const packaged = await it.invoke({}, { spec: { handler: "pkg/mod.func", key: "pkg" } });
  assert.equal(packaged.value, "in a package");
});

test("a Python handler that exits, or runs too long, fails as on AWS", { skip }, async () => {
  await using it = await bench(
    {
      "app.py": `
import sys
def handler(event, context):
    print("working")
    if event.get("exit"): sys.exit(4)
    while True: pass
`,
    },
    { ...PYTHON, timeoutSeconds: 1 },
  );
  const exited = await it.invoke<ErrorDocument>({ exit: true });
  assert.match(
    exited.value.errorMessage,
    /^RequestId: .* Error: Runtime exited with error: exit status 4$/,
  );
  const slow = await it.invoke<ErrorDocument>();
  assert.equal(slow.value.errorType, "Sandbox.Timedout");
  assert.match(slow.logTail, /^START .*\nworking\n/);
});

test("numbers of DynamoDB, bytes and large payloads pass through Python", { skip }, async () => {
  await using it = await bench(
    {
      "app.py": `
from decimal import Decimal
def handler(event, context):
    if event.get("bytes"): return b'"raw bytes"'
    if event.get("text"): return event["text"]
    return {"n": Decimal("12345678901234567890"), "f": Decimal("1.5"), "t": (1, None)}
`,
    },
    PYTHON,
  );
  const { payload } = await it.invoke();
  assert.equal(
    Buffer.from(payload).toString(),
    '{"n": 12345678901234567890, "f": 1.5, "t": [1, null]}',
  );
  assert.equal((await it.invoke({ bytes: true })).value, "raw bytes");
  const text = "ö".repeat(2_500_000);
  assert.equal((await it.invoke({ text })).value, text);
});

test("Python packages are found in layers, and boto3 where the machine has it", {
  skip,
}, async (t: TestContext) => {
  await using layer = await bench({
    "python/shared.py": "name = 'from the layer'",
    "python/lib/python3.13/site-packages/deep.py": "name = 'from site-packages'",
  });
  await using it = await bench(
    {
      "app.py": `
import shared, deep
def handler(event, context): return [shared.name, deep.name]
`,
      "sdk.py": `
import boto3
sqs = boto3.client("sqs")
def handler(event, context): return [sqs.meta.endpoint_url, sqs.meta.region_name, boto3.Session().get_credentials().access_key]
`,
    },
    { ...PYTHON, layerDirectories: [layer.directory] },
  );
  assert.deepEqual((await it.invoke()).value, ["from the layer", "from site-packages"]);
  if (!hasBoto3) return t.diagnostic("this machine's python3 has no boto3: not tried");
  const { value } = await it.invoke({}, { spec: { handler: "sdk.handler", key: "sdk" } });
  assert.deepEqual(value, ["http://127.0.0.1:4566", "eu-central-1", "123456789012"]);
});
