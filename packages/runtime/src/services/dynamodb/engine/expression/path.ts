import type { AttributeValue, Item } from "../attribute-value.ts";

/** Where a value lies in an item: an attribute's name, then names in maps and indexes in lists. */
export type DocumentPath = readonly [string, ...(string | number)[]];

/** The value at a path, or undefined. */
export function valueAt(item: Item, path: DocumentPath): AttributeValue | undefined {
  let value = own(item, path[0]);
  for (let i = 1; i < path.length && value !== undefined; i++) {
    const step = path[i]!;
    value = typeof step === "number" ? value.L?.[step] : value.M && own(value.M, step);
  }
  return value;
}

/** A member of an item or a map. A name such as `constructor` is nothing that an object has by itself. */
function own(item: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined;
}

/** A path as DynamoDB writes it in messages: `[a, b, [0]]`. */
export function pathText(path: DocumentPath): string {
  return `[${path.map((step) => (typeof step === "number" ? `[${step}]` : step)).join(", ")}]`;
}
