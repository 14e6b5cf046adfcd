import { PutEventsCommand, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  InvokeCommand,
} from "@aws-sdk/client-lambda";
import { CreatePipeCommand } from "@aws-sdk/client-pipes";
import { CreateStateMachineCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { CreateTopicCommand, PublishCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { eventually, zipOf } from "../testing/flyball-process.ts";
import { ACCOUNT, type Clients, type Part, queueArn, REGION, ROLE } from "./part.ts";
import { urlOf } from "./queues.ts";
import type { Random } from "./random.ts";
import { topicArn } from "./subscriptions.ts";

const FUNCTION = "forward";
const WORK = "work";
const ARRIVED = "arrived";
const TOPIC = "news";
const PIPED = "piped";
const RULE = "tell";
const MACHINE_ARN = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:tell`;
const KINDS = ["invoke", "publish", "message", "event", "execution", "pipe"] as const;
const UNDER_WAY_MAX = 30;
const ARRIVED_MS_MAX = 20_000;

/**
 * What one service takes and owes to another: an asynchronous invoke, a topic's delivery, a message of a queue that
 * invokes a function, an event that a rule matches, an execution's tasks, what goes through a pipe. Each of these ends as a message in one queue, at least once, when it was acknowledged.
 */
export class Deliveries implements Part {
  readonly name = "deliveries";
  readonly #acknowledged = new Set<string>();
  readonly #arrived = new Set<string>();
  #made = 0;

  /** Everything in this that is fixed: made once, before the first kill. */
  async build(clients: Clients): Promise<void> {
    const { sqs, sns, lambda } = clients;
    for (const name of [WORK, PIPED, ARRIVED])
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
    await buildEvents(clients);
  }

  get size(): number {
    return this.#acknowledged.size;
  }

  async step(clients: Clients, random: Random): Promise<void> {
    if (this.#underWay().length >= UNDER_WAY_MAX || random.chance(0.1)) return this.#look(clients);
    this.#made += 1;
    const kind = random.pick(KINDS) ?? "invoke";
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
    { sqs, sns, lambda, events, sfn }: Clients,
    kind: (typeof KINDS)[number],
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
      case "event":
        return events.send(
          new PutEventsCommand({
            Entries: [{ Source: RULE, DetailType: "id", Detail: JSON.stringify({ id }) }],
          }),
        );
      case "execution":
        return sfn.send(
          new StartExecutionCommand({
            stateMachineArn: MACHINE_ARN,
            name: id,
            input: JSON.stringify({ id }),
          }),
        );
      case "pipe":
        return sqs.send(
          new SendMessageCommand({ QueueUrl: await urlOf(sqs, PIPED), MessageBody: id }),
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
    // What a rule takes out of an event is JSON: its text has quotes.
    for (const { Body = "" } of Messages) this.#arrived.add(Body.replaceAll('"', ""));
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    );
  }
}

/** A rule, a state machine and a pipe, which all end in the one queue. */
async function buildEvents({ sqs, events, sfn, pipes }: Clients): Promise<void> {
  await events.send(
    new PutRuleCommand({ Name: RULE, EventPattern: JSON.stringify({ source: [RULE] }) }),
  );
  await events.send(
    new PutTargetsCommand({
      Rule: RULE,
      Targets: [{ Id: "queue", Arn: queueArn(ARRIVED), InputPath: "$.detail.id" }],
    }),
  );
  const send = {
    Type: "Task",
    Resource: "arn:aws:states:::sqs:sendMessage",
    Parameters: { QueueUrl: await urlOf(sqs, ARRIVED), "MessageBody.$": "$.id" },
    End: true,
  };
  const definition = {
    StartAt: "Rest",
    States: { Rest: { Type: "Wait", Seconds: 1, Next: "Send" }, Send: send },
  };
  await sfn.send(
    new CreateStateMachineCommand({
      name: "tell",
      definition: JSON.stringify(definition),
      roleArn: ROLE,
    }),
  );
  await pipes.send(
    new CreatePipeCommand({
      Name: "through",
      RoleArn: ROLE,
      Source: queueArn(PIPED),
      Target: queueArn(ARRIVED),
      TargetParameters: { InputTemplate: "<$.body>" },
    }),
  );
}
