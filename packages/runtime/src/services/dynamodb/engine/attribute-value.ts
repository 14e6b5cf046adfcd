import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { compareNumbers } from "./number.ts";

export type { AttributeValue };

/** An item, or a key, or the contents of a map. */
export type Item = Record<string, AttributeValue>;

/** DynamoDB's data type descriptors. */
export type AttributeType = "S" | "N" | "B" | "BOOL" | "NULL" | "M" | "L" | "SS" | "NS" | "BS";

/** The types that a key attribute can have. */
export type ScalarType = "S" | "N" | "B";

/** The type of a value that has been validated: it has exactly one. */
export function typeOf(value: AttributeValue): AttributeType {
  for (const type in value) {
    // A validated value has one member that is set; the SDK's decoder leaves others out.
    if (value[type as AttributeType] !== undefined) return type as AttributeType;
  }
  throw new TypeError("an attribute value without a type");
}

/** The value of an attribute that the item itself has: `constructor` is none that every object has. */
export function attributeOf(item: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined;
}

/** Sets an attribute of an item that is ours to change. Plain assignment would take `__proto__` for the prototype. */
export function setAttribute(item: Item, name: string, value: AttributeValue): void {
  if (name !== "__proto__") item[name] = value;
  else
    Object.defineProperty(item, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/** Orders strings by their UTF-8 bytes, as DynamoDB does; JavaScript's `<` orders by UTF-16 units. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for what comes after all of the other units.
    const surrogateX = x >= 0xd800 && x <= 0xdfff;
    const surrogateY = y >= 0xd800 && y <= 0xdfff;
    if (surrogateX !== surrogateY) return surrogateX ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

/**
 * Orders two values of one of the types that have an order (S, N, B): below 0, 0 or above 0.
 * Undefined for values of different types, or of a type without order.
 */
export function compareValues(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.S !== undefined) return b.S === undefined ? undefined : compareStrings(a.S, b.S);
  if (a.N !== undefined) return b.N === undefined ? undefined : compareNumbers(a.N, b.N);
  if (a.B !== undefined) return b.B === undefined ? undefined : compareBytes(a.B, b.B);
  return undefined;
}

/** Whether two values are equal: of one type, numbers by value, sets whatever their order, documents at every depth. */
export function equalValues(a: AttributeValue, b: AttributeValue): boolean {
  if (a.S !== undefined) return a.S === b.S;
  if (a.N !== undefined) return b.N !== undefined && compareNumbers(a.N, b.N) === 0;
  if (a.B !== undefined) return b.B !== undefined && compareBytes(a.B, b.B) === 0;
  if (a.BOOL !== undefined) return a.BOOL === b.BOOL;
  if (a.NULL !== undefined) return b.NULL !== undefined;
  if (a.L !== undefined) return b.L !== undefined && equalLists(a.L, b.L);
  if (a.M !== undefined) return b.M !== undefined && equalItems(a.M, b.M);
  if (a.SS !== undefined) return b.SS !== undefined && equalSets(setOf(a), setOf(b));
  if (a.NS !== undefined) return b.NS !== undefined && equalSets(setOf(a), setOf(b));
  if (a.BS !== undefined) return b.BS !== undefined && equalSets(setOf(a), setOf(b));
  return false;
}

function equalLists(a: AttributeValue[], b: AttributeValue[]): boolean {
  return a.length === b.length && a.every((value, i) => equalValues(value, b[i]!));
}

export function equalItems(a: Item, b: Item): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const other = attributeOf(b, name);
    return other !== undefined && equalValues(a[name]!, other);
  });
}

/** The elements of a set value, each by a text that is the same for equal elements. Numbers have to be normalized. */
export function setOf(value: AttributeValue): Set<string> {
  return new Set(value.SS ?? value.NS ?? value.BS?.map(bytesText));
}

/**
 * A set with its elements in the order in which DynamoDB returns them, whatever order they were written in: strings and
 * binary by their bytes, numbers by value. Seen on DynamoDB in 2026: paritysuite/dynamodb-conformance,
 * tests/tier1/updateItem/basic.test.ts. Numbers have to be normalized; what is in order is not copied.
 */
export function orderedSet(value: AttributeValue): AttributeValue {
  if (value.SS !== undefined)
    return isOrdered(value.SS, compareStrings) ? value : { SS: value.SS.toSorted(compareStrings) };
  if (value.NS !== undefined)
    return isOrdered(value.NS, compareNumbers) ? value : { NS: value.NS.toSorted(compareNumbers) };
  if (value.BS === undefined || isOrdered(value.BS, compareBytes)) return value;
  return { BS: value.BS.toSorted(compareBytes) };
}

function isOrdered<T>(elements: readonly T[], compare: (a: T, b: T) => number): boolean {
  return elements.every((element, i) => i === 0 || compare(elements[i - 1]!, element) <= 0);
}

/** A text that is the same for the same bytes: one character a byte. */
export function bytesText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function equalSets(a: Set<string>, b: Set<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b);
}
