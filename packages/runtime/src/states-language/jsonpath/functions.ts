import type { Json } from "../definition.ts";
import { StatesError } from "../states-error.ts";
import { isObject } from "./equal.ts";
import type { Documents } from "./evaluate.ts";
import { operandValue } from "./filter.ts";
import type { Operand } from "./token.ts";

/**
 * The functions that end a path: `$.list.length()`, `$.numbers.max()`.
 * Source: github.com/json-path/JsonPath, README "Functions".
 * @throws StatesError `States.Runtime` where there is nothing to compute from.
 */
export function callFunction(
  name: string,
  subject: Json,
  parameters: readonly Operand[],
  documents: Documents,
): Json {
  const values = parameters.map((each) => operandValue(each, documents) ?? null);
  switch (name) {
    case "length":
    case "size":
      return lengthOf(values[0] ?? subject);
    case "keys":
      return isObject(subject) ? Object.keys(subject) : null;
    case "concat":
      return [...elementsOf(subject), ...values.flatMap(elementsOf)].filter(isString).join("");
    case "append":
      return Array.isArray(subject) ? [...subject, ...values] : subject;
    case "first":
      return elementAt(subject, 0);
    case "last":
      return elementAt(subject, -1);
    case "index":
      return elementAt(subject, typeof values[0] === "number" ? values[0] : 0);
    default:
      return aggregate(
        name,
        [...elementsOf(subject), ...values.flatMap(elementsOf)].filter(isNumber),
      );
  }
}

function lengthOf(value: Json): number | null {
  if (Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : null;
}

function elementAt(value: Json, index: number): Json {
  const found = Array.isArray(value) ? value.at(index) : undefined;
  if (found === undefined)
    throw new StatesError(
      "States.Runtime",
      "Aggregation function attempted to calculate value using empty array",
    );
  return found;
}

function aggregate(name: string, numbers: readonly number[]): number {
  if (numbers.length === 0)
    throw new StatesError(
      "States.Runtime",
      "Aggregation function attempted to calculate value using empty array",
    );
  const sum = numbers.reduce((total, each) => total + each, 0);
  switch (name) {
    case "min":
      return numbers.reduce((least, each) => Math.min(least, each));
    case "max":
      return numbers.reduce((most, each) => Math.max(most, each));
    case "avg":
      return sum / numbers.length;
    case "stddev": {
      const mean = sum / numbers.length;
      const squares = numbers.reduce((total, each) => total + (each - mean) ** 2, 0);
      return Math.sqrt(squares / numbers.length);
    }
    default:
      return sum;
  }
}

function elementsOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [value];
}

function isNumber(value: Json): value is number {
  return typeof value === "number";
}

function isString(value: Json): value is string {
  return typeof value === "string";
}
