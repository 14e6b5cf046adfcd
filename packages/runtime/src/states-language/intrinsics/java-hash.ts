import type { Json } from "../definition.ts";

/**
 * Distinct values in the order in which a Java `HashSet` gives them, which is how `States.ArrayUnique` answers on AWS:
 * `[true, false]` becomes `[false, true]`, and `[[1,2],[2,1]]` is turned around. The keys tell which values are the same.
 */
export function inHashSetOrder(distinct: ReadonlyMap<string, Json>, length: number): Json[] {
  const buckets: Json[][] = Array.from({ length: tableSize(length) }, () => []);
  for (const value of distinct.values()) {
    const hash = hashCode(value);
    buckets[(hash ^ (hash >>> 16)) & (buckets.length - 1)]!.push(value);
  }
  return buckets.flat();
}

/** `new HashSet(collection)` makes room for the whole collection at a load of 0.75; a power of two. */
function tableSize(length: number): number {
  const wanted = Math.max(Math.floor(length / 0.75) + 1, 16);
  return 2 ** Math.ceil(Math.log2(wanted));
}

/** `Object.hashCode` of what Jackson makes of JSON: Integer, Long, Double, String, Boolean, List and Map. */
function hashCode(value: Json): number {
  if (value === null) return 0;
  if (typeof value === "boolean") return value ? 1231 : 1237;
  if (typeof value === "number") return numberHash(value);
  if (typeof value === "string") return fold(value.length, 0, (at) => value.charCodeAt(at));
  if (Array.isArray(value)) return fold(value.length, 1, (at) => hashCode(value[at]!));
  return Object.entries(value).reduce(
    (sum, [name, member]) => (sum + (hashCode(name) ^ hashCode(member))) | 0,
    0,
  );
}

function fold(length: number, start: number, hashAt: (at: number) => number): number {
  let hash = start;
  for (let at = 0; at < length; at++) hash = (Math.imul(hash, 31) + hashAt(at)) | 0;
  return hash;
}

function numberHash(value: number): number {
  if (Number.isInteger(value) && Math.abs(value) <= 2 ** 31) return value | 0;
  const bits = new DataView(new ArrayBuffer(8));
  if (Number.isSafeInteger(value)) bits.setBigInt64(0, BigInt(value));
  else bits.setFloat64(0, value);
  return bits.getInt32(0) ^ bits.getInt32(4);
}
