import assert from "node:assert";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { cbor } from "@smithy/core/cbor";
import fc from "fast-check";
import { Cloud } from "../cloud.ts";
import { ServiceError } from "../errors.ts";
import { defineService } from "../service.ts";
import { type Gateway, listen } from "./gateway.ts";
import { type Answer, exchange, type Head, head } from "./testing.ts";

const sqs = defineService({
  name: "sqs",
  operations: {
    SendMessage: (_call, { MessageBody = "" }) => ({ MessageId: MessageBody.slice(0, 100) }),
    ListQueues: () => ({ QueueUrls: [] }),
    GetQueueUrl: () => {
      throw new ServiceError("QueueDoesNotExist", "There is no such queue.");
    },
    PurgeQueue: () => {
      throw new Error("out of order");
    },
    // Answers when its caller has gone, or the cloud stops.
    ReceiveMessage: ({ signal }) =>
      new Promise((_resolve, reject) => {
        gone.push(signal);
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  },
});
const lambda = defineService({ name: "lambda", operations: { ListFunctions: () => ({}) } });

const gone: AbortSignal[] = [];
let cloud: Cloud;
let gateway: Gateway;
const defects: unknown[] = [];

before(async () => {
  cloud = new Cloud({ services: [sqs, lambda] });
  cloud.notices.on("defect", (defect) => defects.push(defect));
  gateway = await listen({ cloud: () => cloud, port: 0 });
});
after(async () => {
  await gateway.close();
  await cloud.stop();
  assert.deepEqual(defects, [], "nothing that a client sent was a defect of ours");
});

const raw = (...parts: (string | Buffer)[]) => exchange(gateway.port, parts);

const AUTHORIZATION =
  "AWS4-HMAC-SHA256 Credential=123456789012/20260101/eu-central-1/sqs/aws4_request, Signature=0";

function request(headers: Head, body: string | Buffer = ""): Promise<Answer> {
  return raw(head({ "content-length": String(Buffer.byteLength(body)), ...headers }), body);
}

const json = (target: string, body: string | Buffer, more: Head = {}) =>
  request(
    {
      "x-amz-target": `AmazonSQS.${target}`,
      "content-type": "application/x-amz-json-1.0",
      ...more,
    },
    body,
  );

async function stillAnswers(): Promise<void> {
  assert.equal((await json("ListQueues", "{}")).body, '{"QueueUrls":[]}');
}

test("A call is answered in the protocol in which it was made", async () => {
  const body = JSON.stringify({ QueueUrl: "q", MessageBody: "hello" });
  assert.equal((await json("SendMessage", body)).body, '{"MessageId":"hello"}');
  const form = await request(
    { "content-type": "application/x-www-form-urlencoded" },
    "Action=SendMessage&Version=2012-11-05&QueueUrl=q&MessageBody=hello",
  );
  assert.match(form.body, /<SendMessageResult><MessageId>hello<\/MessageId><\/SendMessageResult>/);
  const query = await request({
    method: "GET",
    path: "/?Action=SendMessage&Version=2012-11-05&QueueUrl=q&MessageBody=hello",
  });
  assert.match(query.body, /<MessageId>hello/);
  const binary = await request(
    {
      path: "/service/AmazonSQS/operation/SendMessage",
      "smithy-protocol": "rpc-v2-cbor",
      authorization: AUTHORIZATION,
    },
    Buffer.from(cbor.serialize({ QueueUrl: "q", MessageBody: "hello" })),
  );
  assert.match(binary.body, /iMessageIdehello/);
  const rest = await request({ method: "GET", path: "/2015-03-31/functions/?MaxItems=1" });
  assert.deepEqual([rest.status, rest.body], [200, "{}"]);
  const proxied = await request({ method: "GET", path: "http://lambda/2015-03-31/functions" });
  assert.equal(proxied.status, 200);
});

test("A service's error has its name, its status and the code of older protocols", async () => {
  const answer = await json("GetQueueUrl", "{}");
  assert.equal(answer.status, 400);
  assert.match(answer.body, /"__type":"com.amazonaws.sqs#QueueDoesNotExist"/);
  assert.match(answer.head, /x-amzn-query-error: aws.simplequeueservice.nonexistentqueue;sender/);
});

test("An operation without a request's input, and many at once on one connection, are answered", async () => {
  assert.equal((await json("ListQueues", "")).status, 200);
  const one = head({ "x-amz-target": "AmazonSQS.ListQueues", "content-length": "2" });
  const socket = connect(gateway.port, "127.0.0.1");
  socket.write(`${one}{}`.repeat(20));
  let received = "";
  while (received.split('{"QueueUrls":[]}').length <= 20)
    received += String((await once(socket, "data"))[0]);
  socket.destroy();
});

test("What is no valid request gets its own error, with the client's fault, and costs nobody else anything", async () => {
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const rpc = { "smithy-protocol": "rpc-v2-cbor", authorization: AUTHORIZATION };
  const cases: [string, number, RegExp, () => Promise<Answer>][] = [
    ["JSON that is none", 400, /SerializationException/i, () => json("SendMessage", "{")],
    ["JSON that is no object", 400, /SerializationException/i, () => json("SendMessage", "[]")],
    ["NUL bytes", 400, /SerializationException/i, () => json("SendMessage", Buffer.alloc(1000))],
    [
      "another type",
      400,
      /SerializationException/i,
      () => json("SendMessage", '{"MessageBody":{}}'),
    ],
    ["an unknown operation", 400, /UnknownOperationException/i, () => json("Sing", "{}")],
    ["a prototype's member", 400, /UnknownOperation/i, () => json("constructor", "{}")],
    ["an operation that is not built", 501, /NotImplemented/i, () => json("TagQueue", "{}")],
    [
      "an unknown target",
      404,
      /UnknownService/i,
      () => request({ "x-amz-target": "Foo.Bar" }, "{}"),
    ],
    ["a target without a dot", 404, /UnknownService/i, () => request({ "x-amz-target": "Foo" })],
    [
      "an unknown service",
      404,
      /UnknownService/i,
      () => request({ path: "/service/X/operation/Y", "smithy-protocol": "rpc-v2-cbor" }),
    ],
    [
      "an unknown path",
      404,
      /UnknownService/i,
      () => request({ method: "GET", path: "/favicon.ico" }),
    ],
    ["an unknown version", 404, /UnknownService/i, () => request(form, "Action=A&Version=1")],
    ["no action", 400, /MissingAction/i, () => request(form, "Version=2012-11-05")],
    [
      "an unknown action",
      400,
      /InvalidAction/i,
      () => request(form, "Action=Sing&Version=2012-11-05"),
    ],
    [
      "a wrong method",
      404,
      /UnknownOperation/i,
      () => request({ method: "DELETE", path: "/2015-03-31/functions" }),
    ],
    [
      "a wrong method in Query",
      404,
      /Unknown/i,
      () => request({ method: "PUT", path: "/?Action=ListQueues" }),
    ],
    ["an odd method", 404, /Unknown/i, () => request({ method: "PROPFIND" })],
    [
      "a bad escape",
      400,
      /SerializationException/i,
      () => request({ method: "GET", path: "/2015-03-31/functions/%ff%zz" }),
    ],
    [
      "a bad number",
      400,
      /SerializationException/i,
      () => request({ method: "GET", path: "/2015-03-31/functions?MaxItems=x" }),
    ],
    [
      "the server as a whole",
      404,
      /UnknownService/i,
      () => request({ method: "OPTIONS", path: "*" }),
    ],
    [
      "JSON 100,000 deep",
      400,
      /SerializationException/i,
      () =>
        json("SendMessage", `{"MessageAttributes":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
    ],
    [
      "JSON 100,000 deep, unclosed",
      400,
      /SerializationException/i,
      () => json("SendMessage", '{"a":'.repeat(100_000)),
    ],
    [
      "CBOR 100,000 deep",
      400,
      /SerializationException/i,
      () =>
        request(
          { path: "/service/AmazonSQS/operation/SendMessage", ...rpc },
          Buffer.alloc(100_000, 0x9f),
        ),
    ],
    [
      "CBOR of a giant list",
      400,
      /SerializationException/i,
      () =>
        request(
          { path: "/service/AmazonSQS/operation/SendMessage", ...rpc },
          Buffer.from("9bffffffffffffffff", "hex"),
        ),
    ],
    [
      "fields deeper than 256",
      400,
      /SerializationException/i,
      () => request(form, `Action=ListQueues&Version=2012-11-05&${"a.".repeat(10_000)}=1`),
    ],
    [
      "a bad gzip",
      400,
      /SerializationException/i,
      () => json("SendMessage", "x", { "content-encoding": "gzip" }),
    ],
    [
      "a gzip bomb",
      413,
      /RequestEntityTooLarge/i,
      () =>
        json("SendMessage", gzipSync(Buffer.alloc(100 * 2 ** 20)), { "content-encoding": "gzip" }),
    ],
    [
      "100 MB announced",
      413,
      /RequestEntityTooLarge/i,
      () =>
        raw(head({ "x-amz-target": "AmazonSQS.SendMessage", "content-length": "104857600" }), "{"),
    ],
    ["headers of 100 KB", 431, /^$/, () => request({ "x-long": "x".repeat(100_000) })],
    ["two lengths", 400, /^$/, () => raw(head({ "content-length": "1", "Content-Length": "2" }))],
    [
      "a length and chunks",
      400,
      /^$/,
      () => raw(head({ "content-length": "1", "transfer-encoding": "chunked" })),
    ],
    ["no HTTP", 400, /^$/, () => raw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")],
    [
      "a bad chunk",
      400,
      /^$/,
      () =>
        raw(
          head({ "x-amz-target": "AmazonSQS.SendMessage", "transfer-encoding": "chunked" }),
          "zz\r\n{}\r\n0\r\n\r\n",
        ),
    ],
  ];
  for (const [what, status, words, send] of cases) {
    const answer = await send();
    assert.equal(answer.status, status, `${what}: ${answer.head} ${answer.body}`);
    assert.match(words.source === "^$" ? answer.body : answer.head + answer.body, words, what);
    await stillAnswers();
  }
  assert.deepEqual(defects, []);
});

test("Ten thousand fields that mean nothing are passed over", async () => {
  const body = `Action=ListQueues&Version=2012-11-05${"&Tag.1.Key=x".repeat(10_000)}`;
  const answer = await request({ "content-type": "application/x-www-form-urlencoded" }, body);
  assert.equal(answer.status, 200);
});

test("A body of 100 MB is refused while it is being sent, told length or not, and memory stays bounded", async () => {
  const before = process.memoryUsage().rss;
  const megabyte = Buffer.alloc(2 ** 20, "x");
  const target = { "x-amz-target": "AmazonSQS.SendMessage" };
  const told = await raw(
    head({ ...target, "content-length": `${100 * 2 ** 20}` }),
    ...Array(100).fill(megabyte),
  );
  assert.equal(told.status, 413);
  const chunk = Buffer.concat([Buffer.from("100000\r\n"), megabyte, Buffer.from("\r\n")]);
  const chunked = await raw(
    head({ ...target, "transfer-encoding": "chunked" }),
    ...Array(100).fill(chunk),
  );
  assert.equal(chunked.status, 413);
  assert.match(chunked.body, /Request must be smaller than 20971520 bytes/);
  const grown = process.memoryUsage().rss - before;
  assert(grown < 150 * 2 ** 20, `grew by ${grown} bytes`);
  await stillAnswers();
});

test("After a refused body, the same connection takes the next request", async () => {
  const socket = connect(gateway.port, "127.0.0.1");
  const bytes = 21 * 2 ** 20;
  socket.write(head({ "x-amz-target": "AmazonSQS.SendMessage", "content-length": `${bytes}` }));
  socket.write(Buffer.alloc(bytes));
  socket.write(`${head({ "x-amz-target": "AmazonSQS.ListQueues", "content-length": "2" })}{}`);
  let received = "";
  for await (const chunk of socket) {
    received += chunk;
    if (received.includes('{"QueueUrls":[]}')) break;
  }
  assert.match(received, /^HTTP\/1.1 413 /);
});

test("Half a request holds up nobody, and is forgotten when its client goes", async () => {
  const halves = [
    "POST / HT",
    head({ "x-amz-target": "AmazonSQS.SendMessage", "content-length": "100" }),
    `${head({ "x-amz-target": "AmazonSQS.SendMessage", "content-length": "100" })}{"a`,
    `${head({ "x-amz-target": "AmazonSQS.SendMessage", "transfer-encoding": "chunked" })}5\r\n{"a`,
  ];
  for (const half of halves) {
    const socket = connect(gateway.port, "127.0.0.1");
    socket.write(half);
    await stillAnswers();
    socket.destroy();
    await once(socket, "close");
    await stillAnswers();
  }
});

test("A call is told when its client goes away, or the cloud stops", async () => {
  const socket = connect(gateway.port, "127.0.0.1");
  socket.write(`${head({ "x-amz-target": "AmazonSQS.ReceiveMessage", "content-length": "2" })}{}`);
  while (gone.length === 0) await stillAnswers();
  assert.equal(gone[0]!.aborted, false);
  socket.destroy();
  await once(gone[0]!, "abort");

  const other = new Cloud({ services: [sqs] });
  await using door = {
    ...(await listen({ cloud: () => other, port: 0 })),
    [Symbol.asyncDispose]: async () => {},
  };
  const answer = fetch(door.endpoint, {
    method: "POST",
    headers: { "x-amz-target": "AmazonSQS.ReceiveMessage" },
    body: "{}",
  });
  while (gone.length === 1) await stillAnswers();
  await other.stop();
  assert.equal((await answer).status, 503);
  await door.close();
});

test("An error of ours is answered as AWS's InternalFailure and told to who runs the cloud", async () => {
  const answer = await json("PurgeQueue", "{}");
  assert.equal(answer.status, 500);
  assert.match(answer.body, /InternalFailure/);
  assert.match(answer.body, /out of order/);
  assert.match(String(defects.pop()), /out of order/);
});

test("Any bytes at all end in an answer or the connection's end, and the next client is answered", async () => {
  const valid = Buffer.from(
    `${head({ "x-amz-target": "AmazonSQS.SendMessage", "content-length": "15" })}{"QueueUrl":"q"}`,
  );
  const edits = fc.array(fc.record({ at: fc.nat(valid.length - 1), byte: fc.nat(255) }), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(edits, async (edits) => {
      const bytes = Buffer.from(valid);
      for (const { at, byte } of edits) bytes[at] = byte;
      // A body that is awaited in vain would only be ended by the clock: more of it follows.
      const { status } = await raw(bytes, randomBytes(64), "\r\n\r\n\r\n\r\n", Buffer.alloc(2_000));
      assert(status < 500, `${status}`);
    }),
    { numRuns: 100, interruptAfterTimeLimit: 3_000 },
  );
  await stillAnswers();
  assert.deepEqual(defects, []);
});

test("Web pages of other origins are refused, and nothing ever allows one", async () => {
  const refused: Head[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:1" },
    { origin: "http://localhost" },
    { origin: "" },
    { host: "evil.example" },
    { host: "evil.example:4566" },
    { host: "127.0.0.1.evil.example" },
    { host: "localhost.evil.example" },
    { host: "xlocalhost" },
    { host: "sync-evil.example" },
    { host: "sync-sync-localhost" },
    { host: "evil.example#localhost" },
    { host: "" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { method: "OPTIONS", origin: "https://evil.example", "access-control-request-method": "POST" },
  ];
  for (const path of ["/", "/_flyball/health"])
    for (const headers of refused) {
      const answer = await request(
        { "x-amz-target": "AmazonSQS.ListQueues", path, ...headers },
        "{}",
      );
      assert.equal(answer.status, 403, JSON.stringify(headers));
      assert.match(answer.body, /Flyball/);
      assert.doesNotMatch(answer.head, /access-control/);
    }
});

test("Own pages, addresses and localhost with all under it are let in", async () => {
  const own = `127.0.0.1:${gateway.port}`;
  const allowed: Head[] = [
    {},
    { host: own, origin: `http://${own}`, "sec-fetch-site": "same-origin" },
    { host: "localhost:4566", origin: "http://localhost:4566" },
    { "sec-fetch-site": "none" },
    { host: "LOCALHOST" },
    { host: "sqs.eu-central-1.localhost:4566" },
    { host: "192.168.1.7:4566" },
    { host: "[::1]:4566" },
    { host: "[::1]" },
    // Where a client puts Step Functions' prefix before an endpoint of its own: aws-sdk-js-v3 issue 7146.
    { host: "sync-localhost:4566" },
    { host: "sync-127.0.0.1:4566" },
    { host: "sync-cloud.localhost:4566" },
  ];
  for (const headers of allowed) {
    const answer = await json("ListQueues", "{}", headers);
    assert.equal(answer.status, 200, JSON.stringify(headers));
    assert.doesNotMatch(answer.head, /access-control/);
  }
});

test("A port that is taken is told as the system tells it", async () => {
  await assert.rejects(listen({ cloud: () => cloud, port: gateway.port }), { code: "EADDRINUSE" });
});

test("A door under /_flyball that breaks answers so, and is told", async () => {
  const broken = await listen({
    cloud: () => cloud,
    port: 0,
    admin: () => ({
      "GET /broken": () => {
        throw new Error("a door broke");
      },
    }),
  });
  const answer = await fetch(`${broken.endpoint}/_flyball/broken`);
  assert.equal(answer.status, 500);
  assert.match(await answer.text(), /InternalFailure.*a door broke/);
  assert.match(String(defects.pop()), /a door broke/);
  await broken.close();
});
