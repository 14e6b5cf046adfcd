import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  InvokeCommand,
  LambdaClient,
  PutFunctionRecursionConfigCommand,
} from "@aws-sdk/client-lambda";
import {
  CreateTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { strToU8, zipSync } from "fflate";
import { type Flyball, startFlyball } from "./index.ts";

/*
 * Each row of the table "what the stop does", driven from outside by the official SDK, with functions in real
 * processes whose own official SDK carries the trace header. Source: Lambda developer guide, "Use Lambda recursive
 * loop detection to prevent infinite loops".
 */

const RUNS = 16;
const PATIENCE_MS = 40_000;
/** Long enough for a cold start on a busy machine: a message that comes back would be a run too many. */
const TIMEOUT_SECONDS = 3;
const ACCOUNT = "000000000000";
const FUNCTION_ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:`;

/** A function that logs that it ran and hands its event's body on by one SDK call. */
function handler(client: string, send: string): string {
  return `
    import * as sdk from "@aws-sdk/client-${client}";
    const client = new sdk[Object.keys(sdk).find((name) => /^(SQS|SNS|Lambda)Client$/.test(name))]({ maxAttempts: 1 });
    export async function handler(event) {
      console.log("ran");
      for (const record of event.Records ?? [event]) {
        const body = record.body ?? record.Sns?.Message ?? JSON.stringify(record);
        ${send}
      }
    }`;
}

const TO_QUEUE = handler(
  "sqs",
  "await client.send(new sdk.SendMessageCommand({ QueueUrl: process.env.TARGET, MessageBody: body }));",
);
const TO_TOPIC = handler(
  "sns",
  "await client.send(new sdk.PublishCommand({ TopicArn: process.env.TARGET, Message: body }));",
);
const INVOKE_EVENT = handler(
  "lambda",
  'await client.send(new sdk.InvokeCommand({ FunctionName: process.env.TARGET, InvocationType: "Event", Payload: body }));',
);
const INVOKE_AND_WAIT = handler(
  "lambda",
  `try {
     const { FunctionError, Payload } = await client.send(
       new sdk.InvokeCommand({ FunctionName: process.env.TARGET, Payload: body }));
     if (FunctionError) console.log("callee failed", Buffer.from(Payload).toString());
   } catch (error) {
     console.log("refused", error.name, error.$metadata.httpStatusCode, error.message);
   }`,
);

class World {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly lambda: LambdaClient;
  readonly #logs: CloudWatchLogsClient;
  readonly #cloudwatch: CloudWatchClient;

  constructor({ clientConfig }: Flyball) {
    this.sqs = new SQSClient(clientConfig);
    this.sns = new SNSClient(clientConfig);
    this.lambda = new LambdaClient(clientConfig);
    this.#logs = new CloudWatchLogsClient(clientConfig);
    this.#cloudwatch = new CloudWatchClient(clientConfig);
  }

  async queue(name: string, deadLetterQueue?: string): Promise<{ url: string; arn: string }> {
    const redrive = {
      deadLetterTargetArn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${deadLetterQueue}`,
      maxReceiveCount: 2,
    };
    const { QueueUrl: url = "" } = await this.sqs.send(
      new CreateQueueCommand({
        QueueName: name,
        Attributes: {
          VisibilityTimeout: String(TIMEOUT_SECONDS),
          ...(deadLetterQueue ? { RedrivePolicy: JSON.stringify(redrive) } : {}),
        },
      }),
    );
    return { url, arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}` };
  }

  async topic(name: string): Promise<string> {
    return (await this.sns.send(new CreateTopicCommand({ Name: name }))).TopicArn ?? "";
  }

  async subscribe(TopicArn: string, Protocol: "sqs" | "lambda", Endpoint: string): Promise<void> {
    const raw = Protocol === "sqs" ? { Attributes: { RawMessageDelivery: "true" } } : {};
    await this.sns.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint, ...raw }));
  }

  async function(
    name: string,
    code: string,
    target: string,
    more: Partial<CreateFunctionCommandInput> = {},
  ): Promise<void> {
    await this.lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Role: `arn:aws:iam::${ACCOUNT}:role/any`,
        Code: { ZipFile: zipSync({ "index.mjs": strToU8(code) }) },
        Environment: { Variables: { TARGET: target } },
        ...more,
      }),
    );
  }

  async map(queueArn: string, functionName: string, batchSize = 1): Promise<void> {
    await this.lambda.send(
      new CreateEventSourceMappingCommand({
        EventSourceArn: queueArn,
        FunctionName: functionName,
        BatchSize: batchSize,
      }),
    );
  }

  /** The next message of a queue; fails when none comes. */
  async receive(QueueUrl: string): Promise<string> {
    const { Messages = [] } = await this.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }),
    );
    assert.ok(Messages[0]?.Body, "a message was expected");
    return Messages[0].Body;
  }

  async logged(functionName: string, pattern: string): Promise<string[]> {
    const { events = [] } = await this.#logs
      .send(
        new FilterLogEventsCommand({
          logGroupName: `/aws/lambda/${functionName}`,
          filterPattern: pattern,
        }),
      )
      .catch(() => ({ events: [] }));
    return events.map(({ message = "" }) => message);
  }

  async untilLogged(functionName: string, pattern: string, times = 1): Promise<string[]> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const lines = await this.logged(functionName, pattern);
      if (lines.length >= times) return lines;
      assert.ok(
        performance.now() < giveUpAt,
        `${functionName} logged ${pattern} ${lines.length} times`,
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async metricSum(functionName: string, MetricName: string): Promise<number> {
    const { Datapoints = [] } = await this.#cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: "AWS/Lambda",
        MetricName,
        Dimensions: [{ Name: "FunctionName", Value: functionName }],
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 60_000),
        Period: 60,
        Statistics: ["Sum"],
      }),
    );
    return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  }
}

async function inWorld(body: (world: World, flyball: Flyball) => Promise<void>): Promise<void> {
  await using flyball = await startFlyball({ ephemeral: true });
  await body(new World(flyball), flyball);
}

test("a function that sends to the queue that invokes it runs 16 times; then its message goes to the queue's dead-letter queue", () =>
  inWorld(async (world, flyball) => {
    const dead = await world.queue("dead");
    const queue = await world.queue("queue", "dead");
    await world.function("f", TO_QUEUE, queue.url, { Timeout: TIMEOUT_SECONDS });
    await world.map(queue.arn, "f");
    await world.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "order" }));
    assert.equal(await world.receive(dead.url), "order");
    assert.equal((await world.logged("f", "ran")).length, RUNS);
    assert.equal(await world.metricSum("f", "RecursiveInvocationsDropped"), 2);
    assert.equal(await world.metricSum("f", "Invocations"), RUNS);
    const [loop, ...others] = flyball.loops();
    assert.deepEqual(others, []);
    assert.deepEqual(loop?.cycle, [`${FUNCTION_ARN}f`, queue.arn]);
    assert.equal(loop?.invocations, RUNS);
    assert.equal(loop?.hops.filter(({ action }) => action === "lambda:Invoke").length, RUNS + 1);
    const report = (await (await fetch(`${flyball.endpoint}/_flyball/loops`)).json()) as {
      healthEvents: { detail: { eventTypeCode: string }; resources: string[] }[];
    };
    assert.deepEqual(
      report.healthEvents.map(({ detail, resources }) => [detail.eventTypeCode, ...resources]),
      [["AWS_LAMBDA_RUNAWAY_TERMINATION_NOTIFICATION", `${FUNCTION_ARN}f`]],
    );
  }));

test("a function that publishes to the topic that invokes it is stopped; the event goes to its dead-letter queue", () =>
  inWorld(async (world, flyball) => {
    const dead = await world.queue("dead");
    const topic = await world.topic("topic");
    await world.function("f", TO_TOPIC, topic, { DeadLetterConfig: { TargetArn: dead.arn } });
    await world.subscribe(topic, "lambda", `${FUNCTION_ARN}f`);
    await world.sns.send(new PublishCommand({ TopicArn: topic, Message: "order" }));
    const event = JSON.parse(await world.receive(dead.url));
    assert.equal(event.Records[0].Sns.Message, "order");
    assert.equal((await world.logged("f", "ran")).length, RUNS);
    assert.deepEqual(flyball.loops()[0]?.cycle, [`${FUNCTION_ARN}f`, topic]);
  }));

test("a loop through a topic and a queue is followed through both", () =>
  inWorld(async (world, flyball) => {
    const dead = await world.queue("dead");
    const queue = await world.queue("queue", "dead");
    const topic = await world.topic("topic");
    await world.subscribe(topic, "sqs", queue.arn);
    await world.function("f", TO_TOPIC, topic, { Timeout: TIMEOUT_SECONDS });
    await world.map(queue.arn, "f");
    await world.sns.send(new PublishCommand({ TopicArn: topic, Message: "order" }));
    assert.equal(await world.receive(dead.url), "order");
    assert.equal((await world.logged("f", "ran")).length, RUNS);
    assert.deepEqual(flyball.loops()[0]?.cycle, [`${FUNCTION_ARN}f`, topic, queue.arn]);
  }));

test("a function that invokes itself asynchronously is stopped; the event goes to its on-failure destination", () =>
  inWorld(async (world) => {
    const dead = await world.queue("dead");
    await world.function("f", INVOKE_EVENT, "f", { DeadLetterConfig: { TargetArn: dead.arn } });
    await world.lambda.send(
      new InvokeCommand({
        FunctionName: "f",
        InvocationType: "Event",
        Payload: Buffer.from('{"order":1}'),
      }),
    );
    assert.deepEqual(JSON.parse(await world.receive(dead.url)), { order: 1 });
    assert.equal((await world.logged("f", "ran")).length, RUNS);
  }));

test("a function that invokes itself and waits gets RecursiveInvocationException with HTTP 400", () =>
  inWorld(async (world) => {
    await world.function("f", INVOKE_AND_WAIT, "f", { Timeout: 60 });
    await world.lambda.send(new InvokeCommand({ FunctionName: "f", Payload: Buffer.from("{}") }));
    const [refused] = await world.untilLogged("f", "refused");
    assert.match(refused ?? "", /refused RecursiveInvocationException 400 .*recursive loop/);
    assert.equal((await world.untilLogged("f", "ran", RUNS)).length, RUNS);
    assert.equal(await world.metricSum("f", "RecursiveInvocationsDropped"), 1);
  }));

test("a loop of two functions, through a queue one way and a topic the other, is stopped", () =>
  inWorld(async (world, flyball) => {
    const dead = await world.queue("dead");
    const queue = await world.queue("queue", "dead");
    const topic = await world.topic("topic");
    await world.function("first", TO_TOPIC, topic, { Timeout: TIMEOUT_SECONDS });
    await world.function("second", TO_QUEUE, queue.url, {
      DeadLetterConfig: { TargetArn: dead.arn },
    });
    await world.map(queue.arn, "first");
    await world.subscribe(topic, "lambda", `${FUNCTION_ARN}second`);
    await world.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "order" }));
    assert.match(await world.receive(dead.url), /order/);
    const ran = [
      (await world.logged("first", "ran")).length,
      (await world.logged("second", "ran")).length,
    ];
    assert.deepEqual(ran, [RUNS, RUNS]);
    assert.deepEqual(flyball.loops()[0]?.cycle, [
      `${FUNCTION_ARN}first`,
      topic,
      `${FUNCTION_ARN}second`,
      queue.arn,
    ]);
  }));

test("of a batch out of several chains, only the message that is over the limit is refused", () =>
  inWorld(async (world) => {
    const dead = await world.queue("dead");
    const queue = await world.queue("queue", "dead");
    const done = await world.queue("done");
    await world.function("f", TO_QUEUE, done.url, { Timeout: TIMEOUT_SECONDS });
    // The hash that the function has in a chain is read off what its first invocation sends.
    await world.lambda.send(
      new InvokeCommand({
        FunctionName: "f",
        Payload: Buffer.from('{"Records":[{"body":"first"}]}'),
      }),
    );
    const { Messages = [] } = await world.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: done.url,
        MessageSystemAttributeNames: ["AWSTraceHeader"],
        WaitTimeSeconds: 20,
      }),
    );
    const header = Messages[0]?.Attributes?.AWSTraceHeader ?? "";
    assert.match(header, /;Lineage=1:[0-9a-f]{8}:0$/);
    const spent = header.replace(/Lineage=1:([0-9a-f]{8}):0/, "Lineage=16:$1:15");
    await world.sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: ["a", "spent", "b"].map((name) => ({
          Id: name,
          MessageBody: name,
          ...(name === "spent"
            ? {
                MessageSystemAttributes: {
                  AWSTraceHeader: { DataType: "String", StringValue: spent },
                },
              }
            : {}),
        })),
      }),
    );
    await world.map(queue.arn, "f", 10);
    assert.equal(await world.receive(dead.url), "spent");
    const passed = [await world.receive(done.url), await world.receive(done.url)];
    assert.deepEqual(passed.sort(), ["a", "b"]);
    assert.equal(await world.metricSum("f", "RecursiveInvocationsDropped"), 2);
  }));

test("with Allow nothing is stopped and the metric is not emitted", () =>
  inWorld(async (world, flyball) => {
    const queue = await world.queue("queue");
    await world.function("f", TO_QUEUE, queue.url, { Timeout: TIMEOUT_SECONDS });
    await world.lambda.send(
      new PutFunctionRecursionConfigCommand({ FunctionName: "f", RecursiveLoop: "Allow" }),
    );
    await world.map(queue.arn, "f");
    await world.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "order" }));
    await world.untilLogged("f", "ran", 2 * RUNS);
    assert.deepEqual(flyball.loops(), []);
    assert.equal(await world.metricSum("f", "RecursiveInvocationsDropped"), 0);
  }));

test("an event that fans out to a hundred messages, each of which invokes the function once, is no loop", () =>
  inWorld(async (world, flyball) => {
    const queue = await world.queue("queue");
    const done = await world.queue("done");
    await world.function(
      "fan",
      handler(
        "sqs",
        "await Promise.all(Array.from({ length: 100 }, (_, i) => client.send(new sdk.SendMessageCommand({ QueueUrl: process.env.TARGET, MessageBody: String(i) }))));",
      ),
      queue.url,
      { Timeout: 30 },
    );
    await world.function("f", TO_QUEUE, done.url, { Timeout: TIMEOUT_SECONDS });
    await world.map(queue.arn, "f");
    await world.lambda.send(new InvokeCommand({ FunctionName: "fan", Payload: Buffer.from("{}") }));
    assert.equal((await world.untilLogged("f", "ran", 100)).length, 100);
    assert.deepEqual(flyball.loops(), []);
  }));
