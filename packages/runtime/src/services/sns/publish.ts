import { randomUUID } from "node:crypto";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { parseLocalTopicArn, type TopicArn } from "./arn.ts";
import { owe } from "./delivery.ts";
import { invalidParameter } from "./errors.ts";
import { admit } from "./fifo.ts";
import { type FilteredOut, MessageFilter } from "./filter-policy.ts";
import { checkMessage, type Message, messageBytesMax } from "./message.ts";
import type { Notification } from "./notification.ts";
import { subscriptionsOf } from "./subscription.ts";
import { requireTopic, type Topic } from "./topic.ts";
import { MESSAGE_BYTES_MAX_DEFAULT } from "./topic-attributes.ts";
import { emitTopicMetric } from "./topic-metrics.ts";

/** Sources: API reference, PublishBatch and its errors. */
const BATCH_ENTRIES_MAX = 10;
const BATCH_ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

interface Accepted {
  readonly MessageId: string;
  readonly SequenceNumber?: string;
}

/** The topic that takes a message in: by `TopicArn`, or by `TargetArn`, which may name a topic too. */
export function publishTarget(input: {
  readonly TopicArn?: string | undefined;
  readonly TargetArn?: string | undefined;
}): string {
  return input.TopicArn ?? input.TargetArn ?? "";
}

/** Accepts a message for a topic: when it answers, the message is kept and owed to every subscription that wants it. */
export const publish: OperationOf<"sns", "Publish"> = async ({ cloud, caller }, input) => {
  const arn = targetOf(caller, input);
  return cloud.store.write((tx) => {
    const topic = requireTopic(tx, arn);
    return accept(cloud, tx, caller, { arn, topic, message: checkMessage(topic, input) });
  });
};

/**
 * Accepts up to ten messages in one transaction. What is wrong with one of them fails them all, as AWS does it; so
 * `Failed` is always empty.
 */
export const publishBatch: OperationOf<"sns", "PublishBatch"> = async (
  { cloud, caller },
  input,
) => {
  const arn = parseLocalTopicArn(caller, input.TopicArn);
  const entries = input.PublishBatchRequestEntries ?? [];
  checkEntryIds(entries.map(({ Id: id }) => id));
  return cloud.store.write((tx) => {
    const topic = requireTopic(tx, arn);
    const messages = entries.map((entry) => checkMessage(topic, entry));
    const size = messages.reduce((sum, message) => sum + message.size, 0);
    if (size > Math.max(messageBytesMax(topic), MESSAGE_BYTES_MAX_DEFAULT))
      throw new ServiceError(
        "BatchRequestTooLongException",
        "The length of all the messages put together is more than the limit.",
      );
    return {
      Successful: messages.map((message, index) => ({
        Id: entries[index]?.Id,
        ...accept(cloud, tx, caller, { arn, topic, message }),
      })),
      Failed: [],
    };
  });
};

function targetOf(
  caller: Caller,
  input: { TopicArn?: string; TargetArn?: string; PhoneNumber?: string },
): TopicArn {
  const { TopicArn: topicArn, TargetArn: targetArn, PhoneNumber: phoneNumber } = input;
  if (topicArn !== undefined) return parseLocalTopicArn(caller, topicArn);
  if (targetArn?.includes(":endpoint/"))
    throw invalidParameter("TargetArn Reason: No endpoint found for the target arn specified");
  if (targetArn !== undefined) return parseLocalTopicArn(caller, targetArn, "TargetArn");
  if (phoneNumber !== undefined)
    throw new ServiceError("NotImplemented", "Flyball's SNS does not implement text messages.", {
      httpStatus: 501,
    });
  throw invalidParameter("TopicArn or TargetArn Reason: no value for required parameter");
}

function checkEntryIds(ids: readonly (string | undefined)[]): void {
  if (ids.length === 0)
    throw new ServiceError(
      "EmptyBatchRequestException",
      "The batch request doesn't contain any entries.",
    );
  if (ids.length > BATCH_ENTRIES_MAX)
    throw new ServiceError(
      "TooManyEntriesInBatchRequestException",
      "The batch request contains more entries than permissible.",
    );
  if (new Set(ids).size < ids.length)
    throw new ServiceError(
      "BatchEntryIdsNotDistinctException",
      "Two or more batch entries in the request have the same Id.",
    );
  if (!ids.every((id) => id !== undefined && BATCH_ENTRY_ID.test(id)))
    throw new ServiceError(
      "InvalidBatchEntryIdException",
      "The Id of a batch entry in a batch request doesn't abide by the specification.",
    );
}

/** Writes what the topic owes for one message, or nothing for a duplicate. */
function accept(
  cloud: Cloud,
  tx: WriteTransaction,
  caller: Caller,
  { arn, topic, message }: { arn: TopicArn; topic: Topic; message: Message },
): Accepted {
  const now = cloud.clock.now();
  const messageId = randomUUID();
  const admission = topic.fifo ? admit(tx, arn, topic, message, { messageId, now }) : undefined;
  tx.afterCommit(() => {
    emitTopicMetric(cloud, arn.arn, "NumberOfMessagesPublished");
    emitTopicMetric(cloud, arn.arn, "PublishSize", message.size);
  });
  if (admission?.duplicate)
    return { MessageId: admission.messageId, SequenceNumber: admission.sequenceNumber };
  const { subject, attributes, groupId } = message;
  const { deduplicationId, sequenceNumber } = admission ?? {};
  const notification: Omit<Notification, "text"> = {
    type: "Notification",
    messageId,
    timestamp: now,
    attributes,
    ...(subject === undefined ? {} : { subject }),
    ...(groupId === undefined ? {} : { groupId }),
    ...(deduplicationId === undefined ? {} : { deduplicationId }),
    ...(sequenceNumber === undefined ? {} : { sequenceNumber }),
  };
  const filter = new MessageFilter(cloud, message);
  // All are read before the first delivery is written: a cursor does not outlive a write.
  for (const subscription of [...subscriptionsOf(tx, arn)]) {
    if (subscription.pending) continue;
    const filteredOut = filter.filteredOut(subscription);
    if (filteredOut !== undefined) {
      tx.afterCommit(() => emitFilteredOut(cloud, arn, filteredOut));
      continue;
    }
    const text = message.textFor(subscription.protocol);
    owe(cloud, tx, topic, subscription, { ...notification, text }, caller.traceHeader);
  }
  return {
    MessageId: messageId,
    ...(sequenceNumber === undefined ? {} : { SequenceNumber: sequenceNumber }),
  };
}

function emitFilteredOut(cloud: Cloud, { arn }: TopicArn, why: FilteredOut): void {
  emitTopicMetric(cloud, arn, "NumberOfNotificationsFilteredOut");
  emitTopicMetric(cloud, arn, `NumberOfNotificationsFilteredOut-${why}`);
}
