import { randomBytes, randomUUID } from "node:crypto";
import type { Cloud } from "../../cloud.ts";
import type { Owed, OwedOutcome } from "../../owed.ts";
import type { OperationOf } from "../../service.ts";
import type { Key, WriteTransaction } from "../../store/store.ts";
import { parseSubscriptionArn, parseTopicArn, type TopicArn } from "./arn.ts";
import { owe } from "./delivery.ts";
import { invalidParameter } from "./errors.ts";
import {
  ANONYMOUS,
  putSubscription,
  removeSubscription,
  type Subscription,
  subscriptionKey,
} from "./subscription.ts";
import { requireTopic, type Topic } from "./topic.ts";

/** What a token confirms. */
interface Token {
  readonly subscription: Subscription;
  /** It brings back what was unsubscribed, rather than confirming what is pending. */
  readonly restores: boolean;
  readonly expiresAt: number;
}

/** A token can be used for two days; a subscription that is still pending then is deleted. Source: API reference, Subscribe. */
const TOKEN_LIFE_MS = 2 * 24 * 60 * 60 * 1000;
const TOKEN_BYTES = 144;

function tokenKey({ account, region }: TopicArn, token: string): Key {
  return ["sns", account, region, "token", token];
}

/** Sends an endpoint what it needs to confirm its subscription. Mail is not sent; its token is made all the same. */
export function askForConfirmation(
  cloud: Cloud,
  tx: WriteTransaction,
  topic: Topic,
  subscription: Subscription,
): void {
  const token = newToken(cloud, tx, subscription, false);
  if (subscription.protocol === "email" || subscription.protocol === "email-json") return;
  owe(cloud, tx, topic, subscription, {
    type: "SubscriptionConfirmation",
    messageId: randomUUID(),
    text: `You have chosen to subscribe to the topic ${topic.arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    timestamp: cloud.clock.now(),
    attributes: {},
    token,
  });
}

/** Tells an endpoint that somebody else than its owner ended its subscription, and how to have it back. */
export function sendUnsubscribeConfirmation(
  cloud: Cloud,
  tx: WriteTransaction,
  topic: Topic,
  subscription: Subscription,
): void {
  if (subscription.protocol !== "http" && subscription.protocol !== "https") return;
  const token = newToken(cloud, tx, subscription, true);
  owe(cloud, tx, topic, subscription, {
    type: "UnsubscribeConfirmation",
    messageId: randomUUID(),
    text: `You have chosen to deactivate subscription ${subscription.arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`,
    timestamp: cloud.clock.now(),
    attributes: {},
    token,
  });
}

/** Confirms by the token that the endpoint was sent. The world is the topic's: the link is followed without a signature. */
export const confirmSubscription: OperationOf<"sns", "ConfirmSubscription"> = async (
  call,
  input,
) => {
  const { cloud, caller } = call;
  const topicArn = parseTopicArn(input.TopicArn);
  const { Token: token } = input;
  if (!token) throw invalidParameter("Token Reason: no value for required parameter");
  const authenticated = caller.principal !== ANONYMOUS;
  const authenticateOnUnsubscribe =
    authenticated && input.AuthenticateOnUnsubscribe?.toLowerCase() === "true";
  return cloud.store.write((tx) => {
    requireTopic(tx, topicArn);
    const known = tx.get<Token>(tokenKey(topicArn, token));
    if (known?.subscription.topicArn !== topicArn.arn || known.expiresAt <= cloud.clock.now())
      throw invalidParameter("Token");
    const arn = parseSubscriptionArn(known.subscription.arn);
    const current =
      tx.get<Subscription>(subscriptionKey(arn)) ?? (known.restores && known.subscription);
    if (!current) throw invalidParameter("Token");
    if (current.pending || known.restores)
      putSubscription(tx, {
        ...current,
        pending: false,
        confirmationWasAuthenticated: authenticated,
        authenticateOnUnsubscribe,
      });
    return { SubscriptionArn: current.arn };
  });
};

/** Forgets a token that has expired, and the subscription that it did not confirm. */
export async function expireToken(
  _cloud: Cloud,
  { payload }: Owed<{ topicArn: string; token: string }>,
): Promise<OwedOutcome> {
  const key = tokenKey(parseTopicArn(payload.topicArn), payload.token);
  return {
    done: true,
    commit: (tx) => {
      const known = tx.get<Token>(key);
      if (!known) return;
      tx.delete(key);
      const arn = parseSubscriptionArn(known.subscription.arn);
      const current = tx.get<Subscription>(subscriptionKey(arn));
      if (current?.pending) removeSubscription(tx, arn, current);
    },
  };
}

function newToken(
  cloud: Cloud,
  tx: WriteTransaction,
  subscription: Subscription,
  restores: boolean,
): string {
  const topic = parseTopicArn(subscription.topicArn);
  const token = randomBytes(TOKEN_BYTES).toString("hex");
  const expiresAt = cloud.clock.now() + TOKEN_LIFE_MS;
  tx.put<Token>(tokenKey(topic, token), { subscription, restores, expiresAt });
  cloud.owed.add(tx, {
    kind: "sns:expire-token",
    caller: { account: topic.account, region: topic.region, principal: "sns.amazonaws.com" },
    payload: { topicArn: topic.arn, token },
    at: expiresAt,
  });
  return token;
}
