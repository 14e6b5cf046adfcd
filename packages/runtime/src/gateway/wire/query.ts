import { ServiceError } from "../../errors.ts";
import type { Shape } from "../model/shape.ts";
import { NESTING_DEPTH_MAX, serializationError } from "./json-value.ts";
import { fromText } from "./text-value.ts";
import { resolveError, type Wire, type WireRequest } from "./wire.ts";
import { escapeXml, membersToXml } from "./xml-value.ts";

/** A form's fields as the tree that their dotted names make: `Entry.1.Id` under `Entry`, `1`, `Id`. */
interface FormNode {
  text?: string;
  readonly children: Map<string, FormNode>;
}

/** How many fields a form may have, and parts all their names together: more is no request that AWS would take. */
const FORM_FIELDS_MAX = 20_000;
const FORM_PARTS_MAX = 200_000;

/**
 * AWS Query: a form with `Action` and `Version`, answered in XML. Source: Smithy's documentation of the protocol
 * `awsQuery`.
 */
export const queryWire: Wire = {
  route: (model, request) => {
    const action = formOf(request).get("Action");
    const operation = model.operations.get(action ?? "");
    if (operation) return { operation, labels: {} };
    throw new ServiceError(
      action ? "InvalidAction" : "MissingAction",
      action
        ? `Could not find operation ${action} for version ${model.apiVersion}`
        : "The request must contain the parameter Action",
      { httpStatus: 400 },
    );
  },
  decode: (_model, { operation }, request) => {
    const tree = treeOf(formOf(request));
    return operation.input.kind === "structure" ? (fromForm(operation.input, tree) ?? {}) : {};
  },
  encode: (model, operation, output, requestId) => {
    const { name } = operation;
    const result =
      operation.output.kind === "structure"
        ? `<${name}Result>${membersToXml(operation.output, (output ?? {}) as object)}</${name}Result>`
        : "";
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    return xmlResponse(
      200,
      `<${name}Response xmlns="${model.xmlNamespace}">${result}${metadata}</${name}Response>`,
    );
  },
  encodeError: (model, error, requestId) => {
    const { code, queryCode, status, fault } = resolveError(model, error);
    const shape = model.errors.get(code)?.shape;
    const fields = shape ? membersToXml(shape, error.fields) : "";
    const content = `<Type>${fault}</Type><Code>${escapeXml(queryCode)}</Code><Message>${escapeXml(error.message)}</Message>${fields}`;
    return xmlResponse(
      status,
      `<ErrorResponse xmlns="${model.xmlNamespace}"><Error>${content}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    );
  },
};

function xmlResponse(status: number, xml: string) {
  return {
    status,
    headers: { "content-type": "text/xml" },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`,
  };
}

/** The forms of requests, each parsed once: it names the service, the operation and the input. */
const forms = new WeakMap<WireRequest, URLSearchParams>();

/** The form's fields, from the body of a POST or the query of a GET. Throws `SerializationException` for too many. */
export function formOf(request: WireRequest): URLSearchParams {
  if (request.method === "GET") return request.query;
  let form = forms.get(request);
  if (!form) {
    form = parseForm(request.body);
    forms.set(request, form);
  }
  return form;
}

function parseForm(body: Buffer): URLSearchParams {
  let fields = 1;
  for (let at = body.indexOf("&"); at >= 0; at = body.indexOf("&", at + 1)) {
    fields += 1;
    if (fields > FORM_FIELDS_MAX) throw serializationError("The request has too many fields.");
  }
  return new URLSearchParams(body.toString("utf8"));
}

function treeOf(form: URLSearchParams): FormNode {
  const root: FormNode = { children: new Map() };
  let partsOfAll = 0;
  for (const [name, text] of form) {
    const parts = name.split(".", NESTING_DEPTH_MAX + 1);
    partsOfAll += parts.length;
    if (parts.length > NESTING_DEPTH_MAX || partsOfAll > FORM_PARTS_MAX)
      throw serializationError("The request is nested too deeply.");
    let node = root;
    for (const part of parts) {
      let child = node.children.get(part);
      if (!child) {
        child = { children: new Map() };
        node.children.set(part, child);
      }
      node = child;
    }
    node.text = text;
  }
  return root;
}

function fromForm(shape: Shape, node: FormNode | undefined): unknown {
  if (!node) return undefined;
  switch (shape.kind) {
    case "structure": {
      const structure: Record<string, unknown> = {};
      for (const { name, shape: member } of shape.members) {
        const child = node.children.get(member.traits.xmlName ?? name) ?? node.children.get(name);
        const read = fromForm(member, child);
        if (read !== undefined) structure[name] = read;
      }
      return structure;
    }
    case "list":
      return listFromForm(shape, node);
    case "map": {
      const entries = numbered(node.children.get("entry") ?? node);
      const read = entries.map((entry): [string, unknown] => [
        (entry.children.get(shape.key.traits.xmlName ?? "key") ?? entry.children.get("key"))
          ?.text ?? "",
        fromForm(
          shape.value,
          entry.children.get(shape.value.traits.xmlName ?? "value") ?? entry.children.get("value"),
        ),
      ]);
      return Object.fromEntries(read);
    }
    default:
      return node.text === undefined ? undefined : fromText(shape, node.text, "date-time");
  }
}

function listFromForm(shape: Extract<Shape, { kind: "list" }>, node: FormNode): unknown[] {
  // An empty list is sent as the list's name with an empty text.
  if (node.children.size === 0) return [];
  const itemName = shape.member.traits.xmlName ?? "member";
  const items = numbered(node.children.get(itemName) ?? node.children.get("member") ?? node);
  return items.map((item) => fromForm(shape.member, item) ?? null);
}

/** The children named by numbers, in their order. */
function numbered(node: FormNode): FormNode[] {
  return [...node.children]
    .filter(([name]) => /^\d{1,9}$/.test(name))
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, child]) => child);
}
