import type { Message as ReceivedMessage } from "@aws-sdk/client-sqs";
import type { Call } from "../../call.ts";
import { ServiceError } from "../../errors.ts";
import type { InputOf } from "../../sdk.ts";
import type { OperationOf } from "../../service.ts";
import { recall, remember } from "./deduplication.ts";
import { md5OfAttributes } from "./digest.ts";
import { invalidParameter, invalidValue } from "./errors.ts";
import { anyAvailable } from "./glance.ts";
import { type Message, RECEIVE_MESSAGES_MAX } from "./message.ts";
import { selectAttributes, toAttributeValue } from "./message-attributes.ts";
import { emitReceived } from "./metrics.ts";
import { makePopulations } from "./population.ts";
import { makeQueues, parseQueueArn, type Queue, requireQueue } from "./queue.ts";
import { receiptHandle } from "./receipt.ts";
import { sequenceNumber } from "./send.ts";
import { type MessageStorage, openMessagesIfAny, writeMessages } from "./storage.ts";

type Input = InputOf<"sqs", "ReceiveMessage">;

/** What a receive asks for, checked. */
interface Request {
  readonly input: Input;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue | undefined;
  readonly messagesMax: number;
  readonly visibilityTimeoutMs: number;
}

interface Taken {
  readonly message: Message;
  readonly body: string;
}

/** Seconds. */
const WAIT_MAX = 20;
export const VISIBILITY_TIMEOUT_MAX = 43_200;
/** Messages in flight in one queue (API reference of ChangeMessageVisibility). */
const IN_FLIGHT_MAX = 120_000;
/** Expired messages that one receive clears away beside its own work. */
const EXPIRED_PER_RECEIVE = 20;
const SYSTEM_ATTRIBUTES = new Set([
  "All",
  "AWSTraceHeader",
  "ApproximateFirstReceiveTimestamp",
  "ApproximateReceiveCount",
  "DeadLetterQueueSourceArn",
  "MessageDeduplicationId",
  "MessageGroupId",
  "SenderId",
  "SentTimestamp",
  "SequenceNumber",
]);
const ATTEMPT_ID = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

/** ReceiveMessage: up to ten messages; waits for the first one as long as it is asked to (long polling). */
export const receiveMessage: OperationOf<"sqs", "ReceiveMessage"> = async (call, input) => {
  const { cloud } = call;
  const queue = requireQueue(call, input.QueueUrl);
  const request = checkedRequest(call, queue, input);
  const waitMs =
    input.WaitTimeSeconds === undefined
      ? queue.settings.receiveWaitMs
      : input.WaitTimeSeconds * 1000;
  const taken =
    waitMs > 0
      ? await takeWithin(call, request, cloud.clock.now() + waitMs)
      : await take(call, request);
  emitReceived(cloud, queue, taken.length);
  if (taken.length === 0) return {};
  return { Messages: taken.map((one) => toReceived(queue, one, input)) };
};

function checkedRequest({ cloud }: Call, queue: Queue, input: Input): Request {
  const messagesMax = input.MaxNumberOfMessages ?? 1;
  if (!Number.isInteger(messagesMax) || messagesMax < 1 || messagesMax > RECEIVE_MESSAGES_MAX)
    throw invalidValue(
      "MaxNumberOfMessages",
      messagesMax,
      `Must be between 1 and ${RECEIVE_MESSAGES_MAX}, if provided.`,
    );
  const wait = input.WaitTimeSeconds ?? 0;
  if (!Number.isInteger(wait) || wait < 0 || wait > WAIT_MAX)
    throw invalidValue("WaitTimeSeconds", wait, `Must be >= 0 and <= ${WAIT_MAX}, if provided.`);
  checkVisibilityTimeout(input.VisibilityTimeout);
  for (const name of [
    ...(input.AttributeNames ?? []),
    ...(input.MessageSystemAttributeNames ?? []),
  ])
    if (!SYSTEM_ATTRIBUTES.has(name))
      throw new ServiceError("InvalidAttributeName", `Unknown Attribute ${name}.`);
  const attemptId = input.ReceiveRequestAttemptId;
  if (attemptId !== undefined && !ATTEMPT_ID.test(attemptId))
    throw invalidValue(
      "ReceiveRequestAttemptId",
      attemptId,
      "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
    );
  if (attemptId !== undefined && !queue.fifo)
    throw invalidParameter(
      `Value ${attemptId} for parameter ReceiveRequestAttemptId is invalid. Reason: The request include parameter that is not valid for this queue type.`,
    );
  const { redrivePolicy, visibilityTimeoutMs } = queue.settings;
  const target = redrivePolicy && parseQueueArn(redrivePolicy.deadLetterTargetArn);
  return {
    input,
    queue,
    deadLetterQueue: target && cloud.derived(makeQueues).get(target),
    messagesMax,
    visibilityTimeoutMs:
      input.VisibilityTimeout === undefined ? visibilityTimeoutMs : input.VisibilityTimeout * 1000,
  };
}

/** Throws `InvalidParameterValue` outside of 0 to 43200 seconds. */
export function checkVisibilityTimeout(seconds: number | undefined): void {
  if (
    seconds !== undefined &&
    (!Number.isInteger(seconds) || seconds < 0 || seconds > VISIBILITY_TIMEOUT_MAX)
  )
    throw invalidValue(
      "VisibilityTimeout",
      seconds,
      `Must be between 0 and ${VISIBILITY_TIMEOUT_MAX}, if provided.`,
    );
}

async function takeWithin(call: Call, request: Request, until: number): Promise<Taken[]> {
  const { cloud, signal } = call;
  const place = cloud.derived(makePopulations).of(request.queue).line.join();
  try {
    for (let turn = true; ; turn = await place.turn(cloud.clock, until, signal)) {
      signal.throwIfAborted();
      const taken = await take(call, request);
      if (taken.length > 0 || !turn) return taken;
      // The queue may have been deleted while this waited, and another be there under its name.
      const { queue } = request;
      if (cloud.derived(makeQueues).get(queue)?.id !== queue.id) return [];
    }
  } finally {
    place.leave();
  }
}

/** Takes what can be received now. */
async function take({ cloud }: Call, request: Request): Promise<Taken[]> {
  const { queue, deadLetterQueue, input } = request;
  const population = cloud.derived(makePopulations).of(queue);
  const available = cloud.store.read((tx) => anyAvailable(tx, queue, cloud.clock.now()));
  if (!available && input.ReceiveRequestAttemptId === undefined) return [];
  if (population.counts().held >= IN_FLIGHT_MAX) {
    if (queue.fifo) return [];
    throw new ServiceError(
      "OverLimit",
      "The maximum number of in flight messages for this queue is reached.",
    );
  }
  return writeMessages(cloud, queue, (storage) => {
    const repeated = repeatAttempt(storage, request);
    if (repeated) return repeated;
    storage.expire(EXPIRED_PER_RECEIVE);
    const deadLetters = deadLetterQueue && openMessagesIfAny(cloud, storage.tx, deadLetterQueue);
    const taken: Taken[] = [];
    for (const message of storage.available()) {
      const body = storage.body(message);
      if (storage.isExpired(message)) storage.remove(message);
      else if (deadLetters && isExhausted(queue, message))
        moveToDeadLetters(storage, deadLetters, message, body);
      else taken.push({ message: receive(storage, message, request), body });
      if (taken.length >= request.messagesMax) break;
    }
    deadLetters?.finish();
    rememberAttempt(storage, request, taken);
    return taken;
  });
}

function receive(storage: MessageStorage, message: Message, request: Request): Message {
  const { now } = storage;
  return storage.change(message, {
    visibleAt: now + request.visibilityTimeoutMs,
    receivedAt: now,
    firstReceivedAt: message.firstReceivedAt ?? now,
    receives: message.receives + 1,
    receiveCount: message.receiveCount + 1,
  });
}

function isExhausted({ settings }: Queue, { receives }: Message): boolean {
  return settings.redrivePolicy !== undefined && receives >= settings.redrivePolicy.maxReceiveCount;
}

/**
 * Moves a message, which keeps its id. In a standard queue it keeps its time of sending too, and so the end of its
 * retention; in a FIFO queue that begins anew (SQS developer guide, "Using dead-letter queues").
 */
function moveToDeadLetters(
  storage: MessageStorage,
  deadLetters: MessageStorage,
  message: Message,
  body: string,
): void {
  const { now, queue } = storage;
  storage.remove(message);
  const { body: _, sequence: __, ...rest } = message;
  deadLetters.insert(
    {
      ...rest,
      sentAt: queue.fifo ? now : message.sentAt,
      visibleAt: now,
      receives: 0,
      deadLetterSourceArn: queue.arn,
    },
    body,
  );
}

/**
 * A receive that is tried again with its attempt id within five minutes gets the same messages, whose visibility
 * timeout begins anew, unless one of them was deleted, put off or received since (API reference of ReceiveMessage).
 */
function repeatAttempt(storage: MessageStorage, request: Request): Taken[] | undefined {
  const id = request.input.ReceiveRequestAttemptId;
  if (id === undefined) return undefined;
  const places = recall<[number, number, number, number][]>(
    storage.tx,
    storage.queue,
    ["attempt", id],
    storage.now,
  );
  if (!places) return undefined;
  const messages: Message[] = [];
  for (const [sentAt, sequence, receives, visibleAt] of places) {
    const message = storage.find({ sentAt, sequence });
    if (!message || message.receives !== receives || message.visibleAt !== visibleAt)
      return undefined;
    if (!storage.inFlight(message)) return undefined;
    messages.push(message);
  }
  const visibleAt = storage.now + request.visibilityTimeoutMs;
  const taken = messages.map((message) => ({
    message: storage.change(message, { visibleAt }),
    body: storage.body(message),
  }));
  rememberAttempt(storage, request, taken);
  return taken;
}

function rememberAttempt(storage: MessageStorage, request: Request, taken: Taken[]): void {
  const id = request.input.ReceiveRequestAttemptId;
  if (id === undefined || taken.length === 0) return;
  const places = taken.map(({ message }) => [
    message.sentAt,
    message.sequence,
    message.receives,
    message.visibleAt,
  ]);
  remember(storage.tx, storage.queue, ["attempt", id], places, storage.now);
}

function toReceived(queue: Queue, { message, body }: Taken, input: Input): ReceivedMessage {
  const wanted = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
  const attributes = systemAttributes(queue, message, new Set<string>(wanted));
  const selected = selectAttributes(message.attributes, input.MessageAttributeNames);
  return {
    MessageId: message.messageId,
    ReceiptHandle: receiptHandle(queue, message),
    MD5OfBody: message.bodyMd5,
    Body: body,
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(selected && {
      MD5OfMessageAttributes: md5OfAttributes(selected),
      MessageAttributes: Object.fromEntries(
        Object.entries(selected).map(([name, attribute]) => [name, toAttributeValue(attribute)]),
      ),
    }),
  };
}

function systemAttributes(
  queue: Queue,
  message: Message,
  wanted: ReadonlySet<string>,
): Record<string, string> {
  if (wanted.size === 0) return {};
  const all: Record<string, string | undefined> = {
    SenderId: message.senderId,
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAt),
    SequenceNumber: queue.fifo ? sequenceNumber(message.sequence) : undefined,
    MessageDeduplicationId: message.deduplicationId,
    MessageGroupId: message.groupId,
    AWSTraceHeader: message.traceHeader,
    DeadLetterQueueSourceArn: message.deadLetterSourceArn,
  };
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(all))
    if (value !== undefined && (wanted.has("All") || wanted.has(name))) chosen[name] = value;
  return chosen;
}
