import type { OperationOf } from "../../service.ts";
import { parseEndpointArn, parseSubscriptionArn, parseTopicArn } from "./arn.ts";
import {
  checkSubscriptionDeliveryPolicy,
  effectiveSubscriptionDeliveryPolicy,
} from "./delivery-policy.ts";
import type { Protocol } from "./endpoint.ts";
import { invalidParameter, notFound } from "./errors.ts";
import { checkFilterPolicy, type FilterPolicyScope, scopeOf } from "./filter-policy.ts";
import { isRaw, type Subscription, subscriptionKey } from "./subscription.ts";
import { type Topic, topicKey } from "./topic.ts";

const NAMES = new Set([
  "DeliveryPolicy",
  "FilterPolicy",
  "FilterPolicyScope",
  "RawMessageDelivery",
  "RedrivePolicy",
  "ReplayPolicy",
  "SubscriptionRoleArn",
]);
const RAW_PROTOCOLS: ReadonlySet<Protocol> = new Set<Protocol>(["sqs", "http", "https"]);
const DEFAULTS: Readonly<Record<string, string>> = {
  RawMessageDelivery: "false",
  FilterPolicyScope: "MessageAttributes",
};

interface Subscribed {
  readonly protocol: Protocol;
  readonly endpoint: string;
  readonly topicArn: string;
}

/** Throws `InvalidParameter` on what Subscribe refuses. */
export function checkSubscriptionAttributes(
  attributes: Readonly<Record<string, string>>,
  subscribed: Subscribed,
): void {
  for (const [name, value] of Object.entries(attributes))
    checkAttribute(name, value, subscribed, scopeOf(attributes), "Attributes Reason: ");
}

/** Whether a subscription that does not have the attribute behaves as if it had this value. */
export function isDefaultAttribute(
  { attributes }: Subscription,
  name: string,
  value: string,
): boolean {
  return attributes[name] === undefined && DEFAULTS[name] === value;
}

export const getSubscriptionAttributes: OperationOf<"sns", "GetSubscriptionAttributes"> = (
  call,
  input,
) => {
  const arn = parseSubscriptionArn(input.SubscriptionArn);
  return call.cloud.store.read((tx) => {
    const subscription = tx.get<Subscription>(subscriptionKey(arn));
    if (!subscription) throw notFound("Subscription");
    const topic = tx.get<Topic>(topicKey(arn.topic));
    return { Attributes: shown(subscription, topic) };
  });
};

export const setSubscriptionAttributes: OperationOf<"sns", "SetSubscriptionAttributes"> = async (
  call,
  input,
) => {
  const arn = parseSubscriptionArn(input.SubscriptionArn);
  const { AttributeName: name, AttributeValue: value = "" } = input;
  if (name === undefined)
    throw invalidParameter("AttributeName Reason: no value for required parameter");
  await call.cloud.store.write((tx) => {
    const subscription = tx.get<Subscription>(subscriptionKey(arn));
    if (!subscription) throw notFound("Subscription");
    checkAttribute(name, value, subscription, scopeOf(subscription.attributes), "");
    const { [name]: _, ...others } = subscription.attributes;
    const attributes = value === "" ? others : { ...others, [name]: value };
    if (name === "FilterPolicyScope" && attributes.FilterPolicy)
      checkFilterPolicy(attributes.FilterPolicy, scopeOf(attributes), "");
    tx.put<Subscription>(subscriptionKey(arn), { ...subscription, attributes });
  });
  return {};
};

function shown(subscription: Subscription, topic: Topic | undefined): Record<string, string> {
  const { arn, topicArn, protocol, endpoint, attributes } = subscription;
  const { FilterPolicy, FilterPolicyScope: _, DeliveryPolicy, ...others } = attributes;
  const filtered = FilterPolicy !== undefined && FilterPolicy !== "{}";
  const http = protocol === "http" || protocol === "https";
  return {
    ...others,
    RawMessageDelivery: String(isRaw(subscription)),
    SubscriptionArn: arn,
    TopicArn: topicArn,
    Protocol: protocol,
    Endpoint: withoutPassword(endpoint),
    Owner: subscription.owner,
    SubscriptionPrincipal: subscription.principal,
    PendingConfirmation: String(subscription.pending),
    ConfirmationWasAuthenticated: String(subscription.confirmationWasAuthenticated),
    ...(filtered ? { FilterPolicy, FilterPolicyScope: scopeOf(attributes) } : {}),
    ...(DeliveryPolicy ? { DeliveryPolicy } : {}),
    ...(http
      ? {
          EffectiveDeliveryPolicy: JSON.stringify(
            effectiveSubscriptionDeliveryPolicy(topic?.attributes.DeliveryPolicy, DeliveryPolicy),
          ),
        }
      : {}),
  };
}

/** `https://user:****@example.com/`, as AWS shows it. */
function withoutPassword(endpoint: string): string {
  return endpoint.replace(/^(https?:\/\/[^:/@]*):[^@/]*@/, "$1:****@");
}

function checkAttribute(
  name: string,
  value: string,
  subscribed: Subscribed,
  scope: FilterPolicyScope,
  reason: string,
): void {
  if (!NAMES.has(name)) throw invalidParameter(`${reason}AttributeName`);
  if (value === "") return;
  if (name === "FilterPolicy") checkFilterPolicy(value, scope, reason);
  if (name === "FilterPolicyScope" && value !== "MessageAttributes" && value !== "MessageBody")
    throw invalidParameter(
      `${reason}FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`,
    );
  if (name === "RawMessageDelivery") checkRaw(value, subscribed, reason);
  if (name === "RedrivePolicy") checkRedrivePolicy(value, subscribed, reason);
  if (name === "DeliveryPolicy") checkSubscriptionDeliveryPolicy(value, reason);
}

function checkRaw(value: string, { protocol }: Subscribed, reason: string): void {
  if (!/^(true|false)$/i.test(value))
    throw invalidParameter(
      `${reason}RawMessageDelivery: Invalid value [${value}]. Must be true or false.`,
    );
  if (value.toLowerCase() === "true" && !RAW_PROTOCOLS.has(protocol))
    throw invalidParameter(
      `${reason}Delivery protocol [${protocol}] does not support raw message delivery.`,
    );
}

/** Source: SNS developer guide, "Dead-letter queues": a queue of the subscription's own account and Region. */
function checkRedrivePolicy(value: string, subscribed: Subscribed, reason: string): void {
  let target: unknown;
  try {
    target = JSON.parse(value)?.deadLetterTargetArn;
  } catch {
    throw invalidParameter(`${reason}RedrivePolicy: failed to parse JSON.`);
  }
  const queue = typeof target === "string" ? parseEndpointArn(target) : undefined;
  if (!queue)
    throw invalidParameter(`${reason}RedrivePolicy: deadLetterTargetArn is an invalid arn`);
  const topic = parseTopicArn(subscribed.topicArn);
  if (queue.service !== "sqs" || queue.region !== topic.region)
    throw invalidParameter(
      `${reason}RedrivePolicy: deadLetterTargetArn must be an SQS queue in the same region as the topic`,
    );
  const fifo = topic.name.endsWith(".fifo") && subscribed.endpoint.endsWith(".fifo");
  if (fifo && !queue.resource.endsWith(".fifo"))
    throw invalidParameter(
      `${reason}RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.`,
    );
}
