import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as realTime } from "node:timers/promises";
import { RESPONSE_BYTES_MAX, RuntimeApi, type RuntimeEvent } from "./runtime-api.ts";
import { bench, requestId, TRACE_HEADER } from "./testing.ts";

// Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes".

interface Api extends Disposable {
  readonly api: RuntimeApi;
  readonly host: string;
  readonly events: RuntimeEvent[];
  fetch(resource: string, init?: RequestInit): Promise<Response>;
}

async function open(): Promise<Api> {
  const events: RuntimeEvent[] = [];
  const api = new RuntimeApi((event) => events.push(event));
  const host = await api.listen();
  return {
    api,
    host,
    events,
    fetch: (resource, init) => fetch(`http://${host}/2018-06-01/runtime/${resource}`, init),
    [Symbol.dispose]: () => api.close(),
  };
}

const INVOCATION = {
  requestId: "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
  payload: Buffer.from('{"n":1}'),
  deadline: 1542409706888,
  invokedFunctionArn: "arn:aws:lambda:us-east-2:123456789012:function:custom-runtime",
  traceHeader: TRACE_HEADER,
  clientContext: '{"custom":{}}',
};
const post = (body: string, headers: Record<string, string> = {}) => ({
  method: "POST",
  body,
  headers,
});

test("next waits for an invocation and answers it with its headers; a response is accepted", async () => {
  using it = await open();
  const waiting = it.fetch("invocation/next");
  while (it.events.length === 0) await realTime(1);
  it.api.deliver(INVOCATION);
  const next = await waiting;
  assert.equal(next.status, 200);
  assert.equal(await next.text(), '{"n":1}');
  const header = (name: string) => next.headers.get(`Lambda-Runtime-${name}`);
  assert.equal(header("Aws-Request-Id"), INVOCATION.requestId);
  assert.equal(header("Deadline-Ms"), "1542409706888");
  assert.equal(header("Invoked-Function-Arn"), INVOCATION.invokedFunctionArn);
  assert.equal(header("Trace-Id"), TRACE_HEADER);
  assert.equal(header("Client-Context"), '{"custom":{}}');
  const accepted = await it.fetch(`invocation/${INVOCATION.requestId}/response`, post('"hi"'));
  assert.equal(accepted.status, 202);
  assert.deepEqual(await accepted.json(), { status: "OK" });
  assert.deepEqual(it.events.slice(1), [{ kind: "response", payload: Buffer.from('"hi"') }]);
});

test("an answer to an unknown invocation, or a second one, is InvalidRequestID", async () => {
  using it = await open();
  it.api.deliver(INVOCATION);
  await (await it.fetch("invocation/next")).text();
  const invalid = { errorMessage: "Invalid request ID", errorType: "InvalidRequestID" };
  for (const id of ["other", "%zz", ""])
    for (const verb of ["response", "error"]) {
      const refused = await it.fetch(`invocation/${id}/${verb}`, post("{}"));
      assert.equal(refused.status, 400);
      assert.deepEqual(await refused.json(), invalid);
    }
  await it.fetch(`invocation/${INVOCATION.requestId}/error`, post('{"errorType":"E"}'));
  const second = await it.fetch(`invocation/${INVOCATION.requestId}/response`, post("{}"));
  assert.deepEqual(await second.json(), invalid);
  assert.deepEqual(
    it.events.map(({ kind }) => kind),
    ["ready", "error"],
  );
});

test("errors are told with their type; init/error only while there was no invocation", async () => {
  using it = await open();
  const type = { "Lambda-Runtime-Function-Error-Type": "Runtime.NoSuchHandler" };
  assert.equal((await it.fetch("init/error", post("{}", type))).status, 202);
  assert.deepEqual(it.events, [
    { kind: "initError", document: Buffer.from("{}"), errorType: "Runtime.NoSuchHandler" },
  ]);
  it.api.deliver(INVOCATION);
  await (await it.fetch("invocation/next")).text();
  const late = await it.fetch("init/error", post("{}", type));
  assert.equal(late.status, 403);
  assert.equal(((await late.json()) as { errorType: string }).errorType, "InvalidStateTransition");
});

test("a response over 6 MB is refused with 413, and told of", async () => {
  using it = await open();
  it.api.deliver(INVOCATION);
  await (await it.fetch("invocation/next")).text();
  const body = "x".repeat(RESPONSE_BYTES_MAX + 1);
  const refused = await it.fetch(`invocation/${INVOCATION.requestId}/response`, post(body));
  assert.equal(refused.status, 413);
  assert.deepEqual(await refused.json(), {
    errorMessage: "Exceeded maximum allowed payload size (6291556 bytes).",
    errorType: "RequestEntityTooLarge",
  });
  assert.equal(it.events.at(-1)?.kind, "oversized");
});

test("a streamed response is taken whole, in chunks, and its error trailer makes it an error", async () => {
  using it = await open();
  const streamed = async (trailers: Record<string, string>) => {
    it.api.deliver(INVOCATION);
    await (await it.fetch("invocation/next")).text();
    await new Promise((resolve, reject) => {
      const sent = request(
        `http://${it.host}/2018-06-01/runtime/invocation/${INVOCATION.requestId}/response`,
        {
          method: "POST",
          headers: {
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Transfer-Encoding": "chunked",
            Trailer: Object.keys(trailers).join(", ") || "X-None",
          },
        },
        (response) => response.resume().on("end", resolve),
      ).on("error", reject);
      sent.write("one ");
      sent.write("two");
      sent.addTrailers(trailers);
      sent.end();
    });
    return it.events.at(-1);
  };
  assert.deepEqual(await streamed({}), { kind: "response", payload: Buffer.from("one two") });
  const document = Buffer.from('{"errorType":"E"}');
  const trailers = {
    "Lambda-Runtime-Function-Error-Type": "E",
    "Lambda-Runtime-Function-Error-Body": document.toString("base64"),
  };
  assert.deepEqual(await streamed(trailers), { kind: "error", document, errorType: "E" });
  it.api.deliver(INVOCATION);
  await (await it.fetch("invocation/next")).text();
  const mode = { "Lambda-Runtime-Function-Response-Mode": "sideways" };
  const odd = await it.fetch(`invocation/${INVOCATION.requestId}/response`, post("{}", mode));
  assert.equal(odd.status, 400);
});

test("next may be asked for without waiting for the answer to a response", async () => {
  using it = await open();
  it.api.deliver(INVOCATION);
  await (await it.fetch("invocation/next")).text();
  const [host, port] = it.host.split(":");
  const socket = connect(Number(port), host);
  socket.write(
    `POST /2018-06-01/runtime/invocation/${INVOCATION.requestId}/response HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}` +
      "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n",
  );
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk;
  });
  while (it.events.length < 3) await realTime(1);
  it.api.deliver({ ...INVOCATION, payload: Buffer.from('"second"') });
  while (!said.includes('"second"')) await realTime(1);
  assert.match(said, /^HTTP\/1\.1 202 [\s\S]*HTTP\/1\.1 200 [\s\S]*"second"$/);
  socket.destroy();
});

test("rubbish, web pages and half requests get an error or nothing, and the invocation goes on", async () => {
  await using it = await bench({
    "index.js": `exports.handler = async () => {
      await new Promise((done) => setTimeout(done, 400));
      return process.env.AWS_LAMBDA_RUNTIME_API;
    };`,
    "where.js":
      "exports.handler = async () => { console.log('at ' + process.env.AWS_LAMBDA_RUNTIME_API); await new Promise((done) => setTimeout(done, 400)); return 'fine'; };",
  });
  const id = requestId();
  const invoked = it.invoke(
    {},
    { spec: { handler: "where.handler" }, invocation: { requestId: id } },
  );
  const host = async () => {
    for (;;) {
      const found = /at (\S+)/.exec(it.messages())?.[1];
      if (found) return found;
      await realTime(5);
    }
  };
  const [name, port] = (await host()).split(":");
  const base = `http://${name}:${port}/2018-06-01/runtime/`;
  const statuses = await Promise.all(
    [
      fetch(`${base}nothing/here`, { method: "POST" }),
      fetch(`${base}invocation/${id}/response`, { method: "DELETE" }),
      fetch(`http://${name}:${port}/`),
      fetch(`${base}invocation/${id}/response`, post('"evil"', { Origin: "https://evil.example" })),
      fetch(`${base}invocation/next`),
    ].map(async (answer) => (await answer).status),
  );
  assert.deepEqual(statuses, [404, 404, 404, 403, 403]);
  const broken = connect(Number(port), name);
  broken.on("error", () => {});
  broken.write("\x00\x01\x02 GET nonsense\r\n\r\n");
  const half = connect(Number(port), name);
  half.on("error", () => {});
  half.write(
    `POST /2018-06-01/runtime/invocation/${id}/response HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`,
  );
  await realTime(30);
  half.destroy();
  const result = await invoked;
  assert.equal(result.value, "fine");
  broken.destroy();
});

test("a custom runtime is any program named bootstrap, in the code or in a layer", async () => {
  const bootstrap = `#!/bin/sh
echo "in $_HANDLER of \${AWS_EXECUTION_ENV:-none}"
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
${JSON.stringify(process.execPath)} -e '
const api = process.argv[1];
(async () => { for (;;) {
  const next = await fetch(api + "/next");
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const event = await next.json();
  if (event.fail) await fetch(api + "/" + id + "/error", { method: "POST", body: JSON.stringify({ errorType: "Custom", errorMessage: "no" }) });
  else await fetch(api + "/" + id + "/response", { method: "POST", body: JSON.stringify({ pid: process.pid, trace: next.headers.get("lambda-runtime-trace-id") }) });
} })()' "$api"
`;
  await using layer = await bench({ bootstrap });
  for (const spec of [{}, { layerDirectories: [layer.directory] }]) {
    const inCode = spec.layerDirectories === undefined;
    await using it = await bench(inCode ? { bootstrap } : {}, {
      runtime: "provided.al2023",
      handler: "main",
      ...spec,
    });
    const first = await it.invoke<{ pid: number; trace: string }>();
    assert.equal(first.value.trace, TRACE_HEADER);
    assert.match(first.logTail, /^in main of none\nSTART /);
    const failed = await it.invoke({ fail: true });
    assert.equal(failed.functionError, "Unhandled");
    assert.deepEqual(failed.value, { errorType: "Custom", errorMessage: "no" });
    assert.equal((await it.invoke<{ pid: number }>()).value.pid, first.value.pid);
  }
});

test("a custom runtime without a bootstrap that can run is Runtime.InvalidEntrypoint", async () => {
  await using it = await bench({ "wrong/other": "" }, { runtime: "provided.al2023" });
  const id = requestId();
  const missing = await it.invoke({}, { invocation: { requestId: id } });
  assert.deepEqual(missing.value, {
    errorType: "Runtime.InvalidEntrypoint",
    errorMessage: `RequestId: ${id} Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]`,
  });
  assert.match(
    missing.logTail,
    /Phase: init\tStatus: error\tError Type: Runtime\.InvalidEntrypoint\n/,
  );
});
