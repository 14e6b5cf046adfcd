import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { queueUrl } from "../../queue-url.ts";
import { parseEndpointArn } from "./arn.ts";
import { bodyFor } from "./envelope.ts";
import { DeliveryFailure } from "./failure.ts";
import type { Notification } from "./notification.ts";
import type { Subscription } from "./subscription.ts";
import type { Topic } from "./topic.ts";

/** What SQS is sent; also what a dead-letter queue gets. */
export interface QueueMessage {
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  readonly groupId?: string;
  readonly deduplicationId?: string;
}

/** What an SQS message can have; a raw message with more is discarded. Source: SNS developer guide, "Raw message delivery". */
const QUEUE_ATTRIBUTES_MAX = 10;

/** The JSON document, or the text alone with its attributes as SQS's own where raw delivery is on. */
export async function queueMessage(
  cloud: Cloud,
  topic: Topic,
  subscription: Subscription,
  notification: Notification,
): Promise<QueueMessage> {
  const { raw, body } = await bodyFor(cloud, topic, subscription, notification);
  const { groupId, deduplicationId } = notification;
  return {
    body,
    attributes: raw ? notification.attributes : {},
    ...(groupId === undefined ? {} : { groupId }),
    ...(deduplicationId === undefined ? {} : { deduplicationId }),
  };
}

/** Sends through the door, in the world of the queue. Rejects as SQS does, or with a failure that is final. */
export async function sendToQueue(
  cloud: Cloud,
  caller: Caller,
  queueArn: string,
  { body, attributes, groupId, deduplicationId }: QueueMessage,
): Promise<void> {
  const queue = parseEndpointArn(queueArn);
  if (!queue) throw new DeliveryFailure(`${queueArn} is not the ARN of a queue`, false);
  if (Object.keys(attributes).length > QUEUE_ATTRIBUTES_MAX)
    throw new DeliveryFailure(`more than ${QUEUE_ATTRIBUTES_MAX} message attributes`, false);
  const { account, region, resource: name } = queue;
  const fifo = name.endsWith(".fifo");
  // A group means order to a FIFO queue, and fair sharing to a standard queue behind a standard topic.
  const grouped = fifo || deduplicationId === undefined;
  await cloud.call({ ...caller, account, region }, "sqs", "SendMessage", {
    QueueUrl: queueUrl(cloud, { account, name }),
    MessageBody: body,
    ...(Object.keys(attributes).length > 0 ? { MessageAttributes: attributes } : {}),
    ...(groupId !== undefined && grouped ? { MessageGroupId: groupId } : {}),
    ...(deduplicationId !== undefined && fifo ? { MessageDeduplicationId: deduplicationId } : {}),
  });
}
