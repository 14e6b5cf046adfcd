import type { Key, ReadTransaction } from "../../store/store.ts";
import type { Tags } from "../../tags.ts";
import type { TopicArn } from "./arn.ts";
import { notFound } from "./errors.ts";

export interface Topic {
  readonly arn: string;
  readonly name: string;
  readonly fifo: boolean;
  /** As they were set; what was not set has a default (`topic-attributes.ts`). */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Tags;
  readonly dataProtectionPolicy?: string;
  readonly subscriptionsDeleted: number;
}

export function topicKey({ account, region, name }: TopicArn): Key {
  return ["sns", account, region, "topic", name];
}

/** Throws `NotFound` where there is none. */
export function requireTopic(tx: ReadTransaction, arn: TopicArn): Topic {
  const topic = tx.get<Topic>(topicKey(arn));
  if (!topic) throw notFound("Topic");
  return topic;
}

/** The attributes of a request that have a value. */
export function definedOf(
  attributes: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
