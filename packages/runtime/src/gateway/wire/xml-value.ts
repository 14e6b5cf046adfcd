import { createRequire } from "node:module";
import type { X2jOptions, XMLParser } from "fast-xml-parser";
import type { Shape, StructureShape } from "../model/shape.ts";
import { NESTING_DEPTH_MAX, serializationError } from "./json-value.ts";
import { fromText, toText } from "./text-value.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  // White space as references: a parser may drop text that is nothing but white space, and makes \r into \n.
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 cannot hold is just these
const ESCAPED = /[&<>"\u0000-\u001f\ufffe\uffff]/g;

/** Text as XML has it; characters that no XML document may hold become U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(ESCAPED, (character) => ESCAPES[character] ?? "\ufffd");
}

/** A value as XML elements under `name`, by the schema: lists as `<member>`s or flattened, maps as `<entry>`s. */
export function toXml(name: string, shape: Shape, value: unknown): string {
  if (value === null || value === undefined) return "";
  switch (shape.kind) {
    case "structure":
      return `<${name}${attributesOf(shape, value as object)}>${membersToXml(shape, value as object)}</${name}>`;
    case "list": {
      const flattened = shape.traits.xmlFlattened !== undefined;
      const itemName = flattened ? name : (shape.member.traits.xmlName ?? "member");
      const items = (value as unknown[])
        .map((item) => toXml(itemName, shape.member, item))
        .join("");
      return flattened ? items : `<${name}>${items}</${name}>`;
    }
    case "map": {
      const flattened = shape.traits.xmlFlattened !== undefined;
      const entries = Object.entries(value as object).map(([key, item]) => {
        const keyXml = toXml(shape.key.traits.xmlName ?? "key", shape.key, key);
        const valueXml = toXml(shape.value.traits.xmlName ?? "value", shape.value, item);
        const entryName = flattened ? name : "entry";
        return `<${entryName}>${keyXml}${valueXml}</${entryName}>`;
      });
      return flattened ? entries.join("") : `<${name}>${entries.join("")}</${name}>`;
    }
    default:
      return `<${name}>${escapeXml(toText(shape, value))}</${name}>`;
  }
}

/** The members of a structure as XML elements, without an element around them. */
export function membersToXml(shape: StructureShape, value: object): string {
  const members = value as Record<string, unknown>;
  return shape.members
    .filter(({ shape: member }) => member.traits.xmlAttribute === undefined)
    .map(({ name, shape: member }) => toXml(member.traits.xmlName ?? name, member, members[name]))
    .join("");
}

function attributesOf(shape: StructureShape, value: object): string {
  const members = value as Record<string, unknown>;
  const namespace = shape.traits.xmlNamespace;
  const attributes = shape.members
    .filter(({ name, shape: member }) => member.traits.xmlAttribute && members[name] !== undefined)
    .map(({ name, shape: member }) => [
      member.traits.xmlName ?? name,
      toText(member, members[name]),
    ]);
  if (namespace)
    attributes.unshift([namespace[0] ? `xmlns:${namespace[0]}` : "xmlns", namespace[1] ?? ""]);
  return attributes.map(([name, text]) => ` ${name}="${escapeXml(text ?? "")}"`).join("");
}

const ATTRIBUTE = "@";
const TEXT = "#text";

const PARSER_OPTIONS: X2jOptions = {
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE,
  textNodeName: TEXT,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // The entities of XML itself; a document type with entities of its own is refused before parsing. The parser
  // reads numeric references only together with HTML's names.
  processEntities: true,
  htmlEntities: true,
};

let parser: XMLParser | undefined;

/** Few requests are XML, and the library takes a part of the time to start: it is loaded for the first one. */
function loadedParser(): XMLParser {
  if (!parser) {
    const library = createRequire(import.meta.url)("fast-xml-parser");
    parser = new library.XMLParser(PARSER_OPTIONS) as XMLParser;
  }
  return parser;
}

/** Parses a document; returns its root element. Throws `SerializationException`. */
export function parseXml(body: Buffer): unknown {
  const text = body.toString("utf8");
  if (text.includes("<!DOCTYPE")) throw serializationError("A document type is not allowed here.");
  try {
    const document = loadedParser().parse(text, true) as Record<string, unknown>;
    const [root] = Object.entries(document).filter(([name]) => name !== TEXT);
    return root?.[1];
  } catch {
    throw serializationError("The request body is not well-formed XML.");
  }
}

/** A parsed element as the schema says. Throws `SerializationException`. */
export function fromXml(shape: Shape, node: unknown, depth = 0): unknown {
  if (node === undefined) return undefined;
  if (depth > NESTING_DEPTH_MAX) throw serializationError("The request is nested too deeply.");
  switch (shape.kind) {
    case "structure": {
      const structure: Record<string, unknown> = {};
      for (const { name, shape: member } of shape.members) {
        const wireName = member.traits.xmlName ?? name;
        const child = childOf(node, member.traits.xmlAttribute ? ATTRIBUTE + wireName : wireName);
        const read = fromXml(member, child, depth + 1);
        if (read !== undefined) structure[name] = read;
      }
      return structure;
    }
    case "list": {
      const flattened = shape.traits.xmlFlattened !== undefined;
      const items = flattened ? node : childOf(node, shape.member.traits.xmlName ?? "member");
      return manyOf(items).map((item) => fromXml(shape.member, item, depth + 1));
    }
    case "map": {
      const entries = shape.traits.xmlFlattened !== undefined ? node : childOf(node, "entry");
      const read = manyOf(entries).map((entry): [string, unknown] => [
        textOf(childOf(entry, shape.key.traits.xmlName ?? "key")),
        fromXml(shape.value, childOf(entry, shape.value.traits.xmlName ?? "value"), depth + 1),
      ]);
      return Object.fromEntries(read);
    }
    default:
      return fromText(shape, textOf(node), "date-time");
  }
}

function childOf(node: unknown, name: string): unknown {
  if (typeof node !== "object" || node === null || !Object.hasOwn(node, name)) return undefined;
  return (node as Record<string, unknown>)[name];
}

function manyOf(node: unknown): unknown[] {
  if (node === undefined) return [];
  return Array.isArray(node) ? node : [node];
}

function textOf(node: unknown): string {
  const text = typeof node === "object" && node !== null ? childOf(node, TEXT) : node;
  return text === undefined ? "" : String(text);
}
