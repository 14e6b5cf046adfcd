import { COUNT } from "../item.ts";
import { CALL_NEXT, callNext } from "./call-next.ts";
import { jsonata, keyOf } from "./expressions.ts";
import type { After, State, States } from "./states.ts";
import { dynamodb, state } from "./tasks.ts";
import type { Terms } from "./terms.ts";

/** Gives an execution's units back, and calls the next in line. Where it holds none (any more), it only calls. */
export function releaseLock(terms: Terms, after: After, comment: string): State {
  return state("Parallel", {
    Comment: comment,
    Branches: [release(terms, "$states.context.Execution.Id")],
    Output: jsonata("$states.input"),
    ...after,
  });
}

/** `execution`: JSONata that gives the ARN of who holds. */
export function release(terms: Terms, execution: string): States {
  return {
    StartAt: "Release units",
    States: {
      "Release units": dynamodb(
        "updateItem",
        {
          TableName: terms.table,
          Key: keyOf(terms),
          UpdateExpression: "SET #count = #count - :units REMOVE #owner",
          ConditionExpression: "attribute_exists(#owner) AND #count >= :units",
          ExpressionAttributeNames: { "#count": COUNT, "#owner": jsonata(execution) },
          ExpressionAttributeValues: { ":units": { N: String(terms.units) } },
        },
        { refused: CALL_NEXT, Next: CALL_NEXT },
      ),
      ...callNext(terms, "Released"),
      Released: state("Pass", { End: true }),
    },
  };
}
