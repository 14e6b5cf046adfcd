import type {
  ReturnConsumedCapacity,
  ReturnItemCollectionMetrics,
  ReturnValue,
  ReturnValuesOnConditionCheckFailure,
} from "@aws-sdk/client-dynamodb";
import { Constraints } from "../../constraints.ts";
import type { ServiceError } from "../../errors.ts";
import { refusal } from "./engine/index.ts";
import { NAME_PATTERN } from "./table-checks.ts";

const NAME_LENGTH = { min: 1, max: 255 };
const ARN_LENGTH = { min: 1, max: 1024 };

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

/** A table's name, or its ARN. An empty one is told to be too short, and no more. */
export function checkTableReference(
  constraints: Constraints,
  path: string,
  nameOrArn: string | undefined,
): void {
  const isArn = nameOrArn?.startsWith("arn:");
  constraints.required(path, nameOrArn).length(path, nameOrArn, isArn ? ARN_LENGTH : NAME_LENGTH);
  if (!isArn) constraints.pattern(path, nameOrArn || undefined, NAME_PATTERN);
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
    if (list && list.length > max) throw tooMany(operation, name, list, max);
  }
}

/** Source: dynamodb-conformance (nubo-db), tier 3, error messages of BatchGetItem and BatchWriteItem. */
function tooMany(
  operation: string,
  table: string,
  list: readonly unknown[],
  max: number,
): ServiceError {
  return refusal(
    operation === "BatchGetItem"
      ? `1 validation error detected: Value at 'RequestItems.${table}.member.Keys' failed to satisfy constraint: Member must have length less than or equal to ${max}`
      : `1 validation error detected: Value '{${table}=${shownList(list)}}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to ${max}, Member must have length greater than or equal to 1]`,
  );
}

/** A list in a message. AWS shows all of it, in a form of its own; here its first member stands for the others. */
export function shownList(list: readonly unknown[]): string {
  return `[${JSON.stringify(list[0])}, … ${list.length} in all]`;
}
