import type { Json } from "./definition.ts";
import { instantOf } from "./timestamp.ts";

type Order = (left: Json, right: Json) => number | undefined;

/** How far a value is above another; undefined where they do not compare. */
const ORDERS: Readonly<Record<string, Order>> = {
  String: (left, right) =>
    typeof left === "string" && typeof right === "string"
      ? left === right
        ? 0
        : left < right
          ? -1
          : 1
      : undefined,
  Numeric: (left, right) =>
    typeof left === "number" && typeof right === "number" ? left - right : undefined,
  Timestamp: (left, right) => {
    const [a, b] = [instantOf(left), instantOf(right)];
    if (a === undefined || b === undefined) return undefined;
    return a.ms === b.ms ? a.subMs - b.subMs : a.ms - b.ms;
  },
  Boolean: (left, right) =>
    typeof left === "boolean" && typeof right === "boolean"
      ? Number(left) - Number(right)
      : undefined,
};

const RELATIONS: Readonly<Record<string, (order: number) => boolean>> = {
  Equals: (order) => order === 0,
  LessThan: (order) => order < 0,
  LessThanEquals: (order) => order <= 0,
  GreaterThan: (order) => order > 0,
  GreaterThanEquals: (order) => order >= 0,
};

interface Comparison {
  readonly order: Order;
  readonly relation: (order: number) => boolean;
}

/** `StringEquals`, `NumericLessThan`, `TimestampGreaterThanEquals`, …, `BooleanEquals`. */
const COMPARISONS: ReadonlyMap<string, Comparison> = new Map(
  Object.entries(ORDERS).flatMap(([type, order]) =>
    Object.entries(RELATIONS)
      .filter(([relation]) => type !== "Boolean" || relation === "Equals")
      .map(([name, relation]) => [type + name, { order, relation }] as const),
  ),
);

const TYPES: Readonly<Record<string, (value: Json) => boolean>> = {
  IsNull: (value) => value === null,
  IsBoolean: (value) => typeof value === "boolean",
  IsNumeric: (value) => typeof value === "number",
  IsString: (value) => typeof value === "string",
  IsTimestamp: (value) => instantOf(value) !== undefined,
};

/** The comparisons that have a form `…Path`: all but `StringMatches` and those that ask for a type. */
export const COMPARISONS_WITH_PATH: readonly string[] = [...COMPARISONS.keys()];
/** The comparisons whose operand is a boolean: what the value is, and whether there is one. */
export const TYPE_TESTS: readonly string[] = ["IsPresent", ...Object.keys(TYPES)];

/** The type of an operator's operand, by the operator's name without `Path`. */
export function operandTypeOf(
  comparison: string,
): "string" | "number" | "boolean" | "timestamp" | undefined {
  if (comparison.startsWith("Is") || comparison.startsWith("Boolean")) return "boolean";
  if (comparison.startsWith("String")) return "string";
  if (comparison.startsWith("Numeric")) return "number";
  return comparison.startsWith("Timestamp") ? "timestamp" : undefined;
}

/** Whether a value is of the type that `IsNull`, `IsString`, … asks for; undefined for another comparison. */
export function isOfType(comparison: string, value: Json): boolean | undefined {
  return TYPES[comparison]?.(value);
}

/** Compares a value with an operand; false where their types do not fit, or no such comparison is known. */
export function compareBy(comparison: string, value: Json, operand: Json): boolean {
  if (comparison === "StringMatches")
    return typeof value === "string" && typeof operand === "string" && matches(value, operand);
  const known = COMPARISONS.get(comparison);
  const order = known?.order(value, operand);
  return known !== undefined && order !== undefined && known.relation(order);
}

/** `*` stands for any characters, `\\*` for an asterisk, `\\\\` for a backslash. No backtracking, whatever the pattern. */
function matches(text: string, pattern: string): boolean {
  const [first = "", ...rest] = literalParts(pattern);
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** The texts between a pattern's stars, without their escapes. */
function literalParts(pattern: string): string[] {
  const parts: string[] = [];
  let part = "";
  for (const [piece] of pattern.matchAll(/\\[*\\]|[\s\S]/g)) {
    if (piece === "*") {
      parts.push(part);
      part = "";
    } else part += piece.length === 2 ? piece.slice(1) : piece;
  }
  return [...parts, part];
}
