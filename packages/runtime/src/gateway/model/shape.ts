import { NormalizedSchema } from "@smithy/core/schema";

/** What the wire may call a value, from the Smithy traits that the SDK's schemas carry. */
export interface WireTraits {
  readonly jsonName?: string;
  readonly xmlName?: string;
  readonly xmlFlattened?: unknown;
  readonly xmlAttribute?: unknown;
  readonly xmlNamespace?: readonly string[];
  readonly httpLabel?: unknown;
  readonly httpQuery?: string;
  readonly httpQueryParams?: unknown;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpPayload?: unknown;
  readonly httpResponseCode?: unknown;
}

export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

interface ShapeBase {
  readonly traits: WireTraits;
}

export interface MemberShape {
  readonly name: string;
  readonly shape: Shape;
}

export interface StructureShape extends ShapeBase {
  readonly kind: "structure";
  readonly name: string;
  readonly members: readonly MemberShape[];
  /** So many of the members, the first of them, are always there. */
  readonly requiredCount: number;
}

/** A schema of the SDK, made ready to walk: what a value is, and its names on the wire. */
export type Shape =
  | (ShapeBase & { readonly kind: "string" | "number" | "boolean" | "blob" | "document" | "unit" })
  | (ShapeBase & { readonly kind: "timestamp"; readonly format: TimestampFormat | undefined })
  | (ShapeBase & { readonly kind: "list"; readonly member: Shape })
  | (ShapeBase & { readonly kind: "map"; readonly key: Shape; readonly value: Shape })
  | StructureShape;

const TIMESTAMP_FORMATS: Readonly<Record<number, TimestampFormat>> = {
  5: "date-time",
  6: "http-date",
  7: "epoch-seconds",
};

/** Makes a schema of the SDK ready to walk. Shapes may refer to themselves, so members are made when first read. */
export function shapeOf(schema: unknown): Shape {
  // Schemas reach us as the SDK's exports, whose static types say nothing of their inside.
  return normalizedShape(NormalizedSchema.of(schema as never));
}

/** A structure's members, made once for all the places that refer to it. */
const membersOf = new WeakMap<object, readonly MemberShape[]>();

function normalizedShape(schema: NormalizedSchema): Shape {
  const traits = schema.getMergedTraits() as WireTraits;
  if (schema.isStructSchema() || schema.isUnionSchema()) return structureShape(schema, traits);
  if (schema.isListSchema())
    return lazily({ kind: "list", traits }, "member", () =>
      normalizedShape(schema.getValueSchema()),
    ) as Shape;
  if (schema.isMapSchema()) {
    const map = lazily({ kind: "map", traits }, "key", () =>
      normalizedShape(schema.getKeySchema()),
    );
    return lazily(map, "value", () => normalizedShape(schema.getValueSchema())) as Shape;
  }
  if (schema.isTimestampSchema())
    return { kind: "timestamp", traits, format: TIMESTAMP_FORMATS[schema.getSchema() as number] };
  return { kind: scalarKind(schema), traits };
}

function scalarKind(schema: NormalizedSchema) {
  if (schema.isUnitSchema()) return "unit";
  if (schema.isBlobSchema()) return "blob";
  if (schema.isBooleanSchema()) return "boolean";
  if (schema.isDocumentSchema()) return "document";
  const numeric =
    schema.isNumericSchema() || schema.isBigIntegerSchema() || schema.isBigDecimalSchema();
  return numeric ? "number" : "string";
}

function structureShape(schema: NormalizedSchema, traits: WireTraits): Shape {
  const name = schema.getName() ?? "";
  // A structure's schema is a tuple: kind, namespace, name, traits, names of members, their schemas, required ones.
  const origin = schema.getSchema() as unknown as readonly unknown[];
  const requiredCount = Number(origin[6] ?? 0);
  const shape = { kind: "structure", name, traits, requiredCount } as const;
  return lazily(shape, "members", () => {
    const known = membersOf.get(origin);
    if (known) return known;
    const members = [...schema.structIterator()].map(([name, member]) => ({
      name,
      shape: normalizedShape(member),
    }));
    membersOf.set(origin, members);
    return members;
  }) as Shape;
}

/** Gives `target` a property that is computed at its first reading. */
function lazily<T extends object>(target: T, property: string, make: () => unknown): T {
  Object.defineProperty(target, property, {
    configurable: true,
    enumerable: true,
    get() {
      const value = make();
      Object.defineProperty(target, property, { value, enumerable: true });
      return value;
    },
  });
  return target;
}
