import { jsonata } from "./expressions.ts";
import type { State } from "./states.ts";

const REFUSED = ["DynamoDB.ConditionalCheckFailedException"];
/** What may get better does so within a minute or two; the draw keeps a hundred executions apart. */
export const RETRY_LATER = {
  ErrorEquals: ["States.TaskFailed"],
  IntervalSeconds: 1,
  BackoffRate: 2,
  MaxAttempts: 8,
  MaxDelaySeconds: 20,
  JitterStrategy: "FULL",
};

/** A state in JSONata, wherever it stands. */
export function state(type: string, fields: Record<string, unknown>): State {
  return { Type: type, QueryLanguage: "JSONata", ...fields };
}

/**
 * A request to DynamoDB, tried again when it fails. `refused`: where to go on when its condition does not hold; left
 * out where it has none.
 */
export function dynamodb(
  action: "getItem" | "putItem" | "updateItem" | "deleteItem",
  args: Record<string, unknown>,
  fields: Record<string, unknown> & { readonly refused?: string },
): State {
  const { refused, ...rest } = fields;
  return state("Task", {
    Resource: `arn:aws:states:::dynamodb:${action}`,
    Arguments: args,
    // What is of use is assigned; an answer that went on would stand in each event of the history.
    Output: {},
    Retry: [
      ...(refused === undefined ? [] : [{ ErrorEquals: REFUSED, MaxAttempts: 0 }]),
      RETRY_LATER,
    ],
    ...(refused === undefined ? {} : { Catch: [{ ErrorEquals: REFUSED, Next: refused }] }),
    ...rest,
  });
}

/** A choice between the first of `[condition, next]` that holds, and what else. */
export function choose(choices: readonly (readonly [string, string])[], otherwise: string): State {
  return state("Choice", {
    Choices: choices.map(([condition, Next]) => ({ Condition: jsonata(condition), Next })),
    Default: otherwise,
  });
}
