import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import { invalidParameter } from "./errors.ts";

/** A message attribute as it is kept: a number is kept as it was written. */
export interface StoredAttribute {
  /** `String`, `Number` or `Binary`, with a custom label or without: `Number.int`. */
  readonly type: string;
  readonly value: string | Uint8Array;
}

const ATTRIBUTES_MAX = 10;
/** Characters in an attribute's name, and in its type. */
const NAME_LENGTH_MAX = 256;
const NAME = /^[\w.-]+$/;
const RESERVED_NAME = /^(aws\.|amazon\.)/i;
const TYPE = /^(String|Number|Binary)(\..+)?$/;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
/** #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF (API reference of SendMessage). */
const FORBIDDEN_CHARACTER = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** Whether a text has a character that SQS does not take. */
export function hasForbiddenCharacter(text: string): boolean {
  return FORBIDDEN_CHARACTER.test(text);
}

/**
 * Checks and keeps message attributes; undefined when there are none. Throws `InvalidParameterValue` with the words
 * of SQS. Rules: SQS developer guide, "Amazon SQS message metadata".
 */
export function storedAttributes(
  given: Readonly<Record<string, MessageAttributeValue>> | undefined,
): Record<string, StoredAttribute> | undefined {
  if (!given) return undefined;
  const names = Object.keys(given);
  if (names.length === 0) return undefined;
  if (names.length > ATTRIBUTES_MAX)
    throw invalidParameter(
      `Number of message attributes [${names.length}] exceeds the allowed maximum [${ATTRIBUTES_MAX}].`,
    );
  const stored: Record<string, StoredAttribute> = {};
  for (const name of names) {
    checkName(name);
    stored[name] = storedAttribute(name, given[name]!);
  }
  return stored;
}

function checkName(name: string): void {
  if (name.length > NAME_LENGTH_MAX)
    throw invalidParameter("Message (user) attribute names must be shorter than 256 Bytes");
  if (!NAME.test(name))
    throw invalidParameter(
      "Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens and underscores. ",
    );
  if (RESERVED_NAME.test(name) || name.startsWith(".") || name.endsWith(".") || name.includes(".."))
    throw invalidParameter(
      "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use. Additionally, they cannot start or end with '.'.",
    );
}

/** One attribute's type and value. `kind` is what SQS calls it: `(user)` or `(system)`. */
export function storedAttribute(
  name: string,
  given: MessageAttributeValue,
  kind = "(user)",
): StoredAttribute {
  const { DataType: type, StringValue: text, BinaryValue: bytes } = given;
  if (!type)
    throw invalidParameter(
      `The message ${kind} attribute '${name}' must contain a non-empty message attribute type.`,
    );
  if (type.length > NAME_LENGTH_MAX)
    throw invalidParameter(`Message ${kind} attribute types must be shorter than 256 Bytes`);
  const [, logicalType] = TYPE.exec(type) ?? [];
  if (!logicalType)
    throw invalidParameter(
      `The type of message ${kind} attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
    );
  if (logicalType === "Binary") {
    if (!bytes || bytes.length === 0) throw emptyValue(name, type, kind);
    return { type, value: Buffer.from(bytes) };
  }
  if (!text) throw emptyValue(name, type, kind);
  if (hasForbiddenCharacter(text))
    throw invalidParameter(
      `Message ${kind} attribute '${name}' value has an invalid character. Reason: Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`,
    );
  if (logicalType === "Number" && !NUMBER.test(text))
    throw invalidParameter(
      `Can't cast the value of message ${kind} attribute '${name}' to a number.`,
    );
  return { type, value: text };
}

function emptyValue(name: string, type: string, kind: string) {
  return invalidParameter(
    `Message ${kind} attribute '${name}' must contain a non-empty value of type '${type}'.`,
  );
}

/** Bytes of names, types and values, which count towards a message's size. */
export function sizeOfAttributes(
  attributes: Readonly<Record<string, StoredAttribute>> | undefined,
): number {
  let bytes = 0;
  for (const [name, { type, value }] of Object.entries(attributes ?? {})) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(type);
    bytes += typeof value === "string" ? Buffer.byteLength(value) : value.length;
  }
  return bytes;
}

/**
 * The attributes that a receiver asked for, by their names, by `All` or `.*`, or by a prefix: `bar.*`; undefined
 * when none of them is there (API reference of ReceiveMessage, MessageAttributeNames).
 */
export function selectAttributes(
  attributes: Readonly<Record<string, StoredAttribute>> | undefined,
  wanted: readonly string[] | undefined,
): Record<string, StoredAttribute> | undefined {
  if (!attributes || !wanted || wanted.length === 0) return undefined;
  const matches = (name: string) =>
    wanted.some(
      (want) =>
        want === "All" ||
        want === ".*" ||
        want === name ||
        (want.endsWith(".*") && name.startsWith(want.slice(0, -2))),
    );
  const selected = Object.entries(attributes).filter(([name]) => matches(name));
  return selected.length === 0 ? undefined : Object.fromEntries(selected);
}

export function toAttributeValue({ type, value }: StoredAttribute): MessageAttributeValue {
  return typeof value === "string"
    ? { StringValue: value, DataType: type }
    : { BinaryValue: new Uint8Array(value), DataType: type };
}
