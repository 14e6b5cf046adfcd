import { invalidParameter } from "./errors.ts";

/** How a failed delivery is tried again, in four phases. Delays are in seconds. */
export interface RetryPolicy {
  readonly minDelayTarget: number;
  readonly maxDelayTarget: number;
  readonly numRetries: number;
  readonly numNoDelayRetries: number;
  readonly numMinDelayRetries: number;
  readonly numMaxDelayRetries: number;
  readonly backoffFunction: BackoffFunction;
}

export type BackoffFunction = "linear" | "arithmetic" | "geometric" | "exponential";

export interface HttpDeliveryPolicy {
  readonly healthyRetryPolicy: RetryPolicy;
  readonly contentType: string;
}

// Sources of all figures: SNS developer guide, "Message delivery retries", with its table of phases and its table
// of a policy's members with their defaults and constraints.
const HTTP_RETRY_POLICY: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: "linear",
};
const CONTENT_TYPE = "text/plain; charset=UTF-8";

/** For Lambda and SQS: 100,015 retries over 23 days. */
export const MANAGED_RETRY_POLICY: RetryPolicy = {
  minDelayTarget: 1,
  maxDelayTarget: 20,
  numRetries: 100_015,
  numNoDelayRetries: 3,
  numMinDelayRetries: 2,
  numMaxDelayRetries: 100_000,
  backoffFunction: "exponential",
};

const DELAY_SECONDS_MAX = 3_600;
const RETRIES_MAX = 100;
const CONTENT_TYPES = new Set([
  "application/json",
  "application/octet-stream",
  "application/soap+xml",
  "application/xhtml+xml",
  "application/xml",
  "text/css",
  "text/html",
  "text/json",
  "text/plain",
  "text/xml",
]);
const BACKOFF_FUNCTIONS = new Set(["linear", "arithmetic", "geometric", "exponential"]);
const COUNTS = [
  "numRetries",
  "numNoDelayRetries",
  "numMinDelayRetries",
  "numMaxDelayRetries",
] as const;

/**
 * How long to wait, in milliseconds, before the retry that follows `retries` others; undefined when there is none
 * left. AWS adds jitter, which is left out here, so that tests see the same every time.
 */
export function retryDelay(policy: RetryPolicy, retries: number): number | undefined {
  if (retries >= policy.numRetries) return undefined;
  let index = retries;
  if (index < policy.numNoDelayRetries) return 0;
  index -= policy.numNoDelayRetries;
  if (index < policy.numMinDelayRetries) return policy.minDelayTarget * 1000;
  index -= policy.numMinDelayRetries;
  const backoffRetries =
    policy.numRetries -
    policy.numNoDelayRetries -
    policy.numMinDelayRetries -
    policy.numMaxDelayRetries;
  if (index >= backoffRetries) return policy.maxDelayTarget * 1000;
  return Math.round(backoffSeconds(policy, index, backoffRetries) * 1000);
}

/** All functions lead from the least delay at the first retry of the phase to the greatest at its last. */
function backoffSeconds(
  { backoffFunction, minDelayTarget: least, maxDelayTarget: most }: RetryPolicy,
  index: number,
  count: number,
): number {
  const progress = count === 1 ? 0 : index / (count - 1);
  switch (backoffFunction) {
    case "linear":
      return least + (most - least) * progress;
    case "arithmetic":
      return least + ((most - least) * progress * (index + 1)) / count;
    case "geometric":
      return least * (most / least) ** progress;
    case "exponential":
      return Math.min(most, least * 2 ** index);
  }
}

/** `{"http": {"defaultHealthyRetryPolicy": …}}`; throws `InvalidParameter`. */
export function checkTopicDeliveryPolicy(text: string, reason: string): void {
  const { http } = parseObject(text, reason);
  if (http === undefined) return;
  const policy = objectOf(http, reason);
  checkRetryPolicy(policy.defaultHealthyRetryPolicy, reason);
  checkRequestPolicy(policy.defaultRequestPolicy, reason);
}

/** `{"healthyRetryPolicy": …, "throttlePolicy": …, "requestPolicy": …}`; throws `InvalidParameter`. */
export function checkSubscriptionDeliveryPolicy(text: string, reason: string): void {
  const policy = parseObject(text, reason);
  checkRetryPolicy(policy.healthyRetryPolicy, reason);
  checkRequestPolicy(policy.requestPolicy, reason);
}

/** A topic's delivery policy with the defaults filled in, as GetTopicAttributes shows it. */
export function effectiveTopicDeliveryPolicy(text: string | undefined): Record<string, unknown> {
  const http = text ? objectOf(parseObject(text, "").http ?? {}, "") : {};
  return {
    http: {
      disableSubscriptionOverrides: false,
      ...http,
      defaultHealthyRetryPolicy: {
        ...HTTP_RETRY_POLICY,
        ...objectOf(http.defaultHealthyRetryPolicy ?? {}, ""),
      },
      defaultRequestPolicy: {
        headerContentType: CONTENT_TYPE,
        ...objectOf(http.defaultRequestPolicy ?? {}, ""),
      },
    },
  };
}

/** What holds for deliveries to an HTTP endpoint: the subscription's policy, over the topic's, over the defaults. */
export function effectiveSubscriptionDeliveryPolicy(
  topicText: string | undefined,
  subscriptionText: string | undefined,
): Record<string, unknown> {
  const http = objectOf(effectiveTopicDeliveryPolicy(topicText).http, "");
  const overridden = subscriptionText && http.disableSubscriptionOverrides !== true;
  const own = overridden ? parseObject(subscriptionText, "") : {};
  return {
    healthyRetryPolicy: {
      ...objectOf(http.defaultHealthyRetryPolicy, ""),
      ...objectOf(own.healthyRetryPolicy ?? {}, ""),
    },
    sicklyRetryPolicy: null,
    throttlePolicy: own.throttlePolicy ?? http.defaultThrottlePolicy ?? null,
    requestPolicy: {
      ...objectOf(http.defaultRequestPolicy, ""),
      ...objectOf(own.requestPolicy ?? {}, ""),
    },
    guaranteed: false,
  };
}

export function httpDeliveryPolicy(
  topicText: string | undefined,
  subscriptionText: string | undefined,
): HttpDeliveryPolicy {
  const effective = effectiveSubscriptionDeliveryPolicy(topicText, subscriptionText);
  const { headerContentType } = objectOf(effective.requestPolicy, "");
  return {
    // Both policies were checked member by member when they were set, and the defaults are whole.
    healthyRetryPolicy: effective.healthyRetryPolicy as RetryPolicy,
    contentType: typeof headerContentType === "string" ? headerContentType : CONTENT_TYPE,
  };
}

function checkRetryPolicy(given: unknown, reason: string): void {
  if (given === undefined || given === null) return;
  const policy = objectOf(given, reason);
  const merged: Record<string, unknown> = { ...HTTP_RETRY_POLICY, ...policy };
  const fail = (detail: string) => invalidParameter(`${reason}DeliveryPolicy: ${detail}`);
  for (const name of COUNTS) {
    const value = merged[name];
    if (!isWithin(value, 0, RETRIES_MAX))
      throw fail(`${name} must be less than or equal to ${RETRIES_MAX}`);
  }
  const { minDelayTarget: least, maxDelayTarget: most } = merged;
  if (!isWithin(least, 1, DELAY_SECONDS_MAX))
    throw fail(`minDelayTarget must be between 1 and ${DELAY_SECONDS_MAX}`);
  if (!isWithin(most, least, DELAY_SECONDS_MAX))
    throw fail("maxDelayTarget must be greater than or equal to minDelayTarget");
  if (!BACKOFF_FUNCTIONS.has(String(merged.backoffFunction)))
    throw fail(`backoffFunction must be one of ${[...BACKOFF_FUNCTIONS].join(", ")}`);
}

function checkRequestPolicy(given: unknown, reason: string): void {
  if (given === undefined || given === null) return;
  const { headerContentType } = objectOf(given, reason);
  if (headerContentType === undefined) return;
  const [type = ""] = String(headerContentType).split(";");
  if (!CONTENT_TYPES.has(type.trim().toLowerCase()))
    throw invalidParameter(`${reason}DeliveryPolicy: headerContentType is not supported`);
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

function parseObject(text: string, reason: string): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(text), reason);
  } catch {
    throw invalidParameter(`${reason}DeliveryPolicy: failed to parse JSON.`);
  }
}

function objectOf(value: unknown, reason: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalidParameter(`${reason}DeliveryPolicy`);
  return value as Readonly<Record<string, unknown>>;
}
