import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { eventually } from "../testing/flyball-process.ts";
import { Ledger } from "./ledger.ts";
import { ACCOUNT, type Clients, nameOf, type Part } from "./part.ts";
import type { Random } from "./random.ts";

const QUEUES_MAX = 4;
const MESSAGES_MAX = 200;
/** How long what was received before a kill stays hidden after it. */
const VISIBILITY_TIMEOUT_SECONDS = 1;
const LOOK_VISIBILITY_SECONDS = 60;

/** Queues with messages, of which some are deleted again. */
export class Queues implements Part {
  readonly name: string;
  readonly #queues: Ledger;
  readonly #messages: Ledger;
  #made = 0;

  constructor(name: string) {
    this.name = name;
    this.#queues = new Ledger("queue");
    this.#messages = new Ledger("message");
  }

  get size(): number {
    return this.#queues.size + this.#messages.size;
  }

  async step({ sqs }: Clients, random: Random): Promise<void> {
    const queue = random.pick(this.#queues.present());
    if (queue === undefined || (this.#queues.size < QUEUES_MAX && random.chance(0.05)))
      return this.#create(sqs);
    const url = await urlOf(sqs, queue);
    if (random.chance(0.03)) return this.#delete(sqs, queue, url);
    if (random.chance(0.3)) return this.#deleteMessage(sqs, queue, url);
    if (this.#messages.size >= MESSAGES_MAX) return;
    if (random.chance(0.2)) return this.#sendBatch(sqs, queue, url, random.between(2, 10));
    const body = this.#name("message");
    await this.#messages.change([[`${queue}/${body}`, "there"]], () =>
      sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body })),
    );
  }

  async check({ sqs }: Clients): Promise<void> {
    const { QueueUrls = [] } = await sqs.send(
      new ListQueuesCommand({ QueueNamePrefix: `${this.name}-` }),
    );
    this.#queues.check(new Map(QueueUrls.map((url) => [nameOf(url), "there"])));
    const found = new Map<string, string>();
    for (const url of QueueUrls) {
      // What was received just before the kill is hidden for a moment more.
      await eventually("what is hidden", () => nothingHidden(sqs, url));
      const received = await receiveAll(sqs, url);
      for (const { body } of received) found.set(`${nameOf(url)}/${body}`, "there");
      await showAgain(sqs, url, received);
    }
    this.#messages.check(found);
  }

  #name(what: string): string {
    this.#made += 1;
    return `${this.name}-${what}-${this.#made}`;
  }

  async #create(sqs: SQSClient): Promise<void> {
    const queue = this.#name("queue");
    await this.#queues.change([[queue, "there"]], () =>
      sqs.send(
        new CreateQueueCommand({
          QueueName: queue,
          Attributes: { VisibilityTimeout: String(VISIBILITY_TIMEOUT_SECONDS) },
        }),
      ),
    );
  }

  async #delete(sqs: SQSClient, queue: string, url: string): Promise<void> {
    const inside = this.#messages.present().filter((key) => key.startsWith(`${queue}/`));
    await this.#messages.change(
      inside.map((key) => [key, undefined]),
      () =>
        this.#queues.change([[queue, undefined]], () =>
          sqs.send(new DeleteQueueCommand({ QueueUrl: url })),
        ),
    );
  }

  async #sendBatch(sqs: SQSClient, queue: string, url: string, size: number): Promise<void> {
    const bodies = Array.from({ length: size }, () => this.#name("message"));
    await this.#messages.change(
      bodies.map((body) => [`${queue}/${body}`, "there"]),
      () =>
        sqs.send(
          new SendMessageBatchCommand({
            QueueUrl: url,
            Entries: bodies.map((body) => ({ Id: body, MessageBody: body })),
          }),
        ),
    );
  }

  async #deleteMessage(sqs: SQSClient, queue: string, url: string): Promise<void> {
    const { Messages: [message] = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: url }),
    );
    if (!message) return;
    await this.#messages.change([[`${queue}/${message.Body}`, undefined]], () =>
      sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle })),
    );
  }
}

/** A queue's URL, which names the port that the cloud has this time. */
export async function urlOf(sqs: SQSClient, queue: string): Promise<string> {
  const { protocol, hostname, port } = (await sqs.config.endpoint?.()) ?? {
    protocol: "http:",
    hostname: "127.0.0.1",
    port: 4566,
  };
  return `${protocol}//${hostname}:${port}/${ACCOUNT}/${queue}`;
}

async function nothingHidden(sqs: SQSClient, url: string): Promise<boolean> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: ["ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return Attributes?.ApproximateNumberOfMessagesNotVisible === "0";
}

interface Received {
  readonly body: string;
  readonly receipt: string;
}

/** Receives all that is visible, and hides it while it is looked at. */
async function receiveAll(sqs: SQSClient, url: string): Promise<Received[]> {
  const all: Received[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: LOOK_VISIBILITY_SECONDS,
      }),
    );
    if (Messages.length === 0) return all;
    for (const { Body: body = "", ReceiptHandle: receipt = "" } of Messages)
      all.push({ body, receipt });
  }
}

async function showAgain(sqs: SQSClient, url: string, received: readonly Received[]) {
  for (let from = 0; from < received.length; from += 10)
    await sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: url,
        Entries: received.slice(from, from + 10).map(({ receipt }, index) => ({
          Id: String(index),
          ReceiptHandle: receipt,
          VisibilityTimeout: 0,
        })),
      }),
    );
}
