import type { MessageAttributeValue, PublishBatchRequestEntry } from "@aws-sdk/client-sns";
import { violation } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import { invalidParameter } from "./errors.ts";
import type { Topic } from "./topic.ts";
import { MESSAGE_BYTES_MAX_DEFAULT } from "./topic-attributes.ts";

export type MessageAttributes = Readonly<Record<string, MessageAttributeValue>>;

/** What Publish and an entry of PublishBatch have in common. */
export type MessageInput = Omit<PublishBatchRequestEntry, "Id">;

/** A message that was accepted, before it is known who gets it. */
export interface Message {
  readonly subject?: string;
  readonly attributes: MessageAttributes;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  /** The message's and its attributes' bytes. */
  readonly size: number;
  /** The text for everyone, or what MessageStructure `json` has for this protocol. */
  readonly textFor: (protocol: string) => string;
}

const SUBJECT_LENGTH_MAX = 100;
const ATTRIBUTE_NAME_LENGTH_MAX = 256;
const ATTRIBUTE_TYPE = /^(String|Number|Binary)(\..+)?$/;
/** Alphanumeric and punctuation, up to 128. Source: API reference, Publish. */
const FIFO_ID = /^[\x21-\x7e]{1,128}$/;

/** Throws `InvalidParameter` or `InvalidParameterValue` on what Publish refuses for this topic. */
export function checkMessage(topic: Topic, input: MessageInput): Message {
  const { Message: text, Subject: subject, MessageAttributes: attributes = {} } = input;
  if (!text) throw invalidParameter("Empty message");
  if (subject !== undefined) checkSubject(subject);
  for (const [name, value] of Object.entries(attributes)) checkAttribute(name, value);
  checkFifoParameters(topic, input);
  const size = Buffer.byteLength(text) + attributesSize(attributes);
  if (size > messageBytesMax(topic)) throw invalidParameter("Message too long");
  const texts = textsOf(input, text);
  return {
    attributes,
    size,
    textFor: (protocol) => texts.get(protocol) ?? texts.get("default") ?? text,
    ...(subject === undefined ? {} : { subject }),
    ...(input.MessageGroupId === undefined ? {} : { groupId: input.MessageGroupId }),
    ...(input.MessageDeduplicationId === undefined
      ? {}
      : { deduplicationId: input.MessageDeduplicationId }),
  };
}

export function messageBytesMax(topic: Topic): number {
  return Number(topic.attributes.MaximumMessageSize ?? MESSAGE_BYTES_MAX_DEFAULT);
}

/** UTF-8 text of one line without control characters, up to 100. Source: API reference, Publish. */
function checkSubject(subject: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a subject must have none
  if (subject === "" || subject.length > SUBJECT_LENGTH_MAX || /[\x00-\x1f\x7f]/.test(subject))
    throw invalidParameter("Subject");
}

/** The texts of MessageStructure `json` by protocol; none where every protocol gets the same. */
function textsOf({ MessageStructure: structure }: MessageInput, text: string): Map<string, string> {
  if (structure === undefined) return new Map();
  if (structure !== "json") throw invalidParameter("MessageStructure");
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalidParameter("Message Structure - JSON message body failed to parse");
  }
  const texts = new Map<string, string>();
  if (typeof parsed === "object" && parsed !== null)
    for (const [protocol, value] of Object.entries(parsed))
      if (typeof value === "string") texts.set(protocol, value);
  if (!texts.has("default"))
    throw invalidParameter("Message Structure - No default entry in JSON message body");
  return texts;
}

function checkFifoParameters(topic: Topic, input: MessageInput): void {
  const { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId } = input;
  if (!topic.fifo && deduplicationId !== undefined)
    throw invalidParameter(
      "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
    );
  if (groupId !== undefined && !FIFO_ID.test(groupId)) throw invalidParameter("MessageGroupId");
  if (deduplicationId !== undefined && !FIFO_ID.test(deduplicationId))
    throw invalidParameter("MessageDeduplicationId");
  if (!topic.fifo) return;
  if (groupId === undefined)
    throw invalidParameter("The MessageGroupId parameter is required for FIFO topics");
  if (deduplicationId === undefined && !isContentBased(topic))
    throw invalidParameter(
      "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    );
}

export function isContentBased({ attributes }: Topic): boolean {
  return attributes.ContentBasedDeduplication?.toLowerCase() === "true";
}

function checkAttribute(name: string, value: MessageAttributeValue): void {
  checkAttributeName(name);
  const { DataType: type, StringValue: text, BinaryValue: bytes } = value;
  if (type === undefined)
    throw violation(
      "ValidationError",
      `messageAttributes.${name}.member.dataType`,
      undefined,
      "Member must not be null",
    );
  const [, base] = ATTRIBUTE_TYPE.exec(type) ?? [];
  if (!base)
    throw invalidAttribute(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  const field = base === "Binary" ? "Binary" : "String";
  const own = base === "Binary" ? bytes : text;
  const other = base === "Binary" ? text : bytes;
  if (own === undefined && other !== undefined)
    throw invalidAttribute(
      `The message attribute '${name}' with type '${type}' must use field '${field}'.`,
    );
  if (own === undefined || own.length === 0)
    throw invalidAttribute(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  if (base === "Number" && !isNumber(text))
    throw invalidAttribute(`Could not cast message attribute '${name}' value to number.`);
}

/** Source of the rule: SNS developer guide, "Message attributes", "Message attribute items and validation". */
function checkAttributeName(name: string): void {
  if (name.length > ATTRIBUTE_NAME_LENGTH_MAX)
    throw invalidAttribute("Length of message attribute name must be less than 256 bytes.");
  if (name.startsWith("."))
    throw invalidAttribute("Invalid message attribute name starting with character '.' was found.");
  if (name.endsWith("."))
    throw invalidAttribute("Invalid message attribute name ending with character '.' was found.");
  const [wrong] = /[^A-Za-z0-9_.-]/u.exec(name) ?? [];
  if (wrong !== undefined)
    throw invalidAttribute(
      `Invalid non-alphanumeric character '#x${wrong.codePointAt(0)?.toString(16).toUpperCase()}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.`,
    );
  if (name.includes(".."))
    throw invalidAttribute("Message attribute name can not have successive '.' character.");
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== "" && Number.isFinite(Number(text));
}

function invalidAttribute(message: string): ServiceError {
  return new ServiceError("InvalidParameterValueException", message);
}

/** Names, types and values count. Source: API reference, Publish, `Message`. */
function attributesSize(attributes: MessageAttributes): number {
  let size = 0;
  for (const [name, value] of Object.entries(attributes))
    size +=
      Buffer.byteLength(name) +
      Buffer.byteLength(value.DataType ?? "") +
      Buffer.byteLength(value.StringValue ?? "") +
      (value.BinaryValue?.byteLength ?? 0);
  return size;
}
