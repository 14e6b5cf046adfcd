import { setImmediate } from "node:timers/promises";
import type { CreatePipeRequest } from "@aws-sdk/client-pipes";
import type { Caller } from "../../call.ts";
import type { LoopingChain } from "../../chains/looping-chain.ts";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import { type AnyServiceDefinition, defineService } from "../../service.ts";
import { dynamodb } from "../dynamodb/service.ts";
import { dynamodbstreams } from "../dynamodbstreams/service.ts";
import { sqs } from "../sqs/service.ts";
import { pipes } from "./service.ts";

export const ACCOUNT = "123456789012";
export const REGION = "eu-central-1";
export const CALLER: Caller = {
  account: ACCOUNT,
  region: REGION,
  principal: `arn:aws:iam::${ACCOUNT}:user/tester`,
};
export const START = Date.UTC(2026, 0, 15, 12);
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/pipes`;

export const SOURCE = arnOf("sqs", "source");
export const FUNCTION = arnOf("lambda", "function:work");
export const PIPE = arnOf("pipes", "pipe/flow");

export function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

/** What a function, a machine, a topic, a bus or a log group was given, parsed where it is JSON. */
export interface Taken {
  readonly caller: Caller;
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: it is any JSON, of which each test knows the shape
  readonly input: any;
}

/** What a function or a machine answers: any JSON; an Error makes it fail. */
export type Answer = (input: unknown, taken: Taken) => unknown;

/**
 * A cloud with the pipes under test and real queues, tables and streams, in virtual time. All else only remembers what it
 * was given, and answers as it is told to.
 */
export class TestCloud {
  readonly cloud: Cloud;
  readonly taken: Taken[] = [];
  readonly defects: unknown[] = [];
  readonly loops: LoopingChain[] = [];
  /** By the ARN of the function or machine. */
  readonly answers = new Map<string, Answer>();
  readonly metrics = new Map<string, number>();

  constructor({
    directory,
    services = [],
    stopUncoveredLoops = false,
  }: {
    directory?: string;
    services?: readonly AnyServiceDefinition[];
    stopUncoveredLoops?: boolean;
  } = {}) {
    const names = new Set<string>(services.map(({ name }) => name));
    const fakes = this.#fakes().filter(({ name }) => !names.has(name));
    this.cloud = new Cloud({
      services: [...fakes, ...services, sqs, dynamodb, dynamodbstreams, pipes],
      clock: "virtual",
      startTime: START,
      stopUncoveredLoops,
      ...(directory === undefined ? {} : { directory }),
    });
    this.cloud.notices.on("defect", (defect) => this.defects.push(defect));
    this.cloud.notices.on("loop", (loop) => this.loops.push(loop));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cloud.stop();
  }

  /** Lets what is under way happen, and time pass. */
  advance(milliseconds = 0): Promise<void> {
    return (this.cloud.clock as VirtualClock).advance(milliseconds);
  }

  /** A pipe `flow`, from a queue to a function but for what is given; resolves when it is at rest. */
  async pipe(input: Partial<CreatePipeRequest> = {}): Promise<void> {
    await this.cloud.call(CALLER, "pipes", "CreatePipe", {
      Name: "flow",
      Source: SOURCE,
      Target: FUNCTION,
      RoleArn: ROLE,
      ...input,
    });
    await this.atRest(input.Name);
  }

  /** Deletes a pipe; resolves when it is gone. */
  async remove(Name = "flow"): Promise<void> {
    await this.cloud.call(CALLER, "pipes", "DeletePipe", { Name });
    await until(async () => {
      const { Pipes = [] } = await this.cloud.call(CALLER, "pipes", "ListPipes", {});
      return Pipes.every((pipe) => pipe.Name !== Name);
    });
  }

  async state(Name = "flow"): Promise<string | undefined> {
    return (await this.cloud.call(CALLER, "pipes", "DescribePipe", { Name })).CurrentState;
  }

  async atRest(Name = "flow"): Promise<void> {
    await until(async () => !/(?<!RUNN)ING$/.test((await this.state(Name)) ?? ""));
  }

  async queue(name: string, Attributes: Record<string, string> = {}): Promise<string> {
    const { QueueUrl = "" } = await this.cloud.call(CALLER, "sqs", "CreateQueue", {
      QueueName: name,
      Attributes,
    });
    return QueueUrl;
  }

  /** Sends bodies (as JSON, unless they are text) to the source, in one call. */
  async send(...bodies: unknown[]): Promise<string[]> {
    const QueueUrl = `${this.cloud.endpoint}/${ACCOUNT}/source`;
    const Entries = bodies.map((body, index) => ({
      Id: String(index),
      MessageBody: typeof body === "string" ? body : JSON.stringify(body),
    }));
    const { Successful = [] } = await this.cloud.call(CALLER, "sqs", "SendMessageBatch", {
      QueueUrl,
      Entries,
    });
    return Successful.map(({ MessageId = "" }) => MessageId);
  }

  /** The bodies of the messages that are visible in a queue. */
  async received(QueueName: string): Promise<string[]> {
    const { Messages = [] } = await this.cloud.call(CALLER, "sqs", "ReceiveMessage", {
      QueueUrl: `${this.cloud.endpoint}/${ACCOUNT}/${QueueName}`,
      MaxNumberOfMessages: 10,
    });
    return Messages.map(({ Body = "" }) => Body);
  }

  /** How many messages the source has, those that are in flight included. */
  async left(): Promise<number> {
    const { Attributes = {} } = await this.cloud.call(CALLER, "sqs", "GetQueueAttributes", {
      QueueUrl: `${this.cloud.endpoint}/${ACCOUNT}/source`,
      AttributeNames: ["All"],
    });
    return (
      Number(Attributes.ApproximateNumberOfMessages) +
      Number(Attributes.ApproximateNumberOfMessagesNotVisible)
    );
  }

  /** A table `orders` with a stream, and the stream's ARN. */
  async table(): Promise<string> {
    const { TableDescription } = await this.cloud.call(CALLER, "dynamodb", "CreateTable", {
      TableName: "orders",
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    });
    return TableDescription?.LatestStreamArn ?? "";
  }

  async put(id: string, caller: Caller = CALLER): Promise<void> {
    const Item = { id: { S: id } };
    await this.cloud.call(caller, "dynamodb", "PutItem", { TableName: "orders", Item });
  }

  async metric(name: string): Promise<number> {
    await this.cloud.metrics.flush();
    return this.metrics.get(name) ?? 0;
  }

  #take(taken: Taken, arn = ""): unknown {
    this.taken.push(taken);
    const answer = this.answers.get(arn)?.(taken.input, taken);
    if (answer instanceof Error) throw answer;
    return answer;
  }

  #fakes(): AnyServiceDefinition[] {
    const lambda = defineService({
      name: "lambda",
      operations: {
        Invoke: async ({ caller }, { FunctionName = "", InvocationType = "", Payload }) => {
          const input = JSON.parse(new TextDecoder().decode(Payload as Uint8Array));
          try {
            const answer = this.#take({ caller, operation: InvocationType, input }, FunctionName);
            return { StatusCode: 200, Payload: bytes((await answer) ?? null) };
          } catch (error) {
            if ((error as Error).name === "ServiceError") throw error;
            return { StatusCode: 200, FunctionError: "Unhandled", Payload: bytes({}) };
          }
        },
      },
    });
    const sfn = defineService({
      name: "sfn",
      operations: {
        StartExecution: async ({ caller }, { stateMachineArn = "", input = "" }) => {
          this.#take({ caller, operation: "StartExecution", input: JSON.parse(input) });
          return { executionArn: `${stateMachineArn}:e`, startDate: new Date(0) };
        },
        StartSyncExecution: async ({ caller }, { stateMachineArn = "", input = "" }) => {
          const dates = { startDate: new Date(0), stopDate: new Date(0), executionArn: "e" };
          const taken = { caller, operation: "StartSyncExecution", input: JSON.parse(input) };
          try {
            const output = JSON.stringify((await this.#take(taken, stateMachineArn)) ?? null);
            return { ...dates, status: "SUCCEEDED" as const, output };
          } catch {
            return { ...dates, status: "FAILED" as const, error: "Bad", cause: "no" };
          }
        },
      },
    });
    const sns = defineService({
      name: "sns",
      operations: {
        PublishBatch: async ({ caller }, { PublishBatchRequestEntries: entries = [] }) => {
          this.#take({ caller, operation: "PublishBatch", input: entries });
          return { Successful: [], Failed: [] };
        },
        Publish: async ({ caller }, { Message = "" }) => {
          this.#take({ caller, operation: "Publish", input: JSON.parse(Message) });
          return { MessageId: "m" };
        },
      },
    });
    const eventbridge = defineService({
      name: "eventbridge",
      operations: {
        PutEvents: async ({ caller }, { Entries = [] }) => {
          this.#take({ caller, operation: "PutEvents", input: Entries });
          const refused = { ErrorCode: "InternalFailure", ErrorMessage: "no" };
          return {
            Entries: Entries.map(({ Detail }) =>
              Detail?.includes("refused") ? refused : { EventId: "e" },
            ),
          };
        },
      },
    });
    const logs = defineService({
      name: "logs",
      operations: {
        PutLogEvents: async ({ caller }, { logGroupName, logStreamName, logEvents }) => {
          const input = { logGroupName, logStreamName, logEvents };
          this.#take({ caller, operation: "PutLogEvents", input });
          return {};
        },
      },
    });
    const cloudwatch = defineService({
      name: "cloudwatch",
      operations: {
        PutMetricData: async (_call, { MetricData = [] }) => {
          for (const { MetricName = "", Values = [], Counts = [] } of MetricData)
            for (const [index, value] of Values.entries()) {
              const before = this.metrics.get(MetricName) ?? 0;
              this.metrics.set(MetricName, before + value * (Counts[index] ?? 1));
            }
          return {};
        },
      },
    });
    return [cloudwatch, lambda, sfn, sns, eventbridge, logs];
  }
}

/** The SDK's answers have a method more than the bytes that services give. */
function bytes(value: unknown): never {
  return Buffer.from(JSON.stringify(value)) as never;
}

/** Turns of the event loop after which what was waited for is not going to happen. */
const TURNS_MAX = 20_000;

/** Resolves when the condition holds, without time passing. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    if (await condition()) return;
    await setImmediate();
  }
  throw new Error(`this never came true: ${condition}`);
}
