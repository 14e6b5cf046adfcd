import type {
  DeleteItemInput,
  GetItemInput,
  KeysAndAttributes,
  PutItemInput,
  QueryInput,
  ScanInput,
  UpdateItemInput,
} from "@aws-sdk/client-dynamodb";
import { bindCondition } from "./expression/bind-condition.ts";
import { bindUpdate } from "./expression/bind-update.ts";
import type { Condition } from "./expression/condition.ts";
import { requireApart } from "./expression/overlap.ts";
import { parseCondition } from "./expression/parse-condition.ts";
import { parseProjection } from "./expression/parse-projection.ts";
import { parseUpdate } from "./expression/parse-update.ts";
import { Placeholders } from "./expression/placeholders.ts";
import type { Projection } from "./expression/projection.ts";
import { remembering } from "./expression/remember.ts";
import type { ExpressionKind } from "./expression/tokens.ts";
import type { Update } from "./expression/update.ts";
import { type KeyConditions, keyConditionsOf } from "./key-condition.ts";
import {
  conditionOfExpected,
  conditionOfFilter,
  keyConditionsOfOlder,
  projectionOfNames,
  updateOfAttributes,
} from "./older-forms.ts";
import { refusal } from "./refusal.ts";

/** Fields of a request that hold expressions; both forms, the expressions and the older ones, may be meant. */
type Of<Input, Fields extends keyof Input> = Partial<Pick<Input, Fields>>;
type Placeholder = "ExpressionAttributeNames" | "ExpressionAttributeValues";

export type ConditionFields = Of<
  PutItemInput & DeleteItemInput,
  "ConditionExpression" | "Expected" | "ConditionalOperator" | Placeholder
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
 *
 * This and the functions below throw ValidationException for whatever is wrong in a request's expressions by
 * themselves: both forms mixed, syntax, placeholders that are not defined or not used, operands of impossible types.
 */
export function readCondition(fields: ConditionFields): { condition: Condition | undefined } {
  checkForms(fields, ["ConditionExpression"], ["Expected", "ConditionalOperator"]);
  checkConditionalOperator(fields.ConditionalOperator, fields.Expected);
  const older = fields.Expected && conditionOfExpected(fields.Expected, fields.ConditionalOperator);
  const placeholders = placeholdersOf(fields);
  const condition = boundCondition("ConditionExpression", fields, placeholders);
  placeholders.checkUsed();
  return { condition: condition ?? older };
}

/** The update and the condition of UpdateItem, or of a transaction's Update. */
export function readUpdate(fields: UpdateFields): {
  update: Update | undefined;
  condition: Condition | undefined;
} {
  checkForms(
    fields,
    ["UpdateExpression", "ConditionExpression"],
    ["AttributeUpdates", "Expected", "ConditionalOperator"],
  );
  checkConditionalOperator(fields.ConditionalOperator, fields.Expected);
  const { AttributeUpdates, Expected, UpdateExpression } = fields;
  const olderUpdate = AttributeUpdates && updateOfAttributes(AttributeUpdates);
  const olderCondition = Expected && conditionOfExpected(Expected, fields.ConditionalOperator);
  const placeholders = placeholdersOf(fields);
  const update =
    UpdateExpression === undefined
      ? undefined
      : bindUpdate(rememberedUpdate(UpdateExpression), placeholders);
  const condition = boundCondition("ConditionExpression", fields, placeholders);
  placeholders.checkUsed();
  return { update: update ?? olderUpdate, condition: condition ?? olderCondition };
}

/** The projection of GetItem, of a table's keys in BatchGetItem, or of a transaction's Get. */
export function readProjection(fields: ProjectionFields): { projection: Projection | undefined } {
  checkForms(fields, ["ProjectionExpression"], ["AttributesToGet"]);
  const older = fields.AttributesToGet && projectionOfNames(fields.AttributesToGet);
  const placeholders = placeholdersOf(fields);
  const projection = boundProjection(fields, placeholders);
  placeholders.checkUsed();
  return { projection: projection ?? older };
}

export interface QueryExpressions {
  readonly keyConditions: KeyConditions;
  readonly filter: Condition | undefined;
  readonly projection: Projection | undefined;
}

/** What a Query looks for. */
export function readQuery(fields: QueryFields): QueryExpressions {
  const olderKey = fields.KeyConditionExpression === undefined ? [] : (["KeyConditions"] as const);
  checkForms(
    fields,
    ["ProjectionExpression", "FilterExpression", "KeyConditionExpression"],
    ["AttributesToGet", "QueryFilter", "ConditionalOperator", ...olderKey],
  );
  checkConditionalOperator(fields.ConditionalOperator, fields.QueryFilter);
  const { QueryFilter, AttributesToGet, KeyConditions, KeyConditionExpression } = fields;
  const olderFilter = QueryFilter && conditionOfFilter(QueryFilter, fields.ConditionalOperator);
  const olderProjection = AttributesToGet && projectionOfNames(AttributesToGet);
  if (KeyConditions === undefined && KeyConditionExpression === undefined) {
    throw refusal(
      "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
    );
  }
  const placeholders = placeholdersOf(fields);
  const key = boundCondition("KeyConditionExpression", fields, placeholders);
  const filter = boundCondition("FilterExpression", fields, placeholders);
  const projection = boundProjection(fields, placeholders);
  placeholders.checkUsed();
  return {
    keyConditions: key === undefined ? keyConditionsOfOlder(KeyConditions!) : keyConditionsOf(key),
    filter: filter ?? olderFilter,
    projection: projection ?? olderProjection,
  };
}

/** What a Scan looks for. */
export function readScan(fields: ScanFields): Omit<QueryExpressions, "keyConditions"> {
  checkForms(
    fields,
    ["ProjectionExpression", "FilterExpression"],
    ["AttributesToGet", "ScanFilter", "ConditionalOperator"],
  );
  checkConditionalOperator(fields.ConditionalOperator, fields.ScanFilter);
  const { ScanFilter, AttributesToGet } = fields;
  const olderFilter = ScanFilter && conditionOfFilter(ScanFilter, fields.ConditionalOperator);
  const olderProjection = AttributesToGet && projectionOfNames(AttributesToGet);
  const placeholders = placeholdersOf(fields);
  const filter = boundCondition("FilterExpression", fields, placeholders);
  const projection = boundProjection(fields, placeholders);
  placeholders.checkUsed();
  return { filter: filter ?? olderFilter, projection: projection ?? olderProjection };
}

/** All that any of these requests can have, to look fields up by their names. */
type AnyFields = ConditionFields & UpdateFields & QueryFields & ScanFields;

const rememberedCondition: Record<string, (text: string) => ReturnType<typeof parseCondition>> = {
  ConditionExpression: remembering((text) => parseCondition("ConditionExpression", text)),
  FilterExpression: remembering((text) => parseCondition("FilterExpression", text)),
  KeyConditionExpression: remembering((text) => parseCondition("KeyConditionExpression", text)),
};
const rememberedUpdate = remembering(parseUpdate);
const rememberedProjection = remembering(parseProjection);

function boundCondition(
  kind: "ConditionExpression" | "FilterExpression" | "KeyConditionExpression",
  fields: AnyFields,
  placeholders: Placeholders,
): Condition | undefined {
  const text = fields[kind];
  if (text === undefined) return undefined;
  return bindCondition(kind, rememberedCondition[kind]!(text), placeholders);
}

function boundProjection(
  { ProjectionExpression: text }: AnyFields,
  placeholders: Placeholders,
): Projection | undefined {
  if (text === undefined) return undefined;
  const kind = "ProjectionExpression";
  const paths = rememberedProjection(text).map((path) => placeholders.path(kind, path));
  requireApart(kind, paths);
  return paths;
}

function placeholdersOf(fields: AnyFields): Placeholders {
  return new Placeholders(fields.ExpressionAttributeNames, fields.ExpressionAttributeValues);
}

/** Refuses both forms in one request, and names or values where no expression could use them. */
function checkForms(
  fields: AnyFields,
  expressions: readonly ExpressionKind[],
  older: readonly (keyof AnyFields)[],
): void {
  const usedExpressions = expressions.filter((name) => fields[name] !== undefined);
  const usedOlder = older.filter((name) => fields[name] !== undefined);
  if (usedExpressions.length > 0 && usedOlder.length > 0) {
    throw refusal(
      `Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {${usedOlder.join(", ")}} Expression parameters: {${usedExpressions.join(", ")}}`,
    );
  }
  if (fields.ExpressionAttributeNames !== undefined && usedExpressions.length === 0) {
    throw refusal("ExpressionAttributeNames can only be specified when using expressions");
  }
  const withValues = expressions.filter((name) => name !== "ProjectionExpression");
  const valuesUsable =
    withValues.length === 0 || withValues.some((name) => fields[name] !== undefined);
  if (fields.ExpressionAttributeValues !== undefined && !valuesUsable) {
    const verb = withValues.length > 1 ? "are" : "is";
    throw refusal(
      `ExpressionAttributeValues can only be specified when using expressions: ${withValues.join(" and ")} ${verb} null`,
    );
  }
}

/** Seen on DynamoDB: tests of ExtendDB, legacy ConditionalOperator validation. */
function checkConditionalOperator(
  operator: string | undefined,
  conditions: object | undefined,
): void {
  if (operator === undefined) return;
  const count = Object.keys(conditions ?? {}).length;
  if (count === 0) {
    throw refusal("ConditionalOperator cannot be used without Filter or Expected");
  }
  if (count === 1) {
    throw refusal(
      "ConditionalOperator can only be used when Filter or Expected has two or more elements",
    );
  }
}
