import { cbor, tag } from "@smithy/core/cbor";
import { ServiceError } from "../../errors.ts";
import type { Shape } from "../model/shape.ts";
import { CborTime, readCbor } from "./cbor-reader.ts";
import { dateOfSeconds, serializationError } from "./json-value.ts";
import { resolveError, type Wire } from "./wire.ts";

const HEADERS = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" };
const EPOCH_SECONDS_TAG = 1;

/**
 * Smithy RPC v2 CBOR: `POST /service/<service>/operation/<Operation>`, one CBOR map each way. Source: Smithy's
 * documentation of the protocol `rpcv2Cbor`.
 */
export const rpcV2CborWire: Wire = {
  route: (model, { path }) => {
    const name = /\/operation\/([^/]+)$/.exec(path)?.[1] ?? "";
    const operation = model.operations.get(name);
    if (!operation)
      throw new ServiceError(
        "UnknownOperationException",
        `${model.service} has no operation ${name}.`,
        {
          httpStatus: 404,
        },
      );
    return { operation, labels: {} };
  },
  decode: (_model, { operation }, { body }) => {
    if (operation.input.kind !== "structure" || body.length === 0) return {};
    return fromCbor(operation.input, readCbor(body)) ?? {};
  },
  encode: (_model, { output: shape }, output) => ({
    status: 200,
    headers: HEADERS,
    body: shape.kind === "unit" ? "" : serializeCbor(toCbor(shape, output ?? {})),
  }),
  encodeError: (model, error) => {
    const { code, queryCode, status, fault, members, inModel } = resolveError(model, error);
    const type = inModel ? `${model.shapeNamespace}#${code}` : code;
    const headers: Record<string, string> = { ...HEADERS, "x-amzn-errortype": code };
    if (model.queryCompatible) headers["x-amzn-query-error"] = `${queryCode};${fault}`;
    return {
      status,
      headers,
      body: serializeCbor({ __type: type, message: error.message, ...members }),
    };
  },
};

function serializeCbor(value: unknown): Buffer {
  return Buffer.from(cbor.serialize(value));
}

/** A CBOR value as the schema says; what it does not have is dropped, null is absence. */
function fromCbor(shape: Shape, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case "structure": {
      const members = objectOf(value);
      const structure: Record<string, unknown> = {};
      for (const { name, shape: member } of shape.members) {
        if (!Object.hasOwn(members, name)) continue;
        const read = fromCbor(member, members[name]);
        if (read !== undefined) structure[name] = read;
      }
      return structure;
    }
    case "list":
      if (!Array.isArray(value)) throw mismatch(shape.kind);
      return value.map((item) => fromCbor(shape.member, item) ?? null);
    case "map":
      return Object.fromEntries(
        Object.entries(objectOf(value)).map(([key, item]) => [key, fromCbor(shape.value, item)]),
      );
    case "timestamp":
      return timestampFromCbor(value);
    case "blob":
      if (!(value instanceof Uint8Array)) throw mismatch(shape.kind);
      return Buffer.from(value);
    case "number":
      if (typeof value !== "number") throw mismatch(shape.kind);
      return value;
    case "string":
      if (typeof value !== "string") throw mismatch(shape.kind);
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw mismatch(shape.kind);
      return value;
    default:
      return value;
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  if (
    typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    value instanceof Uint8Array ||
    value instanceof CborTime
  )
    throw mismatch("map");
  return value as Record<string, unknown>;
}

function timestampFromCbor(value: unknown): Date {
  const date = dateOfSeconds(value instanceof CborTime ? value.seconds : Number.NaN);
  if (Number.isNaN(date.getTime())) throw mismatch("timestamp");
  return date;
}

function mismatch(wanted: string): ServiceError {
  return serializationError(
    `The request has a value of another type where a ${wanted} was expected.`,
  );
}

function toCbor(shape: Shape, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case "structure": {
      const members = value as Record<string, unknown>;
      const written = shape.members
        .filter(({ name }) => members[name] !== undefined)
        .map(({ name, shape: member }): [string, unknown] => [name, toCbor(member, members[name])]);
      return Object.fromEntries(written);
    }
    case "list":
      return (value as unknown[]).map((item) => toCbor(shape.member, item) ?? null);
    case "map":
      return Object.fromEntries(
        Object.entries(value as object).map(([key, item]) => [key, toCbor(shape.value, item)]),
      );
    case "timestamp":
      return tag({ tag: EPOCH_SECONDS_TAG, value: (value as Date).getTime() / 1000 });
    default:
      return value;
  }
}
