import { CALLED, COUNT, JOINED } from "../item.ts";
import { jsonata, keyOf, numberOf, ticketKeyOf } from "./expressions.ts";
import type { State } from "./states.ts";
import { choose, dynamodb, state } from "./tasks.ts";
import type { Terms } from "./terms.ts";

/** Of a waiter's own item. */
export const TOKEN = "token";
/** What a dead waiter leaves is removed by DynamoDB's time to live on `fbexpires`, where the table has one. */
export const EXPIRES = "fbexpires";
export const EXPIRES_S = 3_600;
export const CALL_NEXT = "Call the next in line";

/**
 * The states that call the next in line, where there is room and one: its task token is found by its ticket's number. One that has died is
 * passed over. One that has taken its ticket and not left its token yet finds, when it comes to leave it, that it was
 * called already.
 */
export function callNext(terms: Terms, doneAt: string): Record<string, State> {
  const ticket = { TableName: terms.table, Key: ticketKeyOf(terms) };
  return {
    [CALL_NEXT]: dynamodb(
      "updateItem",
      {
        TableName: terms.table,
        Key: keyOf(terms),
        UpdateExpression: "SET #called = if_not_exists(#called, :none) + :one",
        ConditionExpression:
          "#count <= :room AND attribute_exists(#joined) AND (attribute_not_exists(#called) OR #called < #joined)",
        ExpressionAttributeNames: {
          "#count": COUNT,
          "#called": CALLED,
          "#joined": JOINED,
        },
        ExpressionAttributeValues: {
          ":one": { N: "1" },
          ":none": { N: "0" },
          ":room": { N: String(terms.limit - terms.units) },
        },
        ReturnValues: "UPDATED_NEW",
      },
      {
        refused: doneAt,
        Assign: { ticket: jsonata(`$number($states.result.Attributes.${CALLED}.N)`) },
        Next: "Find who has that ticket",
      },
    ),
    "Find who has that ticket": dynamodb(
      "getItem",
      { ...ticket, ConsistentRead: true },
      {
        Assign: { token: jsonata(`[$states.result.Item.${TOKEN}.S]`) },
        Next: "Does it wait already?",
      },
    ),
    "Does it wait already?": choose([["$count($token) > 0", "Wake it"]], "Say that it was called"),
    "Wake it": state("Task", {
      Resource: "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess",
      Arguments: { TaskToken: jsonata("$token[0]"), Output: "{}" },
      Retry: [
        {
          ErrorEquals: [
            "Sfn.TaskTimedOutException",
            "Sfn.TaskDoesNotExistException",
            "Sfn.InvalidTokenException",
          ],
          MaxAttempts: 0,
        },
        { ErrorEquals: ["States.TaskFailed"], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 5 },
      ],
      Catch: [{ ErrorEquals: ["States.ALL"], Next: "It waits no more" }],
      Next: doneAt,
    }),
    // It has died, or has found a unit by itself: its turn is the next one's.
    "It waits no more": dynamodb("deleteItem", ticket, { Next: CALL_NEXT }),
    "Say that it was called": dynamodb(
      "putItem",
      {
        TableName: terms.table,
        Item: {
          ...ticketKeyOf(terms),
          [EXPIRES]: numberOf(
            `$floor($toMillis($states.context.State.EnteredTime) / 1000) + ${EXPIRES_S}`,
          ),
        },
        ConditionExpression: "attribute_not_exists(#key)",
        ExpressionAttributeNames: { "#key": terms.keyAttribute },
      },
      { refused: "Find who has that ticket", Next: doneAt },
    ),
  };
}
