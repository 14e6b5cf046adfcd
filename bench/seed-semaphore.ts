/**
 * The semaphore as the project found it (the acquire function of aws-samples' Textract pipeline), to compare with: the
 * function's one conditional write, in TypeScript instead of Python, within the loop of its state machine's states. What
 * Step Functions and Lambda take for themselves is left out, in its favour.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { DynamoDBSender } from "@flyball/semaphore";

/** The acquire state's retry, of any error: two seconds, twice as long each time, six times. */
const RETRY_MS_FIRST = 2_000;
const RETRY_BACKOFF_RATE = 2;
const RETRIES_MAX = 6;
/** Then its catch: the state "WaitToGetLock". */
const WAIT_MS = 5_000;

export interface SeedTerms {
  readonly client: DynamoDBSender;
  readonly table: string;
  readonly name: string;
  readonly limit: number;
  readonly startsPerSecond: number | undefined;
}

/** Resolves when the lock is acquired, with how to release it. */
export async function acquireAsTheSeed(terms: SeedTerms): Promise<() => Promise<void>> {
  const execution = `arn:aws:states:us-east-1:000000000000:execution:bench:${randomUUID()}`;
  while (!(await acquireWithRetries(terms, execution)) && !(await holds(terms, execution)))
    await sleep(WAIT_MS);
  return () => release(terms, execution);
}

async function acquireWithRetries(terms: SeedTerms, execution: string): Promise<boolean> {
  for (let retries = 0; ; retries += 1) {
    if (await acquireLock(terms, execution)) return true;
    if (retries === RETRIES_MAX) return false;
    await sleep(RETRY_MS_FIRST * RETRY_BACKOFF_RATE ** retries);
  }
}

/** The function. On a failed condition it looks whether the item exists, since that fails the condition too. */
async function acquireLock(
  { client, table, name, limit, startsPerSecond }: SeedTerms,
  execution: string,
): Promise<boolean> {
  const now = Date.now() / 1000;
  const Key = { LockName: { S: name } };
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key,
        UpdateExpression:
          "SET #count = #count + :increase, #owner = :acquiredAt, #nextTime = :nextTime",
        ConditionExpression:
          "#count < :limit AND attribute_not_exists(#owner) AND #nextTime < :now",
        ExpressionAttributeNames: {
          "#count": "currentlockcount",
          "#owner": execution,
          "#nextTime": "nextavailtime",
        },
        ExpressionAttributeValues: {
          ":increase": { N: "1" },
          ":limit": { N: String(limit) },
          ":now": { N: now.toFixed(6) },
          ":nextTime": { N: startsPerSecond ? (now + 1 / startsPerSecond).toFixed(6) : "0" },
          ":acquiredAt": { S: new Date().toISOString() },
        },
        ReturnValues: "UPDATED_NEW",
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof Error && error.name === "ConditionalCheckFailedException")) throw error;
    await client.send(
      new GetItemCommand({ TableName: table, Key, ProjectionExpression: "LockName" }),
    );
    return false;
  }
}

/** The state "GetCurrentLockRecord". */
async function holds({ client, table, name }: SeedTerms, execution: string): Promise<boolean> {
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: table,
      Key: { LockName: { S: name } },
      ProjectionExpression: "#owner",
      ExpressionAttributeNames: { "#owner": execution },
    }),
  );
  return Item?.[execution] !== undefined;
}

async function release({ client, table, name }: SeedTerms, execution: string): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: { LockName: { S: name } },
      UpdateExpression: "SET #count = #count - :decrease REMOVE #owner",
      ConditionExpression: "attribute_exists(#owner)",
      ExpressionAttributeNames: { "#count": "currentlockcount", "#owner": execution },
      ExpressionAttributeValues: { ":decrease": { N: "1" } },
    }),
  );
}
