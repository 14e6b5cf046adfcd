import type { Shape, StructureShape } from "../model/shape.ts";
import { routeByPath, toBindings } from "./http-binding.ts";
import { decodeRest } from "./rest-input.ts";
import { resolveError, type Wire } from "./wire.ts";
import { escapeXml, fromXml, membersToXml, parseXml, toXml } from "./xml-value.ts";

const XML = { "content-type": "application/xml" };
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** AWS REST-XML: bound to paths, queries and headers, bodies in XML. Source: Smithy's `restXml`. */
export const restXmlWire: Wire = {
  route: routeByPath,
  decode: decodeRest((shape, body) => fromXml(shape, parseXml(body))),
  encode: (model, operation, output) => {
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
        return { status, headers, body: Buffer.from((value ?? []) as Uint8Array) };
      if (payload.shape.kind === "string") return { status, headers, body: String(value ?? "") };
      if (value === undefined) return { status, headers, body: "" };
      const root = payload.shape.traits.xmlName ?? nameOf(payload.shape) ?? payload.name;
      return {
        status,
        headers: { ...XML, ...headers },
        body: DECLARATION + toXml(root, payload.shape, value),
      };
    }
    if (body.length === 0) return { status, headers, body: "" };
    const shape: StructureShape = { ...operation.output, members: body };
    const root = shape.traits.xmlName ?? shape.name;
    const xml = `<${root} xmlns="${model.xmlNamespace}">${membersToXml(shape, members)}</${root}>`;
    return { status, headers: { ...XML, ...headers }, body: DECLARATION + xml };
  },
  encodeError: (model, error, requestId) => {
    const { code, queryCode, status, fault } = resolveError(model, error);
    const shape = model.errors.get(code)?.shape;
    const fields = shape ? membersToXml(shape, error.fields) : "";
    const content = `<Type>${fault}</Type><Code>${escapeXml(queryCode)}</Code><Message>${escapeXml(error.message)}</Message>${fields}`;
    const wrapped = `<ErrorResponse xmlns="${model.xmlNamespace}"><Error>${content}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    // S3 alone sends its errors without a wrapper (`noErrorWrapping` in its model).
    const bare = `<Error><Code>${escapeXml(queryCode)}</Code><Message>${escapeXml(error.message)}</Message>${fields}<RequestId>${requestId}</RequestId></Error>`;
    return {
      status,
      headers: { ...XML, "x-amzn-errortype": code },
      body: DECLARATION + (model.unwrappedErrors ? bare : wrapped),
    };
  },
};

function nameOf(shape: Shape): string | undefined {
  return shape.kind === "structure" ? shape.name : undefined;
}
