import { type AttributeValue, equalValues, type Item, setAttribute } from "../attribute-value.ts";
import type { Condition } from "../expression/condition.ts";
import { type KeySchema, keyAttributes } from "../key.ts";
import type { ComparisonOperator, KeyConditions } from "../key-condition.ts";
import { refusal } from "../refusal.ts";

/** A WHERE clause, divided into the key that it names and the condition that is left. */
export interface WhereKey {
  readonly key: Item;
  readonly rest: Condition | undefined;
}

const OPERATORS = { "=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE" } as const;
const MIRRORED = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

/**
 * The one item that an UPDATE or DELETE means, and the condition that it has to meet.
 *
 * Throws ValidationException where not every key attribute is said to equal a value, or one equals two.
 */
export function keyOfWhere(where: Condition | undefined, schema: KeySchema): WhereKey {
  const divided = divide(where, schema);
  if (divided.conflict !== undefined) {
    throw refusal(
      `Multiple conditions on same key ${divided.conflict}. Only single item Update/Insert/Delete are supported`,
    );
  }
  if (!divided.complete) {
    throw refusal("Where clause does not contain a mandatory equality on all key attributes");
  }
  return divided;
}

/** The one item that a SELECT means by its whole key; undefined where it doesn't mean one. */
export function itemOfWhere(where: Condition | undefined, schema: KeySchema): WhereKey | undefined {
  const divided = divide(where, schema);
  return divided.complete && divided.conflict === undefined ? divided : undefined;
}

/**
 * What a SELECT reads: partitions by their hash (one a member of IN), each in the range that the WHERE clause gives;
 * undefined where it names no partition, and the whole table has to be read. `filter` is what has to hold of each item.
 *
 * Throws ValidationException where a key attribute is compared with a value of another type, or partitions overlap.
 */
export function readsOfWhere(
  where: Condition | undefined,
  schema: KeySchema,
): { keyConditions: KeyConditions[] | undefined; filter: Condition | undefined } {
  const parts = conjuncts(where);
  const hashPart = parts.find((part) => hashValues(part, schema) !== undefined);
  if (hashPart === undefined) return { keyConditions: undefined, filter: where };
  const hashes = hashValues(hashPart, schema)!;
  const { range } = schema;
  for (const value of hashes) requireType(value, schema.hash.name, schema.hash.type);
  for (const [i, value] of hashes.entries()) {
    if (hashes.slice(0, i).some((other) => equalValues(other, value))) {
      throw refusal("Overlapping conditions with range keys are not supported in where clause");
    }
  }
  const rangePart =
    range && parts.find((part) => part !== hashPart && rangeOf(part, range.name) !== undefined);
  const onRange = rangePart && rangeOf(rangePart, range.name);
  if (range !== undefined) {
    for (const value of onRange?.values ?? []) requireType(value, range.name, range.type);
  }
  return {
    keyConditions: hashes.map((value) => {
      const conditions = new Map<string, RangeCondition>();
      conditions.set(schema.hash.name, { operator: "EQ", values: [value] });
      if (range !== undefined && onRange !== undefined) conditions.set(range.name, onRange);
      return conditions;
    }),
    filter: joined(parts.filter((part) => part !== hashPart && part !== rangePart)),
  };
}

function requireType(value: AttributeValue, name: string, type: "S" | "N" | "B"): void {
  if (value[type] !== undefined) return;
  throw refusal(
    `Key attribute's data type should match its data type in table's schema: Key ${name}`,
  );
}

interface Divided extends WhereKey {
  readonly complete: boolean;
  /** A key attribute that is said to equal two values. */
  readonly conflict: string | undefined;
}

function divide(where: Condition | undefined, schema: KeySchema): Divided {
  const key: Item = {};
  const rest: Condition[] = [];
  let conflict: string | undefined;
  const names = keyAttributes(schema).map(({ name }) => name);
  for (const part of conjuncts(where)) {
    const equality = equalityOf(part);
    if (equality === undefined || !names.includes(equality.name)) {
      rest.push(part);
      continue;
    }
    const { name, value } = equality;
    const known = Object.hasOwn(key, name) ? key[name] : undefined;
    if (known !== undefined && !equalValues(known, value)) conflict ??= name;
    setAttribute(key, name, known ?? value);
  }
  const complete = names.every((name) => Object.hasOwn(key, name));
  return { key, rest: joined(rest), complete, conflict };
}

function conjuncts(condition: Condition | undefined): Condition[] {
  if (condition === undefined) return [];
  if (condition.kind !== "and") return [condition];
  return [...conjuncts(condition.left), ...conjuncts(condition.right)];
}

function joined(parts: readonly Condition[]): Condition | undefined {
  if (parts.length === 0) return undefined;
  return parts.reduce((left, right) => ({ kind: "and", left, right }));
}

/** `attribute = value`, either way round, or `attribute IN [value]`. */
function equalityOf(part: Condition): { name: string; value: AttributeValue } | undefined {
  if (part.kind === "in" && part.candidates.length === 1) {
    const [only] = part.candidates;
    return only!.kind === "value" ? named(part.operand, only!.value) : undefined;
  }
  if (part.kind !== "compare" || part.operator !== "=") return undefined;
  const { left, right } = part;
  if (right.kind === "value") return named(left, right.value);
  return left.kind === "value" ? named(right, left.value) : undefined;
}

function named(operand: Extract<Condition, { kind: "type" }>["operand"], value: AttributeValue) {
  if (operand.kind !== "path" || operand.path.length > 1) return undefined;
  return { name: operand.path[0], value };
}

/** The values that the hash attribute has to equal one of. */
function hashValues(part: Condition, { hash }: KeySchema): AttributeValue[] | undefined {
  if (part.kind === "or") {
    const left = hashValues(part.left, { hash });
    const right = hashValues(part.right, { hash });
    return left && right && [...left, ...right];
  }
  const equality = equalityOf(part);
  if (equality?.name === hash.name) return [equality.value];
  if (part.kind !== "in" || part.operand.kind !== "path") return undefined;
  if (part.operand.path.length > 1 || part.operand.path[0] !== hash.name) return undefined;
  const values = part.candidates.flatMap((candidate) =>
    candidate.kind === "value" ? [candidate.value] : [],
  );
  return values.length === part.candidates.length ? values : undefined;
}

interface RangeCondition {
  readonly operator: ComparisonOperator;
  readonly values: readonly AttributeValue[];
}

/** What a conjunct says of the range attribute, where a Query can use it. */
function rangeOf(part: Condition, name: string): RangeCondition | undefined {
  const isRange = (operand: Extract<Condition, { kind: "type" }>["operand"]) =>
    operand.kind === "path" && operand.path.length === 1 && operand.path[0] === name;
  switch (part.kind) {
    case "compare": {
      const { operator, left, right } = part;
      if (operator === "<>") return undefined;
      if (isRange(left) && right.kind === "value") {
        return { operator: OPERATORS[operator], values: [right.value] };
      }
      if (!isRange(right) || left.kind !== "value") return undefined;
      return { operator: OPERATORS[MIRRORED[operator]], values: [left.value] };
    }
    case "between": {
      const { operand, low, high } = part;
      if (!isRange(operand) || low.kind !== "value" || high.kind !== "value") return undefined;
      return { operator: "BETWEEN", values: [low.value, high.value] };
    }
    case "beginsWith":
      if (!isRange(part.operand) || part.part.kind !== "value") return undefined;
      return { operator: "BEGINS_WITH", values: [part.part.value] };
    default:
      return undefined;
  }
}
