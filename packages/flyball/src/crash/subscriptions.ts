import {
  CreateTopicCommand,
  DeleteTopicCommand,
  paginateListSubscriptions,
  paginateListTopics,
  SubscribeCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import { Ledger } from "./ledger.ts";
import { ACCOUNT, type Clients, nameOf, type Part, queueArn, REGION } from "./part.ts";
import type { Random } from "./random.ts";

const TOPICS_MAX = 5;

/** Topics and what subscribes to them. */
export class Subscriptions implements Part {
  readonly name = "topics";
  readonly #topics = new Ledger("topic");
  /** By topic and endpoint: the ARN is known only to who got the answer. */
  readonly #subscriptions = new Ledger("subscription");
  readonly #arns = new Map<string, string>();
  #made = 0;

  get size(): number {
    return this.#topics.size + this.#subscriptions.size;
  }

  async step({ sns }: Clients, random: Random): Promise<void> {
    const topic = random.pick(this.#topics.present());
    if (topic === undefined || (this.#topics.size < TOPICS_MAX && random.chance(0.2))) {
      this.#made += 1;
      const name = `topic-${this.#made}`;
      await this.#topics.change([[name, "there"]], () =>
        sns.send(new CreateTopicCommand({ Name: name })),
      );
      return;
    }
    const own = this.#subscriptions.present().filter((key) => key.startsWith(`${topic}/`));
    if (random.chance(0.1)) {
      await this.#subscriptions.change(
        own.map((key) => [key, undefined]),
        () =>
          this.#topics.change([[topic, undefined]], () =>
            sns.send(new DeleteTopicCommand({ TopicArn: topicArn(topic) })),
          ),
      );
      return;
    }
    const subscription = random.pick(own);
    if (subscription !== undefined && random.chance(0.4)) {
      await this.#subscriptions.change([[subscription, undefined]], () =>
        sns.send(new UnsubscribeCommand({ SubscriptionArn: this.#arns.get(subscription) })),
      );
      return;
    }
    this.#made += 1;
    const queue = `subscriber-${this.#made}`;
    const key = `${topic}/${queue}`;
    const { SubscriptionArn = "" } = await this.#subscriptions.change([[key, "there"]], () =>
      sns.send(
        new SubscribeCommand({
          TopicArn: topicArn(topic),
          Protocol: "sqs",
          Endpoint: queueArn(queue),
        }),
      ),
    );
    this.#arns.set(key, SubscriptionArn);
  }

  async check({ sns: client }: Clients): Promise<void> {
    const topics = new Map<string, string>();
    for await (const { Topics = [] } of paginateListTopics({ client }, {}))
      for (const { TopicArn = "" } of Topics) topics.set(nameOf(TopicArn), "there");
    const subscriptions = new Map<string, string>();
    for await (const { Subscriptions = [] } of paginateListSubscriptions({ client }, {}))
      for (const { TopicArn = "", Endpoint = "", SubscriptionArn = "" } of Subscriptions) {
        const key = `${nameOf(TopicArn)}/${nameOf(Endpoint)}`;
        subscriptions.set(key, "there");
        this.#arns.set(key, SubscriptionArn);
      }
    for (const key of [...topics.keys(), ...subscriptions.keys()])
      if (!key.startsWith("topic-")) for (const found of [topics, subscriptions]) found.delete(key);
    this.#topics.check(topics);
    this.#subscriptions.check(subscriptions);
  }
}

export function topicArn(name: string): string {
  return `arn:aws:sns:${REGION}:${ACCOUNT}:${name}`;
}
