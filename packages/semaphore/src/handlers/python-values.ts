import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/**
 * What Python and boto3 do with a value that came as JSON: which are true, what their types and texts are, what
 * numbers a text is, how they are stored. One thing cannot be told here: JSON's `2.0` is a float in Python and would
 * be refused; JavaScript reads it as 2.
 */

/** Python's truth: `0`, `""`, `[]`, `{}` are false as well. */
export function isTruthy(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return Boolean(value);
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0;
}

export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return Array.isArray(value) ? "list" : "dict";
}

/** `str(value)` */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : literalOf(value);
}

/** `repr(value)` */
function literalOf(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(literalOf).join(", ")}]`;
  if (typeof value !== "object") return String(value);
  const entries = Object.entries(value).map(
    ([key, member]) => `${literalOf(key)}: ${literalOf(member)}`,
  );
  return `{${entries.join(", ")}}`;
}

/** An error of Python's own, which stands in a function's answer by its class. */
export class PythonError extends Error {
  override readonly name: "TypeError" | "ValueError";

  constructor(name: "TypeError" | "ValueError", message: string) {
    super(message);
    this.name = name;
  }
}

/** `int(text)` */
export function integerFrom(text: string): number {
  if (/^\s*[+-]?\d+(_\d+)*\s*$/.test(text)) return Number(text.replaceAll("_", ""));
  throw new PythonError("ValueError", `invalid literal for int() with base 10: '${text}'`);
}

/** `float(text)` */
export function floatFrom(text: string): number {
  const trimmed = text.trim().toLowerCase();
  const [, sign, word] = /^([+-]?)(inf(?:inity)?|nan)$/.exec(trimmed) ?? [];
  if (word !== undefined)
    return word === "nan" ? Number.NaN : Number(`${sign}${Number.POSITIVE_INFINITY}`);
  if (/^[+-]?(\d+(_\d+)*\.?|\.\d)(\d+(_\d+)*)?(e[+-]?\d+)?$/.test(trimmed))
    return Number(trimmed.replaceAll("_", ""));
  throw new PythonError("ValueError", `could not convert string to float: '${text}'`);
}

/** A value as boto3's table resource stores it, which takes no floats. */
export function storedFrom(value: unknown): AttributeValue {
  if (value === null || value === undefined) return { NULL: true };
  if (typeof value === "string") return { S: value };
  if (typeof value === "boolean") return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(storedFrom) };
  if (typeof value === "object")
    return {
      M: Object.fromEntries(
        Object.entries(value).map(([name, member]) => [name, storedFrom(member)]),
      ),
    };
  if (Number.isInteger(value)) return { N: String(value) };
  throw new PythonError("TypeError", "Float types are not supported. Use Decimal types instead.");
}
