import type { Shape } from "../model/shape.ts";
import { fromBindings } from "./http-binding.ts";
import type { Wire } from "./wire.ts";

/**
 * How an input is read in both REST protocols: what is bound to path, query and headers, and the rest from the body, in
 * the protocol's own language unless the body is a member that is bytes or text.
 */
export function decodeRest(read: (shape: Shape, body: Buffer) => unknown): Wire["decode"] {
  return (_model, { operation, labels }, request) => {
    if (operation.input.kind !== "structure") return {};
    const { bound, payload, body } = fromBindings(operation.input.members, labels, request);
    if (request.body.length === 0) return bound;
    if (payload) return { ...bound, [payload.name]: payloadOf(payload.shape, request.body, read) };
    if (body.length === 0) return bound;
    return { ...(read({ ...operation.input, members: body }, request.body) as object), ...bound };
  };
}

function payloadOf(shape: Shape, body: Buffer, read: (shape: Shape, body: Buffer) => unknown) {
  if (shape.kind === "blob") return body;
  return shape.kind === "string" ? body.toString("utf8") : read(shape, body);
}
