import { createHash } from "node:crypto";
import type { Json } from "../definition.ts";
import { isEqual, isObject } from "../jsonpath/equal.ts";
import { StatesError } from "../states-error.ts";
import { formatted } from "./format.ts";
import { inHashSetOrder } from "./java-hash.ts";
import { javaText } from "./java-text.ts";
import type { IntrinsicCall } from "./parse.ts";
import { type Randomness, seededInteger } from "./randomness.ts";

/** What `States.Base64Encode`, `Base64Decode` and `Hash` take at most. */
export const TEXT_LENGTH_MAX = 10_000; // characters
/** What `States.ArrayRange` makes at most. */
export const RANGE_LENGTH_MAX = 1_000; // elements
/** Java's `int`, which bounds what `States.MathAdd` and `MathRandom` take. */
const INTEGER_MAX = 2_147_483_647;
const INTEGER_MIN = -2_147_483_648;

export interface CallContext {
  readonly call: IntrinsicCall;
  readonly randomness: Randomness;
}

export type Intrinsic = (values: readonly Json[], context: CallContext) => Json;

/**
 * The intrinsic functions of the States Language. Source: states-language.net/spec.html, Appendix B, and the Step
 * Functions developer guide, "Intrinsic functions for JSONPath states".
 */
export const FUNCTIONS: ReadonlyMap<string, Intrinsic> = new Map<string, Intrinsic>([
  ["States.Format", formatted],
  ["States.StringToJson", stringToJson],
  ["States.JsonToString", jsonToString],
  ["States.Array", (values) => [...values]],
  ["States.ArrayPartition", arrayPartition],
  ["States.ArrayContains", arrayContains],
  ["States.ArrayRange", arrayRange],
  ["States.ArrayGetItem", arrayGetItem],
  ["States.ArrayLength", arrayLength],
  ["States.ArrayUnique", arrayUnique],
  ["States.Base64Encode", base64Encode],
  ["States.Base64Decode", base64Decode],
  ["States.Hash", hash],
  ["States.JsonMerge", jsonMerge],
  ["States.MathRandom", mathRandom],
  ["States.MathAdd", mathAdd],
  ["States.StringSplit", stringSplit],
  ["States.UUID", uuid],
]);

/**
 * The error of an intrinsic function whose arguments do not fit; AWS shows "Invalid arguments in States.MathAdd", and
 * not what is wrong with them.
 */
export function invalidArguments({ call }: CallContext): StatesError {
  return new StatesError("States.Runtime", `Invalid arguments in ${call.name}`);
}

/** Asserts that there are `least` to `most` arguments. */
function count(values: readonly Json[], context: CallContext, least: number, most = least): void {
  if (values.length < least || values.length > most) throw invalidArguments(context);
}

function arrayAt(values: readonly Json[], at: number, context: CallContext): readonly Json[] {
  const value = values[at];
  if (!Array.isArray(value)) throw invalidArguments(context);
  return value;
}

function textAt(values: readonly Json[], at: number, context: CallContext): string {
  const value = values[at];
  if (typeof value !== "string") throw invalidArguments(context);
  return value;
}

/**
 * A number without its fraction: what AWS takes where it wants a whole one, though its documentation says "rounded".
 * `States.ArrayRange(1.6, 1.4, 1)` is `[1]` there.
 */
function integerAt(values: readonly Json[], at: number, context: CallContext): number {
  return Math.trunc(numberAt(values, at, context)) + 0;
}

function numberAt(values: readonly Json[], at: number, context: CallContext): number {
  const value = values[at];
  if (typeof value !== "number" || !isInteger32(Math.trunc(value))) throw invalidArguments(context);
  return value;
}

function isInteger32(value: number): boolean {
  return value >= INTEGER_MIN && value <= INTEGER_MAX;
}

function stringToJson(values: readonly Json[], context: CallContext): Json {
  count(values, context, 1);
  const text = textAt(values, 0, context);
  // AWS takes no text for null.
  if (text.trim() === "") return null;
  try {
    // JSON.parse gives JSON and nothing else.
    return JSON.parse(text) as Json;
  } catch {
    throw invalidArguments(context);
  }
}

function jsonToString(values: readonly Json[], context: CallContext): Json {
  count(values, context, 1);
  return JSON.stringify(values[0]!);
}

function arrayPartition(values: readonly Json[], context: CallContext): Json {
  count(values, context, 2);
  const array = arrayAt(values, 0, context);
  const size = integerAt(values, 1, context);
  if (size < 1) throw invalidArguments(context);
  const parts: Json[] = [];
  for (let start = 0; start < array.length; start += size)
    parts.push(array.slice(start, start + size));
  return parts;
}

function arrayContains(values: readonly Json[], context: CallContext): Json {
  count(values, context, 2);
  const wanted = values[1]!;
  return arrayAt(values, 0, context).some((element) => isEqual(element, wanted));
}

function arrayRange(values: readonly Json[], context: CallContext): Json {
  count(values, context, 3);
  const [first, last, step] = [0, 1, 2].map((at) => integerAt(values, at, context)) as [
    number,
    number,
    number,
  ];
  if (step === 0) throw invalidArguments(context);
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > RANGE_LENGTH_MAX) throw invalidArguments(context);
  return Array.from({ length }, (_, at) => first + at * step);
}

function arrayGetItem(values: readonly Json[], context: CallContext): Json {
  count(values, context, 2);
  const array = arrayAt(values, 0, context);
  const index = integerAt(values, 1, context);
  const element = array[index];
  // AWS: null from an empty array, an error from any other.
  if (array.length === 0) return null;
  if (element === undefined) throw invalidArguments(context);
  return element;
}

function arrayLength(values: readonly Json[], context: CallContext): Json {
  count(values, context, 1);
  return arrayAt(values, 0, context).length;
}

/** Objects are the same whatever the order of their members: the key is their text with sorted names. */
function arrayUnique(values: readonly Json[], context: CallContext): Json {
  count(values, context, 1);
  const array = arrayAt(values, 0, context);
  const distinct = new Map<string, Json>();
  for (const element of array) {
    const key = canonical(element);
    if (!distinct.has(key)) distinct.set(key, element);
  }
  return inHashSetOrder(distinct, array.length);
}

function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner: Json) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function base64Encode(values: readonly Json[], context: CallContext): Json {
  count(values, context, 1);
  return Buffer.from(shortText(values, context), "utf8").toString("base64");
}

/** Java's MIME decoder: what is no character of the alphabet is passed over. */
function base64Decode(values: readonly Json[], context: CallContext): Json {
  count(values, context, 1);
  return Buffer.from(shortText(values, context), "base64").toString("utf8");
}

function shortText(values: readonly Json[], context: CallContext): string {
  const text = textAt(values, 0, context);
  if (text.length > TEXT_LENGTH_MAX) throw invalidArguments(context);
  return text;
}

const ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: "md5",
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

function hash(values: readonly Json[], context: CallContext): Json {
  count(values, context, 2);
  const algorithm = ALGORITHMS[textAt(values, 1, context)];
  const data = values[0]!;
  // What is no string is hashed by its text; which text, AWS does not say.
  const text = javaText(data);
  if (algorithm === undefined || text.length > TEXT_LENGTH_MAX) throw invalidArguments(context);
  return createHash(algorithm).update(text, "utf8").digest("hex");
}

/** Only shallow merging is there: the third argument must not be `true`; what is no boolean passes on AWS. */
function jsonMerge(values: readonly Json[], context: CallContext): Json {
  count(values, context, 3);
  const [left, right, isDeep] = values;
  if (!isObject(left) || !isObject(right) || isDeep === true) throw invalidArguments(context);
  return { ...left, ...right };
}

function mathRandom(values: readonly Json[], context: CallContext): Json {
  count(values, context, 2, 3);
  const start = integerAt(values, 0, context);
  const end = integerAt(values, 1, context);
  if (start >= end) throw invalidArguments(context);
  if (values.length === 2) return context.randomness.integer(start, end);
  return seededInteger(integerAt(values, 2, context), start, end);
}

/** Adds after rounding, a half towards the larger: -1.5 to -1 (localstack's test_math_operations.snapshot.json). */
function mathAdd(values: readonly Json[], context: CallContext): Json {
  count(values, context, 2);
  const [left, right] = [0, 1].map((at) => Math.round(numberAt(values, at, context)));
  const sum = left! + right! + 0;
  if (!isInteger32(sum)) throw invalidArguments(context);
  return sum;
}

/** Every character of the second string is a delimiter; parts that are empty are left out. */
function stringSplit(values: readonly Json[], context: CallContext): Json {
  count(values, context, 2);
  const text = textAt(values, 0, context);
  const delimiters = new Set(textAt(values, 1, context));
  const parts: string[] = [];
  let part = "";
  for (const char of text) {
    if (!delimiters.has(char)) part += char;
    else if (part !== "") {
      parts.push(part);
      part = "";
    }
  }
  if (part !== "") parts.push(part);
  return parts;
}

function uuid(values: readonly Json[], context: CallContext): Json {
  count(values, context, 0);
  return context.randomness.uuid();
}
