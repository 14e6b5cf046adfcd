import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { Cloud } from "../../runtime/src/cloud.ts";
import { dynamodb } from "../../runtime/src/services/dynamodb/service.ts";
import { createAcquireLock, createReleaseLock, Semaphore } from "./index.ts";
import type { DynamoDBSender } from "./table.ts";

const CALLER = { account: "000000000000", region: "eu-central-1", principal: "test" };
const TABLE = "semaphores";

type Command =
  | GetItemCommand
  | UpdateItemCommand
  | PutItemCommand
  | DeleteItemCommand
  | BatchGetItemCommand;

/** A client without HTTP between it and the cloud's door; throttled now and then, where that is asked for. */
function clientOf(cloud: Cloud, isThrottled: () => boolean = () => false): DynamoDBSender {
  const send = async (command: Command) => {
    if (isThrottled())
      throw Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });
    try {
      return await call(cloud, command);
    } catch (error) {
      throw asSdkError(error);
    }
  };
  // The overloads of `send` say which output belongs to which command; here one function serves them all.
  return { send } as DynamoDBSender;
}

function call(cloud: Cloud, command: Command): Promise<object> {
  if (command instanceof GetItemCommand)
    return cloud.call(CALLER, "dynamodb", "GetItem", command.input);
  if (command instanceof UpdateItemCommand)
    return cloud.call(CALLER, "dynamodb", "UpdateItem", command.input);
  if (command instanceof PutItemCommand)
    return cloud.call(CALLER, "dynamodb", "PutItem", command.input);
  if (command instanceof DeleteItemCommand)
    return cloud.call(CALLER, "dynamodb", "DeleteItem", command.input);
  assert(command instanceof BatchGetItemCommand);
  return cloud.call(CALLER, "dynamodb", "BatchGetItem", command.input);
}

/** An SDK error's name is the service's code, and it has the fields that came with it. */
function asSdkError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const fields = "fields" in error ? error.fields : undefined;
  return Object.assign(new Error(error.message), { name: error.code, ...(fields as object) });
}

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
