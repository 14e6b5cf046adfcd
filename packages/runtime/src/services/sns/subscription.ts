import { createHash } from "node:crypto";
import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import { parseSubscriptionArn, type SubscriptionArn, type TopicArn } from "./arn.ts";
import type { Protocol } from "./endpoint.ts";

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: Protocol;
  readonly endpoint: string;
  /** The account that subscribed. */
  readonly owner: string;
  /** The ARN of who subscribed. */
  readonly principal: string;
  /** Nothing is delivered before the endpoint's owner confirms. */
  readonly pending: boolean;
  readonly confirmationWasAuthenticated: boolean;
  /** Only the owners of topic and subscription can unsubscribe it. */
  readonly authenticateOnUnsubscribe: boolean;
  /** As they were set; what was not set has a default (`subscription-attributes.ts`). */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A request without a signature: someone followed a link of ours. */
export const ANONYMOUS = "anonymous";

export function subscriptionKey({ topic, id }: SubscriptionArn): Key {
  return ["sns", topic.account, topic.region, "subscription", topic.name, id];
}

/** By a digest: a URL may be longer than a key. */
export function endpointKey(topic: TopicArn, protocol: string, endpoint: string): Key {
  const digest = createHash("sha256").update(`${protocol} ${endpoint}`).digest("base64url");
  return ["sns", topic.account, topic.region, "endpoint", topic.name, digest];
}

export function findSubscription(tx: ReadTransaction, arn: string): Subscription | undefined {
  return tx.get<Subscription>(subscriptionKey(parseSubscriptionArn(arn)));
}

export function* subscriptionsOf(tx: ReadTransaction, topic: TopicArn): Iterable<Subscription> {
  const prefix = ["sns", topic.account, topic.region, "subscription", topic.name];
  for (const { value } of tx.range<Subscription>({ prefix })) yield value;
}

export function putSubscription(tx: WriteTransaction, subscription: Subscription): void {
  const arn = parseSubscriptionArn(subscription.arn);
  tx.put<Subscription>(subscriptionKey(arn), subscription);
  tx.put(endpointKey(arn.topic, subscription.protocol, subscription.endpoint), arn.id);
}

export function removeSubscription(
  tx: WriteTransaction,
  arn: SubscriptionArn,
  { protocol, endpoint }: Subscription,
): void {
  tx.delete(subscriptionKey(arn));
  tx.delete(endpointKey(arn.topic, protocol, endpoint));
}

/** How many of the topic's subscriptions are confirmed, and how many wait for it. */
export function countSubscriptions(
  tx: ReadTransaction,
  topic: TopicArn,
): { confirmed: number; pending: number } {
  let confirmed = 0;
  let pending = 0;
  for (const subscription of subscriptionsOf(tx, topic)) {
    if (subscription.pending) pending += 1;
    else confirmed += 1;
  }
  return { confirmed, pending };
}

/** Whether the endpoint gets the message alone, without the document around it. */
export function isRaw({ attributes }: Pick<Subscription, "attributes">): boolean {
  return attributes.RawMessageDelivery?.toLowerCase() === "true";
}

/** The queue that takes what cannot be delivered; undefined where there is none. */
export function deadLetterTargetArn({ attributes }: Subscription): string | undefined {
  const { RedrivePolicy: policy } = attributes;
  return policy ? JSON.parse(policy).deadLetterTargetArn : undefined;
}
