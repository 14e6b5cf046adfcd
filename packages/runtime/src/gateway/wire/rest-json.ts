import type { StructureShape } from "../model/shape.ts";
import { routeByPath, toBindings } from "./http-binding.ts";
import { fromJson, parseJson, toJson } from "./json-value.ts";
import { decodeRest } from "./rest-input.ts";
import { resolveError, type Wire } from "./wire.ts";

const NAMES = { useJsonName: true };

/** AWS REST-JSON: bound to paths, queries and headers, bodies in JSON. Source: Smithy's `restJson1`. */
export const restJsonWire: Wire = {
  route: routeByPath,
  decode: decodeRest((shape, body) => fromJson(shape, parseJson(body), NAMES)),
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
