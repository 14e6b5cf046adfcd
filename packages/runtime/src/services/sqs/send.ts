import { randomUUID } from "node:crypto";
import type { SendMessageBatchRequestEntry, SendMessageResult } from "@aws-sdk/client-sqs";
import type { Call, Caller } from "../../call.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import { type BatchFailure, batchResult, checkBatch, failureOf, requireEntries } from "./batch.ts";
import { deduplicationIdOf, recallDuplicate, rememberSent } from "./deduplication.ts";
import { md5, md5OfAttributes } from "./digest.ts";
import { invalidParameter, invalidValue, missingParameter } from "./errors.ts";
import {
  hasForbiddenCharacter,
  type StoredAttribute,
  sizeOfAttributes,
  storedAttribute,
  storedAttributes,
} from "./message-attributes.ts";
import { emitSent } from "./metrics.ts";
import { parseQueueUrl, type Queue, queueArn, requireQueue } from "./queue.ts";
import { senderId } from "./sender.ts";
import { type MessageStorage, type NewMessage, writeMessages } from "./storage.ts";

/** What a message is sent with: SendMessage's input and a batch's entry have this in common. */
type Sending = Omit<SendMessageBatchRequestEntry, "Id">;

/** A message that was checked and can be written. */
interface Draft {
  readonly message: Omit<NewMessage, "sentAt" | "visibleAt">;
  readonly body: string;
  readonly delayMs: number;
  readonly systemAttributesMd5: string | undefined;
}

/** Seconds. */
const DELAY_MAX = 900;
/** Bytes of all messages of a batch together (API reference of SendMessageBatch). */
const BATCH_BYTES_MAX = 1_048_576;
const TRACE_HEADER = "AWSTraceHeader";
const GROUP_OR_DEDUPLICATION_ID = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;
/** Sequence numbers have 20 digits and grow; AWS's are multiples of 256 (seen in its answers). */
const SEQUENCE_NUMBER_FIRST = 18_849_496_460_467_696_128n;
const SEQUENCE_NUMBER_STEP = 256n;

export function sequenceNumber(sequence: number): string {
  return (SEQUENCE_NUMBER_FIRST + BigInt(sequence) * SEQUENCE_NUMBER_STEP).toString();
}

/** The ARN of the queue that a send goes to, for the record of chains. */
export function arnOfDestination(caller: Caller, input: { QueueUrl: string | undefined }): string {
  const name = parseQueueUrl(input.QueueUrl ?? "", caller.region);
  return name ? queueArn(name) : (input.QueueUrl ?? "");
}

/** SendMessage: one message into a queue. */
export const sendMessage: OperationOf<"sqs", "SendMessage"> = async (call, input) => {
  const queue = requireQueue(call, input.QueueUrl);
  const draft = checkedDraft(call, queue, input);
  const result = await writeMessages(call.cloud, queue, (storage) => write(storage, draft));
  emitSent(call.cloud, queue, draft.message.size);
  return result;
};

/** SendMessageBatch: up to ten messages, each of which is sent or refused by itself. */
export const sendMessageBatch: OperationOf<"sqs", "SendMessageBatch"> = async (call, input) => {
  const queue = requireQueue(call, input.QueueUrl);
  const entries = requireEntries(input.Entries, "SendMessageBatchRequestEntry");
  checkBatch(entries);
  refuseTooLongBatch(entries);
  // What is missing for a FIFO queue fails the batch, not an entry.
  if (queue.fifo) for (const entry of entries) requireFifoMembers(queue, entry);
  const drafts: { Id: string; draft: Draft }[] = [];
  const failed: BatchFailure[] = [];
  for (const entry of entries) {
    const Id = entry.Id ?? "";
    try {
      drafts.push({ Id, draft: checkedDraft(call, queue, entry, true) });
    } catch (error) {
      failed.push(failureOf(Id, error));
    }
  }
  const sent = await writeMessages(call.cloud, queue, (storage) =>
    drafts.map(({ Id, draft }) => ({ Id, ...write(storage, draft) })),
  );
  for (const { draft } of drafts) emitSent(call.cloud, queue, draft.message.size);
  return batchResult(sent, failed);
};

/** Throws `InvalidParameterValue`, where a single message's missing group is a `MissingParameter`. */
function requireFifoMembers(queue: Queue, entry: Sending): void {
  if (entry.MessageGroupId === undefined)
    throw invalidParameter("The request must contain the parameter MessageGroupId.");
  deduplicationIdOf(queue, entry.MessageDeduplicationId, entry.MessageBody ?? "");
}

function refuseTooLongBatch(entries: readonly Sending[]): void {
  let bytes = 0;
  for (const { MessageBody, MessageAttributes } of entries) {
    bytes += Buffer.byteLength(MessageBody ?? "");
    for (const [name, value] of Object.entries(MessageAttributes ?? {}))
      bytes +=
        Buffer.byteLength(name) +
        Buffer.byteLength(value.DataType ?? "") +
        (value.BinaryValue?.length ?? Buffer.byteLength(value.StringValue ?? ""));
  }
  if (bytes > BATCH_BYTES_MAX)
    throw new ServiceError(
      "BatchRequestTooLong",
      `Batch requests cannot be longer than ${BATCH_BYTES_MAX} bytes. You have sent ${bytes} bytes.`,
    );
}

/** Checks what was sent. Throws what SQS answers; in a batch some words differ. */
function checkedDraft(call: Call, queue: Queue, sending: Sending, inBatch = false): Draft {
  const body = checkedBody(sending.MessageBody);
  const attributes = storedAttributes(sending.MessageAttributes);
  const size = Buffer.byteLength(body) + sizeOfAttributes(attributes);
  const { maximumMessageBytes } = queue.settings;
  if (size > maximumMessageBytes)
    throw invalidParameter(
      `One or more parameters ${inBatch ? "cannot be validated" : "are invalid"}. Reason: Message must be shorter than ${maximumMessageBytes} bytes.`,
    );
  const traceHeader = checkedTraceHeader(sending);
  return {
    body,
    delayMs: checkedDelay(queue, sending.DelaySeconds),
    systemAttributesMd5: traceHeader && md5OfAttributes({ [TRACE_HEADER]: traceHeader }),
    message: {
      messageId: randomUUID(),
      bodyMd5: md5(body),
      size,
      senderId: senderId(call.caller.principal),
      receives: 0,
      receiveCount: 0,
      ...(attributes && { attributes }),
      ...optional("traceHeader", (traceHeader?.value as string) ?? call.caller.traceHeader),
      ...checkedGroup(queue, sending, body),
    },
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  // A computed key is typed as any string by the language; it is K.
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}

function checkedBody(body: string | undefined): string {
  if (!body) throw missingParameter("MessageBody");
  if (hasForbiddenCharacter(body))
    throw new ServiceError(
      "InvalidMessageContents",
      "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
    );
  return body;
}

function checkedTraceHeader({ MessageSystemAttributes }: Sending): StoredAttribute | undefined {
  if (!MessageSystemAttributes) return undefined;
  for (const name of Object.keys(MessageSystemAttributes))
    if (name !== TRACE_HEADER)
      throw invalidParameter(`Message system attribute name '${name}' is invalid.`);
  const given = MessageSystemAttributes.AWSTraceHeader;
  if (!given) return undefined;
  const stored = storedAttribute(TRACE_HEADER, given, "(system)");
  if (stored.type !== "String")
    throw invalidParameter(
      `Message (system) attribute '${TRACE_HEADER}' must have the type 'String'.`,
    );
  return stored;
}

function checkedDelay(queue: Queue, delaySeconds: number | undefined): number {
  if (delaySeconds === undefined) return queue.settings.delayMs;
  if (queue.fifo && delaySeconds !== 0)
    throw invalidValue(
      "DelaySeconds",
      delaySeconds,
      "The request include parameter that is not valid for this queue type.",
    );
  if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > DELAY_MAX)
    throw invalidValue(
      "DelaySeconds",
      delaySeconds,
      `DelaySeconds must be >= 0 and <= ${DELAY_MAX}.`,
    );
  return queue.fifo ? queue.settings.delayMs : delaySeconds * 1000;
}

/** A standard queue takes a group too: it then is a fair queue (API reference of SendMessage). */
function checkedGroup(
  queue: Queue,
  sending: Sending,
  body: string,
): { groupId?: string; deduplicationId?: string } {
  const { MessageGroupId: groupId, MessageDeduplicationId: given } = sending;
  if (queue.fifo && groupId === undefined) throw missingParameter("MessageGroupId");
  checkId("MessageGroupId", groupId);
  if (!queue.fifo) {
    if (given !== undefined)
      throw invalidValue(
        "MessageDeduplicationId",
        given,
        "The request include parameter that is not valid for this queue type.",
      );
    return optional("groupId", groupId);
  }
  checkId("MessageDeduplicationId", given);
  return {
    ...optional("groupId", groupId),
    deduplicationId: deduplicationIdOf(queue, given, body),
  };
}

function checkId(name: string, value: string | undefined): void {
  if (value !== undefined && !GROUP_OR_DEDUPLICATION_ID.test(value))
    throw invalidValue(
      name,
      value,
      `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    );
}

/** Writes a message, unless it is a duplicate: then the answer is that of the message that was taken. */
function write(
  storage: MessageStorage,
  draft: Draft,
): SendMessageResult & { MessageId: string; MD5OfMessageBody: string } {
  const { queue, now } = storage;
  const duplicate = queue.fifo ? recallDuplicate(storage, draft.message) : undefined;
  const message =
    duplicate ??
    storage.insert({ ...draft.message, sentAt: now, visibleAt: now + draft.delayMs }, draft.body);
  if (queue.fifo && !duplicate) rememberSent(storage, draft.message, message);
  const { attributes } = draft.message;
  return {
    MessageId: message.messageId,
    MD5OfMessageBody: draft.message.bodyMd5,
    ...(attributes && { MD5OfMessageAttributes: md5OfAttributes(attributes) }),
    ...(draft.systemAttributesMd5 && { MD5OfMessageSystemAttributes: draft.systemAttributesMd5 }),
    ...(queue.fifo && { SequenceNumber: sequenceNumber(message.sequence) }),
  };
}
