import type { Json } from "./definition.ts";
import { expressionOf, QueryEvaluationError } from "./jsonata.ts";

interface JsonTypes {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
  readonly array: Json[];
}

/**
 * A field that must be of one type, and was an expression.
 * @param written the field as it stands in the definition
 * @throws QueryEvaluationError in AWS's words, recorded in LocalStack's snapshot tests of a Map's `Items`.
 */
export function expectType<Type extends keyof JsonTypes>(
  value: Json,
  type: Type,
  written: Json | undefined,
  field: string,
): JsonTypes[Type] {
  const actual = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  // the test of the type's name is the test of the type
  if (actual === type) return value as JsonTypes[Type];
  const expression =
    typeof written === "string" ? (expressionOf(written) ?? written) : JSON.stringify(written);
  throw new QueryEvaluationError(
    `The JSONata expression '${expression}' specified for the field '${field}' returned an unexpected result type. ` +
      `Expected '${type}', but was '${actual}' for value: ${JSON.stringify(value)}`,
    field,
  );
}
