import { type Arn, arn, parseArn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import { invalidParameter } from "./errors.ts";

/** A topic's ARN and what it says. */
export interface TopicArn {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export interface SubscriptionArn {
  readonly arn: string;
  readonly topic: TopicArn;
  readonly id: string;
}

const ARN_PARTS_MIN = 6;

export function topicArn({ account, region }: Caller, name: string): TopicArn {
  return { arn: arn("sns", region, account, name), account, region, name };
}

/** Throws `InvalidParameter` in SNS's words when `value` is not the ARN of a topic. */
export function parseTopicArn(value: string | undefined, parameter = "TopicArn"): TopicArn {
  const parts = arnParts(value, parameter);
  const [, , service, region, account, name, ...rest] = parts;
  if (service !== "sns" || !region || !account || !name || rest.length > 0)
    throw invalidParameter(parameter);
  return { arn: parts.join(":"), account, region, name };
}

/** A topic's ARN that has to be in the caller's Region: SNS answers for no other. */
export function parseLocalTopicArn(
  caller: Caller,
  value: string | undefined,
  parameter = "TopicArn",
): TopicArn {
  const topic = parseTopicArn(value, parameter);
  if (topic.region !== caller.region) throw invalidParameter(parameter);
  return topic;
}

export function parseSubscriptionArn(value: string | undefined): SubscriptionArn {
  const parts = arnParts(value, "SubscriptionArn");
  const [, , service, region, account, name, id] = parts;
  if (service !== "sns" || !region || !account || !name || !id || parts.length !== 7)
    throw invalidParameter("SubscriptionId");
  const topic = { arn: parts.slice(0, 6).join(":"), account, region, name };
  return { arn: parts.join(":"), topic, id };
}

/** The ARN of an endpoint, which lies in an account and a Region; undefined where `value` is none. */
export function parseEndpointArn(value: string): Arn | undefined {
  const parsed = parseArn(value);
  return parsed?.region && parsed.account ? parsed : undefined;
}

function arnParts(value: string | undefined, parameter: string): string[] {
  if (value === undefined)
    throw invalidParameter(`${parameter} Reason: no value for required parameter`);
  const parts = value.split(":");
  if (parts.length < ARN_PARTS_MIN)
    throw invalidParameter(
      `${parameter} Reason: An ARN must have at least ${ARN_PARTS_MIN} elements, not ${parts.length}`,
    );
  if (parts[0] !== "arn") throw invalidParameter(parameter);
  return parts;
}
