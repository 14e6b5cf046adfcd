import type { AttributeValue } from "./attribute-value.ts";
import type { KeySchema } from "./key.ts";

export type KeyOperator = "EQ" | "LT" | "LE" | "GT" | "GE" | "BETWEEN" | "BEGINS_WITH";

/** Conditions of a Query by attribute, before the table's key is known. */
export type KeyConditions = ReadonlyMap<
  string,
  { readonly operator: string; readonly values: readonly AttributeValue[] }
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

/**
 * The partition and range that the conditions mean for a table's or index's key.
 *
 * Throws ValidationException where a condition on the hash attribute is missing or not EQ, or one is on another attribute.
 */
export function keyConditionOf(conditions: KeyConditions, schema: KeySchema): KeyCondition {
  void conditions;
  void schema;
  throw new Error("not yet");
}
