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
const SAMPLED = /^[01]$/;
/** Printable ASCII: nothing that could break out of an HTTP header or an environment variable. */
const PRINTABLE = /^[\x20-\x7e]*$/;

/**
 * Reads a trace header: fields in any order, names and hex digits in any case, spaces around them. Never throws, takes
 * time linear in the text. Of a field that stands there twice the first well-formed one counts.
 */
export function parseTraceHeader(text: string): TraceHeader {
  let root: string | undefined;
  let parent: string | undefined;
  let sampled: "0" | "1" | undefined;
  let lineage: Lineage | undefined;
  const others: OtherField[] = [];
  let room = OTHER_FIELDS_LENGTH_MAX;
  let at = 0;
  for (const field of text.split(";")) {
    const equals = field.indexOf("=");
    if (equals < 0) continue;
    const name = field.slice(0, equals).trim();
    const value = field.slice(equals + 1).trim();
    switch (name.toLowerCase()) {
      case "root":
        root ??= ROOT.test(value) ? value.toLowerCase() : undefined;
        break;
      case "parent":
        parent ??= PARENT.test(value) ? value.toLowerCase() : undefined;
        break;
      case "sampled":
        sampled ??= SAMPLED.test(value) ? (value === "1" ? "1" : "0") : undefined;
        break;
      case "lineage":
        lineage ??= parseLineage(value);
        break;
      default: {
        const length = name.length + value.length + 2;
        if (name === "" || length > room || !PRINTABLE.test(name + value)) continue;
        room -= length;
        others.push({ name, value, at: Math.min(at, 4) });
        continue;
      }
    }
    at++;
  }
  return {
    ...(root !== undefined && { root }),
    ...(parent !== undefined && { parent }),
    ...(sampled !== undefined && { sampled }),
    ...(lineage !== undefined && { lineage }),
    ...(others.length > 0 && { others }),
  };
}

/** Writes `Root=…;Parent=…;Sampled=…;Lineage=…` as far as they are there, other fields in their places among them. */
export function formatTraceHeader(header: TraceHeader): string {
  const known = [
    header.root !== undefined && `Root=${header.root}`,
    header.parent !== undefined && `Parent=${header.parent}`,
    header.sampled !== undefined && `Sampled=${header.sampled}`,
    header.lineage !== undefined && `Lineage=${formatLineage(header.lineage)}`,
  ].filter((field) => field !== false);
  const fields: string[] = [];
  const others = header.others ?? [];
  let next = 0;
  for (let at = 0; at <= known.length; at++) {
    for (; next < others.length; next++) {
      const other = others[next]!;
      if (other.at > at && at < known.length) break;
      fields.push(`${other.name}=${other.value}`);
    }
    if (at < known.length) fields.push(known[at]!);
  }
  return fields.join(";");
}
