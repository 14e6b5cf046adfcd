import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { DONE, type Owed, type OwedOutcome } from "../../owed.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { parseTopicArn } from "./arn.ts";
import {
  httpDeliveryPolicy,
  MANAGED_RETRY_POLICY,
  type RetryPolicy,
  retryDelay,
} from "./delivery-policy.ts";
import { failureOf } from "./failure.ts";
import { postToEndpoint } from "./http-delivery.ts";
import { invokeFunction } from "./lambda-delivery.ts";
import type { Notification } from "./notification.ts";
import { type QueueMessage, queueMessage, sendToQueue } from "./sqs-delivery.ts";
import { deadLetterTargetArn, findSubscription, type Subscription } from "./subscription.ts";
import { type Topic, topicKey } from "./topic.ts";
import { emitTopicMetric } from "./topic-metrics.ts";

/** What a topic owes one endpoint. */
export interface Delivery {
  /** As it was when the message was published; its attributes are looked up when the message is delivered. */
  readonly subscription: Subscription;
  readonly notification: Notification;
}

/** A message that could not be delivered, on its way to the subscription's dead-letter queue. */
export interface DeadLetter {
  readonly topicArn: string;
  readonly queueArn: string;
  readonly message: QueueMessage;
}

/** Owes a notification to a subscription from the moment that the transaction commits. */
export function owe(
  cloud: Cloud,
  tx: WriteTransaction,
  topic: Topic,
  subscription: Subscription,
  notification: Notification,
  traceHeader?: string,
): void {
  const { account, region } = parseTopicArn(topic.arn);
  const caller: Caller = {
    account,
    region,
    principal: "sns.amazonaws.com",
    source: topic.arn,
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
  // What belongs to one group reaches each subscription in the order in which it was published.
  const lane = topic.fifo ? `sns ${subscription.arn} ${notification.groupId}` : undefined;
  cloud.owed.add<Delivery>(tx, {
    kind: "sns:deliver",
    caller,
    payload: { subscription, notification },
    ...(lane === undefined ? {} : { lane }),
  });
}

/** Delivers what is owed; tries again after a server's error, and gives up after a client's. */
export function deliver(cloud: Cloud, owed: Owed<Delivery>): Promise<OwedOutcome> {
  return cloud.activity.track(attempt(cloud, owed));
}

async function attempt(cloud: Cloud, owed: Owed<Delivery>): Promise<OwedOutcome> {
  const current = currentOf(cloud, owed.payload);
  if (!current) return DONE;
  const { topic, subscription } = current;
  const { notification } = owed.payload;
  try {
    await send(cloud, owed.caller, topic, subscription, notification);
    emitTopicMetric(cloud, topic.arn, "NumberOfNotificationsDelivered");
    return DONE;
  } catch (error) {
    const delay = failureOf(error).retryable
      ? retryDelay(retryPolicyOf(topic, subscription), owed.attempt)
      : undefined;
    if (delay !== undefined) return { done: false, againAt: cloud.clock.now() + delay };
    emitTopicMetric(cloud, topic.arn, "NumberOfNotificationsFailed");
    return giveUp(cloud, owed.caller, topic, subscription, notification);
  }
}

/** The subscription as it is now; as it was, for the last message of one that has ended. */
function currentOf(
  cloud: Cloud,
  { subscription, notification }: Delivery,
): { topic: Topic; subscription: Subscription } | undefined {
  return cloud.store.read((tx) => {
    const topic = tx.get<Topic>(topicKey(parseTopicArn(subscription.topicArn)));
    const current =
      notification.type === "UnsubscribeConfirmation"
        ? subscription
        : findSubscription(tx, subscription.arn);
    return topic && current && { topic, subscription: current };
  });
}

async function send(
  cloud: Cloud,
  caller: Caller,
  topic: Topic,
  subscription: Subscription,
  notification: Notification,
): Promise<void> {
  switch (subscription.protocol) {
    case "sqs": {
      const message = await queueMessage(cloud, topic, subscription, notification);
      return sendToQueue(cloud, caller, subscription.endpoint, message);
    }
    case "lambda":
      return invokeFunction(cloud, caller, topic, subscription, notification);
    case "http":
    case "https":
      return postToEndpoint(cloud, caller, topic, subscription, notification);
    case "email":
    case "email-json":
      // Mail is never confirmed, so nothing is published to it.
      return;
  }
}

function retryPolicyOf(topic: Topic, { protocol, attributes }: Subscription): RetryPolicy {
  if (protocol !== "http" && protocol !== "https") return MANAGED_RETRY_POLICY;
  return httpDeliveryPolicy(topic.attributes.DeliveryPolicy, attributes.DeliveryPolicy)
    .healthyRetryPolicy;
}

/** What cannot be delivered goes to the dead-letter queue of the subscription, or is lost. */
async function giveUp(
  cloud: Cloud,
  caller: Caller,
  topic: Topic,
  subscription: Subscription,
  notification: Notification,
): Promise<OwedOutcome> {
  const queueArn = deadLetterTargetArn(subscription);
  if (queueArn === undefined || notification.type !== "Notification") return DONE;
  const message = await queueMessage(cloud, topic, subscription, notification);
  const payload: DeadLetter = { topicArn: topic.arn, queueArn, message };
  return {
    done: true,
    commit: (tx) => void cloud.owed.add(tx, { kind: "sns:dead-letter", caller, payload }),
  };
}

/** Puts a dead letter into its queue, with the retries of every delivery to SQS. */
export function buryDeadLetter(cloud: Cloud, owed: Owed<DeadLetter>): Promise<OwedOutcome> {
  return cloud.activity.track(bury(cloud, owed));
}

async function bury(cloud: Cloud, owed: Owed<DeadLetter>): Promise<OwedOutcome> {
  const { topicArn, queueArn, message } = owed.payload;
  try {
    await sendToQueue(cloud, owed.caller, queueArn, message);
    emitTopicMetric(cloud, topicArn, "NumberOfNotificationsRedrivenToDlq");
  } catch (error) {
    const delay = failureOf(error).retryable
      ? retryDelay(MANAGED_RETRY_POLICY, owed.attempt)
      : undefined;
    if (delay !== undefined) return { done: false, againAt: cloud.clock.now() + delay };
    emitTopicMetric(cloud, topicArn, "NumberOfNotificationsFailedToRedriveToDlq");
  }
  return DONE;
}
