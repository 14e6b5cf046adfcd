import { isUtf8 } from "node:buffer";
import { entityTooLarge, invalidRequestContent } from "./errors.ts";

/** 6 MB for a synchronous invocation, request and response; 1 MB for an event (Lambda quotas). */
export const SYNCHRONOUS_PAYLOAD_BYTES_MAX = 6_291_456;
export const EVENT_PAYLOAD_BYTES_MAX = 1_048_576;

const SOURCE = "at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled);";
const EXPECTED = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'";

/**
 * The payload as the function gets it: JSON, `{}` where there is none.
 *
 * Throws RequestEntityTooLargeException and InvalidRequestContentException.
 */
export function requestPayload(
  payload: Uint8Array | undefined,
  type: "RequestResponse" | "Event",
): Uint8Array {
  if (payload === undefined || payload.byteLength === 0) return Buffer.from("{}");
  checkSize(payload.byteLength, type);
  if (!isUtf8(payload)) throw notJson("Invalid UTF-8", payload, firstInvalidByte(payload));
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
  try {
    JSON.parse(text);
  } catch (error) {
    throw notJson(complaint(text, error), payload, placeOf(error, text));
  }
  return payload;
}

function checkSize(bytes: number, type: "RequestResponse" | "Event"): void {
  if (type === "RequestResponse" && bytes > SYNCHRONOUS_PAYLOAD_BYTES_MAX)
    throw entityTooLarge(
      `Request must be smaller than ${SYNCHRONOUS_PAYLOAD_BYTES_MAX} bytes for the InvokeFunction operation`,
    );
  if (type === "Event" && bytes > EVENT_PAYLOAD_BYTES_MAX)
    throw entityTooLarge(
      `${bytes} byte payload is too large for the Event invocation type (limit ${EVENT_PAYLOAD_BYTES_MAX} bytes)`,
    );
}

function notJson(what: string, payload: Uint8Array, at: number) {
  const before = Buffer.from(payload.subarray(0, at)).toString();
  const line = before.split("\n").length;
  const column = at - before.lastIndexOf("\n");
  return invalidRequestContent(
    `Could not parse request body into json: Could not parse payload into json: ${what}\n ${SOURCE} line: ${line}, column: ${column}]`,
  );
}

/** What AWS's parser says: of a word that is no JSON, of a character that begins none, of an end that comes early. */
function complaint(text: string, error: unknown): string {
  const at = placeOf(error, text);
  const word = /^[A-Za-z_$][\w$]*/.exec(text.slice(at).trimStart())?.[0] ?? wordAround(text, at);
  if (word !== undefined) return `Unrecognized token '${word}': was expecting (${EXPECTED})`;
  const character = text[at];
  if (character === undefined) return "Unexpected end-of-input";
  return `Unexpected character ('${character}' (code ${character.charCodeAt(0)})): expected a valid value (${EXPECTED})`;
}

function wordAround(text: string, at: number): string | undefined {
  const start = /[A-Za-z_$][\w$]*$/.exec(text.slice(0, at))?.index;
  return start === undefined ? undefined : /^[\w$]+/.exec(text.slice(start))?.[0];
}

/** V8 names the position, or the end. */
function placeOf(error: unknown, text: string): number {
  const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  if (position !== undefined) return Number(position);
  return error instanceof Error && error.message.includes("end of JSON") ? text.length : 0;
}

function firstInvalidByte(payload: Uint8Array): number {
  let low = 0;
  let high = payload.byteLength;
  // A prefix is valid up to the first bad byte, but for a character that it cuts: close enough to name a place.
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (isUtf8(payload.subarray(0, middle))) low = middle;
    else high = middle;
  }
  return low;
}
