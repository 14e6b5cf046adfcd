import {
  type AttributeType,
  type AttributeValue,
  compareBytes,
  compareValues,
  equalValues,
  type Item,
  typeOf,
} from "../attribute-value.ts";
import { type DocumentPath, valueAt } from "./path.ts";

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

/** What a condition compares. `size(path)` is the only function with a value. */
export type Operand =
  | { readonly kind: "path"; readonly path: DocumentPath }
  | { readonly kind: "value"; readonly value: AttributeValue }
  | { readonly kind: "size"; readonly of: Operand };

/** A condition or filter, its names and values put in: what the expressions and the older forms both become. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly condition: Condition }
  | {
      readonly kind: "compare";
      readonly operator: Comparator;
      readonly left: Operand;
      readonly right: Operand;
    }
  | {
      readonly kind: "between";
      readonly operand: Operand;
      readonly low: Operand;
      readonly high: Operand;
    }
  | { readonly kind: "in"; readonly operand: Operand; readonly candidates: readonly Operand[] }
  | { readonly kind: "exists"; readonly path: DocumentPath; readonly expected: boolean }
  | { readonly kind: "type"; readonly operand: Operand; readonly type: AttributeType }
  | { readonly kind: "beginsWith" | "contains"; readonly operand: Operand; readonly part: Operand };

const NOTHING: Item = {};

/**
 * Whether the item meets the condition; undefined stands for an item that isn't there, which has no attributes.
 *
 * What compares with a missing attribute is false, except `<>`, which is true. Values of different types are unequal
 * and in no order.
 */
export function evaluateCondition(condition: Condition, item: Item | undefined): boolean {
  return evaluate(condition, item ?? NOTHING);
}

function evaluate(condition: Condition, item: Item): boolean {
  switch (condition.kind) {
    case "and":
      return evaluate(condition.left, item) && evaluate(condition.right, item);
    case "or":
      return evaluate(condition.left, item) || evaluate(condition.right, item);
    case "not":
      return !evaluate(condition.condition, item);
    case "compare":
      return compares(
        condition.operator,
        resolve(condition.left, item),
        resolve(condition.right, item),
      );
    case "between": {
      const value = resolve(condition.operand, item);
      return (
        compares(">=", value, resolve(condition.low, item)) &&
        compares("<=", value, resolve(condition.high, item))
      );
    }
    case "in": {
      const value = resolve(condition.operand, item);
      return condition.candidates.some((candidate) =>
        compares("=", value, resolve(candidate, item)),
      );
    }
    case "exists":
      return (valueAt(item, condition.path) !== undefined) === condition.expected;
    case "type": {
      const value = resolve(condition.operand, item);
      return value !== undefined && typeOf(value) === condition.type;
    }
    case "beginsWith":
      return beginsWith(resolve(condition.operand, item), resolve(condition.part, item));
    case "contains":
      return contains(resolve(condition.operand, item), resolve(condition.part, item));
  }
}

function resolve(operand: Operand, item: Item): AttributeValue | undefined {
  switch (operand.kind) {
    case "path":
      return valueAt(item, operand.path);
    case "value":
      return operand.value;
    case "size": {
      const value = resolve(operand.of, item);
      const size = value && sizeOf(value);
      return size === undefined ? undefined : { N: String(size) };
    }
  }
}

function compares(
  operator: Comparator,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  if (left === undefined || right === undefined) return operator === "<>";
  if (operator === "=") return equalValues(left, right);
  if (operator === "<>") return !equalValues(left, right);
  const order = compareValues(left, right);
  if (order === undefined) return false;
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

/** What `size(…)` gives: a string's length in characters, a blob's in bytes, how many elements. Others have none. */
function sizeOf(value: AttributeValue): number | undefined {
  if (value.S !== undefined) return value.S.length;
  if (value.M !== undefined) return Object.keys(value.M).length;
  return (value.L ?? value.SS ?? value.NS ?? value.BS ?? value.B)?.length;
}

function beginsWith(
  value: AttributeValue | undefined,
  prefix: AttributeValue | undefined,
): boolean {
  if (value?.S !== undefined) return prefix?.S !== undefined && value.S.startsWith(prefix.S);
  if (value?.B === undefined || prefix?.B === undefined) return false;
  return compareBytes(value.B.subarray(0, prefix.B.length), prefix.B) === 0;
}

/** Whether a text or blob has a part, or a set or list an element. */
function contains(value: AttributeValue | undefined, part: AttributeValue | undefined): boolean {
  if (value === undefined || part === undefined) return false;
  if (value.S !== undefined) return part.S !== undefined && value.S.includes(part.S);
  if (value.B !== undefined)
    return part.B !== undefined && Buffer.from(value.B).includes(Buffer.from(part.B));
  if (value.L !== undefined) return value.L.some((element) => equalValues(element, part));
  if (value.SS !== undefined) return part.S !== undefined && value.SS.includes(part.S);
  if (value.NS !== undefined) {
    return value.NS.some((element) => equalValues({ N: element }, part));
  }
  return value.BS?.some((element) => equalValues({ B: element }, part)) ?? false;
}
