import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cases, ENTERED, EVENT, itemOf } from "../packages/semaphore/src/handlers/cases.ts";
import { Stage } from "../packages/semaphore/src/testing/acquire-cases.ts";
import { Flyball } from "./flyball.ts";
import { Functions, originalCode, ourCode } from "./semaphore-functions.ts";
import { readVenv } from "./venv.ts";

const venv = readVenv();
const skip = venv.missing ?? false;
const python = venv.missing === undefined ? venv.python : "python3.13";
const ARN = "arn:aws:states:us-east-1:000000000000:execution:ocr";
const execution = (name: string) => ({ ...EVENT, ExecutionId: `${ARN}:${name}` });
const holders = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [`${ARN}:${name}`, { S: ENTERED }]));

describe("the semaphore's functions", () => {
  let flyball: Flyball;
  let stage: Stage;
  before(async () => {
    flyball = await Flyball.start();
    stage = await Stage.at(flyball.clientConfig());
  });
  after(() => flyball[Symbol.asyncDispose]());

  describe("the original in Python, with boto3", () => {
    let original: Functions;
    before(() => {
      original = new Functions(flyball, "original", originalCode(python));
    });
    for (const one of cases)
      test(one.name, { skip }, () => stage.play(one, original.invoke, "original"));
  });

  describe("ours, as a function on Node.js", () => {
    let ours: Functions;
    before(async () => {
      ours = new Functions(flyball, "ours", await ourCode("acquireLock"));
    });
    for (const one of cases) test(one.name, () => stage.play(one, ours.invoke, "ours"));
  });

  test("the original and ours hold units of one item at once, and each sees the other's", {
    skip,
  }, async () => {
    const original = new Functions(flyball, "mixed-original", originalCode(python));
    const acquire = new Functions(flyball, "mixed-acquire", await ourCode("acquireLock"));
    const release = new Functions(flyball, "mixed-release", await ourCode("releaseLock"));
    const full = { errorType: "Lambda_ConditionalCheckFailedException" };
    const refused = (answer: object) => assert.partialDeepStrictEqual(answer, full);
    await stage.set(itemOf(0));
    assert.deepEqual(await original.invoke(execution("python"), {}), {});
    assert.deepEqual(await acquire.invoke(execution("node"), {}), {});
    assert.deepEqual(await original.invoke(execution("python-2"), {}), {});
    assert.deepEqual(await stage.item(), itemOf(3, holders("python", "node", "python-2")));
    refused(await acquire.invoke(execution("node-2"), {}));
    refused(await original.invoke(execution("python-3"), {}));
    // Held already, by the other's grant.
    refused(await original.invoke({ ...execution("node"), ConcurrencyLimit: 9 }, {}));
    refused(await acquire.invoke({ ...execution("python"), ConcurrencyLimit: 9 }, {}));
    // Ours releases what the original has granted; the next to come is served, whichever it asks.
    assert.deepEqual(await release.invoke(execution("python"), {}), {});
    assert.deepEqual(await original.invoke(execution("python-3"), {}), {});
    refused(await acquire.invoke(execution("node-2"), {}));
    assert.deepEqual(await stage.item(), itemOf(3, holders("node", "python-2", "python-3")));
  });

  test("ours reaps what the original granted to an execution that died, and refuses its late acquire", {
    skip,
  }, async () => {
    const original = new Functions(flyball, "dead-original", originalCode(python));
    const acquire = new Functions(flyball, "dead-acquire", await ourCode("acquireLock"));
    const reap = new Functions(flyball, "dead-reap", await ourCode("reap"));
    const event = { ...execution("dead"), StateEnteredTime: new Date().toISOString() };
    const environment = {
      DEFAULT_DDB_TABLE_NAME: event.TableName,
      DEFAULT_LOCK_ID_ATTRIBUTE: event.LockIdAttribute,
      DEFAULT_LOCK_NAME: event.LockName,
    };
    await stage.set(itemOf(0));
    assert.deepEqual(await original.invoke(event, {}), {});
    const stopDate = Date.now();
    const detail = { executionArn: event.ExecutionId, status: "ABORTED", stopDate };
    assert.deepEqual(await reap.invoke({ source: "aws.states", detail }, environment), {});
    const buried = itemOf(0, { [`fbdead#${event.ExecutionId}`]: { N: String(stopDate / 1000) } });
    assert.deepEqual(await stage.item(), buried);
    assert.partialDeepStrictEqual(await acquire.invoke(event, {}), {
      errorType: "Lambda_ConditionalCheckFailedException",
    });
    assert.deepEqual(await stage.item(), buried);
  });

  test("a crowd that asks both at once gets the limit between them", { skip }, async () => {
    const original = new Functions(flyball, "crowd-original", originalCode(python));
    const ours = new Functions(flyball, "crowd-ours", await ourCode("acquireLock"));
    await stage.set(itemOf(0));
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, place) =>
        (place % 2 === 0 ? original : ours).invoke(execution(`crowd-${place}`), {}),
      ),
    );
    const granted = answers.filter((answer) => !("errorType" in answer));
    assert.equal(granted.length, EVENT.ConcurrencyLimit);
    const { currentlockcount, ...rest } = (await stage.item()) ?? {};
    assert.deepEqual(currentlockcount, { N: "3" });
    assert.equal(Object.keys(rest).filter((name) => name.startsWith(ARN)).length, 3);
  });
});
