import { randomUUID } from "node:crypto";
import type { Caller } from "../../call.ts";
import type { OperationOf } from "../../service.ts";
import type { Key, ReadTransaction } from "../../store/store.ts";
import {
  parseEndpointArn,
  parseLocalTopicArn,
  parseSubscriptionArn,
  parseTopicArn,
  type TopicArn,
} from "./arn.ts";
import { askForConfirmation, sendUnsubscribeConfirmation } from "./confirmation.ts";
import { checkEndpoint, type Protocol } from "./endpoint.ts";
import { invalidParameter } from "./errors.ts";
import { pageOf } from "./page.ts";
import {
  ANONYMOUS,
  endpointKey,
  putSubscription,
  removeSubscription,
  type Subscription,
  subscriptionKey,
} from "./subscription.ts";
import { checkSubscriptionAttributes, isDefaultAttribute } from "./subscription-attributes.ts";
import { definedOf, requireTopic, type Topic, topicKey } from "./topic.ts";

/** Subscribes an endpoint; answers with the subscription that it has already when that has the same attributes. */
export const subscribe: OperationOf<"sns", "Subscribe"> = async (call, input) => {
  const { caller, cloud } = call;
  const topicArn = parseLocalTopicArn(caller, input.TopicArn);
  const attributes = definedOf(input.Attributes ?? {});
  const { protocol, endpoint } = checkEndpoint(input.Protocol, input.Endpoint, topicArn);
  checkSubscriptionAttributes(attributes, { protocol, endpoint, topicArn: topicArn.arn });
  const subscription = await cloud.store.write((tx) => {
    const topic = requireTopic(tx, topicArn);
    const id = tx.get<string>(endpointKey(topicArn, protocol, endpoint));
    const existing =
      id === undefined
        ? undefined
        : tx.get<Subscription>(subscriptionKey({ arn: "", topic: topicArn, id }));
    if (existing) {
      checkSame(existing, attributes);
      if (existing.pending) askForConfirmation(cloud, tx, topic, existing);
      return existing;
    }
    const made = newSubscription(caller, topicArn, protocol, endpoint, attributes);
    putSubscription(tx, made);
    if (made.pending) askForConfirmation(cloud, tx, topic, made);
    return made;
  });
  const hidden = subscription.pending && !input.ReturnSubscriptionArn;
  return { SubscriptionArn: hidden ? "pending confirmation" : subscription.arn };
};

/** Ends a subscription; no error where there is none. */
export const unsubscribe: OperationOf<"sns", "Unsubscribe"> = async (call, input) => {
  const { caller, cloud } = call;
  const arn = parseSubscriptionArn(input.SubscriptionArn);
  await cloud.store.write((tx) => {
    const subscription = tx.get<Subscription>(subscriptionKey(arn));
    if (!subscription) return;
    const isOwner =
      caller.principal !== ANONYMOUS &&
      (caller.account === subscription.owner || caller.account === arn.topic.account);
    if (subscription.authenticateOnUnsubscribe && !isOwner)
      throw invalidParameter("SubscriptionArn Reason: this subscription requires authentication");
    removeSubscription(tx, arn, subscription);
    const topic = tx.get<Topic>(topicKey(arn.topic));
    if (!topic) return;
    const subscriptionsDeleted = topic.subscriptionsDeleted + 1;
    tx.put<Topic>(topicKey(arn.topic), { ...topic, subscriptionsDeleted });
    if (!isOwner && !subscription.pending)
      sendUnsubscribeConfirmation(cloud, tx, topic, subscription);
  });
  return {};
};

export const listSubscriptions: OperationOf<"sns", "ListSubscriptions"> = (call, input) => {
  const { account, region } = call.caller;
  const prefix = ["sns", account, region, "subscription"];
  return call.cloud.store.read((tx) => listed(tx, prefix, input.NextToken));
};

export const listSubscriptionsByTopic: OperationOf<"sns", "ListSubscriptionsByTopic"> = (
  call,
  input,
) => {
  const topic = parseLocalTopicArn(call.caller, input.TopicArn);
  const prefix = ["sns", topic.account, topic.region, "subscription", topic.name];
  return call.cloud.store.read((tx) => {
    requireTopic(tx, topic);
    return listed(tx, prefix, input.NextToken);
  });
};

function newSubscription(
  caller: Caller,
  topic: TopicArn,
  protocol: Protocol,
  endpoint: string,
  attributes: Readonly<Record<string, string>>,
): Subscription {
  const pending = needsConfirmation(caller, protocol, endpoint);
  return {
    arn: `${topic.arn}:${randomUUID()}`,
    topicArn: topic.arn,
    protocol,
    endpoint,
    owner: caller.account,
    principal: caller.principal,
    pending,
    confirmationWasAuthenticated: !pending,
    authenticateOnUnsubscribe: false,
    attributes,
  };
}

/**
 * Whoever owns a queue or a function need not confirm that it is subscribed. Source: API reference, Subscribe: "If
 * the endpoint type is HTTP/S or email, or if the endpoint and the topic are not in the same account".
 */
function needsConfirmation(caller: Caller, protocol: Protocol, endpoint: string): boolean {
  if (protocol !== "sqs") return protocol !== "lambda";
  return parseEndpointArn(endpoint)?.account !== caller.account;
}

function checkSame(existing: Subscription, attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes))
    if (existing.attributes[name] !== value && !isDefaultAttribute(existing, name, value))
      throw invalidParameter(
        "Attributes Reason: Subscription already exists with different attributes",
      );
}

function listed(tx: ReadTransaction, prefix: Key, token: string | undefined) {
  const { items, ...more } = pageOf<Subscription>(tx, prefix, token);
  return { Subscriptions: items.map(toEntry), ...more };
}

function toEntry({ arn, topicArn, protocol, endpoint, owner, pending }: Subscription) {
  return {
    SubscriptionArn: pending ? "PendingConfirmation" : arn,
    Owner: owner,
    Protocol: protocol,
    Endpoint: endpoint,
    TopicArn: parseTopicArn(topicArn).arn,
  };
}
