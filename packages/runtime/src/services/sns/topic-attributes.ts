import type { OperationOf } from "../../service.ts";
import { parseLocalTopicArn } from "./arn.ts";
import { checkTopicDeliveryPolicy, effectiveTopicDeliveryPolicy } from "./delivery-policy.ts";
import { invalidParameter } from "./errors.ts";
import { defaultPolicy, parsePolicy } from "./permission.ts";
import { countSubscriptions } from "./subscription.ts";
import { requireTopic, type Topic, topicKey } from "./topic.ts";

/** Source: API reference, CreateTopic, `MaximumMessageSize`. */
export const MESSAGE_BYTES_MAX_DEFAULT = 262_144;
const MESSAGE_BYTES_MAX_LEAST = 1_024;
const MESSAGE_BYTES_MAX_MOST = 1_048_576;
const DISPLAY_NAME_LENGTH_MAX = 100;

const FEEDBACK =
  /^(HTTP|Firehose|Lambda|Application|SQS)(SuccessFeedbackRoleArn|SuccessFeedbackSampleRate|FailureFeedbackRoleArn)$/;
const BOOLEAN = /^(true|false)$/i;

interface AttributeRule {
  readonly fifoOnly?: boolean;
  readonly creatingOnly?: boolean;
  readonly accepts: (value: string) => boolean;
}

const RULES: Readonly<Record<string, AttributeRule>> = {
  FifoTopic: { creatingOnly: true, accepts: (value) => BOOLEAN.test(value) },
  ContentBasedDeduplication: { fifoOnly: true, accepts: (value) => BOOLEAN.test(value) },
  FifoThroughputScope: {
    fifoOnly: true,
    accepts: (value) => value === "Topic" || value === "MessageGroup",
  },
  ArchivePolicy: { fifoOnly: true, accepts: isJsonObject },
  DeliveryPolicy: { accepts: () => true },
  DisplayName: { accepts: (value) => value.length <= DISPLAY_NAME_LENGTH_MAX },
  KmsMasterKeyId: { accepts: () => true },
  MaximumMessageSize: {
    accepts: (value) =>
      /^\d+$/.test(value) &&
      Number(value) >= MESSAGE_BYTES_MAX_LEAST &&
      Number(value) <= MESSAGE_BYTES_MAX_MOST,
  },
  Policy: { accepts: () => true },
  SignatureVersion: { accepts: (value) => value === "1" || value === "2" },
  TracingConfig: { accepts: (value) => value === "PassThrough" || value === "Active" },
};

/** Throws `InvalidParameter` on an attribute that no such topic has, and on a value that it cannot have. */
export function checkTopicAttribute(
  name: string,
  value: string,
  { fifo, creating }: { fifo: boolean; creating: boolean },
): void {
  const rule = FEEDBACK.test(name) ? { accepts: () => true } : RULES[name];
  const reason = creating ? "Attributes Reason: " : "";
  if (!rule || (rule.creatingOnly && !creating) || (rule.fifoOnly && !fifo))
    throw invalidParameter(creating ? `${reason}Unknown attribute ${name}` : "AttributeName");
  if (!rule.accepts(value)) throw invalidParameter(`${reason}${name}`);
  if (name === "DeliveryPolicy" && value !== "") checkTopicDeliveryPolicy(value, reason);
  if (name === "Policy" && value !== "") parsePolicy(value, reason);
}

/** Whether a topic that does not have the attribute behaves as if it had this value. */
export function isDefaultValue(topic: Topic, name: string, value: string): boolean {
  if (topic.attributes[name] !== undefined) return false;
  return (
    defaultsOf(topic)[name] === value || (!topic.fifo && name === "FifoTopic" && value === "false")
  );
}

export const getTopicAttributes: OperationOf<"sns", "GetTopicAttributes"> = (call, input) => {
  const arn = parseLocalTopicArn(call.caller, input.TopicArn);
  return call.cloud.store.read((tx) => {
    const topic = requireTopic(tx, arn);
    const { confirmed, pending } = countSubscriptions(tx, arn);
    const { Policy: policy, ...attributes } = topic.attributes;
    return {
      Attributes: {
        ...defaultsOf(topic),
        ...attributes,
        Policy: policy || defaultPolicy(arn),
        Owner: arn.account,
        TopicArn: topic.arn,
        EffectiveDeliveryPolicy: JSON.stringify(
          effectiveTopicDeliveryPolicy(attributes.DeliveryPolicy),
        ),
        SubscriptionsConfirmed: String(confirmed),
        SubscriptionsPending: String(pending),
        SubscriptionsDeleted: String(topic.subscriptionsDeleted),
      },
    };
  });
};

export const setTopicAttributes: OperationOf<"sns", "SetTopicAttributes"> = async (call, input) => {
  const arn = parseLocalTopicArn(call.caller, input.TopicArn);
  const { AttributeName: name, AttributeValue: value = "" } = input;
  if (name === undefined)
    throw invalidParameter("AttributeName Reason: no value for required parameter");
  await call.cloud.store.write((tx) => {
    const topic = requireTopic(tx, arn);
    checkTopicAttribute(name, value, { fifo: topic.fifo, creating: false });
    const { [name]: _, ...others } = topic.attributes;
    const cleared = value === "" && name !== "DisplayName";
    const attributes = cleared ? others : { ...others, [name]: value };
    tx.put<Topic>(topicKey(arn), { ...topic, attributes });
  });
  return {};
};

/** What AWS answers with for a topic on which nothing was set. */
function defaultsOf(topic: Topic): Record<string, string> {
  return {
    DisplayName: "",
    ...(topic.fifo
      ? { FifoTopic: "true", ContentBasedDeduplication: "false", FifoThroughputScope: "Topic" }
      : {}),
  };
}

function isJsonObject(value: string): boolean {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}
