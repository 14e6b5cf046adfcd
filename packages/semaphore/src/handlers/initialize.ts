import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { COUNT, NEXT_AVAILABLE } from "../item.ts";
import { isConditionFailure } from "../table.ts";
import { lockErrorOf } from "./errors.ts";
import { addressOf, checkKeyAttribute, HandlerEvent } from "./event.ts";
import { type Handler, type HandlerOptions, handlerOf, type Means } from "./handler.ts";

/**
 * Puts a semaphore's first item, of which nothing is out and which may start at once; leaves one that is there as it
 * is. The event: `TableName`, `LockIdAttribute`, `LockName`, or their variables. Answers `{}`.
 */
export function createInitialize(options: HandlerOptions = {}): Handler {
  return handlerOf(initializeLock, options);
}

/** `createInitialize` with all its defaults. */
export const initialize: Handler = createInitialize();

async function initializeLock(given: unknown, { client, environment }: Means): Promise<void> {
  const { place } = new HandlerEvent(given, environment);
  checkKeyAttribute(place);
  try {
    const { TableName, Key } = addressOf(place);
    await client.send(
      new PutItemCommand({
        TableName,
        Item: { ...Key, [COUNT]: { N: "0" }, [NEXT_AVAILABLE]: { N: "0" } },
        ConditionExpression: "attribute_not_exists(#key)",
        ExpressionAttributeNames: { "#key": Object.keys(Key)[0]! },
      }),
    );
  } catch (error) {
    if (!isConditionFailure(error)) throw lockErrorOf(error, "PutItem");
  }
}
