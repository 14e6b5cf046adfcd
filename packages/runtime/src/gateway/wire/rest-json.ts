import type { StructureShape } from "../model/shape.ts";
import { fromBindings, routeByPath, toBindings } from "./http-binding.ts";
import { fromJson, parseJson, toJson } from "./json-value.ts";
import { resolveError, type Wire } from "./wire.ts";

const NAMES = { useJsonName: true };

/** AWS REST-JSON: bound to paths, queries and headers, bodies in JSON. Source: Smithy's `restJson1`. */
export const restJsonWire: Wire = {
  route: routeByPath,
  decode: (_model, { operation, labels }, request) => {
    if (operation.input.kind !== "structure") return {};
    const { bound, payload, body } = fromBindings(operation.input.members, labels, request);
    if (payload) {
      if (request.body.length === 0) return bound;
      const { kind } = payload.shape;
      if (kind === "blob") return { ...bound, [payload.name]: request.body };
      if (kind === "string") return { ...bound, [payload.name]: request.body.toString("utf8") };
      return { ...bound, [payload.name]: fromJson(payload.shape, parseJson(request.body), NAMES) };
    }
    if (body.length === 0) return bound;
    const read = fromJson({ ...operation.input, members: body }, parseJson(request.body), NAMES);
    return { ...(read as object), ...bound };
  },
  encode: (_model, operation, output) => {
    const members = (output ?? {}) as Record<string, unknown>;
    const success = operation.http?.status ?? 200;
    if (operation.output.kind !== "structure") return { status: success, headers: {}, body: "" };
    const {
      headers,
      payload,
      body,
      status = success,
    } = toBindings(operation.output.members, members);
    if (payload) {
      const value = members[payload.name];
      if (payload.shape.kind === "blob")
        return {
          status,
          headers: withJson(headers),
          body: Buffer.from((value ?? []) as Uint8Array),
        };
      return {
        status,
        headers: withJson(headers),
        body: JSON.stringify(toJson(payload.shape, value, NAMES) ?? {}),
      };
    }
    // An operation whose output has no members at all answers 204 or an empty body; one that has some, with JSON.
    if (body.length === 0 && (status === 204 || operation.output.members.length === 0))
      return { status, headers, body: "" };
    const shape: StructureShape = { ...operation.output, members: body };
    return {
      status,
      headers: withJson(headers),
      body: JSON.stringify(toJson(shape, members, NAMES)),
    };
  },
  encodeError: (model, error) => {
    const { code, status, members } = resolveError(model, error);
    const shape = model.errors.get(code)?.shape;
    const { headers, body } = toBindings(shape?.members ?? [], members);
    const content = shape ? toJson({ ...shape, members: body }, members, NAMES) : members;
    return {
      status,
      headers: { ...withJson(headers), "x-amzn-errortype": code },
      body: JSON.stringify(content),
    };
  },
};

function withJson(headers: Record<string, string>): Record<string, string> {
  return { "content-type": "application/json", ...headers };
}
