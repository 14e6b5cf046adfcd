import type { AttributeValue } from "./attribute-value.ts";
import type { Condition, Operand } from "./expression/condition.ts";
import { type KeySchema, keyAttributes } from "./key.ts";
import { afterKey, afterPrefix, encodeKey } from "./key-encoding.ts";
import { invalidParameter, refusal } from "./refusal.ts";

/** Comparison operators of the older forms. */
export type ComparisonOperator =
  | "EQ"
  | "NE"
  | "LT"
  | "LE"
  | "GT"
  | "GE"
  | "IN"
  | "BETWEEN"
  | "NULL"
  | "NOT_NULL"
  | "CONTAINS"
  | "NOT_CONTAINS"
  | "BEGINS_WITH";

/** Conditions of a Query by attribute, before the table's key is known: what both forms become. */
export type KeyConditions = ReadonlyMap<
  string,
  { readonly operator: ComparisonOperator; readonly values: readonly AttributeValue[] }
>;

/** Bounds of sort keys, encoded by `encodeKey`: from is inclusive, to exclusive; undefined is no bound. */
export interface SortRange {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** What a Query reads: one partition, of it a range. */
export interface KeyCondition {
  readonly hash: AttributeValue;
  readonly range: SortRange;
}

const EVERY: SortRange = { from: undefined, to: undefined };
const NOT_INDEXABLE: readonly ComparisonOperator[] = [
  "NULL",
  "NOT_NULL",
  "NE",
  "CONTAINS",
  "NOT_CONTAINS",
  "IN",
];
const MIRRORED = { "=": "EQ", "<": "GT", "<=": "GE", ">": "LT", ">=": "LE" } as const;
const DIRECT = { "=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE" } as const;

/**
 * The partition and range that the conditions mean for a table's or index's key.
 *
 * Throws ValidationException where the hash attribute has no condition or another than EQ, where a condition is on
 * another attribute, or a value is of another type than the key.
 */
export function keyConditionOf(conditions: KeyConditions, schema: KeySchema): KeyCondition {
  const { hash, range } = schema;
  const keys = keyAttributes(schema).length;
  // Seen on DynamoDB in 2026: paritysuite/dynamodb-conformance, error messages of queryKeyConditionOperands.
  if (conditions.size > 2) {
    throw refusal(
      `The number of query conditions (${conditions.size}) exceeds the number of key attributes defined in the schema (${keys})`,
    );
  }
  if (keys < conditions.size) throw refusal("Query key condition not supported");
  for (const attribute of keyAttributes(schema)) {
    const condition = conditions.get(attribute.name);
    if (condition === undefined) {
      if (attribute !== hash && conditions.size === 1) break;
      throw refusal(`Query condition missed key schema element: ${attribute.name}`);
    }
    if (NOT_INDEXABLE.includes(condition.operator)) {
      throw refusal("Attempted conditional constraint is not an indexable operation");
    }
    for (const value of condition.values) {
      if (value[attribute.type] === undefined) {
        throw invalidParameter("Condition parameter type does not match schema type");
      }
      if (value.S !== "" && value.B?.byteLength !== 0) continue;
      const what = value.B === undefined ? "string" : "binary";
      throw refusal(
        `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${what} value. Key: ${attribute.name}`,
      );
    }
    if (attribute === hash && condition.operator !== "EQ") {
      throw refusal("Query key condition not supported");
    }
  }
  const onRange = range && conditions.get(range.name);
  return {
    hash: conditions.get(hash.name)!.values[0]!,
    range: onRange === undefined ? EVERY : rangeOf(onRange.operator, onRange.values),
  };
}

function rangeOf(operator: ComparisonOperator, values: readonly AttributeValue[]): SortRange {
  const [low, high] = values;
  const key = encodeKey(low!);
  switch (operator) {
    case "EQ":
      return { from: key, to: afterKey(key) };
    case "LT":
      return { from: undefined, to: key };
    case "LE":
      return { from: undefined, to: afterKey(key) };
    case "GT":
      return { from: afterKey(key), to: undefined };
    case "GE":
      return { from: key, to: undefined };
    case "BETWEEN":
      return { from: key, to: afterKey(encodeKey(high!)) };
    case "BEGINS_WITH":
      return { from: key, to: afterPrefix(low!) };
    default:
      throw new TypeError(`no range of keys: ${operator}`);
  }
}

/**
 * The key conditions that a KeyConditionExpression writes as a condition: comparisons with AND between them.
 *
 * Throws ValidationException for every other operator, and for attributes that are nested, several in one comparison,
 * or in several comparisons.
 */
export function keyConditionsOf(condition: Condition): KeyConditions {
  const conditions = new Map<
    string,
    { operator: ComparisonOperator; values: readonly AttributeValue[] }
  >();
  for (const part of conjuncts(condition)) {
    const { attribute, operator, values } = keyConditionPart(part);
    if (conditions.has(attribute)) {
      throw refusal(
        "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
      );
    }
    conditions.set(attribute, { operator, values });
  }
  return conditions;
}

function conjuncts(condition: Condition): Condition[] {
  if (condition.kind !== "and") return [condition];
  return [...conjuncts(condition.left), ...conjuncts(condition.right)];
}

interface Part {
  readonly attribute: string;
  readonly operator: ComparisonOperator;
  readonly values: readonly AttributeValue[];
}

function keyConditionPart(part: Condition): Part {
  switch (part.kind) {
    case "compare": {
      if (part.operator === "<>") throw unusable("<>");
      const operands = [part.left, part.right];
      const attribute = keyAttribute(operands);
      const mirrored = part.left.kind !== "path";
      return {
        attribute,
        operator: (mirrored ? MIRRORED : DIRECT)[part.operator],
        values: valuesOf(operands),
      };
    }
    case "between":
      return leading("BETWEEN", "BETWEEN", [part.operand, part.low, part.high]);
    case "beginsWith":
      return leading("begins_with", "BEGINS_WITH", [part.operand, part.part]);
    case "exists":
      throw unusable(part.expected ? "attribute_exists" : "attribute_not_exists");
    case "type":
      throw unusable("attribute_type");
    default:
      throw unusable(part.kind === "contains" ? "contains" : part.kind.toUpperCase());
  }
}

function leading(name: string, operator: ComparisonOperator, operands: readonly Operand[]): Part {
  if (operands[0]!.kind === "value") {
    throw refusal(
      `Invalid condition in KeyConditionExpression: ${name} operator must have the key attribute as its first operand`,
    );
  }
  return { attribute: keyAttribute(operands), operator, values: valuesOf(operands) };
}

function keyAttribute(operands: readonly Operand[]): string {
  let attribute: string | undefined;
  for (const operand of operands) {
    if (operand.kind === "size") {
      throw refusal("KeyConditionExpressions cannot contain nested operations");
    }
    if (operand.kind !== "path") continue;
    if (attribute !== undefined) {
      throw refusal(
        "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
      );
    }
    if (operand.path.length > 1) {
      throw refusal("KeyConditionExpressions cannot have conditions on nested attributes");
    }
    attribute = operand.path[0];
  }
  if (attribute !== undefined) return attribute;
  throw refusal("Invalid condition in KeyConditionExpression: No key attribute specified");
}

function valuesOf(operands: readonly Operand[]): AttributeValue[] {
  return operands.flatMap((operand) => (operand.kind === "value" ? [operand.value] : []));
}

function unusable(operator: string): Error {
  return refusal(`Invalid operator used in KeyConditionExpression: ${operator}`);
}
