import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import { removeTags, tagList } from "../../tags.ts";
import { parseTopicArn, type TopicArn } from "./arn.ts";
import { addTags, checkTags } from "./tags.ts";
import { type Topic, topicKey } from "./topic.ts";

export const tagResource: OperationOf<"sns", "TagResource"> = async (call, input) => {
  const arn = parseTopicArn(input.ResourceArn, "ResourceArn");
  const added = checkTags(input.Tags ?? []);
  await call.cloud.store.write((tx) => {
    const topic = taggedTopic(tx, arn);
    const tags = addTags(topic.tags, added);
    tx.put<Topic>(topicKey(arn), { ...topic, tags });
  });
  return {};
};

export const untagResource: OperationOf<"sns", "UntagResource"> = async (call, input) => {
  const arn = parseTopicArn(input.ResourceArn, "ResourceArn");
  const removed = input.TagKeys ?? [];
  await call.cloud.store.write((tx) => {
    const topic = taggedTopic(tx, arn);
    const tags = removeTags(topic.tags, removed);
    tx.put<Topic>(topicKey(arn), { ...topic, tags });
  });
  return {};
};

export const listTagsForResource: OperationOf<"sns", "ListTagsForResource"> = (call, input) => {
  const arn = parseTopicArn(input.ResourceArn, "ResourceArn");
  const { tags } = call.cloud.store.read((tx) => taggedTopic(tx, arn));
  return { Tags: tagList(tags) };
};

function taggedTopic(tx: ReadTransaction, arn: TopicArn): Topic {
  const topic = tx.get<Topic>(topicKey(arn));
  if (!topic) throw new ServiceError("ResourceNotFoundException", "Resource does not exist");
  return topic;
}
