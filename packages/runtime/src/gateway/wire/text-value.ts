import type { Shape, TimestampFormat } from "../model/shape.ts";
import { dateOfSeconds, serializationError } from "./json-value.ts";

/** A simple value that came as text: in XML, a form, a header, a path or a query. Throws `SerializationException`. */
export function fromText(shape: Shape, text: string, defaultFormat?: TimestampFormat): unknown {
  switch (shape.kind) {
    case "number": {
      const number = text.trim() === "" ? Number.NaN : Number(text);
      if (Number.isNaN(number) && text !== "NaN")
        throw serializationError(`${text} is not a number.`);
      return number;
    }
    case "boolean":
      if (text !== "true" && text !== "false")
        throw serializationError(`${text} is neither true nor false.`);
      return text === "true";
    case "timestamp":
      return timestampFromText(text, shape.format ?? defaultFormat);
    case "blob":
      return Buffer.from(text, "base64");
    default:
      return text;
  }
}

function timestampFromText(text: string, format: TimestampFormat | undefined): Date {
  const seconds = format === "date-time" ? Number.NaN : Number(text);
  const date = Number.isNaN(seconds) ? new Date(text) : dateOfSeconds(seconds);
  if (Number.isNaN(date.getTime())) throw serializationError(`${text} is not a timestamp.`);
  return date;
}

/** A simple value as text. Timestamps are in ISO 8601 unless the schema or the place says otherwise. */
export function toText(
  shape: Shape,
  value: unknown,
  defaultFormat: TimestampFormat = "date-time",
): string {
  if (shape.kind === "blob") return Buffer.from(value as Uint8Array).toString("base64");
  if (shape.kind !== "timestamp") return String(value);
  const date = value as Date;
  switch (shape.format ?? defaultFormat) {
    case "http-date":
      return date.toUTCString();
    case "epoch-seconds":
      return String(date.getTime() / 1000);
    default:
      return date.toISOString().replace(".000Z", "Z");
  }
}
