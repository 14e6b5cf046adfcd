import type { Tag } from "@aws-sdk/client-sns";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { parseTopicArn, type TopicArn } from "./arn.ts";
import { invalidParameter } from "./errors.ts";
import { type Topic, topicKey } from "./topic.ts";

export type Tags = Readonly<Record<string, string>>;

/** Source: API reference, TagResource. */
const TAGS_PER_TOPIC_MAX = 50;
const TAG_KEY_LENGTH_MAX = 128;
const TAG_VALUE_LENGTH_MAX = 256;

/** Throws `InvalidParameter` on a tag that is missing its key, too long or there twice. */
export function checkTags(given: readonly Tag[]): Tags {
  const tags: Record<string, string> = {};
  for (const { Key: key, Value: value = "" } of given) {
    if (!key || key.length > TAG_KEY_LENGTH_MAX) throw invalidParameter("Tags Reason: Key");
    if (value.length > TAG_VALUE_LENGTH_MAX) throw invalidParameter("Tags Reason: Value");
    if (Object.hasOwn(tags, key)) throw invalidParameter("Duplicated keys are not allowed.");
    tags[key] = value;
  }
  checkCount(tags);
  return tags;
}

export const tagResource: OperationOf<"sns", "TagResource"> = async (call, input) => {
  const arn = parseTopicArn(input.ResourceArn, "ResourceArn");
  const added = checkTags(input.Tags ?? []);
  await call.cloud.store.write((tx) => {
    const topic = taggedTopic(tx, arn);
    const tags = { ...topic.tags, ...added };
    checkCount(tags);
    tx.put<Topic>(topicKey(arn), { ...topic, tags });
  });
  return {};
};

export const untagResource: OperationOf<"sns", "UntagResource"> = async (call, input) => {
  const arn = parseTopicArn(input.ResourceArn, "ResourceArn");
  const removed = new Set(input.TagKeys ?? []);
  await call.cloud.store.write((tx) => {
    const topic = taggedTopic(tx, arn);
    const tags = Object.fromEntries(
      Object.entries(topic.tags).filter(([key]) => !removed.has(key)),
    );
    tx.put<Topic>(topicKey(arn), { ...topic, tags });
  });
  return {};
};

export const listTagsForResource: OperationOf<"sns", "ListTagsForResource"> = (call, input) => {
  const arn = parseTopicArn(input.ResourceArn, "ResourceArn");
  const { tags } = call.cloud.store.read((tx) => taggedTopic(tx, arn));
  return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
};

function taggedTopic(tx: Pick<WriteTransaction, "get">, arn: TopicArn): Topic {
  const topic = tx.get<Topic>(topicKey(arn));
  if (!topic) throw new ServiceError("ResourceNotFoundException", "Resource does not exist");
  return topic;
}

function checkCount(tags: Tags): void {
  if (Object.keys(tags).length > TAGS_PER_TOPIC_MAX)
    throw new ServiceError(
      "TagLimitExceededException",
      "Could not complete request: tag quota of per resource exceeded",
    );
}
