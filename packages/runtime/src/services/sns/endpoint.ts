import { ServiceError } from "../../errors.ts";
import { parseEndpointArn, type TopicArn } from "./arn.ts";
import { invalidParameter } from "./errors.ts";

/** The protocols that can be subscribed here. Mail is never sent: such subscriptions stay pending. */
export type Protocol = "http" | "https" | "email" | "email-json" | "sqs" | "lambda";

const OTHER_PROTOCOLS = new Set(["sms", "application", "firehose"]);
const FIFO_SUFFIX = ".fifo";

/**
 * Throws `InvalidParameter` when the endpoint is not one of its protocol or not one that the topic can deliver to,
 * and `NotImplemented` for the protocols of AWS that need what Flyball does not have.
 */
export function checkEndpoint(
  protocol: string | undefined,
  endpoint: string | undefined,
  topic: TopicArn,
): { protocol: Protocol; endpoint: string } {
  if (protocol === undefined)
    throw invalidParameter("Protocol Reason: no value for required parameter");
  if (OTHER_PROTOCOLS.has(protocol))
    throw new ServiceError(
      "NotImplemented",
      `Flyball's SNS delivers by sqs, lambda, http and https; it does not implement ${protocol}.`,
      { httpStatus: 501 },
    );
  if (!isProtocol(protocol))
    throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`);
  if (!endpoint) throw invalidParameter("Endpoint");
  checkForm(protocol, endpoint);
  const fifoTopic = topic.name.endsWith(FIFO_SUFFIX);
  if (fifoTopic && protocol !== "sqs")
    throw invalidParameter(
      `Invalid parameter: Endpoint Reason: Please use Amazon SQS endpoints: FIFO topics do not deliver by ${protocol}`,
    );
  if (!fifoTopic && protocol === "sqs" && endpoint.endsWith(FIFO_SUFFIX))
    throw invalidParameter(
      "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
    );
  return { protocol, endpoint };
}

function checkForm(protocol: Protocol, endpoint: string): void {
  switch (protocol) {
    case "http":
    case "https":
      if (!endpoint.startsWith(`${protocol}://`))
        throw invalidParameter("Endpoint must match the specified protocol");
      if (!URL.canParse(endpoint)) throw invalidParameter("Endpoint");
      return;
    case "sqs":
      if (parseEndpointArn(endpoint)?.service !== "sqs") throw invalidParameter("SQS endpoint ARN");
      return;
    case "lambda":
      if (parseEndpointArn(endpoint)?.service !== "lambda")
        throw invalidParameter("Lambda endpoint ARN");
      return;
    case "email":
    case "email-json":
      if (!endpoint.includes("@")) throw invalidParameter("Email address");
  }
}

function isProtocol(protocol: string): protocol is Protocol {
  return ["http", "https", "email", "email-json", "sqs", "lambda"].includes(protocol);
}
