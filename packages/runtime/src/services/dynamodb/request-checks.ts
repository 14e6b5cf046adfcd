import type {
  ReturnConsumedCapacity,
  ReturnItemCollectionMetrics,
  ReturnValue,
  ReturnValuesOnConditionCheckFailure,
} from "@aws-sdk/client-dynamodb";
import { Constraints } from "../../constraints.ts";
import { refusal } from "./engine/index.ts";
import { NAME_PATTERN } from "./table-checks.ts";

const NAME_LENGTH = { min: 1, max: 1024 };

/** Members that several operations on items have. */
interface ItemRequest {
  readonly TableName?: string | undefined;
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
  readonly ReturnItemCollectionMetrics?: ReturnItemCollectionMetrics | undefined;
  readonly ReturnValues?: ReturnValue | undefined;
  readonly ReturnValuesOnConditionCheckFailure?: ReturnValuesOnConditionCheckFailure | undefined;
}

/** The checks that the members of a request on one table have in common; add the operation's own, then `check`. */
export function itemRequestChecks(input: ItemRequest): Constraints {
  const constraints = new Constraints();
  checkTableReference(constraints, "tableName", input.TableName);
  return checkReturns(constraints, input);
}

export function checkReturns(constraints: Constraints, input: ItemRequest): Constraints {
  return constraints
    .oneOf("returnConsumedCapacity", input.ReturnConsumedCapacity, ["INDEXES", "TOTAL", "NONE"])
    .oneOf("returnItemCollectionMetrics", input.ReturnItemCollectionMetrics, ["SIZE", "NONE"])
    .oneOf("returnValues", input.ReturnValues, [
      "ALL_NEW",
      "UPDATED_OLD",
      "ALL_OLD",
      "NONE",
      "UPDATED_NEW",
    ])
    .oneOf("returnValuesOnConditionCheckFailure", input.ReturnValuesOnConditionCheckFailure, [
      "ALL_OLD",
      "NONE",
    ]);
}

/** A table's name, or its ARN. */
export function checkTableReference(
  constraints: Constraints,
  path: string,
  nameOrArn: string | undefined,
): void {
  constraints.required(path, nameOrArn).length(path, nameOrArn, NAME_LENGTH);
  if (!nameOrArn?.startsWith("arn:")) constraints.pattern(path, nameOrArn, NAME_PATTERN);
}

/** The tables of a batch: their names, and how much is asked of each. */
export function checkBatchTables<Asked>(
  constraints: Constraints,
  operation: string,
  tables: Readonly<Record<string, Asked>> | undefined,
  listOf: (asked: Asked) => readonly unknown[] | undefined,
  max: number,
): void {
  constraints.required("requestItems", tables);
  if (!tables) return;
  if (Object.keys(tables).length === 0)
    throw refusal(`The requestItems parameter is required for ${operation}`);
  for (const [name, asked] of Object.entries(tables)) {
    const list = listOf(asked);
    checkTableReference(constraints, "requestItems.key", name);
    constraints.required(`requestItems.${name}.member.keys`, list);
    if (list?.length === 0) {
      throw refusal(
        `1 validation error detected: Value '{${name}=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to ${max}, Member must have length greater than or equal to 1]`,
      );
    }
    // AWS's other wording of this echoes the whole request.
    if (list && list.length > max) {
      throw refusal(
        `1 validation error detected: Value at 'RequestItems.${name}.member' failed to satisfy constraint: Member must have length less than or equal to ${max}`,
      );
    }
  }
}
