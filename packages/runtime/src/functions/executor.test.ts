import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as realTime } from "node:timers/promises";
import { Activity } from "../clock/activity.ts";
import { VirtualClock } from "../clock/virtual.ts";
import { isServiceError } from "../errors.ts";
import { bench, requestId } from "./testing.ts";

const ECHO = "exports.handler = async (event) => ({ event, pid: process.pid });";

function isKnown(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Whether the process runs; one that ended and was not waited for yet (an orphan, by init) does not. */
async function isRunning(pid: number): Promise<boolean> {
  if (!isKnown(pid)) return false;
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return !/^\d+ \(.*\) Z/.test(status);
}

async function untilGone(pid: number): Promise<void> {
  for (let tries = 0; await isRunning(pid); tries += 1) {
    assert(tries < 200, `process ${pid} still runs`);
    await realTime(10);
  }
}

test("a first invocation starts an environment, the next one finds it warm", async () => {
  await using it = await bench({ "index.js": ECHO });
  const cold = await it.invoke<{ event: unknown; pid: number }>({ n: 1 });
  const warm = await it.invoke<{ event: unknown; pid: number }>({ n: 2 });
  assert.deepEqual(cold.value.event, { n: 1 });
  assert.deepEqual(warm.value.event, { n: 2 });
  assert.equal(cold.value.pid, warm.value.pid);
  assert(cold.initDurationMs !== undefined && cold.initDurationMs > 0);
  assert.equal(warm.initDurationMs, undefined);
  assert.equal(cold.functionError, undefined);
});

test("START, END and REPORT lines have AWS's form, and INIT_START comes once, before them", async () => {
  await using it = await bench({ "index.js": ECHO });
  const id = requestId();
  const cold = await it.invoke({}, { invocation: { requestId: id } });
  const warm = await it.invoke({}, { invocation: { requestId: id } });
  const report = `REPORT RequestId: ${id}\\tDuration: \\d+\\.\\d\\d ms\\tBilled Duration: \\d+ ms\\tMemory Size: 256 MB\\tMax Memory Used: \\d+ MB\\t`;
  const around = `START RequestId: ${id} Version: \\$LATEST\\nEND RequestId: ${id}\\n${report}`;
  assert.match(cold.logTail, new RegExp(`^${around}Init Duration: \\d+\\.\\d\\d ms\\t\\n$`));
  assert.match(warm.logTail, new RegExp(`^${around}\\n$`));
  assert.match(
    it.lines[0]?.message ?? "",
    /^INIT_START Runtime Version: nodejs:22\.v1\tRuntime Version ARN: arn:aws:lambda:eu-central-1::runtime:[0-9a-f]{64}\n$/,
  );
  assert.equal(it.lines.filter(({ message }) => message.startsWith("INIT_START")).length, 1);
});

test("the billed duration of a cold start includes the init phase", async () => {
  await using it = await bench({ "index.js": ECHO });
  const { logTail } = await it.invoke();
  const number = (name: string) => Number(new RegExp(`\t${name}: ([\\d.]+) ms`).exec(logTail)?.[1]);
  const billed = number("Billed Duration");
  assert(billed >= number("Duration") + number("Init Duration") - 0.01, logTail);
  assert(billed <= number("Duration") + number("Init Duration") + 1.01, logTail);
});

test("a log stream is named by date, version and 32 hex digits, and each environment has its own", async () => {
  const clock = new VirtualClock(new Activity(), Date.UTC(2031, 4, 6));
  await using it = await bench({ "index.js": ECHO }, {}, { clock });
  await Promise.all([it.invoke(), it.invoke()]);
  const streams = [...new Set(it.lines.map(({ stream }) => stream))];
  assert.equal(streams.length, 2);
  for (const stream of streams) assert.match(stream, /^2031\/05\/06\/\[\$LATEST\][0-9a-f]{32}$/);
  assert(it.lines.every(({ timestamp }) => timestamp === Date.UTC(2031, 4, 6)));
});

test("concurrent invocations run in environments of their own, and the latest used one is reused", async () => {
  await using it = await bench({
    "index.js": `exports.handler = async ({ ms }) => {
      await new Promise((done) => setTimeout(done, ms));
      return process.pid;
    };`,
  });
  const answers = await Promise.all([
    it.invoke<number>({ ms: 150 }),
    it.invoke<number>({ ms: 400 }),
  ]);
  const [quick, slow] = answers.map(({ value }) => value);
  assert.notEqual(quick, slow);
  const next = (await it.invoke<number>({ ms: 0 })).value;
  assert.equal(next, slow);
});

test("an environment that idles for ten minutes by the clock is let go", async () => {
  const activity = new Activity();
  const clock = new VirtualClock(activity, Date.UTC(2031, 0, 1));
  await using it = await bench({ "index.js": ECHO }, {}, { clock, activity });
  const { pid } = (await it.invoke<{ pid: number }>()).value;
  await clock.advance(5 * 60_000);
  const kept = (await it.invoke<{ pid: number }>()).value;
  assert.equal(kept.pid, pid);
  await clock.advance(9 * 60_000);
  assert(await isRunning(pid));
  await clock.advance(60_000);
  await untilGone(pid);
});

test("a virtual clock waits for a function that runs", async () => {
  const activity = new Activity();
  const clock = new VirtualClock(activity, 0);
  await using it = await bench(
    { "index.js": "exports.handler = () => new Promise((done) => setTimeout(done, 300, 1));" },
    {},
    { clock, activity },
  );
  let done = false;
  const invoked = it.invoke().then(() => {
    done = true;
  });
  await clock.advance(1000);
  assert(done);
  await invoked;
});

test("retiring a key ends its idle environments at once and busy ones when they are done", async () => {
  await using it = await bench({
    "index.js": `exports.handler = async ({ ms }) => {
      await new Promise((done) => setTimeout(done, ms));
      return process.pid;
    };`,
  });
  const [idle, ...rest] = (
    await Promise.all([it.invoke<number>({ ms: 1 }), it.invoke<number>({ ms: 1 })])
  ).map(({ value }) => value);
  const busy = it.invoke<number>({ ms: 200 });
  await realTime(20);
  it.executor.retire(it.spec.key);
  const busyPid = (await busy).value;
  for (const pid of [idle, ...rest, busyPid]) await untilGone(pid!);
  const fresh = (await it.invoke<number>({ ms: 0 })).value;
  assert(![idle, ...rest].includes(fresh));
});

test("a function that runs too long is killed with all it started, and AWS's error document is its answer", async () => {
  await using it = await bench(
    {
      "index.js": `exports.handler = () => {
        const child = require("child_process").spawn("sleep", ["60"]);
        console.log("started", child.pid);
        return new Promise(() => setInterval(() => {}, 1000));
      };`,
    },
    { timeoutSeconds: 1 },
  );
  const id = requestId();
  const result = await it.invoke({}, { invocation: { requestId: id } });
  assert.equal(result.functionError, "Unhandled");
  assert.deepEqual(result.value, {
    errorType: "Sandbox.Timedout",
    errorMessage: `RequestId: ${id} Error: Task timed out after 1.00 seconds`,
  });
  assert.equal(result.durationMs, 1000);
  assert.match(result.logTail, new RegExp(`Z ${id} Task timed out after 1\\.00 seconds\\n\\nEND `));
  assert.match(result.logTail, /\tDuration: 1000\.00 ms\t.*\tStatus: timeout\n$/);
  await untilGone(Number(/started (\d+)/.exec(result.logTail)?.[1]));
});

test("a function that never yields is killed at its timeout too", async () => {
  await using it = await bench(
    { "index.js": "exports.handler = () => { for (;;); };" },
    { timeoutSeconds: 1 },
  );
  const { errorType } = (await it.invoke<{ errorType: string }>()).value;
  assert.equal(errorType, "Sandbox.Timedout");
});

test("a runtime that exits in an invocation fails it with Runtime.ExitError, in the words of its exit", async () => {
  await using it = await bench({
    "index.js":
      "exports.handler = ({ code, signal }) => signal ? process.kill(process.pid, signal) : process.exit(code);",
  });
  const cases: [object, string][] = [
    [{ code: 0 }, "Runtime exited without providing a reason"],
    [{ code: 1 }, "Runtime exited with error: exit status 1"],
    [{ signal: "SIGKILL" }, "Runtime exited with error: signal: killed"],
    [{ signal: "SIGSEGV" }, "Runtime exited with error: signal: segmentation fault"],
  ];
  for (const [event, words] of cases) {
    const id = requestId();
    const result = await it.invoke(event, { invocation: { requestId: id } });
    const errorMessage = `RequestId: ${id} Error: ${words}`;
    assert.deepEqual(result.value, { errorType: "Runtime.ExitError", errorMessage });
    assert.equal(result.functionError, "Unhandled");
    assert(result.logTail.includes(`${errorMessage}\nRuntime.ExitError\nEND RequestId: ${id}\n`));
    assert.match(result.logTail, /\tStatus: error\tError Type: Runtime\.ExitError\n$/);
  }
});

test("an environment whose process ended while idle is replaced", async () => {
  await using it = await bench({ "index.js": ECHO });
  const { pid } = (await it.invoke<{ pid: number }>()).value;
  // Until it is waited for, not only dead.
  for (process.kill(pid, "SIGKILL"); isKnown(pid); ) await realTime(5);
  const next = await it.invoke();
  assert.equal(next.functionError, undefined);
});

test("an initialisation that fails is tried again in the invocation, as on AWS", async () => {
  await using it = await bench({
    "index.js": `const fs = require("fs");
      if (!fs.existsSync("second")) { fs.writeFileSync("second", ""); process.exit(3); }
      exports.handler = async () => "up";`,
  });
  const result = await it.invoke();
  assert.equal(result.value, "up");
  assert.match(
    it.messages(),
    /INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime\.ExitError\nSTART /,
  );
  assert.doesNotMatch(result.logTail, /\tInit Duration/);
});

test("an initialisation that fails twice answers its error", async () => {
  await using it = await bench({ "index.js": "process.exit(3);" });
  const id = requestId();
  const result = await it.invoke({}, { invocation: { requestId: id } });
  assert.deepEqual(result.value, {
    errorType: "Runtime.ExitError",
    errorMessage: `RequestId: ${id} Error: Runtime exited with error: exit status 3`,
  });
  assert.equal(it.messages().match(/INIT_REPORT .*Phase: (init|invoke)/g)?.length, 2);
});

test("an initialisation that fails twice and takes too long answers the timeout", async () => {
  await using it = await bench(
    {
      "index.js": `const fs = require("fs");
        if (!fs.existsSync("second")) { fs.writeFileSync("second", ""); process.exit(3); }
        for (;;);`,
    },
    { timeoutSeconds: 1 },
  );
  const { errorType } = (await it.invoke<{ errorType: string }>()).value;
  assert.equal(errorType, "Sandbox.Timedout");
  assert.match(it.messages(), /INIT_REPORT .*Phase: invoke\tStatus: timeout\n/);
});

test("the log's tail is its last 4096 bytes", async () => {
  await using it = await bench({
    "index.js": `exports.handler = async () => { for (let i = 0; i < 500; i += 1) process.stdout.write("ä".repeat(20) + i + "\\n"); };`,
  });
  const { logTail } = await it.invoke();
  assert(Buffer.byteLength(logTail) <= 4096 && Buffer.byteLength(logTail) > 4000);
  assert(!logTail.includes("\ufffd"));
  assert.match(logTail, /499\nEND RequestId/);
  assert.match(it.messages(), /ä0\n/);
});

test("all that is written before an answer is logged before END, also a last line without a newline", async () => {
  await using it = await bench({
    "index.js": `exports.handler = async () => { process.stderr.write("oh"); process.stdout.write("x".repeat(300000)); process.stdout.write("\\nlast"); };`,
  });
  for (let i = 0; i < 5; i += 1) {
    const { logTail } = await it.invoke();
    assert.match(logTail, /\nlast\n(oh\n)?END RequestId/);
  }
  assert.equal(it.messages().match(/oh\n/g)?.length, 5);
});

test("a runtime that Flyball cannot run is refused with what would be right", async () => {
  await using it = await bench({ "index.js": ECHO });
  for (const runtime of ["java21", "dotnet8", "ruby3.3"])
    await assert.rejects(
      it.invoke({}, { spec: { runtime, key: runtime } }),
      (error) =>
        isServiceError(error, "InvalidRuntimeException") &&
        error.message.includes(runtime) &&
        error.message.includes("provided.al2023"),
    );
});

test("after stop() nothing runs any more, and invocations under way are answered", async () => {
  const it = await bench({
    "index.js": ECHO,
    "slow.js":
      "exports.handler = async () => { console.log(process.pid); await new Promise((d) => setTimeout(d, 60000)); };",
  });
  const { pid } = (await it.invoke<{ pid: number }>()).value;
  const busy = it.invoke({}, { spec: { handler: "slow.handler", key: "slow" } });
  while (!it.messages().includes("INFO")) await realTime(10);
  await it.executor.stop();
  assert(!(await isRunning(pid)));
  assert.equal((await busy).functionError, "Unhandled");
  await assert.rejects(it.invoke());
  await rm(it.directory, { recursive: true });
});

test("nothing outlives a parent that is killed by force, busy or idle", async () => {
  await using it = await bench({
    "index.js": `exports.handler = ({ busy }) => {
        console.log(process.pid);
        if (busy) for (;;);
        return Promise.resolve();
      };`,
    "parent.mjs": `
      import { bench } from ${JSON.stringify(new URL("./testing.ts", import.meta.url).href)};
      const it = await bench({}, { codeDirectory: process.argv[2], timeoutSeconds: 60 });
      await it.invoke({});
      void it.invoke({}, { spec: { key: "other" } }).then(() => it.invoke({ busy: true }, { spec: { key: "other" } }));
      while (it.lines.filter(({ message }) => message.includes("INFO")).length < 3) await new Promise((done) => setTimeout(done, 10));
      await import("node:fs/promises").then(({ rm }) => rm(it.directory, { recursive: true }));
      console.log(JSON.stringify(it.lines.map(({ message }) => /INFO\\t(\\d+)/.exec(message)?.[1]).filter(Boolean)));
      setInterval(() => {}, 1000);`,
  });
  const parent = spawn(process.execPath, [join(it.directory, "parent.mjs"), it.directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(parent.stdout, "data");
  const pids = (JSON.parse(String(said)) as string[]).map(Number);
  assert.equal(new Set(pids).size, 2);
  for (const pid of pids) assert(await isRunning(pid));
  parent.kill("SIGKILL");
  for (const pid of pids) await untilGone(pid);
});
