import type { NormalizedSchema } from "@smithy/core/schema";
import fc from "fast-check";

/** Where a value travels: each place has values that it cannot hold. */
type Place = "body" | "payload" | "status" | "header" | "label" | "greedyLabel" | "query";

/** What a protocol can tell apart. */
export interface Expressiveness {
  /** XML 1.0 has no control characters but tab and line ends. */
  readonly controlCharacters: boolean;
  /** Whether an empty list, map or structure differs from its absence. */
  readonly empties: boolean;
  /** A document type travels in JSON only. */
  readonly documents: boolean;
  /** Whether the SDK's reader keeps a map's key called `__proto__`. */
  readonly protoKeys: boolean;
}

const DEPTH_MAX = 5;

/**
 * Arbitrary values of a schema of the SDK's, read from the SDK's own model of it and not from ours. Undefined where
 * none can be made: at the end of the depth, or where the protocol cannot hold it.
 */
export function valuesOf(
  schema: NormalizedSchema,
  can: Expressiveness,
  depth = 0,
  place: Place = "body",
): fc.Arbitrary<unknown> | undefined {
  if (depth > DEPTH_MAX) return undefined;
  if (schema.isUnitSchema()) return undefined;
  if (schema.isListSchema()) {
    const member = valuesOf(schema.getValueSchema(), can, depth + 1, place);
    const minLength = can.empties && place === "body" ? 0 : 1;
    return member && fc.array(member, { minLength, maxLength: 3 });
  }
  if (schema.isMapSchema()) return mapsOf(schema, can, depth, place);
  if (schema.isStructSchema() || schema.isUnionSchema()) return structuresOf(schema, can, depth);
  if (schema.isTimestampSchema()) return timestampsOf(schema, place);
  if (schema.isBlobSchema())
    return fc.uint8Array({ minLength: place === "payload" ? 1 : 0, maxLength: 20 });
  if (schema.isBooleanSchema()) return fc.boolean();
  if (schema.isDocumentSchema()) return can.documents ? documents() : undefined;
  if (schema.isNumericSchema()) return numbersOf(place);
  return textsOf(can, place);
}

function mapsOf(schema: NormalizedSchema, can: Expressiveness, depth: number, place: Place) {
  const value = valuesOf(schema.getValueSchema(), can, depth + 1, place);
  const key =
    place === "header"
      ? fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/)
      : fc
          .oneof(
            textsOf(can, place),
            fc.constantFrom("__proto__", "constructor", "key", "entry", "1", "a.b"),
          )
          .filter((text) => can.protoKeys || text !== "__proto__");
  const minKeys = can.empties && place === "body" ? 0 : 1;
  return value && fc.dictionary(key, value, { minKeys, maxKeys: 3, noNullPrototype: true });
}

/** Structures with every member, or any of them; a union with one. */
function structuresOf(schema: NormalizedSchema, can: Expressiveness, depth: number) {
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, member] of schema.structIterator()) {
    const values = valuesOf(member, can, depth + 1, depth === 0 ? placeOf(member) : "body");
    if (values) members[name] = values;
  }
  const names = Object.keys(members);
  if (schema.isUnionSchema())
    return names.length === 0
      ? undefined
      : fc.oneof(...names.map((name) => fc.record({ [name]: members[name]! })));
  if (names.length === 0) return can.empties || depth === 0 ? fc.constant({}) : undefined;
  // Labels are always there; at the top an empty structure is fine, and below it may be nothing at all.
  const labels = [...schema.structIterator()]
    .filter(([, member]) => ALWAYS_THERE.has(placeOf(member)))
    .map(([name]) => name);
  const some = fc.record(members, {
    requiredKeys: labels.length > 0 || can.empties || depth === 0 ? labels : [names[0]!],
  });
  return fc.oneof({ weight: 1, arbitrary: fc.record(members) }, { weight: 2, arbitrary: some });
}

const ALWAYS_THERE: ReadonlySet<Place> = new Set(["label", "greedyLabel", "status"]);

function placeOf(member: NormalizedSchema): Place {
  const traits = member.getMergedTraits();
  if (traits.httpLabel) return member.getMemberName() === "Key" ? "greedyLabel" : "label";
  if (traits.httpPayload) return "payload";
  if (traits.httpResponseCode) return "status";
  if (traits.httpQuery !== undefined) return "query";
  if (traits.httpHeader !== undefined || traits.httpPrefixHeaders !== undefined) return "header";
  return "body";
}

function timestampsOf(schema: NormalizedSchema, place: Place) {
  const seconds = fc.integer({ min: 0, max: 4_102_444_800 }).map((s) => new Date(s * 1000));
  const httpDate = 6;
  const isHttpDate = schema.getSchema() === httpDate || place === "header";
  return isHttpDate
    ? seconds
    : fc.integer({ min: 0, max: 4_102_444_800_000 }).map((milliseconds) => new Date(milliseconds));
}

function numbersOf(place: Place) {
  if (place === "status") return fc.constantFrom(200, 202);
  const integers = fc.oneof(fc.integer(), fc.maxSafeInteger());
  if (place !== "body" && place !== "payload") return fc.integer({ min: 0 });
  return fc.oneof(
    integers,
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      // The SDK reads whole numbers that are not safe as bigints where it has text to read from.
      .filter((number) => !Number.isInteger(number) || Number.isSafeInteger(number)),
  );
}

function documents() {
  return fc.jsonValue({ maxDepth: 3 }).filter((value) => value !== null);
}

const PRINTABLE = /^[!-~]([ -~]{0,12}[!-~])?$/;

function textsOf(can: Expressiveness, place: Place): fc.Arbitrary<string> {
  // Neither side escapes a backslash in a header's list.
  if (place === "header")
    return fc.stringMatching(PRINTABLE).map((text) => text.replace(/\\/g, "/"));
  const unit = can.controlCharacters
    ? fc.string({ unit: "binary", maxLength: 12 })
    : fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.replace(UNFIT_FOR_XML, "?"));
  // Text of nothing but spaces is lost in the SDK's reader of XML, as in others.
  const kept = unit.filter((text) => can.controlCharacters || text.trim() !== "" || text === "");
  const awkward = fc.constantFrom("a/b:c%d", "&<>\"'", " a ", "é ü", "%2F", "a+b&c=d", "a\n\tb");
  const texts = fc.oneof(kept, awkward);
  if (place === "payload") return texts.filter((text) => text !== "");
  if (place === "label") return texts.filter((text) => text !== "" && !/^\.{1,2}$/.test(text));
  if (place === "greedyLabel")
    return fc.oneof(texts, fc.constantFrom("a//b", "a/b/", "/a", "a/./b")).filter((t) => t !== "");
  return texts;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 cannot hold is just these, and a return that the SDK does not escape
const UNFIT_FOR_XML = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\ufffe\uffff]/g;
