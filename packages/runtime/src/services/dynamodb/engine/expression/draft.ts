import { type AttributeValue, attributeOf, type Item, setAttribute } from "../attribute-value.ts";
import { refusal } from "../refusal.ts";
import { MAX_NESTING_DEPTH, nestingDepth } from "../validate.ts";
import type { DocumentPath } from "./path.ts";

const INVALID_PATH = "The document path provided in the update expression is invalid for update";
const TOO_DEEP =
  "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";

/** A copy of a list while its elements change: indexes mean the elements as they were before. */
interface OpenList {
  readonly elements: (AttributeValue | undefined)[];
  /** Elements set beyond the end, by the index that was given. */
  readonly beyond: Map<number, AttributeValue>;
}

/**
 * Changes inside of an item's documents. Each map and list on the way to a change is copied once, so that the item
 * before stays as it was. Lists are put together when all changes are known.
 */
export class Draft {
  readonly #root: Item;
  /** Maps that are our own copies. */
  readonly #maps = new Set<Item>();
  /** Lists that are being changed, by the list value that stands for them in our copies. */
  readonly #lists = new Map<AttributeValue[], OpenList>();

  /** `root` is the new item, already a copy. */
  constructor(root: Item) {
    this.#root = root;
    this.#maps.add(root);
  }

  /** Puts the value at the path, or nothing (undefined). Throws ValidationException where the path leads nowhere. */
  put(path: DocumentPath, value: AttributeValue | undefined): void {
    if (value !== undefined && path.length - 1 + nestingDepth(value) > MAX_NESTING_DEPTH) {
      throw refusal(TOO_DEEP);
    }
    let parent: AttributeValue = { M: this.#root };
    for (const step of path.slice(0, -1)) parent = this.#opened(parent, step);
    const last = path.at(-1)!;
    if (typeof last === "number") this.#putElement(parent, last, value);
    else putMember(parent, last, value);
  }

  /** The map or list at a step below a parent that is our copy, as a copy too. */
  #opened(parent: AttributeValue, step: string | number): AttributeValue {
    const before = this.#below(parent, step);
    if (before?.M !== undefined) {
      if (this.#maps.has(before.M)) return before;
      const map = { ...before.M };
      this.#maps.add(map);
      return this.#replace(parent, step, { M: map });
    }
    if (before?.L === undefined) throw refusal(INVALID_PATH);
    if (this.#lists.has(before.L)) return before;
    const list = [...before.L];
    this.#lists.set(list, { elements: list, beyond: new Map() });
    return this.#replace(parent, step, { L: list });
  }

  #below(parent: AttributeValue, step: string | number): AttributeValue | undefined {
    return typeof step === "number" ? parent.L?.[step] : parent.M && attributeOf(parent.M, step);
  }

  #replace(parent: AttributeValue, step: string | number, copy: AttributeValue): AttributeValue {
    if (typeof step === "number") parent.L![step] = copy;
    else setAttribute(parent.M!, step, copy);
    return copy;
  }

  #putElement(parent: AttributeValue, index: number, value: AttributeValue | undefined): void {
    const list = parent.L && this.#lists.get(parent.L);
    if (list === undefined) throw refusal(INVALID_PATH);
    if (index < list.elements.length) list.elements[index] = value;
    else if (value !== undefined) list.beyond.set(index, value);
  }

  /** Closes the gaps of removed elements, and appends what was set beyond an end in the order of its indexes. */
  finish(): void {
    for (const [list, { elements, beyond }] of this.#lists) {
      const appended = [...beyond].sort(([a], [b]) => a - b).map(([, value]) => value);
      const kept = elements.filter((element) => element !== undefined);
      list.splice(0, list.length, ...kept, ...appended);
    }
  }
}

function putMember(parent: AttributeValue, name: string, value: AttributeValue | undefined): void {
  if (parent.M === undefined) throw refusal(INVALID_PATH);
  if (value === undefined) delete parent.M[name];
  else setAttribute(parent.M, name, value);
}
