import assert from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { test } from "node:test";
import { type RuntimeOptions, startRuntime } from "./runtime.ts";

const NOON = Date.UTC(2026, 0, 15, 12);
const CALLER = { account: "000000000000", region: "us-east-1", principal: "test" };

async function running(options: RuntimeOptions = {}) {
  const runtime = await startRuntime({ port: 0, clock: "virtual", startTime: NOON, ...options });
  const admin = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${runtime.endpoint}/_flyball${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const createQueue = (name: string) =>
    runtime.cloud().call(CALLER, "sqs", "CreateQueue", { QueueName: name });
  const queues = async () =>
    (await runtime.cloud().call(CALLER, "sqs", "ListQueues", {})).QueueUrls ?? [];
  return { runtime, admin, createQueue, queues, [Symbol.asyncDispose]: () => runtime.stop() };
}

async function temporary() {
  const path = await mkdtemp(join(tmpdir(), "flyball-runtime-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test("Health tells where it is, what it has, and what time it is there", async () => {
  await using world = await running();
  const { status, body } = await world.admin("GET", "/health");
  assert.equal(status, 200);
  assert.equal(body.status, "ready");
  assert.equal(body.endpoint, world.runtime.endpoint);
  assert.equal(body.clock, "virtual");
  assert.equal(body.time, "2026-01-15T12:00:00.000Z");
  assert((body.services as string[]).includes("sqs"));
});

test("A virtual clock is moved over HTTP; what cannot be a time is refused", async () => {
  await using world = await running();
  const moved = await world.admin("POST", "/clock", { advanceSeconds: 900.5 });
  assert.deepEqual(moved, { status: 200, body: { time: "2026-01-15T12:15:00.500Z" } });
  assert.deepEqual((await world.admin("GET", "/clock")).body, moved.body);
  for (const wrong of [
    {},
    { advanceSeconds: -1 },
    { advanceSeconds: "1" },
    { advanceSeconds: 1e300 },
    [],
    "nonsense",
    "null",
  ]) {
    const { status, body } = await world.admin("POST", "/clock", wrong);
    assert.equal(status, 400, JSON.stringify(wrong));
    assert.equal(body.error, "BadRequest");
  }
  assert.equal((await world.admin("POST", "/clock")).status, 400);
  assert.deepEqual((await world.admin("GET", "/clock")).body, moved.body);
});

test("The system's clock cannot be moved", async () => {
  await using world = await running({ clock: "system" });
  const { status, body } = await world.admin("POST", "/clock", { advanceSeconds: 1 });
  assert.equal(status, 409);
  assert.equal(body.error, "ClockIsSystem");
  assert.match(String(body.message), /--clock virtual/);
});

test("A path that there is not is answered with those that there are", async () => {
  await using world = await running();
  for (const [method, path] of [
    ["GET", "/nothing"],
    ["DELETE", "/health"],
    ["GET", ""],
    ["GET", "/constructor"],
  ] as const) {
    const { status, body } = await world.admin(method, path);
    assert.equal(status, 404);
    assert.match(String(body.message), /GET \/_flyball\/health/);
  }
});

test("A reset forgets everything, many at once too, and what is called meanwhile is answered", async () => {
  await using directory = await temporary();
  await using world = await running({ dataDirectory: directory.path });
  const defects: unknown[] = [];
  world.runtime.notices.on("defect", (defect) => defects.push(defect));
  await world.createQueue("kept");
  await world.runtime.advance(5_000);
  const listing = () =>
    fetch(world.runtime.endpoint, {
      method: "POST",
      headers: {
        "x-amz-target": "AmazonSQS.ListQueues",
        "content-type": "application/x-amz-json-1.0",
      },
      body: "{}",
    });
  const resets = [1, 2, 3].map(() => world.admin("POST", "/reset"));
  let answers = Promise.all(resets);
  const statuses = new Set<number>();
  for (let over = false; !over; ) {
    statuses.add((await listing()).status);
    over = await Promise.race([
      answers.then(() => true),
      new Promise<boolean>((resolve) => setImmediate(() => resolve(false))),
    ]);
  }
  answers = Promise.all(resets);
  for (const { status } of await answers) assert.equal(status, 200);
  for (const status of statuses) assert([200, 503].includes(status), `${status}`);
  assert.deepEqual(await world.queues(), []);
  assert.deepEqual((await world.admin("GET", "/clock")).body, { time: "2026-01-15T12:00:00.000Z" });
  await world.createQueue("new");
  assert.equal((await world.queues()).length, 1);
  assert.deepEqual(defects, []);
});

test("What was created is there after a restart with the same data directory, and not without one", async () => {
  await using directory = await temporary();
  const first = await running({ dataDirectory: directory.path });
  await first.createQueue("kept");
  await first.runtime.stop();
  await using second = await running({ dataDirectory: directory.path });
  assert.equal((await second.queues()).length, 1);
  await using ephemeral = await running();
  assert.equal((await ephemeral.queues()).length, 0);
});

test("Loops are told in one document, or as lines while they happen, until the reader goes", async () => {
  await using world = await running();
  const { notices } = world.runtime;
  assert.deepEqual((await world.admin("GET", "/loops")).body, { loops: [], healthEvents: [] });
  const stop = new AbortController();
  const answer = await fetch(`${world.runtime.endpoint}/_flyball/loops?follow`, {
    signal: stop.signal,
  });
  assert.equal(answer.headers.get("content-type"), "application/x-ndjson");
  const lines = createInterface({ input: Readable.fromWeb(answer.body as never) })[
    Symbol.asyncIterator
  ]();
  let traceHeader: string | undefined;
  const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  for (let run = 0; run <= 16; run += 1) {
    const caller = { ...CALLER, ...(traceHeader === undefined ? {} : { traceHeader }) };
    ({ traceHeader } = await world.runtime.cloud().chains.enter(caller, functionArn, "Terminate"));
  }
  for (let run = 1; run <= 16; run += 1) {
    const { hop } = JSON.parse((await lines.next()).value ?? "");
    assert.equal(hop.to, functionArn);
    assert.equal(hop.invocation.depth, run);
  }
  const { loop } = JSON.parse((await lines.next()).value ?? "");
  assert.equal(loop.functionArn, functionArn);
  const { loops, healthEvents } = (await world.admin("GET", "/loops")).body as Record<
    string,
    unknown[]
  >;
  assert.deepEqual([loops!.length, healthEvents!.length], [1, 1]);
  assert.deepEqual(loops![0], loop);

  assert.equal(notices.listenerCount("hop"), 1);
  stop.abort();
  await lines.next().catch(() => {});
  while (notices.listenerCount("hop") > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await world.admin("GET", "/health")).body.stoppedLoops, 1);
});

test("A follower that reads nothing holds up nobody, and stops with the runtime", async () => {
  const world = await running();
  const answer = await fetch(`${world.runtime.endpoint}/_flyball/loops?follow`);
  const hop = { to: "x".repeat(1_000) } as never;
  for (let index = 0; index < 50_000; index += 1) world.runtime.notices.emit("hop", hop);
  assert.equal((await world.admin("GET", "/health")).status, 200);
  await world.runtime.stop();
  await answer.text().catch(() => {});
  assert.equal(world.runtime.notices.listenerCount("hop"), 0);
});

test("A mock configuration that cannot be used is told before anything starts", async () => {
  const sfnMockConfig = join(tmpdir(), "flyball-no-such-mock-configuration.json");
  await assert.rejects(
    startRuntime({ port: 0, sfnMockConfig }),
    /no-such-mock-configuration\.json cannot be used: ENOENT/,
  );
});
