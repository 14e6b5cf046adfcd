import assert from "node:assert/strict";
import { test } from "node:test";
import { Cloud } from "../../runtime/src/cloud.ts";
import { dynamodb } from "../../runtime/src/services/dynamodb/service.ts";
import { createAcquireLock, createReleaseLock, Semaphore } from "./index.ts";
import { CALLER, clientOf } from "./testing/door-client.ts";

const TABLE = "semaphores";

async function cloudWithTable(): Promise<Cloud> {
  const cloud = new Cloud({ services: [dynamodb] });
  await cloud.call(CALLER, "dynamodb", "CreateTable", {
    TableName: TABLE,
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [{ AttributeName: "LockName", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "LockName", AttributeType: "S" }],
  });
  return cloud;
}

async function itemOf(cloud: Cloud, name: string) {
  const key = { LockName: { S: name } };
  const answer = await cloud.call(CALLER, "dynamodb", "GetItem", { TableName: TABLE, Key: key });
  return answer.Item ?? {};
}

test("on the runtime's DynamoDB, throttled every tenth time, programs share a limit and leave the item empty", async () => {
  await using cloud = await cloudWithTable();
  let requests = 0;
  const isThrottled = () => {
    requests += 1;
    return requests % 10 === 0;
  };
  let working = 0;
  let most = 0;
  const tokens: number[] = [];
  const program = async () => {
    const client = clientOf(cloud, isThrottled);
    const semaphore = new Semaphore({ client, table: TABLE, name: "shared", limit: 3 });
    const task = async () => {
      for (let round = 0; round < 3; round += 1)
        await semaphore.run(async ({ token }) => {
          tokens.push(token);
          working += 1;
          most = Math.max(most, working);
          await new Promise((resolve) => setTimeout(resolve, 2));
          working -= 1;
        });
    };
    await Promise.all(Array.from({ length: 5 }, task));
  };
  await Promise.all([program(), program(), program()]);
  assert.equal(tokens.length, 45);
  assert.equal(new Set(tokens).size, 45);
  assert.equal(most, 3);
  const item = await itemOf(cloud, "shared");
  assert.deepEqual([item.currentlockcount, item.fbwait], [{ N: "0" }, { N: "0" }]);
  assert.ok(!Object.keys(item).some((name) => name.startsWith("fb#")));
});

test("an execution and a lease hold units of one item, and each waits for the other", async () => {
  await using cloud = await cloudWithTable();
  const client = clientOf(cloud);
  const semaphore = new Semaphore({ client, table: TABLE, name: "moved", limit: 2 });
  const event = {
    ExecutionId: "arn:aws:states:eu-central-1:000000000000:execution:ocr:1",
    StateEnteredTime: new Date().toISOString(),
    TableName: TABLE,
    LockIdAttribute: "LockName",
    LockName: "moved",
    ConcurrencyLimit: 2,
  };
  const lease = await semaphore.acquire();
  await createAcquireLock({ client })(event);
  assert.deepEqual((await itemOf(cloud, "moved")).currentlockcount, { N: "2" });
  await assert.rejects(createAcquireLock({ client })({ ...event, ExecutionId: "another" }), {
    name: "Lambda_ConditionalCheckFailedException",
  });
  const waiting = semaphore.acquire();
  const { holders } = await semaphore.inspect();
  assert.deepEqual(
    holders.map(({ kind, owner }) => [kind, owner]),
    [
      ["execution", event.ExecutionId],
      ["lease", undefined],
    ],
  );
  await createReleaseLock({ client })(event);
  await using next = await waiting;
  assert.ok(next.token > lease.token);
  await lease.release();
});
