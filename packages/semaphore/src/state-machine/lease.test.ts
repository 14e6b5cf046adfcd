import assert from "node:assert/strict";
import { test } from "node:test";
import { withSemaphore } from "./index.ts";
import { EngineCloud, TABLE } from "./testing/cloud.ts";
import { startGapMin } from "./testing/observed.ts";

const SEMAPHORE = { table: TABLE, name: "ocr", limit: 1, timeoutSeconds: 300 };
const WORK = {
  StartAt: "How long?",
  States: { "How long?": { Type: "Wait", SecondsPath: "$.seconds", End: true } },
};
const LOCK_KEY = { LockName: { S: "ocr" } };

test("Who waits is served in the order of coming, and asks nothing while it waits", async () => {
  await using cloud = await EngineCloud.open();
  const machineArn = await cloud.createMachine("worker", withSemaphore(WORK, SEMAPHORE));
  const executions = [];
  for (let place = 0; place < 6; place += 1) {
    executions.push(await cloud.start(machineArn, `e${place}`, { seconds: 20 }));
    await cloud.advance(1_000);
  }
  const before = cloud.requests;
  await cloud.advance(13_000);
  assert.equal(cloud.requests, before);
  await cloud.advance(200_000);
  const spans = await Promise.all(executions.map((arn) => cloud.workOf(arn)));
  const starts = spans.map((span) => span!.from);
  assert.deepEqual(
    starts,
    starts.toSorted((left, right) => left - right),
  );
  assert.equal((await cloud.item("ocr"))?.fblimit?.N, "1");
  // No slot stands empty: the next begins when the one before it releases.
  assert.equal(startGapMin(spans), 20_000);
  assert.equal(starts.at(-1)! - starts[0]!, 5 * 20_000);
});

test("What an execution held that died without anyone's word comes back when its time would have been over", async () => {
  await using cloud = await EngineCloud.open();
  const machineArn = await cloud.createMachine("worker", withSemaphore(WORK, SEMAPHORE));
  const dead = await cloud.start(machineArn, "dead", { seconds: 250 });
  await cloud.advance(1_000);
  await cloud.stop(dead);
  const next = await cloud.start(machineArn, "next", { seconds: 1 });
  // There is no reaper: its lease, and the slack of a minute, are waited for.
  await cloud.advance(290_000);
  assert.equal(await cloud.workOf(next), undefined);
  // The next one's own time is over by then; who comes after takes the unit back, and waits for nobody's call long.
  await cloud.advance(100_000);
  const after = await cloud.start(machineArn, "after", { seconds: 1 });
  await cloud.advance(70_000);
  assert.equal((await cloud.describe(after)).status, "SUCCEEDED");
  assert.equal(await cloud.unitsOut("ocr"), 0);
});

test("An original function's item is taken over as it stands, with what it holds", async () => {
  await using cloud = await EngineCloud.open();
  const holder = "arn:aws:states:eu-central-1:000000000000:execution:theirs:one";
  const item = {
    ...LOCK_KEY,
    currentlockcount: { N: "1" },
    nextavailtime: { N: "0" },
    [holder]: { S: "2026-01-15T12:00:00.123Z" },
  };
  await cloud.putItem(item);
  const machineArn = await cloud.createMachine("worker", withSemaphore(WORK, SEMAPHORE));
  const execution = await cloud.start(machineArn, "e", { seconds: 1 });
  await cloud.advance(30_000);
  assert.equal(await cloud.workOf(execution), undefined);
  // It is released as the original does it, which wakes nobody: who waits looks again within a minute.
  await cloud.putItem({ ...LOCK_KEY, currentlockcount: { N: "0" }, nextavailtime: { N: "0" } });
  await cloud.advance(40_000);
  assert.equal((await cloud.describe(execution)).status, "SUCCEEDED");
});

test("A next start that lies further ahead than any of ours is put right", async () => {
  await using cloud = await EngineCloud.open();
  const terms = { ...SEMAPHORE, limit: 5, startsPerSecond: 2 };
  const machineArn = await cloud.createMachine("worker", withSemaphore(WORK, terms));
  await cloud.putItem({
    ...LOCK_KEY,
    currentlockcount: { N: "0" },
    nextavailtime: { N: "99999999999" },
  });
  const execution = await cloud.start(machineArn, "e", { seconds: 1 });
  await cloud.advance(5_000);
  assert.equal((await cloud.describe(execution)).status, "SUCCEEDED");
});

test("An error of the work is the execution's, when its units are back", async () => {
  await using cloud = await EngineCloud.open();
  const work = {
    StartAt: "Fail",
    States: { Fail: { Type: "Fail", Error: "NoText", Cause: "The page is empty." } },
  };
  const machineArn = await cloud.createMachine("worker", withSemaphore(work, SEMAPHORE));
  const execution = await cloud.start(machineArn, "e", {});
  await cloud.advance(1_000);
  const { status, error, cause } = await cloud.describe(execution);
  assert.deepEqual([status, error, cause], ["FAILED", "NoText", "The page is empty."]);
  assert.equal(await cloud.unitsOut("ocr"), 0);
});

test("Work in JSONata is wrapped as it stands", async () => {
  await using cloud = await EngineCloud.open();
  const work = {
    QueryLanguage: "JSONata" as const,
    StartAt: "Double",
    States: { Double: { Type: "Pass", Output: "{% $states.input.n * 2 %}", End: true } },
  };
  const machineArn = await cloud.createMachine("worker", withSemaphore(work, SEMAPHORE));
  const execution = await cloud.start(machineArn, "e", { n: 21 });
  await cloud.advance(1_000);
  assert.equal((await cloud.describe(execution)).output, "42");
});

test("Terms that can never be granted, names that are taken and languages that do not mix are refused", () => {
  const twin = { StartAt: "Look", States: { Look: { Type: "Pass", End: true } } };
  assert.throws(() => withSemaphore(twin, SEMAPHORE), /Two states are called "Look"/);
  assert.throws(() => withSemaphore(WORK, { ...SEMAPHORE, units: 2 }), RangeError);
  assert.throws(() => withSemaphore(WORK, { ...SEMAPHORE, timeoutSeconds: 0 }), RangeError);
  assert.throws(() => withSemaphore(WORK, { ...SEMAPHORE, startsPerSecond: -1 }), RangeError);
  const original = { ...SEMAPHORE, variant: "original", acquireLock: "acquire" } as const;
  assert.throws(() => withSemaphore({ ...WORK, QueryLanguage: "JSONata" }, original), TypeError);
});
