import { type AttributeValue, attributeOf, type Item, setAttribute } from "../attribute-value.ts";
import type { DocumentPath } from "./path.ts";

/** Which parts of an item to return. */
export type Projection = readonly DocumentPath[];

/** The parts of one map or list that are wanted: all of it, or some of its members. */
type Wanted = "all" | Map<string | number, Wanted>;

/**
 * What of the item lies at these paths, in the maps and lists that it lies in. Attributes come in the order of the
 * paths; a list keeps the order of its elements, and closes its gaps. Paths that lead nowhere give nothing.
 */
export function project(item: Item, projection: Projection): Item {
  if (projection.every((path) => path.length === 1)) {
    const result: Item = {};
    for (const [name] of projection) {
      const value = attributeOf(item, name);
      if (value !== undefined) setAttribute(result, name, value);
    }
    return result;
  }
  return projectedMap(item, wantedBy(projection)) ?? {};
}

function wantedBy(projection: Projection): Map<string | number, Wanted> {
  const root = new Map<string | number, Wanted>();
  for (const path of projection) {
    let members = root;
    for (const [i, step] of path.entries()) {
      const known = members.get(step);
      if (known === "all") break;
      if (i === path.length - 1) {
        members.set(step, "all");
        break;
      }
      const below = known ?? new Map<string | number, Wanted>();
      members.set(step, below);
      members = below;
    }
  }
  return root;
}

function projected(value: AttributeValue, wanted: Wanted): AttributeValue | undefined {
  if (wanted === "all") return value;
  if (value.M !== undefined) {
    const map = projectedMap(value.M, wanted);
    return map && { M: map };
  }
  if (value.L === undefined) return undefined;
  const list: AttributeValue[] = [];
  for (const index of [...wanted.keys()]
    .filter((step) => typeof step === "number")
    .sort((a, b) => a - b)) {
    const element = value.L[index] && projected(value.L[index], wanted.get(index)!);
    if (element !== undefined) list.push(element);
  }
  return list.length === 0 ? undefined : { L: list };
}

function projectedMap(map: Item, wanted: Map<string | number, Wanted>): Item | undefined {
  const result: Item = {};
  let empty = true;
  for (const [name, below] of wanted) {
    const value = typeof name === "string" ? attributeOf(map, name) : undefined;
    const part = value && projected(value, below);
    if (part === undefined) continue;
    setAttribute(result, String(name), part);
    empty = false;
  }
  return empty ? undefined : result;
}
