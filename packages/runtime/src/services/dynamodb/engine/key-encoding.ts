import { createHash } from "node:crypto";
import type { AttributeValue } from "./attribute-value.ts";
import { parseNumber } from "./number.ts";

/**
 * Key attributes as parts of the store's keys.
 *
 * A sort key's part orders as DynamoDB orders the value: strings by UTF-8, binary by unsigned bytes, numbers by value.
 * It never holds a character below U+0006, so that {@link afterKey} is a bound between one key and the next in any
 * place of a store's key. The longest sort key (1024 bytes) takes at most 1536 bytes.
 *
 * A partition key has no order to keep, and up to 2048 bytes, more than the store takes: a long one is replaced by its
 * hash. Every partition's part begins with four hexadecimal digits of its hash, which is the order of a Scan, and by
 * which segments divide the table.
 */

/** Characters that the store writes in ways of its own, or that {@link afterKey} needs; the last one is our escape. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const SPECIAL = /[\0-\x06]/;
const ESCAPE = "\x06";
const SPECIALS = 7;
/** An escape's second character says which special character it stands for and what follows: end, special, other. */
const FOLLOWED_BY = SPECIALS + 2;
const FOLLOWED_BY_OTHER = SPECIALS + 1;
const FIRST_CODE = 0x20;
/** Below every character of an encoded key, above the end of one. */
const JUST_AFTER = "\x05";

/** Partition keys that take more UTF-8 bytes than this are kept by their hash. */
const MAX_READABLE_BYTES = 256;
const PARTITION_SPACE = 0x10000;
const PARTITION_DIGITS = 4;

/** A key attribute's value (S, N or B) as a part of the store's key that orders as DynamoDB does. */
export function encodeKey(value: AttributeValue): string {
  if (value.S !== undefined) return encodeString(value.S);
  if (value.N !== undefined) return encodeNumber(value.N);
  if (value.B !== undefined) return encodeBytes(value.B);
  throw new TypeError("only S, N and B can be keys");
}

/** A bound above this encoded key and whatever stands behind it in a store's key, below every greater key. */
export function afterKey(encoded: string): string {
  return encoded + JUST_AFTER;
}

/** The first store's key part after all values that begin with `prefix` (S or B); undefined where no value is greater. */
export function afterPrefix(prefix: AttributeValue): string | undefined {
  if (prefix.B !== undefined) {
    const next = incremented(prefix.B);
    return next === undefined ? undefined : encodeBytes(next);
  }
  const points = Array.from(prefix.S ?? "", (character) => character.codePointAt(0)!);
  while (points.length > 0) {
    const last = points.pop()!;
    if (last === 0x10ffff) continue;
    // The surrogates are no characters of their own.
    points.push(last === 0xd7ff ? 0xe000 : last + 1);
    return encodeString(String.fromCodePoint(...points));
  }
  return undefined;
}

function incremented(bytes: Uint8Array): Uint8Array | undefined {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const next = Uint8Array.from(bytes.subarray(0, length));
  next[length - 1]! += 1;
  return next;
}

function encodeString(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  if (!SPECIAL.test(wellFormed)) return wellFormed;
  let encoded = "";
  for (let i = 0; i < wellFormed.length; i++) {
    const unit = wellFormed.charCodeAt(i);
    if (unit >= SPECIALS) {
      encoded += wellFormed[i];
      continue;
    }
    const next = wellFormed.charCodeAt(i + 1);
    const follower = Number.isNaN(next) ? 0 : next < SPECIALS ? 1 + next : FOLLOWED_BY_OTHER;
    encoded += ESCAPE + String.fromCharCode(FIRST_CODE + unit * FOLLOWED_BY + follower);
    // Two special characters share an escape, so that a text of them alone grows no longer.
    if (next < SPECIALS) i++;
  }
  return encoded;
}

/** Base 64's digits in the order of their codes. */
const DIGITS_64 = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

function encodeBytes(bytes: Uint8Array): string {
  let encoded = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    encoded += DIGITS_64[group >> 18]! + DIGITS_64[(group >> 12) & 63]!;
    if (left > 1) encoded += DIGITS_64[(group >> 6) & 63]!;
    if (left > 2) encoded += DIGITS_64[group & 63]!;
  }
  return encoded;
}

/** Above every digit: a negative number with more digits is the lesser one. */
const END_OF_NEGATIVE = "~";
const EXPONENT_BIAS = 500;

/** Sign, exponent (three digits), digits; for negative numbers each of them turned round. */
function encodeNumber(text: string): string {
  const { negative, digits, exponent } = parseNumber(text);
  if (digits === "") return "1";
  if (!negative) return `2${exponent + EXPONENT_BIAS}${digits}`;
  let complement = "";
  for (let i = 0; i < digits.length; i++) complement += 57 - digits.charCodeAt(i);
  return `0${EXPONENT_BIAS - exponent}${complement}${END_OF_NEGATIVE}`;
}

/**
 * A partition key's value as a part of the store's key: the same for equal values only. It takes at most 4 + 256 bytes.
 * Its order is that of the partitions' hashes, in which a Scan goes.
 */
export function encodePartitionKey(value: AttributeValue): string {
  const encoded = encodeKey(value);
  const point = hashPoint(encoded).toString(16).padStart(PARTITION_DIGITS, "0");
  return point + shortened(encoded);
}

/**
 * A key of a table's item as the last part of an index's key, where it only tells apart items of equal index keys.
 * It takes at most 256 bytes for each of the item's key attributes.
 */
export function encodeIdentity(key: readonly AttributeValue[]): string {
  return key.map((value) => shortened(encodeKey(value))).join(JUST_AFTER);
}

/** The text itself with a mark before it, or its hash: no text can be taken for another's hash. */
function shortened(encoded: string): string {
  if (Buffer.byteLength(encoded, "utf8") < MAX_READABLE_BYTES) return `=${encoded}`;
  return `#${createHash("sha256").update(encoded).digest("base64url")}`;
}

/** FNV-1a over the text's units, folded and mixed to 16 bits: cheap, and spread well enough to divide a table. */
function hashPoint(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 16)) & (PARTITION_SPACE - 1);
}

/** Which partitions' parts belong to one segment of a parallel Scan: from (inclusive) to (exclusive; undefined: to the end). */
export function segmentRange(
  segment: number,
  totalSegments: number,
): { from: string; to: string | undefined } {
  const start = (n: number) => Math.ceil((n * PARTITION_SPACE) / totalSegments);
  // With more segments than points the last ones lie beyond every partition, and are empty.
  const text = (point: number) =>
    point === PARTITION_SPACE ? "g" : point.toString(16).padStart(PARTITION_DIGITS, "0");
  const end = start(segment + 1);
  return { from: text(start(segment)), to: end >= PARTITION_SPACE ? undefined : text(end) };
}
