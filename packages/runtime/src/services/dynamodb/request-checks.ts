import type {
  ReturnConsumedCapacity,
  ReturnItemCollectionMetrics,
  ReturnValue,
  ReturnValuesOnConditionCheckFailure,
} from "@aws-sdk/client-dynamodb";
import { Constraints } from "../../constraints.ts";
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
