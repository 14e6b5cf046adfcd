import { formatLineage, type Lineage, parseLineage } from "./lineage.ts";

/** `X-Amzn-Trace-Id`, as SDKs send it and as SQS keeps it in `AWSTraceHeader`. What is malformed is absent. */
export interface TraceHeader {
  /** The chain: `1-<8 hex>-<24 hex>`. */
  readonly root?: string;
  /** 16 hex digits. */
  readonly parent?: string;
  readonly sampled?: "0" | "1";
  readonly lineage?: Lineage;
  /** Fields of other names (a load balancer's `Self`, say), in their order. They travel on. */
  readonly others?: readonly OtherField[];
}

export interface OtherField {
  readonly name: string;
  readonly value: string;
  /** Its place: how many of `Root`, `Parent`, `Sampled` and `Lineage` stand before it, 0 to 4. */
  readonly at: number;
}

/** What may travel on of fields that mean nothing here, in characters: names, values, and two for `;` and `=`. */
export const OTHER_FIELDS_LENGTH_MAX = 4_096;

const ROOT = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/i;
const PARENT = /^[0-9a-f]{16}$/i;
/** Printable ASCII: nothing that could break out of an HTTP header or an environment variable. */
const PRINTABLE = /^[\x20-\x7e]*$/;

/**
 * Reads a trace header: fields in any order, names and hex digits in any case, spaces around them. Never throws, takes
 * time linear in the text. Of a field that stands there twice the first well-formed one counts.
 */
export function parseTraceHeader(text: string): TraceHeader {
  const known: { -readonly [field in keyof Omit<TraceHeader, "others">]: TraceHeader[field] } = {};
  const others: OtherField[] = [];
  let room = OTHER_FIELDS_LENGTH_MAX;
  for (const field of text.split(";")) {
    const equals = field.indexOf("=");
    if (equals < 0) continue;
    const name = field.slice(0, equals).trim();
    const value = field.slice(equals + 1).trim();
    switch (name.toLowerCase()) {
      case "root":
        if (ROOT.test(value)) known.root ??= value.toLowerCase();
        break;
      case "parent":
        if (PARENT.test(value)) known.parent ??= value.toLowerCase();
        break;
      case "sampled":
        if (value === "0" || value === "1") known.sampled ??= value;
        break;
      case "lineage": {
        const lineage = parseLineage(value);
        if (lineage !== undefined) known.lineage ??= lineage;
        break;
      }
      default: {
        const length = name.length + value.length + 2;
        if (name === "" || length > room || !PRINTABLE.test(name + value)) break;
        room -= length;
        others.push({ name, value, at: Object.keys(known).length });
      }
    }
  }
  return others.length > 0 ? { ...known, others } : known;
}

/** Writes `Root=…;Parent=…;Sampled=…;Lineage=…` as far as they are there, other fields in their places among them. */
export function formatTraceHeader({
  root,
  parent,
  sampled,
  lineage,
  others = [],
}: TraceHeader): string {
  const fields: string[] = [];
  if (root !== undefined) fields.push(`Root=${root}`);
  if (parent !== undefined) fields.push(`Parent=${parent}`);
  if (sampled !== undefined) fields.push(`Sampled=${sampled}`);
  if (lineage !== undefined) fields.push(`Lineage=${formatLineage(lineage)}`);
  // The last one first, so that those before it still find their places.
  for (const { name, value, at } of others.toReversed()) fields.splice(at, 0, `${name}=${value}`);
  return fields.join(";");
}
