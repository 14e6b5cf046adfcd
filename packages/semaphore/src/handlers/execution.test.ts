import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type Runtime, startRuntime } from "../../../runtime/src/index.ts";
import type { Item } from "../item.ts";
import { Stage } from "../testing/acquire-cases.ts";
import {
  ENTERED,
  EVENT,
  EXECUTION,
  itemOf,
  KEY_ATTRIBUTE,
  LOCK,
  OTHER_EXECUTION,
  TABLE,
} from "./cases.ts";
import {
  createAcquireLock,
  createInitialize,
  createReap,
  createReleaseLock,
  type Handler,
} from "./index.ts";
import { TOMBSTONE_S } from "./tombstone.ts";

// The life of an execution at a semaphore, against the runtime's DynamoDB.

const ENTERED_AT = Date.parse(ENTERED);
const STOPPED_AT = ENTERED_AT + 60_000;
const environment = {
  DEFAULT_DDB_TABLE_NAME: TABLE,
  DEFAULT_LOCK_ID_ATTRIBUTE: KEY_ATTRIBUTE,
  DEFAULT_LOCK_NAME: LOCK,
};
const holder = { [EXECUTION]: { S: ENTERED } };
const otherHolder = { [OTHER_EXECUTION]: { S: ENTERED } };
const tombstone = { [`fbdead#${EXECUTION}`]: { N: String(STOPPED_AT / 1000) } };

let runtime: Runtime;
let stage: Stage;
let now: number;
let acquireLock: Handler;
let releaseLock: Handler;
let reap: Handler;
let initialize: Handler;

before(async () => {
  runtime = await startRuntime({ port: 0 });
  stage = await Stage.at({
    endpoint: runtime.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "000000000000", secretAccessKey: "flyball" },
  });
  const options = { client: stage.client, environment, now: () => now };
  acquireLock = createAcquireLock(options);
  releaseLock = createReleaseLock(options);
  reap = createReap(options);
  initialize = createInitialize(options);
});
after(() => runtime.stop());
beforeEach(() => {
  now = STOPPED_AT + 2_000;
});

/** Source of its form: Step Functions developer guide, "EventBridge (CloudWatch Events) for Step Functions". */
function ended(status: string, more: object = {}, execution = EXECUTION) {
  return {
    version: "0",
    id: "315c1398-40ff-a850-213b-158f73e60175",
    "detail-type": "Step Functions Execution Status Change",
    source: "aws.states",
    account: "000000000000",
    time: new Date(STOPPED_AT + 500).toISOString(),
    region: "us-east-1",
    resources: [execution],
    detail: {
      executionArn: execution,
      stateMachineArn: "arn:aws:states:us-east-1:000000000000:stateMachine:ocr",
      name: "one",
      status,
      startDate: ENTERED_AT - 1_000,
      stopDate: STOPPED_AT,
      input: "{}",
      output: null,
    },
    ...more,
  };
}

async function leaves(item: Item | undefined): Promise<void> {
  assert.deepEqual(await stage.item(), item);
}

const REFUSED = { name: "Lambda_ConditionalCheckFailedException" };

test("initialize puts the item where there is none, and leaves one alone", async () => {
  await stage.set(undefined);
  assert.deepEqual(await initialize({}), {});
  await leaves(itemOf(0));
  await stage.set(itemOf(2, otherHolder));
  assert.deepEqual(await initialize({}), {});
  await leaves(itemOf(2, otherHolder));
});

test("initialize tells of a table that is missing by the same names", () =>
  assert.rejects(initialize({ TableName: "absent" }), {
    name: "Lambda_OtherDynamoDBError",
    message:
      /^An error occurred \(ResourceNotFoundException\) when calling the PutItem operation: /,
  }));

test("releaseLock takes off the units and the holder, once", async () => {
  await stage.set(itemOf(3, { ...holder, ...otherHolder }));
  const event = { ExecutionId: EXECUTION, PerItemConcurrency: 2 };
  assert.deepEqual(await releaseLock(event), {});
  await leaves(itemOf(1, otherHolder));
  await assert.rejects(releaseLock(event), {
    ...REFUSED,
    message:
      "An error occurred (ConditionalCheckFailedException) when calling the UpdateItem operation: The conditional request failed",
  });
  await leaves(itemOf(1, otherHolder));
});

test("releaseLock never takes off more than is out", async () => {
  await stage.set(itemOf(1, holder));
  await assert.rejects(releaseLock({ ExecutionId: EXECUTION, PerItemConcurrency: 2 }), {
    name: "MalformedRequest",
    message:
      "PerItemConcurrency is 2, but of this semaphore only 1 are out: give it as at the acquire step",
  });
  await leaves(itemOf(1, holder));
});

test("releaseLock tells of what is missing, and of throttling, by the same names", async () => {
  await stage.set(undefined);
  await assert.rejects(releaseLock({}), {
    name: "MalformedRequest",
    message: "Input event missing required key ''ExecutionId''",
  });
  await assert.rejects(releaseLock({ ExecutionId: EXECUTION }), {
    name: "Lambda_DynamoDBResourceNotFound",
    message: "Lock item does not exist",
  });
  await stage.faults([{ service: "dynamodb", error: "ThrottlingException" }]);
  const refused = assert.rejects(releaseLock({ ExecutionId: EXECUTION }), {
    name: "Lambda_DynamoDBThrottlingException",
  });
  await refused.finally(() => stage.faults([]));
});

for (const status of ["FAILED", "TIMED_OUT", "ABORTED"])
  test(`reap releases what an execution held that ended ${status}, once`, async () => {
    await stage.set(itemOf(2, { ...holder, ...otherHolder }));
    for (let turn = 0; turn < 2; turn += 1) {
      assert.deepEqual(await reap(ended(status)), {});
      await leaves(itemOf(1, { ...otherHolder, ...tombstone }));
    }
  });

for (const status of ["RUNNING", "SUCCEEDED", "PENDING_REDRIVE"])
  test(`reap leaves an execution alone that is ${status}`, async () => {
    await stage.set(itemOf(1, holder));
    assert.deepEqual(await reap(ended(status)), {});
    await leaves(itemOf(1, holder));
  });

test("reap takes off the units that a rule's input transformer names", async () => {
  await stage.set(itemOf(5, { ...holder, ...otherHolder }));
  await reap(ended("FAILED", { PerItemConcurrency: 3 }));
  await leaves(itemOf(2, { ...otherHolder, ...tombstone }));
});

test("reap never takes off more than is out", async () => {
  await stage.set(itemOf(2, holder));
  await reap(ended("FAILED", { PerItemConcurrency: 3 }));
  await leaves(itemOf(0, tombstone));
});

test("reap makes no item where there is none", async () => {
  await stage.set(undefined);
  assert.deepEqual(await reap(ended("FAILED")), {});
  await leaves(undefined);
});

test("reap refuses what is no event of an execution", () =>
  assert.rejects(reap({ detail: { status: "FAILED" } }), {
    name: "MalformedRequest",
    message:
      "Input event is no Step Functions Execution Status Change: it has no detail.executionArn",
  }));

test("reap tells of throttling by the same name, so that its event comes again", async () => {
  await stage.set(itemOf(1, holder));
  await stage.faults([
    { service: "dynamodb", operation: "UpdateItem", error: "ThrottlingException" },
  ]);
  const refused = assert.rejects(reap(ended("FAILED")), {
    name: "Lambda_DynamoDBThrottlingException",
  });
  await refused.finally(() => stage.faults([]));
  await leaves(itemOf(1, holder));
});

test("an acquire that comes after the reaper is refused, for as long as one can come", async () => {
  await stage.set(itemOf(0));
  await reap(ended("FAILED"));
  await leaves(itemOf(0, tombstone));
  await assert.rejects(acquireLock(EVENT), REFUSED);
  now = STOPPED_AT + TOMBSTONE_S * 1000 - 1;
  await assert.rejects(acquireLock(EVENT), REFUSED);
  now = STOPPED_AT + TOMBSTONE_S * 1000 + 1_000;
  assert.deepEqual(await acquireLock(EVENT), {});
});

test("an execution that was redriven acquires again, and a late event of its death leaves it alone", async () => {
  await stage.set(itemOf(0));
  await reap(ended("FAILED"));
  const entered = new Date(STOPPED_AT + 1).toISOString();
  assert.deepEqual(await acquireLock({ ...EVENT, StateEnteredTime: entered }), {});
  const held = itemOf(1, { ...tombstone, [EXECUTION]: { S: entered } });
  await leaves(held);
  await reap(ended("FAILED"));
  await leaves(held);
});

test("what the original grants to the dead comes back with the next who is refused", async () => {
  // The original knows of no tombstones: its grants came late.
  await stage.set(itemOf(3, { ...holder, ...tombstone, ...otherHolder, other: { S: ENTERED } }));
  assert.deepEqual(await acquireLock({ ...EVENT, ExecutionId: "next" }), {});
  await leaves(
    itemOf(3, { ...tombstone, ...otherHolder, other: { S: ENTERED }, next: { S: ENTERED } }),
  );
});

test("tombstones that count no more are removed by the next death, however many there are", async () => {
  const old = Object.fromEntries(
    Array.from({ length: 60 }, (_, place) => [`fbdead#${place}`, { N: "1000" }]),
  );
  await stage.set(itemOf(1, { ...otherHolder, ...old }));
  for (let death = 0; death < 3; death += 1) await reap(ended("ABORTED", {}, `dead-${death}`));
  const item = (await stage.item()) ?? {};
  const left = Object.keys(item).filter((name) => name.startsWith("fbdead#"));
  assert.deepEqual(left.sort(), ["fbdead#dead-0", "fbdead#dead-1", "fbdead#dead-2"]);
});

test("a death that is told when no acquire can come any more leaves no tombstone", async () => {
  await stage.set(itemOf(1, holder));
  now = STOPPED_AT + TOMBSTONE_S * 1000 + 1_000;
  await reap(ended("FAILED"));
  await leaves(itemOf(0));
});

test("many deaths and grants at once leave the count at what is held", async () => {
  const names = Array.from({ length: 12 }, (_, place) => `execution-${place}`);
  const dying = names.slice(0, 6);
  await stage.set(itemOf(6, Object.fromEntries(dying.map((name) => [name, { S: ENTERED }]))));
  await Promise.allSettled([
    ...dying.map((name) => reap(ended("ABORTED", {}, name))),
    ...names.map((ExecutionId) => acquireLock({ ...EVENT, ExecutionId, ConcurrencyLimit: 9 })),
  ]);
  // Those that gave way are told again, as EventBridge does.
  for (const name of dying) await reap(ended("ABORTED", {}, name));
  const { currentlockcount, ...rest } = (await stage.item()) ?? {};
  const held = names.filter((name) => rest[name] !== undefined);
  assert.equal(Number(currentlockcount?.N), held.length);
  assert.ok(
    held.every((name) => !dying.includes(name)),
    held.join(" "),
  );
});
