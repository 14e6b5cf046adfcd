import { type AttributeValue, attributeOf, type Item } from "../attribute-value.ts";

/** Where a value lies in an item: an attribute's name, then names in maps and indexes in lists. */
export type DocumentPath = readonly [string, ...(string | number)[]];

/** The value at a path, or undefined. */
export function valueAt(item: Item, path: DocumentPath): AttributeValue | undefined {
  let value = attributeOf(item, path[0]);
  for (let i = 1; i < path.length && value !== undefined; i++) {
    const step = path[i]!;
    value = typeof step === "number" ? value.L?.[step] : value.M && attributeOf(value.M, step);
  }
  return value;
}

/** A path as DynamoDB writes it in messages: `[a, b, [0]]`. */
export function pathText(path: DocumentPath): string {
  return `[${path.map((step) => (typeof step === "number" ? `[${step}]` : step)).join(", ")}]`;
}
