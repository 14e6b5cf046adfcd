import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { httpDeliveryPolicy } from "./delivery-policy.ts";
import { bodyFor } from "./envelope.ts";
import { DeliveryFailure, isServerStatus } from "./failure.ts";
import type { Notification } from "./notification.ts";
import type { Subscription } from "./subscription.ts";
import type { Topic } from "./topic.ts";

/** Source: SNS developer guide, "Make sure your endpoint is ready": "approximately 15 seconds". */
const ANSWER_MS_MAX = 15_000;

/**
 * Posts a notification to an HTTP endpoint. Rejects with a {@link DeliveryFailure} when it does not answer in time
 * or answers with anything but success; redirects are not followed. Source: SNS developer guide, "HTTP/HTTPS headers".
 */
export async function postToEndpoint(
  cloud: Cloud,
  caller: Caller,
  topic: Topic,
  subscription: Subscription,
  notification: Notification,
): Promise<void> {
  const { raw, body } = await bodyFor(cloud, topic, subscription, notification);
  const { url, authorization } = withoutCredentials(subscription.endpoint);
  const headers = {
    "Content-Type": contentTypeOf(topic, subscription, notification),
    "User-Agent": "Amazon Simple Notification Service Agent",
    "x-amz-sns-message-type": notification.type,
    "x-amz-sns-message-id": notification.messageId,
    "x-amz-sns-topic-arn": topic.arn,
    ...(notification.type === "SubscriptionConfirmation"
      ? {}
      : { "x-amz-sns-subscription-arn": subscription.arn }),
    ...(raw ? { "x-amz-sns-rawdelivery": "true" } : {}),
    ...(authorization === undefined ? {} : { Authorization: authorization }),
    ...(caller.traceHeader === undefined ? {} : { "X-Amzn-Trace-Id": caller.traceHeader }),
  };
  const status = await post(cloud, url, headers, body);
  if (status < 200 || status >= 300)
    throw new DeliveryFailure(`the endpoint answered with ${status}`, isServerStatus(status));
}

/** The timeout is in real time, as the endpoint's own work is. */
async function post(
  cloud: Cloud,
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<number> {
  const signal = AbortSignal.any([AbortSignal.timeout(ANSWER_MS_MAX), cloud.stopping]);
  try {
    const answer = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    await answer.body?.cancel();
    return answer.status;
  } catch (error) {
    throw new DeliveryFailure(`${url} did not answer: ${error}`, true);
  }
}

function contentTypeOf(topic: Topic, { attributes }: Subscription, { type }: Notification): string {
  const own = type === "Notification" ? attributes.DeliveryPolicy : undefined;
  const ofTopic = type === "Notification" ? topic.attributes.DeliveryPolicy : undefined;
  return httpDeliveryPolicy(ofTopic, own).contentType;
}

/** `https://user:password@host/` is asked with basic authentication. */
function withoutCredentials(endpoint: string): { url: string; authorization?: string } {
  const url = new URL(endpoint);
  const { username, password } = url;
  if (username === "") return { url: url.href };
  url.username = "";
  url.password = "";
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    url: url.href,
    authorization: `Basic ${Buffer.from(credentials).toString("base64")}`,
  };
}
