import { MatchTimeout } from "../bound-regexp.ts";
import type { Json } from "../definition.ts";
import { StatesError } from "../states-error.ts";
import { isEqual, isObject } from "./equal.ts";
import { type Documents, evaluate } from "./evaluate.ts";
import {
  type Comparator,
  type Filter,
  isDefinite,
  type Operand,
  type ParsedPath,
} from "./token.ts";

/** Whether a filter holds for an element (`@`). It nests no deeper than the parser lets it. */
export function holdsFor(filter: Filter, element: Json, documents: Documents): boolean {
  return holds(filter, { ...documents, element });
}

function holds(filter: Filter, documents: Documents): boolean {
  switch (filter.kind) {
    case "and":
      return filter.parts.every((part) => holds(part, documents));
    case "or":
      return filter.parts.some((part) => holds(part, documents));
    case "not":
      return !holds(filter.part, documents);
    case "constant":
      return filter.value;
    case "exists":
      return valueAt(filter.path, documents) !== undefined;
    case "compare":
      return filter.comparator === "=~"
        ? matches(filter.left, filter.right, documents)
        : compare(filter, documents);
  }
}

function compare(filter: Filter & { kind: "compare" }, documents: Documents): boolean {
  const left = operandValue(filter.left, documents);
  const right = operandValue(filter.right, documents);
  return COMPARATORS[filter.comparator as Exclude<Comparator, "=~">](left, right);
}

/** The value of an operand: undefined where its path finds nothing, a list where it is indefinite. */
export function operandValue(operand: Operand, documents: Documents): Json | undefined {
  if (operand.kind === "literal") return operand.value;
  return operand.kind === "path" ? valueAt(operand.path, documents) : undefined;
}

function valueAt(path: ParsedPath, documents: Documents): Json | undefined {
  const { values } = evaluate(path, documents);
  if (values === undefined) return undefined;
  return isDefinite(path.tokens) ? values[0] : [...values];
}

type Test = (left: Json | undefined, right: Json | undefined) => boolean;

/**
 * Jayway's operators. A comparison of values of two types is false, but a number equals the string that spells it.
 * Source: github.com/json-path/JsonPath, README "Filter Operators", and its `EvaluatorFactory` and `ValueNodes`.
 */
const COMPARATORS: Readonly<Record<Exclude<Comparator, "=~">, Test>> = {
  "==": equals,
  "!=": (left, right) => !equals(left, right),
  "===": (left, right) => typeof left === typeof right && equals(left, right),
  "!==": (left, right) => typeof left !== typeof right || !equals(left, right),
  "<": (left, right) => ordered(left, right, (order) => order < 0),
  "<=": (left, right) => ordered(left, right, (order) => order <= 0),
  ">": (left, right) => ordered(left, right, (order) => order > 0),
  ">=": (left, right) => ordered(left, right, (order) => order >= 0),
  in: isIn,
  nin: (left, right) => !isIn(left, right),
  subsetof: (left, right) => bothLists(left, right, (a, b) => a.every((each) => isIn(each, b))),
  anyof: (left, right) => bothLists(left, right, (a, b) => a.some((each) => isIn(each, b))),
  noneof: (left, right) => bothLists(left, right, (a, b) => !a.some((each) => isIn(each, b))),
  all: (left, right) => bothLists(left, right, (a, b) => b.every((each) => isIn(each, a))),
  contains: (left, right) =>
    typeof left === "string"
      ? typeof right === "string" && left.includes(right)
      : isIn(right, left),
  size: (left, right) => typeof right === "number" && sizeOf(left) === right,
  empty: (left, right) =>
    typeof right === "boolean" && (sizeOf(left) === 0) === right && sizeOf(left) !== undefined,
};

function equals(left: Json | undefined, right: Json | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (typeof left === "number" && typeof right === "string") return spells(right, left);
  if (typeof left === "string" && typeof right === "number") return spells(left, right);
  return isEqual(left, right);
}

function spells(text: string, number: number): boolean {
  return (
    /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text) && Number(text) === number
  );
}

function ordered(
  left: Json | undefined,
  right: Json | undefined,
  test: (order: number) => boolean,
): boolean {
  if (typeof left === "number" && typeof right === "number") return test(left - right);
  if (typeof left === "string" && typeof right === "string")
    return test(left === right ? 0 : left < right ? -1 : 1);
  return false;
}

function isIn(value: Json | undefined, list: Json | undefined): boolean {
  return value !== undefined && Array.isArray(list) && list.some((each) => equals(value, each));
}

function bothLists(
  left: Json | undefined,
  right: Json | undefined,
  test: (left: Json[], right: Json[]) => boolean,
): boolean {
  return Array.isArray(left) && Array.isArray(right) && test(left, right);
}

function sizeOf(value: Json | undefined): number | undefined {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : undefined;
}

/** `=~` has a pattern on one side; a list matches if one of its elements does. */
function matches(left: Operand, right: Operand, documents: Documents): boolean {
  const [pattern, subject] = left.kind === "pattern" ? [left, right] : [right, left];
  if (pattern.kind !== "pattern") return false;
  const value = operandValue(subject, documents);
  if (value === undefined) return false;
  return (Array.isArray(value) ? value : [value]).some((each) =>
    isMatch(pattern.pattern, textOf(each)),
  );
}

function isMatch(pattern: RegExp, text: string): boolean {
  try {
    return pattern.test(text);
  } catch (error) {
    if (!(error instanceof MatchTimeout)) throw error;
    throw new StatesError("States.Runtime", `Matching ${pattern} takes too long.`);
  }
}

function textOf(value: Json): string {
  return typeof value === "object" ? "" : String(value);
}
