import type { Shape, StructureShape } from "../gateway/model/shape.ts";
import type { Json, JsonObject } from "../states-language/definition.ts";
import { fieldName } from "./java-names.ts";

/**
 * How members are called: as version 2 of the SDK for Java names them (integrations of SDKs), or as the service's own
 * API does (optimized integrations, made with version 1). Either way they begin with a capital.
 */
export type Naming = "java" | "api";

/** How JSON holds bytes: as their text in UTF-8 (a payload), or in Base 64 (a DynamoDB attribute). */
export type Bytes = "text" | "base64";

export interface Conversion {
  readonly naming: Naming;
  readonly bytes: Bytes;
}

/** Parameters that do not fit the operation; each problem in Step Functions' words. */
export class ParameterError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join(", "));
    this.problems = problems;
  }
}

/**
 * Parameters as the input of an operation. What is an object or a list where the operation takes text is sent as
 * JSON text: so do Step Functions with the `Input` of StartExecution and the `Body` of PutObject (recorded histories).
 * `null` is absence.
 *
 * Throws {@link ParameterError} with everything that does not fit.
 */
export function toInput(shape: Shape, parameters: Json, conversion: Conversion): unknown {
  const problems: string[] = [];
  const input = read(shape, parameters, "Parameters", { ...conversion, problems });
  if (problems.length > 0) throw new ParameterError(problems);
  return input ?? {};
}

interface Reading extends Conversion {
  readonly problems: string[];
}

function read(shape: Shape, value: Json, field: string, reading: Reading): unknown {
  if (value === null) return undefined;
  switch (shape.kind) {
    case "string":
      return textOf(value);
    case "number":
      return typeof value === "number" ? value : numberOf(value, field, reading);
    case "boolean":
      return typeof value === "boolean" ? value : misfit(field, "a BOOLEAN", reading);
    case "timestamp":
      return dateOf(value, field, reading);
    case "blob":
      return Buffer.from(textOf(value), reading.bytes === "base64" ? "base64" : "utf8");
    case "list":
      if (!Array.isArray(value)) return misfit(field, "an ARRAY", reading);
      return value.map((item) => read(shape.member, item, field, reading) ?? null);
    case "map":
      if (!isObject(value)) return misfit(field, "an OBJECT", reading);
      return Object.fromEntries(
        Object.entries(value)
          .map(([key, item]) => [key, read(shape.value, item, key, reading)] as const)
          .filter(([, item]) => item !== undefined),
      );
    case "structure":
      if (!isObject(value)) return misfit(field, "an OBJECT", reading);
      return readStructure(shape, value, reading);
    case "unit":
      return {};
    default:
      return value;
  }
}

function readStructure(shape: StructureShape, value: JsonObject, reading: Reading): unknown {
  const members = membersByField(shape, reading.naming);
  const structure: Record<string, unknown> = {};
  for (const [field, item] of Object.entries(value)) {
    const member = members.get(field);
    if (!member) {
      reading.problems.push(`The field '${field}' is not supported by Step Functions`);
      continue;
    }
    const decoded = read(member.shape, item, field, reading);
    if (decoded !== undefined) structure[member.name] = decoded;
  }
  return structure;
}

interface Member {
  readonly name: string;
  readonly shape: Shape;
}

const fieldsOf: Readonly<Record<Naming, WeakMap<object, ReadonlyMap<string, Member>>>> = {
  java: new WeakMap(),
  api: new WeakMap(),
};

/** A structure's members by the names that parameters have for them; the API's own name is taken too. */
function membersByField(shape: StructureShape, naming: Naming): ReadonlyMap<string, Member> {
  const known = fieldsOf[naming].get(shape.members);
  if (known) return known;
  const fields = new Map<string, Member>();
  for (const member of shape.members) {
    fields.set(nameOf(member.name, "api"), member);
    if (naming === "java") fields.set(nameOf(member.name, "java"), member);
  }
  fieldsOf[naming].set(shape.members, fields);
  return fields;
}

/** What a structure's field holds; undefined where it has no such field. */
export function memberOf(shape: StructureShape, field: string, naming: Naming): Shape | undefined {
  return membersByField(shape, naming).get(field)?.shape;
}

/** The fields that an input must have. */
export function requiredFields(shape: Shape, naming: Naming): string[] {
  if (shape.kind !== "structure") return [];
  return shape.members.slice(0, shape.requiredCount).map(({ name }) => nameOf(name, naming));
}

/** A result as the JSON that a state machine sees; what is undefined is left out. */
export function toResult(shape: Shape, output: unknown, conversion: Conversion): JsonObject {
  const result = write(shape, output, conversion);
  return isObject(result) ? result : {};
}

function write(shape: Shape, value: unknown, conversion: Conversion): Json | undefined {
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case "timestamp":
      return timestampOf(value as Date, conversion);
    case "blob":
      return Buffer.from(value as Uint8Array).toString(
        conversion.bytes === "base64" ? "base64" : "utf8",
      );
    case "list":
      return (value as unknown[]).map((item) => write(shape.member, item, conversion) ?? null);
    case "map":
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          key,
          write(shape.value, item, conversion) ?? null,
        ]),
      );
    case "structure":
      return writeStructure(shape, value as Readonly<Record<string, unknown>>, conversion);
    case "number":
      return Number.isFinite(value) ? (value as number) : String(value);
    case "unit":
      return undefined;
    default:
      // Strings and booleans are what JSON has; a document is JSON already.
      return value as Json;
  }
}

function writeStructure(
  shape: StructureShape,
  value: Readonly<Record<string, unknown>>,
  conversion: Conversion,
): JsonObject {
  const structure: JsonObject = {};
  for (const [field, { name, shape: member }] of fieldsInOrder(shape, conversion.naming)) {
    const written = write(member, value[name], conversion);
    if (written !== undefined) structure[field] = written;
  }
  return structure;
}

const orderedOf: Readonly<Record<Naming, WeakMap<object, readonly [string, Member][]>>> = {
  java: new WeakMap(),
  api: new WeakMap(),
};

/** Step Functions writes the members of a structure in the order of the alphabet (recorded histories). */
function fieldsInOrder(shape: StructureShape, naming: Naming): readonly [string, Member][] {
  let fields = orderedOf[naming].get(shape.members);
  if (!fields) {
    fields = shape.members
      .map((member): [string, Member] => [nameOf(member.name, naming), member])
      .sort(([left], [right]) => (left < right ? -1 : 1));
    orderedOf[naming].set(shape.members, fields);
  }
  return fields;
}

function nameOf(member: string, naming: Naming): string {
  return naming === "java" ? fieldName(member) : member.charAt(0).toUpperCase() + member.slice(1);
}

/** The SDK for Java 2 has instants, which are written in ISO 8601; version 1, dates, written in milliseconds. */
function timestampOf(date: Date, { naming }: Conversion): Json {
  return naming === "java" ? date.toISOString().replace(".000Z", "Z") : date.getTime();
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function numberOf(value: Json, field: string, reading: Reading): unknown {
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  return misfit(field, "a NUMBER", reading);
}

/** An instant in ISO 8601, or as a number: of seconds since 1970 for version 2, of milliseconds for version 1. */
function dateOf(value: Json, field: string, reading: Reading): unknown {
  const date =
    typeof value === "number"
      ? new Date(Math.round(reading.naming === "java" ? value * 1000 : value))
      : new Date(typeof value === "string" ? value : Number.NaN);
  return Number.isNaN(date.getTime()) ? misfit(field, "a TIMESTAMP", reading) : date;
}

function misfit(field: string, wanted: string, { problems }: Reading): undefined {
  problems.push(`The value for the field '${field}' must be ${wanted}`);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
