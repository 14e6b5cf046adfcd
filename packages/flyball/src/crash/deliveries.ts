import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  InvokeCommand,
} from "@aws-sdk/client-lambda";
import { CreateTopicCommand, PublishCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { eventually, zipOf } from "../testing/flyball-process.ts";
import { type Clients, type Part, queueArn, ROLE } from "./part.ts";
import { urlOf } from "./queues.ts";
import type { Random } from "./random.ts";
import { topicArn } from "./subscriptions.ts";

const FUNCTION = "forward";
const WORK = "work";
const ARRIVED = "arrived";
const TOPIC = "news";
const UNDER_WAY_MAX = 30;
const ARRIVED_MS_MAX = 20_000;

/**
 * What one service takes and owes to another: an asynchronous invoke, a topic's delivery, a message of a queue that
 * invokes a function. Each of these ends as a message in one queue, at least once, when it was acknowledged.
 */
export class Deliveries implements Part {
  readonly name = "deliveries";
  readonly #acknowledged = new Set<string>();
  readonly #arrived = new Set<string>();
  #made = 0;

  /** Everything in this that is fixed: made once, before the first kill. */
  async build({ sqs, sns, lambda }: Clients): Promise<void> {
    for (const name of [WORK, ARRIVED])
      await sqs.send(
        new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: "3" } }),
      );
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: FUNCTION,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Role: ROLE,
        Timeout: 3,
        Code: {
          ZipFile: zipOf(`
            import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
            const sqs = new SQSClient({});
            const QueueUrl = process.env.AWS_ENDPOINT_URL + "/000000000000/${ARRIVED}";
            export async function handler(event) {
              const ids = event.Records?.map(({ body }) => body) ?? [event.id];
              for (const id of ids)
                await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: id }));
            }`),
        },
      }),
    );
    await lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName: FUNCTION,
        EventSourceArn: queueArn(WORK),
      }),
    );
    await sns.send(new CreateTopicCommand({ Name: TOPIC }));
    await sns.send(
      new SubscribeCommand({
        TopicArn: topicArn(TOPIC),
        Protocol: "sqs",
        Endpoint: queueArn(ARRIVED),
        Attributes: { RawMessageDelivery: "true" },
      }),
    );
  }

  get size(): number {
    return this.#acknowledged.size;
  }

  async step(clients: Clients, random: Random): Promise<void> {
    if (this.#underWay().length >= UNDER_WAY_MAX || random.chance(0.1)) return this.#look(clients);
    this.#made += 1;
    const kind = random.pick(["invoke", "publish", "message"] as const) ?? "invoke";
    const id = `${kind}-${this.#made}`;
    await this.#cause(clients, kind, id);
    this.#acknowledged.add(id);
  }

  async check(clients: Clients): Promise<void> {
    const allThere = async () => {
      await this.#look(clients);
      return this.#underWay().length === 0;
    };
    await eventually("every delivery", allThere, ARRIVED_MS_MAX).catch(() => {
      throw new Error(`acknowledged, and never delivered: ${this.#underWay().join(", ")}`);
    });
  }

  #underWay(): string[] {
    return [...this.#acknowledged].filter((id) => !this.#arrived.has(id));
  }

  async #cause(
    { sqs, sns, lambda }: Clients,
    kind: "invoke" | "publish" | "message",
    id: string,
  ): Promise<unknown> {
    switch (kind) {
      case "invoke":
        return lambda.send(
          new InvokeCommand({
            FunctionName: FUNCTION,
            InvocationType: "Event",
            Payload: Buffer.from(JSON.stringify({ id })),
          }),
        );
      case "publish":
        return sns.send(new PublishCommand({ TopicArn: topicArn(TOPIC), Message: id }));
      case "message":
        return sqs.send(
          new SendMessageCommand({ QueueUrl: await urlOf(sqs, WORK), MessageBody: id }),
        );
    }
  }

  /** Takes out what has arrived. */
  async #look({ sqs }: Clients): Promise<void> {
    const QueueUrl = await urlOf(sqs, ARRIVED);
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return;
    for (const { Body = "" } of Messages) this.#arrived.add(Body);
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    );
  }
}
