import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreateQueueCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import {
  aliveOf,
  descendantsOf,
  environment,
  eventually,
  FlyballProcess,
  runFlyball,
  Scratch,
  zipOf,
} from "../testing/flyball-process.ts";

/** Far below what the polls and functions under way would last; it takes some 200 ms where nothing else runs. */
const STOP_MS_MAX = 5_000;
const ORPHANS_MS_MAX = 5_000;
const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** No stack trace, and no escape codes of a terminal. */
function assertPlain(text: string): void {
  assert.doesNotMatch(text, /^\s+at .*:\d+/m);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one
  assert.doesNotMatch(text, /\u001b/);
}

test("it says where it is ready, on a line of its own, and keeps its state in .flyball", async () => {
  await using scratch = await Scratch.make();
  await using flyball = await FlyballProcess.start([], { cwd: scratch.path });
  assert.equal(flyball.stdout, `flyball ready on http://127.0.0.1:${flyball.port}\n`);
  await new SQSClient(flyball.clientConfig).send(new CreateQueueCommand({ QueueName: "kept" }));
  assert.deepEqual(await readdir(join(scratch.path, ".flyball")), ["cloud", "flyball.lock"]);
  flyball.signal("SIGINT");
  const { code, stderr } = await flyball.ended();
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });

  await using again = await FlyballProcess.start(["--data-dir", ".flyball"], { cwd: scratch.path });
  const { QueueUrls = [] } = await new SQSClient(again.clientConfig).send(
    new ListQueuesCommand({}),
  );
  assert.deepEqual(
    QueueUrls.map((url) => url.split("/").at(-1)),
    ["kept"],
  );
});

test("a data directory that cannot be used is named, with the reason", async () => {
  await using scratch = await Scratch.make();
  await writeFile(join(scratch.path, "file"), "");
  for (const directory of ["file", "file/below"]) {
    const { code, stdout, stderr } = await runFlyball(
      ["start", "--port", "0", "--data-dir", directory],
      { cwd: scratch.path },
    );
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      new RegExp(`^flyball: Cannot use \\S+/${directory} as the data directory`),
    );
    assertPlain(stderr);
  }
});

test("a directory that nobody can make is refused at once", {
  skip: process.platform !== "linux",
}, async () => {
  await using scratch = await Scratch.make();
  const { code, stderr } = await runFlyball(
    ["start", "--port", "0", "--data-dir", "/proc/flyball/data"],
    { cwd: scratch.path },
  );
  assert.equal(code, 1);
  assert.match(stderr, /Cannot use \/proc\/flyball\/data as the data directory: ENOENT/);
});

test("a state that is none of ours is refused, and named", async () => {
  await using scratch = await Scratch.make();
  const directory = join(scratch.path, ".flyball/cloud");
  await mkdir(directory, { recursive: true });
  for (const content of ["x".repeat(100_000), "short", Buffer.alloc(20_000)]) {
    await writeFile(join(directory, "state.mdb"), content);
    const { code, stderr } = await runFlyball(["start", "--port", "0"], { cwd: scratch.path });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^flyball: Cannot open the state in \S+\.flyball\/cloud: \S+state\.mdb is not a database of Flyball's/,
    );
    assertPlain(stderr);
  }
});

test("two at once on one data directory: the second refuses, and names the first", async () => {
  await using scratch = await Scratch.make();
  await using first = await FlyballProcess.start([], { cwd: scratch.path });
  const second = await runFlyball(["start", "--port", "0"], { cwd: scratch.path });
  assert.equal(second.code, 1);
  assert.match(second.stderr, /^flyball: The data directory \S+\.flyball is in use by the Flyball/);
  assert.ok(second.stderr.includes(`on ${first.endpoint} (process ${first.pid})`), second.stderr);
  assertPlain(second.stderr);

  first.signal("SIGKILL");
  await first.ended();
  const lock = join(scratch.path, ".flyball/flyball.lock");
  assert.ok(existsSync(lock), "kill -9 leaves the lock behind");
  await using third = await FlyballProcess.start([], { cwd: scratch.path });
  assert.equal(JSON.parse(await readFile(lock, "utf8")).pid, third.pid);
});

test("a lock of a process whose id another one has now holds nobody up", async () => {
  await using scratch = await Scratch.make();
  const directory = join(scratch.path, ".flyball");
  await mkdir(directory);
  for (const lock of [`{"pid":${process.pid},"start":"1"}`, "", "no lock", '{"pid":"x"}']) {
    await writeFile(join(directory, "flyball.lock"), lock);
    await using flyball = await FlyballProcess.start([], { cwd: scratch.path });
    assert.ok(flyball.port > 0);
  }
});

test("of many that start on one directory at once, one gets it", async () => {
  await using scratch = await Scratch.make();
  const starts = Array.from({ length: 4 }, () =>
    FlyballProcess.start([], { cwd: scratch.path }).catch((error: Error) => error),
  );
  const results = await Promise.all(starts);
  const started = results.filter((result) => result instanceof FlyballProcess);
  const refused = results.filter((result) => result instanceof Error);
  for (const flyball of started) await flyball[Symbol.asyncDispose]();
  assert.equal(started.length, 1);
  for (const { message } of refused) assert.match(message, /is in use by the Flyball/);
});

test("a port that is taken is named, whoever has it", async () => {
  await using scratch = await Scratch.make();
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await runFlyball(["start", "--ephemeral", "--port", String(port)], {
    cwd: scratch.path,
  });
  server.close();
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^flyball: Port ${port} on 127\\.0\\.0\\.1 is taken\\.`));
  assertPlain(stderr);
});

test("options that make no sense are refused with exit code 2, and nothing is started", async () => {
  await using scratch = await Scratch.make();
  const wrong: [string[], RegExp][] = [
    [["--port", "65536"], /--port takes a number from 0 to 65535, not "65536"/],
    [["--port", "http"], /--port takes a number/],
    [["--clock", "sundial"], /--clock takes system or virtual, not "sundial"/],
    [["--nope"], /There is no option --nope\./],
    [["--port"], /'--port <value>' argument missing/],
    [["--ephemeral", "--data-dir", "x"], /give one or the other/],
    [["now"], /Unexpected argument 'now'/],
  ];
  const runs = wrong.map(async ([words, expected]) => {
    const { code, stdout, stderr } = await runFlyball(["start", ...words], { cwd: scratch.path });
    assert.deepEqual({ words, code, stdout }, { words, code: 2, stdout: "" });
    assert.match(stderr, expected);
    assert.match(stderr, /"flyball start --help" says what there is\.$/m);
  });
  await Promise.all(runs);
  assert.deepEqual(await readdir(scratch.path), []);
});

test("--host is listened on and answered under", async () => {
  await using scratch = await Scratch.make();
  await using flyball = await FlyballProcess.start(["--ephemeral", "--host", "localhost"], {
    cwd: scratch.path,
  });
  assert.match(flyball.endpoint, /^http:\/\/localhost:\d+$/);
  assert.equal((await fetch(`${flyball.endpoint}/_flyball/health`)).status, 200);

  const { code, stderr } = await runFlyball(
    ["start", "--ephemeral", "--port", "0", "--host", "192.0.2.1"],
    { cwd: scratch.path },
  );
  assert.equal(code, 1);
  assert.match(stderr, /Cannot listen on 192\.0\.2\.1:0/);
});

test("--ephemeral leaves nothing behind, and clears away what a killed one left", async () => {
  await using scratch = await Scratch.make();
  await using killed = await FlyballProcess.start(["--ephemeral"], { cwd: scratch.path });
  await new SQSClient(killed.clientConfig).send(new CreateQueueCommand({ QueueName: "gone" }));
  killed.signal("SIGKILL");
  await killed.ended();
  const left = await readdir(scratch.path);
  assert.equal(left.length, 1, "kill -9 leaves a temporary directory behind");

  await using flyball = await FlyballProcess.start(["--ephemeral"], { cwd: scratch.path });
  await eventually("the sweep", async () => !(await readdir(scratch.path)).includes(left[0] ?? ""));
  assert.equal((await readdir(scratch.path)).length, 1, "its own is still there");
  flyball.signal("SIGTERM");
  assert.equal((await flyball.ended()).code, 0);
  assert.deepEqual(await readdir(scratch.path), []);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  test(`${signal} stops it at once, long polls, running functions and all`, async () => {
    await using scratch = await Scratch.make();
    await using flyball = await FlyballProcess.start(["--ephemeral"], { cwd: scratch.path });
    const sqs = new SQSClient({ ...flyball.clientConfig, maxAttempts: 1 });
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "empty" }));
    const polling = sqs
      .send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))
      .catch((error) => error);
    const { invoking, children } = await invokeBusyFunction(flyball);
    const signalledAt = performance.now();
    flyball.signal(signal);
    const { code, stderr } = await flyball.ended();
    const tookMs = performance.now() - signalledAt;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.ok(tookMs < STOP_MS_MAX, `it took ${tookMs} ms`);
    assert.deepEqual(aliveOf(children), []);
    assert.deepEqual(await readdir(scratch.path), []);
    await Promise.all([polling, invoking]);
  });

test("kill -9 leaves nothing running of a function that is busy, nor of what that started", async () => {
  await using scratch = await Scratch.make();
  await using flyball = await FlyballProcess.start(["--ephemeral"], { cwd: scratch.path });
  const { invoking, children } = await invokeBusyFunction(flyball);
  flyball.signal("SIGKILL");
  await Promise.all([flyball.ended(), invoking]);
  await eventually("their end", () => aliveOf(children).length === 0, ORPHANS_MS_MAX);
});

test("a second Ctrl-C ends it at once, and leaves nothing behind either", async () => {
  await using scratch = await Scratch.make();
  await using flyball = await FlyballProcess.start(["--ephemeral"], { cwd: scratch.path });
  flyball.signal("SIGINT");
  flyball.signal("SIGINT");
  const { code, stderr } = await flyball.ended();
  // The signals may arrive as one, or the first may have been enough.
  assert.ok(code === 130 || code === 0, `exit code ${code}`);
  assert.equal(stderr, "");
  assert.deepEqual(await readdir(scratch.path), []);
});

test("it serves on when nobody reads its output any more", async () => {
  await using scratch = await Scratch.make();
  const child = spawn(process.execPath, [MAIN, "start", "--port", "0", "--ephemeral", "--json"], {
    cwd: scratch.path,
    env: environment({ cwd: scratch.path }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const [chunk] = await new Promise<Buffer[]>((resolve) =>
    child.stdout.once("data", (...chunks) => resolve(chunks)),
  );
  const { event, endpoint } = JSON.parse(String(chunk));
  assert.equal(event, "ready");
  child.stdout.destroy();
  await writeLoop(endpoint);
  assert.equal((await fetch(`${endpoint}/_flyball/health`)).status, 200);
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  assert.equal(await exited, 0);
  assert.equal(stderr, "");
});

/** Invokes a function that never ends, and starts a process of its own. Resolves when all of it runs. */
async function invokeBusyFunction({ clientConfig, pid }: FlyballProcess) {
  const lambda = new LambdaClient({ ...clientConfig, maxAttempts: 1 });
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "busy",
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/r",
      Timeout: 60,
      Code: {
        ZipFile: zipOf(`
          import { spawn } from "node:child_process";
          export async function handler() {
            spawn("sleep", ["60"], { stdio: "ignore" });
            for (;;);
          }`),
      },
    }),
  );
  const invoking = lambda
    .send(new InvokeCommand({ FunctionName: "busy" }))
    .catch((error: unknown) => error);
  // The function, what it started, and what watches over both.
  const children = await eventually("the function's processes", () => {
    const found = descendantsOf(pid);
    return found.length >= 3 && found;
  });
  return { invoking, children };
}

/** Lets the cloud write: a function that calls itself until it is stopped. */
async function writeLoop(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: "000000000000", secretAccessKey: "flyball" };
  const lambda = new LambdaClient({ endpoint, region: "us-east-1", credentials });
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "itself",
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/r",
      Code: {
        ZipFile: zipOf(`
          import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
          const lambda = new LambdaClient({});
          export const handler = () =>
            lambda.send(new InvokeCommand({ FunctionName: "itself", InvocationType: "Event" }));`),
      },
    }),
  );
  await lambda.send(new InvokeCommand({ FunctionName: "itself", InvocationType: "Event" }));
  await eventually("the stop", async () => {
    const answer = await fetch(`${endpoint}/_flyball/loops`);
    const { loops } = (await answer.json()) as { loops: unknown[] };
    return loops.length > 0;
  });
}
