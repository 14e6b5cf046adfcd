import { ServiceError } from "../../errors.ts";
import type { Shape, StructureShape } from "../model/shape.ts";

/** How deep a document may nest: deeper ones are refused before they cost a stack. */
export const NESTING_DEPTH_MAX = 256;

export function serializationError(message: string): ServiceError {
  return new ServiceError("SerializationException", message, { httpStatus: 400 });
}

/** Whether JSON names follow `jsonName` (REST-JSON) or are the members' own (JSON 1.0 and 1.1). */
export interface JsonNames {
  readonly useJsonName: boolean;
}

/** Parses a body; an empty one is an empty object. Throws `SerializationException`. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw serializationError("The request body is not valid JSON.");
  }
}

/**
 * A JSON value as the schema says: members that the schema does not have are dropped, `null` is absence. Throws
 * `SerializationException` in AWS's words (`NUMBER_VALUE can not be converted to String`).
 */
export function fromJson(shape: Shape, value: unknown, names: JsonNames, depth = 0): unknown {
  if (value === null || value === undefined) return undefined;
  if (depth > NESTING_DEPTH_MAX) throw serializationError("The request is nested too deeply.");
  switch (shape.kind) {
    case "string":
      if (typeof value !== "string") throw unexpected(value, "String");
      return value;
    case "number":
      if (typeof value === "number") return value;
      if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
      throw unexpected(value, "Integer");
    case "boolean":
      if (typeof value !== "boolean") throw unexpected(value, "Boolean");
      return value;
    case "timestamp":
      return timestampFromJson(value);
    case "blob":
      if (typeof value !== "string") throw unexpected(value, "Blob");
      return Buffer.from(value, "base64");
    case "list":
      if (!Array.isArray(value)) throw unexpected(value, "List");
      return value.map((item) => fromJson(shape.member, item, names, depth + 1) ?? null);
    case "map":
      return mapFromJson(shape, value, names, depth);
    case "structure":
      return structureFromJson(shape, value, names, depth);
    default:
      return shallow(value, depth);
  }
}

function structureFromJson(shape: StructureShape, value: unknown, names: JsonNames, depth: number) {
  if (!isObject(value)) throw unexpected(value, "Structure");
  const structure: Record<string, unknown> = {};
  for (const { name, shape: member } of shape.members) {
    const wireName = (names.useJsonName ? member.traits.jsonName : undefined) ?? name;
    if (!Object.hasOwn(value, wireName)) continue;
    const read = fromJson(member, value[wireName], names, depth + 1);
    if (read !== undefined) structure[name] = read;
  }
  return structure;
}

function mapFromJson(
  shape: Extract<Shape, { kind: "map" }>,
  value: unknown,
  names: JsonNames,
  depth: number,
) {
  if (!isObject(value)) throw unexpected(value, "Map");
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    const read = fromJson(shape.value, item, names, depth + 1);
    if (read !== undefined) entries.push([key, read]);
  }
  // From entries, and not by assignment: a key called `__proto__` is a key like any other.
  return Object.fromEntries(entries);
}

function timestampFromJson(value: unknown): Date {
  const date =
    typeof value === "number"
      ? dateOfSeconds(value)
      : new Date(typeof value === "string" ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw unexpected(value, "Timestamp");
  return date;
}

/** A time of so many seconds. Fractions are rounded: 1.001 × 1000 is a little less than 1001. */
export function dateOfSeconds(seconds: number): Date {
  return new Date(Math.round(seconds * 1000));
}

/** A document of no schema is not walked, but what it goes into (an answer, the store) walks it by recursion. */
function shallow(value: unknown, depth: number): unknown {
  if (depth > NESTING_DEPTH_MAX) throw serializationError("The request is nested too deeply.");
  if (typeof value === "object" && value !== null)
    for (const item of Object.values(value)) shallow(item, depth + 1);
  return value;
}

/** A value as JSON has it, by the schema. What is undefined is left out. */
export function toJson(shape: Shape, value: unknown, names: JsonNames): unknown {
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case "timestamp":
      return timestampToJson(shape.format, value as Date);
    case "blob":
      return Buffer.from(value as Uint8Array).toString("base64");
    case "list":
      return (value as unknown[]).map((item) => toJson(shape.member, item, names) ?? null);
    case "map":
      return Object.fromEntries(
        Object.entries(value as object).map(([key, item]) => [
          key,
          toJson(shape.value, item, names),
        ]),
      );
    case "structure": {
      const structure: Record<string, unknown> = {};
      const members = value as Record<string, unknown>;
      for (const { name, shape: member } of shape.members) {
        const written = members[name];
        if (written === undefined) continue;
        const wireName = (names.useJsonName ? member.traits.jsonName : undefined) ?? name;
        structure[wireName] = toJson(member, written, names);
      }
      return structure;
    }
    case "number":
      return Number.isFinite(value) ? value : String(value);
    default:
      return value;
  }
}

function timestampToJson(format: string | undefined, date: Date): string | number {
  if (format === "date-time") return date.toISOString();
  if (format === "http-date") return date.toUTCString();
  return date.getTime() / 1000;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unexpected(value: unknown, wanted: string): ServiceError {
  if (wanted === "Structure" || wanted === "Map") {
    if (Array.isArray(value)) return serializationError("Start of list found where not expected");
    return serializationError(`Unexpected value: ${tokenOf(value)} where a ${wanted} was expected`);
  }
  if (Array.isArray(value)) return serializationError("Start of list found where not expected");
  if (isObject(value))
    return serializationError("Start of structure or map found where not expected.");
  return serializationError(
    `${tokenOf(value)} can not be converted to ${wanted === "Integer" ? "a Number" : wanted}`,
  );
}

function tokenOf(value: unknown): string {
  if (typeof value === "string") return "STRING_VALUE";
  if (typeof value === "number") return "NUMBER_VALUE";
  return value === true ? "TRUE_VALUE" : "FALSE_VALUE";
}
