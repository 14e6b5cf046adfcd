import { readFileSync } from "node:fs";
import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  PutMetricAlarmCommand,
} from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  LambdaClient,
  PutFunctionRecursionConfigCommand,
  type RecursiveLoop,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { strToU8, zipSync } from "fflate";

export const FUNCTION_NAME = "process-order";
export const ALARM_NAME = "lambda-recursive-alarm";
/** An order is received so often before its queue gives it up. */
export const MAX_RECEIVE_COUNT = 2;
/** Between two receives; it has to be the function's timeout at least, and a cold start has to fit. */
const VISIBILITY_TIMEOUT_SECONDS = 2;

export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

interface Queue {
  readonly url: string;
  readonly arn: string;
}

/**
 * The order system of the AWS blog, with its configuration error: a queue of orders with a dead-letter queue, a
 * function that processes them, a queue for what was processed; and the function's environment names the queue of
 * orders as its target. Built and watched by public SDK calls alone, so that it would run the same on AWS.
 */
export class OrderSystem {
  readonly #sqs: SQSClient;
  readonly #sns: SNSClient;
  readonly #iam: IAMClient;
  readonly #lambda: LambdaClient;
  readonly #logs: CloudWatchLogsClient;
  readonly #cloudwatch: CloudWatchClient;
  readonly #startedAt = Date.now();
  #orders!: Queue;
  #deadLetters!: Queue;
  #fulfilment!: Queue;
  #alarms!: Queue;

  constructor(config: ClientConfig) {
    this.#sqs = new SQSClient(config);
    this.#sns = new SNSClient(config);
    this.#iam = new IAMClient(config);
    this.#lambda = new LambdaClient(config);
    this.#logs = new CloudWatchLogsClient(config);
    this.#cloudwatch = new CloudWatchClient(config);
  }

  async build(): Promise<void> {
    this.#deadLetters = await this.#createQueue("orders-dlq");
    this.#orders = await this.#createQueue("orders", {
      VisibilityTimeout: String(VISIBILITY_TIMEOUT_SECONDS),
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: this.#deadLetters.arn,
        maxReceiveCount: MAX_RECEIVE_COUNT,
      }),
    });
    this.#fulfilment = await this.#createQueue("fulfilment");
    this.#alarms = await this.#createQueue("alarm-mails");
    await this.#createFunction();
    await this.#createAlarm();
  }

  async #createQueue(name: string, attributes: Record<string, string> = {}): Promise<Queue> {
    const { QueueUrl: url = "" } = await this.#sqs.send(
      new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
    );
    const { Attributes: { QueueArn: arn = "" } = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }),
    );
    return { url, arn };
  }

  async #createFunction(): Promise<void> {
    const { Role } = await this.#iam.send(
      new CreateRoleCommand({
        RoleName: `${FUNCTION_NAME}-role`,
        AssumeRolePolicyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { Service: "lambda.amazonaws.com" },
              Action: "sts:AssumeRole",
            },
          ],
        }),
      }),
    );
    const code = readFileSync(new URL("./process-order.mjs", import.meta.url), "utf8");
    await this.#lambda.send(
      new CreateFunctionCommand({
        FunctionName: FUNCTION_NAME,
        Runtime: "nodejs22.x",
        Handler: "process-order.handler",
        Role: Role?.Arn,
        Timeout: VISIBILITY_TIMEOUT_SECONDS,
        Code: { ZipFile: zipSync({ "process-order.mjs": strToU8(code) }) },
        // The configuration error: this should name the queue for fulfilment.
        Environment: { Variables: { TARGET_QUEUE_URL: this.#orders.url } },
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: this.#lambda, maxWaitTime: 30, minDelay: 0.05, maxDelay: 1 },
      { FunctionName: FUNCTION_NAME },
    );
    await this.#lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName: FUNCTION_NAME,
        EventSourceArn: this.#orders.arn,
        BatchSize: 1,
      }),
    );
  }

  async #createAlarm(): Promise<void> {
    const { TopicArn } = await this.#sns.send(new CreateTopicCommand({ Name: "on-call" }));
    await this.#sns.send(
      new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: this.#alarms.arn }),
    );
    // As the blog has it: any RecursiveInvocationsDropped within a minute sets it off.
    await this.#cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName: ALARM_NAME,
        MetricName: "RecursiveInvocationsDropped",
        Namespace: "AWS/Lambda",
        Dimensions: [{ Name: "FunctionName", Value: FUNCTION_NAME }],
        Statistic: "Sum",
        Period: 60,
        Threshold: 0,
        ComparisonOperator: "GreaterThanThreshold",
        EvaluationPeriods: 1,
        AlarmActions: [TopicArn ?? ""],
      }),
    );
  }

  async sendOrder(order: string): Promise<void> {
    await this.#sqs.send(
      new SendMessageCommand({
        QueueUrl: this.#orders.url,
        MessageBody: JSON.stringify({ order }),
      }),
    );
  }

  /** The lines that the function has logged so far about an order. */
  async logLines(order: string): Promise<string[]> {
    const { events = [] } = await this.#logs
      .send(
        new FilterLogEventsCommand({
          logGroupName: `/aws/lambda/${FUNCTION_NAME}`,
          startTime: this.#startedAt,
          filterPattern: `"processing ${order}"`,
        }),
      )
      .catch((error: Error) => {
        // The log group is made by the function's first line.
        if (error.name === "ResourceNotFoundException") return { events: [] };
        throw error;
      });
    return events.map(({ message = "" }) => message.trim());
  }

  /** The next message of a queue, waited for; undefined when none came in `seconds`. */
  async #receive(queue: Queue, seconds = 20): Promise<string | undefined> {
    const { Messages: [message] = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: seconds }),
    );
    return message?.Body;
  }

  deadLetter(): Promise<string | undefined> {
    return this.#receive(this.#deadLetters);
  }

  fulfilled(): Promise<string | undefined> {
    return this.#receive(this.#fulfilment);
  }

  /** The alarm's notification, as its topic delivered it. */
  async alarmMail(): Promise<{ subject: string; reason: string } | undefined> {
    const body = await this.#receive(this.#alarms);
    if (body === undefined) return undefined;
    const { Subject, Message } = JSON.parse(body) as { Subject: string; Message: string };
    return {
      subject: Subject,
      reason: (JSON.parse(Message) as { NewStateReason: string }).NewStateReason,
    };
  }

  /** The metric's sum since the demo began. */
  async droppedInvocations(): Promise<number> {
    const { Datapoints = [] } = await this.#cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: "AWS/Lambda",
        MetricName: "RecursiveInvocationsDropped",
        Dimensions: [{ Name: "FunctionName", Value: FUNCTION_NAME }],
        StartTime: new Date(this.#startedAt - 60_000),
        EndTime: new Date(Date.now() + 60_000),
        Period: 60,
        Statistics: ["Sum"],
      }),
    );
    return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  }

  async setRecursiveLoop(recursiveLoop: RecursiveLoop): Promise<void> {
    await this.#lambda.send(
      new PutFunctionRecursionConfigCommand({
        FunctionName: FUNCTION_NAME,
        RecursiveLoop: recursiveLoop,
      }),
    );
  }

  /** Corrects the configuration error. */
  async mend(): Promise<void> {
    await this.#lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: FUNCTION_NAME,
        Environment: { Variables: { TARGET_QUEUE_URL: this.#fulfilment.url } },
      }),
    );
  }
}
