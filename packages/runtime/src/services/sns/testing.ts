import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import type { SendMessageCommandInput } from "@aws-sdk/client-sqs";
import type { Caller } from "../../call.ts";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import { defineService } from "../../service.ts";
import { sns } from "./service.ts";

export interface Received {
  readonly caller: Caller;
  readonly input: SendMessageCommandInput;
}

interface LambdaRecord {
  readonly EventSource: string;
  readonly EventVersion: string;
  readonly EventSubscriptionArn: string;
  readonly Sns: Readonly<Record<string, unknown>>;
}

export const CALLER: Caller = {
  account: "123456789012",
  region: "us-east-1",
  principal: "arn:aws:iam::123456789012:user/tester",
};

/**
 * A cloud of SNS alone, in virtual time. Its queues and functions only remember what they were sent, or fail as they
 * are told to.
 */
export class TestCloud {
  readonly caller = CALLER;
  readonly cloud: Cloud;
  readonly queues = new Map<string, Received[]>();
  readonly records: LambdaRecord[] = [];
  readonly metrics = new Map<string, number>();
  /** Thrown at each delivery to a queue, or to a function, as long as it is set. */
  failure: Error | undefined;
  lambdaFailure: Error | undefined;
  /** How often a queue or function was asked. */
  attempts = 0;

  constructor(directory?: string) {
    this.cloud = new Cloud({
      services: [sns, this.#sqs(), this.#lambda(), this.#cloudwatch()],
      clock: "virtual",
      ...(directory === undefined ? {} : { directory }),
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cloud.stop();
  }

  async topic(name: string, attributes?: Record<string, string>): Promise<string> {
    const fifo: Record<string, string> = name.endsWith(".fifo") ? { FifoTopic: "true" } : {};
    const { TopicArn = "" } = await this.cloud.call(CALLER, "sns", "CreateTopic", {
      Name: name,
      Attributes: { ...fifo, ...attributes },
    });
    return TopicArn;
  }

  queue(name: string): string {
    this.queues.set(name, []);
    return `arn:aws:sqs:us-east-1:123456789012:${name}`;
  }

  functionArn(name: string): string {
    return `arn:aws:lambda:us-east-1:123456789012:function:${name}`;
  }

  async subscribe(
    topic: string,
    protocol: string,
    endpoint: string,
    attributes: Record<string, string> = {},
  ): Promise<{ SubscriptionArn: string }> {
    const { SubscriptionArn = "" } = await this.cloud.call(CALLER, "sns", "Subscribe", {
      TopicArn: topic,
      Protocol: protocol,
      Endpoint: endpoint,
      Attributes: attributes,
      ReturnSubscriptionArn: true,
    });
    return { SubscriptionArn };
  }

  publish(
    topic: string,
    input: {
      Message: string;
      Subject?: string;
      MessageStructure?: string;
      MessageGroupId?: string;
      MessageDeduplicationId?: string;
      MessageAttributes?: Record<string, MessageAttributeValue>;
    },
  ) {
    return this.cloud.call(CALLER, "sns", "Publish", { TopicArn: topic, ...input });
  }

  /** Lets what is under way happen, and time pass. */
  advance(milliseconds = 0): Promise<void> {
    return (this.cloud.clock as VirtualClock).advance(milliseconds);
  }

  async received(queue: string): Promise<Received[]> {
    await this.advance();
    return this.queues.get(queue) ?? [];
  }

  /** The records of all invocations. */
  async invoked(): Promise<LambdaRecord[]> {
    await this.advance();
    return this.records;
  }

  /** The sum of a metric of a topic, as it was put into CloudWatch. */
  async metric(name: string): Promise<number> {
    await this.cloud.metrics.flush();
    return this.metrics.get(name) ?? 0;
  }

  #sqs() {
    return defineService({
      name: "sqs",
      operations: {
        SendMessage: async ({ caller }, input) => {
          this.attempts += 1;
          const queue = this.queues.get(input.QueueUrl?.split("/").at(-1) ?? "");
          if (!queue)
            throw new ServiceError(
              "QueueDoesNotExist",
              "The specified queue does not exist for this wsdl version.",
            );
          if (this.failure) throw this.failure;
          queue.push({ caller, input });
          return { MessageId: "m", MD5OfMessageBody: "" };
        },
      },
    });
  }

  #lambda() {
    return defineService({
      name: "lambda",
      operations: {
        // Inside the cloud a payload is bytes, though the SDK takes text too.
        Invoke: async (_call, input) => {
          this.attempts += 1;
          if (this.lambdaFailure) throw this.lambdaFailure;
          const event = JSON.parse(new TextDecoder().decode(input.Payload as Uint8Array));
          this.records.push(...event.Records);
          return { StatusCode: 202 };
        },
      },
    });
  }

  #cloudwatch() {
    return defineService({
      name: "cloudwatch",
      operations: {
        PutMetricData: async (_call, { MetricData = [] }) => {
          for (const { MetricName = "", Values = [], Counts = [] } of MetricData)
            for (const [index, value] of Values.entries())
              this.metrics.set(
                MetricName,
                (this.metrics.get(MetricName) ?? 0) + value * (Counts[index] ?? 1),
              );
          return {};
        },
      },
    });
  }
}
