import type { Cloud } from "../../cloud.ts";
import type { MessageAttributes } from "./message.ts";
import type { Notification } from "./notification.ts";
import { type SignatureVersion, signDocument } from "./signature.ts";
import { isRaw, type Subscription } from "./subscription.ts";
import type { Topic } from "./topic.ts";

type Document = Readonly<Record<string, unknown>>;

/**
 * What a queue or an HTTP endpoint is sent: the document, or where raw delivery is on the text of a message alone.
 * A confirmation is never raw.
 */
export async function bodyFor(
  cloud: Cloud,
  topic: Topic,
  subscription: Subscription,
  notification: Notification,
): Promise<{ raw: boolean; body: string }> {
  const raw = isRaw(subscription) && notification.type === "Notification";
  const body = raw
    ? notification.text
    : await jsonEnvelope(cloud, topic, subscription.arn, notification);
  return { raw, body };
}

/**
 * The JSON document that SQS queues and HTTP endpoints get, spaced as AWS spaces it. Messages of FIFO topics have a
 * sequence number and no signature. Source: SNS developer guide, "Parsing message formats".
 */
async function jsonEnvelope(
  cloud: Cloud,
  topic: Topic,
  subscriptionArn: string,
  notification: Notification,
): Promise<string> {
  const version: SignatureVersion = topic.attributes.SignatureVersion === "2" ? "2" : "1";
  const document = baseDocument(cloud, topic, notification);
  const signed = topic.fifo ? {} : await signatureFields(cloud, document, version);
  const attributes = attributesDocument(notification.attributes);
  return spaced({
    ...document,
    ...signed,
    ...(notification.type === "Notification"
      ? { UnsubscribeURL: unsubscribeUrl(cloud, subscriptionArn) }
      : {}),
    ...(Object.keys(attributes).length > 0 ? { MessageAttributes: attributes } : {}),
  });
}

/**
 * The event that a function gets. It spells `SigningCertUrl` and `UnsubscribeUrl`, has `MessageAttributes` and
 * `Subject` always, and is signed by version 1 whatever the topic says. Source: Lambda developer guide, "Using Lambda
 * with Amazon SNS".
 */
export async function lambdaEvent(
  cloud: Cloud,
  topic: Topic,
  subscriptionArn: string,
  notification: Notification,
): Promise<string> {
  const document = baseDocument(cloud, topic, notification);
  const { signature, certificateUrl } = await signDocument(cloud, document, "1");
  return JSON.stringify({
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: subscriptionArn,
        Sns: {
          Type: notification.type,
          MessageId: notification.messageId,
          TopicArn: topic.arn,
          Subject: notification.subject ?? null,
          Message: notification.text,
          Timestamp: isoTime(notification.timestamp),
          SignatureVersion: "1",
          Signature: signature,
          SigningCertUrl: certificateUrl,
          UnsubscribeUrl: unsubscribeUrl(cloud, subscriptionArn),
          MessageAttributes: attributesDocument(notification.attributes),
        },
      },
    ],
  });
}

function baseDocument(cloud: Cloud, topic: Topic, notification: Notification): Document {
  const { type, messageId, token, subject, text, timestamp, sequenceNumber } = notification;
  return {
    Type: type,
    MessageId: messageId,
    ...(sequenceNumber === undefined ? {} : { SequenceNumber: sequenceNumber }),
    ...(token === undefined ? {} : { Token: token }),
    TopicArn: topic.arn,
    ...(subject === undefined ? {} : { Subject: subject }),
    Message: text,
    ...(token === undefined ? {} : { SubscribeURL: subscribeUrl(cloud, topic.arn, token) }),
    Timestamp: isoTime(timestamp),
  };
}

async function signatureFields(
  cloud: Cloud,
  document: Document,
  version: SignatureVersion,
): Promise<Document> {
  const { signature, certificateUrl } = await signDocument(cloud, document, version);
  return { SignatureVersion: version, Signature: signature, SigningCertURL: certificateUrl };
}

function attributesDocument(
  attributes: MessageAttributes,
): Record<string, { Type: string; Value: string }> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType = "", StringValue, BinaryValue }]) => {
      const value = StringValue ?? Buffer.from(BinaryValue ?? []).toString("base64");
      return [name, { Type: DataType, Value: value }];
    }),
  );
}

function subscribeUrl({ endpoint }: Cloud, topicArn: string, token: string): string {
  return `${endpoint}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`;
}

function unsubscribeUrl({ endpoint }: Cloud, subscriptionArn: string): string {
  return `${endpoint}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`;
}

function isoTime(timestamp: number): string {
  return new Date(timestamp).toISOString();
}

/** `"Type" : "Notification"`: two spaces of indentation, and a space on both sides of the colon. */
function spaced(document: Document): string {
  const members = Object.entries(document).map(([name, value]) => {
    if (typeof value !== "object" || value === null)
      return `  ${JSON.stringify(name)} : ${JSON.stringify(value)}`;
    const inner = Object.entries(value).map(
      ([key, { Type, Value }]) =>
        `    ${JSON.stringify(key)} : {"Type":${JSON.stringify(Type)},"Value":${JSON.stringify(Value)}}`,
    );
    return `  ${JSON.stringify(name)} : {\n${inner.join(",\n")}\n  }`;
  });
  return `{\n${members.join(",\n")}\n}`;
}
