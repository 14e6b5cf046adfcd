import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { COUNT } from "../item.ts";
import { isConditionFailure } from "../table.ts";
import { describe, LockError, lockErrorOf } from "./errors.ts";
import { addressOf, checkKeyAttribute, HandlerEvent, ownerOf } from "./event.ts";
import { type Handler, type HandlerOptions, handlerOf, type Means } from "./handler.ts";
import { storedFrom } from "./python-values.ts";

/**
 * The release step: takes off the units that an execution holds, and its attribute, on the condition that it is
 * there. The event: `ExecutionId`; `TableName`, `LockIdAttribute`, `LockName` and `PerItemConcurrency` as at the
 * acquire step (the item does not say how many units a holder has). Answers `{}`.
 *
 * Errors are named as the acquire step's: `Lambda_ConditionalCheckFailedException` where the execution holds nothing,
 * because it has released (a state machine that tries again catches it and goes on) or was reaped;
 * `Lambda_DynamoDBResourceNotFound` where there is no item; `MalformedRequest` too where fewer units are out.
 */
export function createReleaseLock(options: HandlerOptions = {}): Handler {
  return handlerOf(release, options);
}

/** `createReleaseLock` with all its defaults. */
export const releaseLock: Handler = createReleaseLock();

async function release(given: unknown, { client, environment }: Means): Promise<void> {
  const event = new HandlerEvent(given, environment);
  const executionId = event.required("ExecutionId");
  const { place, perItemConcurrency: units } = event;
  checkKeyAttribute(place);
  try {
    const owner = ownerOf(executionId);
    await client.send(
      new UpdateItemCommand({
        ...addressOf(place),
        UpdateExpression: "SET #count = #count - :units REMOVE #owner",
        ConditionExpression: "attribute_exists(#owner) AND #count >= :units",
        ExpressionAttributeNames: { "#count": COUNT, "#owner": owner },
        ExpressionAttributeValues: { ":units": storedFrom(units) },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
  } catch (error) {
    if (!isConditionFailure(error)) throw lockErrorOf(error, "UpdateItem");
    const { Item: item } = error;
    if (item === undefined)
      throw new LockError("Lambda_DynamoDBResourceNotFound", "Lock item does not exist", error);
    if (item[String(executionId)] !== undefined)
      throw new LockError(
        "MalformedRequest",
        `PerItemConcurrency is ${units}, but of this semaphore only ${item[COUNT]?.N} are out: give it as at the acquire step`,
        error,
      );
    throw new LockError(
      "Lambda_ConditionalCheckFailedException",
      describe(error, "UpdateItem"),
      error,
    );
  }
}
