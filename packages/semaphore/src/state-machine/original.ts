import { COUNT, NEXT_AVAILABLE } from "../item.ts";
import type { After, State, States } from "./states.ts";
import type { Terms } from "./terms.ts";

/**
 * The semaphore as the AWS samples have it (aws-stepfunctions-examples, app-control-concurrency-with-dynamodb, with
 * its acquire step in Lambda), in JSONPath: what many people run today, to be read and to be replaced. It polls: who
 * is refused waits five seconds and asks again, so units stand empty and the order is luck; and only the reaper takes
 * back what a dead execution held.
 */

const WAIT_SECONDS = 5;
const LOCK_STRING = "$.lock.itemString";

/**
 * Tried again as long as it may get better; what the acquire step says by name is no failure. Source: FACTS' seed:
 * 2 seconds, twice as long each time, six times.
 */
const ACQUIRE_RETRY = [
  {
    ErrorEquals: [
      "MalformedRequest",
      "Lambda_ConditionalCheckFailedException",
      "Lambda_DynamoDBResourceNotFound",
      "Lambda_DynamoDBThrottlingException",
    ],
    MaxAttempts: 0,
  },
  { ErrorEquals: ["States.ALL"], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 6 },
];

const WRITE_RETRY = [
  { ErrorEquals: ["DynamoDB.ConditionalCheckFailedException"], MaxAttempts: 0 },
  { ErrorEquals: ["States.ALL"], IntervalSeconds: 5, BackoffRate: 1.5, MaxAttempts: 5 },
];

/** `acquireLock`: the ARN of the function that acquires. The state's input is its output. */
export function getLockAsTheOriginal(terms: Terms, acquireLock: string, after: After): State {
  return {
    Type: "Parallel",
    Comment: "Waits until this execution holds its units.",
    Parameters: {},
    Branches: [waitForLock(terms, acquireLock)],
    ResultPath: null,
    ...after,
  };
}

function waitForLock(terms: Terms, acquireLock: string): States {
  const caught = (error: string, Next: string) => ({
    ErrorEquals: [error],
    ResultPath: "$.lock.error",
    Next,
  });
  return {
    StartAt: "Acquire lock",
    States: {
      "Acquire lock": {
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke",
        Parameters: {
          FunctionName: acquireLock,
          Payload: {
            "ExecutionId.$": "$$.Execution.Id",
            "StateEnteredTime.$": "$$.State.EnteredTime",
            TableName: terms.table,
            LockIdAttribute: terms.keyAttribute,
            LockName: terms.name,
            PerItemConcurrency: terms.units,
            ConcurrencyLimit: terms.limit,
            WarmupTpsLimit: terms.startGap === 0 ? 0 : 1 / terms.startGap,
          },
        },
        Retry: ACQUIRE_RETRY,
        Catch: [
          caught("Lambda_DynamoDBResourceNotFound", "Initialize lock"),
          caught("Lambda_ConditionalCheckFailedException", "Look whether it is held already"),
          caught("Lambda_DynamoDBThrottlingException", "Wait before acquiring again"),
        ],
        End: true,
      },
      "Initialize lock": {
        Type: "Task",
        Resource: "arn:aws:states:::dynamodb:putItem",
        Parameters: {
          TableName: terms.table,
          Item: {
            [terms.keyAttribute]: { S: terms.name },
            [COUNT]: { N: "0" },
            [NEXT_AVAILABLE]: { N: "0" },
          },
          ConditionExpression: "attribute_not_exists(#key)",
          ExpressionAttributeNames: { "#key": terms.keyAttribute },
        },
        ResultPath: null,
        Retry: WRITE_RETRY,
        Catch: [caught("DynamoDB.ConditionalCheckFailedException", "Acquire lock")],
        Next: "Acquire lock",
      },
      "Look whether it is held already": {
        Type: "Task",
        Resource: "arn:aws:states:::dynamodb:getItem",
        Parameters: {
          TableName: terms.table,
          Key: { [terms.keyAttribute]: { S: terms.name } },
          ExpressionAttributeNames: { "#owner.$": "$$.Execution.Id" },
          ProjectionExpression: "#owner",
          ConsistentRead: true,
        },
        // A path cannot hold an execution's ARN: whether there is a time in what came back says it all.
        ResultSelector: { "itemString.$": "States.JsonToString($.Item)" },
        ResultPath: "$.lock",
        Retry: WRITE_RETRY,
        Next: "Is it held already?",
      },
      "Is it held already?": {
        Type: "Choice",
        Choices: [{ Variable: LOCK_STRING, StringMatches: "*Z*", Next: "It is held already" }],
        Default: "Wait before acquiring again",
      },
      "It is held already": { Type: "Pass", End: true },
      "Wait before acquiring again": {
        Type: "Wait",
        Seconds: WAIT_SECONDS,
        Next: "Acquire lock",
      },
    },
  };
}

/** `execution`: a path to the ARN of the execution that holds the units. Where it holds none, nothing is done. */
export function releaseLockAsTheOriginal(
  terms: Terms,
  after: After,
  execution = "$$.Execution.Id",
): State {
  const release = {
    Type: "Task",
    Resource: "arn:aws:states:::dynamodb:updateItem",
    Parameters: {
      TableName: terms.table,
      Key: { [terms.keyAttribute]: { S: terms.name } },
      ExpressionAttributeNames: { "#count": COUNT, "#owner.$": execution },
      ExpressionAttributeValues: { ":units": { N: String(terms.units) } },
      UpdateExpression: "SET #count = #count - :units REMOVE #owner",
      ConditionExpression: "attribute_exists(#owner)",
    },
    Retry: WRITE_RETRY,
    Catch: [
      { ErrorEquals: ["DynamoDB.ConditionalCheckFailedException"], Next: "Nothing was held" },
    ],
    End: true,
  };
  return {
    Type: "Parallel",
    Comment: "Gives this execution's units back.",
    Branches: [
      {
        StartAt: "Release units",
        States: { "Release units": release, "Nothing was held": { Type: "Pass", End: true } },
      },
    ],
    ResultPath: null,
    ...after,
  };
}
