import type { Cursor } from "./cursor.ts";
import type { Value } from "./match.ts";
import { invalidPattern } from "./refusal.ts";

/** Decides about one value of a log event. */
export interface Comparison {
  readonly holds: (value: Value) => boolean;
  readonly isRegularExpression: boolean;
}

type Operand =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly number: number; readonly text: string }
  | { readonly kind: "expression"; readonly expression: RegExp };

type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=";

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads an operator and its operand, where one stands; undefined where none does. */
export function takeComparison(cursor: Cursor, bareOperand: RegExp): Comparison | undefined {
  cursor.skipSpace();
  const operator = cursor.take(/<=|>=|!=|=|<|>/y) as Operator | undefined;
  if (operator === undefined) return undefined;
  cursor.skipSpace();
  const operand = takeOperand(cursor, bareOperand);
  const equals = equality(operand);
  const isRegularExpression = operand.kind === "expression";
  if (operator === "=") return { holds: equals, isRegularExpression };
  if (operator === "!=") return { holds: (value) => !equals(value), isRegularExpression };
  if (operand.kind !== "number") throw invalidPattern();
  return { holds: inequality(operator, operand.number), isRegularExpression };
}

function takeOperand(cursor: Cursor, bareOperand: RegExp): Operand {
  const quoted = cursor.takeQuoted();
  if (quoted !== undefined) return { kind: "text", text: quoted };
  const expression = cursor.takeRegularExpression();
  if (expression) return { kind: "expression", expression };
  const text = cursor.take(bareOperand);
  if (text === undefined || text === "") throw cursor.refuse();
  return NUMBER.test(text)
    ? { kind: "number", number: Number(text), text }
    : { kind: "text", text };
}

function equality(operand: Operand): (value: Value) => boolean {
  if (operand.kind === "expression") return (value) => operand.expression.test(String(value));
  if (operand.kind === "number")
    return (value) => toNumber(value) === operand.number || String(value) === operand.text;
  return wildcard(operand.text);
}

/** A `*` at either end stands for any text, and in the middle for itself. */
function wildcard(pattern: string): (value: Value) => boolean {
  if (pattern === "*") return () => true;
  const open = pattern.startsWith("*");
  const openEnded = pattern.endsWith("*");
  const text = pattern.slice(open ? 1 : 0, openEnded ? -1 : undefined);
  if (open && openEnded) return (value) => String(value).includes(text);
  if (open) return (value) => String(value).endsWith(text);
  if (openEnded) return (value) => String(value).startsWith(text);
  return (value) => String(value) === text;
}

function inequality(
  operator: Exclude<Operator, "=" | "!=">,
  bound: number,
): (value: Value) => boolean {
  const compare = {
    "<": (number: number) => number < bound,
    "<=": (number: number) => number <= bound,
    ">": (number: number) => number > bound,
    ">=": (number: number) => number >= bound,
  }[operator];
  return (value) => compare(toNumber(value));
}

/** NaN, which compares false with everything, for what is no number. */
export function toNumber(value: Value): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && NUMBER.test(value) ? Number(value) : Number.NaN;
}
