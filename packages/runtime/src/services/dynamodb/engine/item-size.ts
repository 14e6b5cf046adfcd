import type { AttributeValue, Item } from "./attribute-value.ts";
import { parseNumber } from "./number.ts";

/** The most that an item's names and values may take. Source: "Service, account, and table quotas", Item size. */
export const MAX_ITEM_SIZE_BYTES = 400 * 1024;
/** What a list or a map takes by itself, whatever its contents. */
const DOCUMENT_OVERHEAD_BYTES = 3;
/** What each element of a list and each pair of a map takes beside its contents. */
const ELEMENT_OVERHEAD_BYTES = 1;
/** What a number takes beside its digits. */
const NUMBER_OVERHEAD_BYTES = 1;

/**
 * An item's size in bytes, which its limit and consumed capacity are counted by: names and values in UTF-8.
 * Source: developer guide, "DynamoDB item sizes and formats".
 */
export function itemSizeBytes(item: Item): number {
  let bytes = 0;
  for (const name in item) bytes += utf8Bytes(name) + valueSizeBytes(item[name]!);
  return bytes;
}

export function valueSizeBytes(value: AttributeValue): number {
  if (value.S !== undefined) return utf8Bytes(value.S);
  if (value.N !== undefined) return numberSizeBytes(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1;
  if (value.M !== undefined) {
    const pairs = Object.keys(value.M).length;
    return DOCUMENT_OVERHEAD_BYTES + pairs * ELEMENT_OVERHEAD_BYTES + itemSizeBytes(value.M);
  }
  let bytes = 0;
  if (value.L !== undefined) {
    for (const element of value.L) bytes += ELEMENT_OVERHEAD_BYTES + valueSizeBytes(element);
    return DOCUMENT_OVERHEAD_BYTES + bytes;
  }
  for (const text of value.SS ?? []) bytes += utf8Bytes(text);
  for (const number of value.NS ?? []) bytes += numberSizeBytes(number);
  for (const blob of value.BS ?? []) bytes += blob.byteLength;
  return bytes;
}

/**
 * About one byte for two digits and one more; a byte for the sign of a negative number. Digits are counted in pairs
 * from the point, so that `1` and `10` take two bytes and `100` too, `12.3` three.
 */
export function numberSizeBytes(text: string): number {
  const { negative, digits, exponent } = parseNumber(text);
  if (digits === "") return NUMBER_OVERHEAD_BYTES;
  const last = exponent - digits.length + 1;
  const pairs = Math.floor(exponent / 2) - Math.floor(last / 2) + 1;
  return NUMBER_OVERHEAD_BYTES + pairs + (negative ? 1 : 0);
}

export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
