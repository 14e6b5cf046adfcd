import type {
  DeleteItemInput,
  GetItemInput,
  KeysAndAttributes,
  PutItemInput,
  QueryInput,
  ScanInput,
  UpdateItemInput,
} from "@aws-sdk/client-dynamodb";
import type { Condition } from "./expression/condition.ts";
import type { Projection } from "./expression/projection.ts";
import type { Update } from "./expression/update.ts";
import type { KeyConditions } from "./key-condition.ts";

/** Fields of a request that hold expressions; both forms, the expressions and the older ones, may be meant. */
type Of<Input, Fields extends keyof Input> = Partial<Pick<Input, Fields>>;
type Placeholders = "ExpressionAttributeNames" | "ExpressionAttributeValues";

export type ConditionFields = Of<
  PutItemInput & DeleteItemInput,
  "ConditionExpression" | "Expected" | "ConditionalOperator" | Placeholders
>;
export type UpdateFields = ConditionFields &
  Of<UpdateItemInput, "UpdateExpression" | "AttributeUpdates">;
export type ProjectionFields = Of<
  GetItemInput & KeysAndAttributes,
  "ProjectionExpression" | "AttributesToGet" | "ExpressionAttributeNames"
>;
export type QueryFields = ProjectionFields &
  Of<
    QueryInput,
    | "KeyConditionExpression"
    | "FilterExpression"
    | "KeyConditions"
    | "QueryFilter"
    | "ConditionalOperator"
    | "ExpressionAttributeValues"
  >;
export type ScanFields = ProjectionFields &
  Of<
    ScanInput,
    "FilterExpression" | "ScanFilter" | "ConditionalOperator" | "ExpressionAttributeValues"
  >;

/**
 * The condition of PutItem, DeleteItem, a ConditionCheck, or a Put or Delete of a transaction.
 * Each of these functions throws ValidationException for whatever is wrong in a request's expressions by themselves.
 */
export function readCondition(fields: ConditionFields): { condition: Condition | undefined } {
  void fields;
  return { condition: undefined };
}

/** The update and the condition of UpdateItem, or of a transaction's Update. */
export function readUpdate(fields: UpdateFields): {
  update: Update | undefined;
  condition: Condition | undefined;
} {
  void fields;
  return { update: undefined, condition: undefined };
}

/** The projection of GetItem, of a table's keys in BatchGetItem, or of a transaction's Get. */
export function readProjection(fields: ProjectionFields): { projection: Projection | undefined } {
  void fields;
  return { projection: undefined };
}

export interface QueryExpressions {
  readonly keyConditions: KeyConditions;
  readonly filter: Condition | undefined;
  readonly projection: Projection | undefined;
}

export function readQuery(fields: QueryFields): QueryExpressions {
  void fields;
  return { keyConditions: new Map(), filter: undefined, projection: undefined };
}

export function readScan(fields: ScanFields): Omit<QueryExpressions, "keyConditions"> {
  void fields;
  return { filter: undefined, projection: undefined };
}
