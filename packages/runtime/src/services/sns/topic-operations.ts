import type { OperationOf } from "../../service.ts";
import type { Tags } from "../../tags.ts";
import { parseLocalTopicArn, topicArn } from "./arn.ts";
import { invalidParameter } from "./errors.ts";
import { pageOf } from "./page.ts";
import { checkTags } from "./tags.ts";
import { definedOf, type Topic, topicKey } from "./topic.ts";
import { checkTopicAttribute, isDefaultValue } from "./topic-attributes.ts";

/** Letters, digits, underscores and hyphens; a FIFO topic's name ends in `.fifo`. Source: API reference, CreateTopic. */
const TOPIC_NAME = /^[A-Za-z0-9_-]{1,256}$/;
const FIFO_SUFFIX = ".fifo";
const TOPIC_NAME_LENGTH_MAX = 256;

/** Makes the topic; answers with the one that is there when that has the same attributes and tags. */
export const createTopic: OperationOf<"sns", "CreateTopic"> = async (call, input) => {
  const { Name: name, Attributes: given = {}, DataProtectionPolicy: dataProtectionPolicy } = input;
  if (name === undefined) throw invalidParameter("Name Reason: no value for required parameter");
  const attributes = definedOf(given);
  const fifo = attributes.FifoTopic?.toLowerCase() === "true";
  checkName(name, fifo);
  for (const [attribute, value] of Object.entries(attributes))
    checkTopicAttribute(attribute, value, { fifo, creating: true });
  const tags = checkTags(input.Tags ?? []);
  const arn = topicArn(call.caller, name);
  await call.cloud.store.write((tx) => {
    const existing = tx.get<Topic>(topicKey(arn));
    if (existing) return checkSame(existing, attributes, input.Tags && tags);
    const topic: Topic = {
      arn: arn.arn,
      name,
      fifo,
      attributes,
      tags,
      subscriptionsDeleted: 0,
      ...(dataProtectionPolicy === undefined ? {} : { dataProtectionPolicy }),
    };
    tx.put(topicKey(arn), topic);
  });
  return { TopicArn: arn.arn };
};

/** Deletes the topic and its subscriptions; no error where there is none. */
export const deleteTopic: OperationOf<"sns", "DeleteTopic"> = async (call, input) => {
  const arn = parseLocalTopicArn(call.caller, input.TopicArn);
  await call.cloud.store.write((tx) => {
    if (!tx.get<Topic>(topicKey(arn))) return;
    const below = ["subscription", "endpoint", "duplicate", "duplicate-expiry"];
    const keys = below.flatMap((noun) => [
      ...tx.range({ prefix: ["sns", arn.account, arn.region, noun, arn.name] }),
    ]);
    for (const { key } of keys) tx.delete(key);
    tx.delete(["sns", arn.account, arn.region, "sequence", arn.name]);
    tx.delete(topicKey(arn));
  });
  return {};
};

export const listTopics: OperationOf<"sns", "ListTopics"> = (call, input) => {
  const { account, region } = call.caller;
  const { items, ...more } = call.cloud.store.read((tx) =>
    pageOf<Topic>(tx, ["sns", account, region, "topic"], input.NextToken),
  );
  return { Topics: items.map((topic) => ({ TopicArn: topic.arn })), ...more };
};

function checkName(name: string, fifo: boolean): void {
  if (fifo !== name.endsWith(FIFO_SUFFIX)) throw invalidParameter("Topic Name");
  const stem = fifo ? name.slice(0, -FIFO_SUFFIX.length) : name;
  if (!TOPIC_NAME.test(stem) || name.length > TOPIC_NAME_LENGTH_MAX)
    throw invalidParameter("Topic Name");
}

function checkSame(
  existing: Topic,
  attributes: Readonly<Record<string, string>>,
  tags: Tags | undefined,
): void {
  for (const [name, value] of Object.entries(attributes))
    if (existing.attributes[name] !== value && !isDefaultValue(existing, name, value))
      throw invalidParameter("Attributes Reason: Topic already exists with different attributes");
  if (!tags) return;
  const names = new Set([...Object.keys(tags), ...Object.keys(existing.tags)]);
  for (const name of names)
    if (tags[name] !== existing.tags[name])
      throw invalidParameter("Tags Reason: Topic already exists with different tags");
}
