import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import {
  AddPermissionCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionEventInvokeConfigCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import {
  CreateTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { zipSync } from "fflate";
import { eventually } from "./eventually.ts";
import { ACCOUNT, Flyball, REGION } from "./flyball.ts";

/** What the relay function of a language is, and how Lambda is told of it. */
export interface Language {
  readonly name: string;
  readonly runtime: string;
  /** In `functions/`. */
  readonly file: string;
}

type Target = "queue" | "topic" | "function, not waited for" | "function, waited for";

/** Source: Lambda developer guide, "Use Lambda recursive loop detection": about 16 invocations. */
const RUNS = 16;
const VISIBILITY_TIMEOUT_SECONDS = 4;
const RECEIVE_COUNT_MAX = 1;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/relay`;

/** The resources of one function's loop, by names of its own, so that loops can go round beside each other in one cloud. */
class Loop {
  readonly functionName: string;
  readonly functionArn: string;
  readonly #name: string;
  readonly #sqs: SQSClient;
  readonly #sns: SNSClient;
  readonly #lambda: LambdaClient;
  readonly #logs: CloudWatchLogsClient;
  readonly #cloudwatch: CloudWatchClient;

  constructor(flyball: Flyball, name: string) {
    const config = flyball.clientConfig();
    this.#name = name;
    this.functionName = name;
    this.functionArn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
    this.#sqs = new SQSClient(config);
    this.#sns = new SNSClient(config);
    this.#lambda = new LambdaClient(config);
    this.#logs = new CloudWatchLogsClient(config);
    this.#cloudwatch = new CloudWatchClient(config);
  }

  async queue(suffix = "", deadLetters?: { arn: string }): Promise<{ url: string; arn: string }> {
    const QueueName = `${this.#name}${suffix}`;
    const redrive = { deadLetterTargetArn: deadLetters?.arn, maxReceiveCount: RECEIVE_COUNT_MAX };
    const { QueueUrl = "" } = await this.#sqs.send(
      new CreateQueueCommand({
        QueueName,
        Attributes: {
          VisibilityTimeout: String(VISIBILITY_TIMEOUT_SECONDS),
          ...(deadLetters ? { RedrivePolicy: JSON.stringify(redrive) } : {}),
        },
      }),
    );
    return { url: QueueUrl, arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:${QueueName}` };
  }

  async topic(): Promise<string> {
    const { TopicArn = "" } = await this.#sns.send(new CreateTopicCommand({ Name: this.#name }));
    return TopicArn;
  }

  async subscribe(TopicArn: string, Protocol: "sqs" | "lambda", Endpoint: string): Promise<void> {
    const Attributes: Record<string, string> =
      Protocol === "sqs" ? { RawMessageDelivery: "true" } : {};
    await this.#sns.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint, Attributes }));
    if (Protocol === "lambda")
      await this.#lambda.send(
        new AddPermissionCommand({
          FunctionName: this.functionName,
          StatementId: "topic",
          Action: "lambda:InvokeFunction",
          Principal: "sns.amazonaws.com",
          SourceArn: TopicArn,
        }),
      );
  }

  /** The function in a language, which sends on to a target; and what it has for events that fail. */
  async function(
    { runtime, file }: Language,
    kind: Target,
    target: string,
    deadLetterArn?: string,
  ): Promise<void> {
    const code = readFileSync(new URL(`./functions/${file}`, import.meta.url));
    await this.#lambda.send(
      new CreateFunctionCommand({
        FunctionName: this.functionName,
        Runtime: runtime as "nodejs22.x",
        Handler: "relay.handler",
        Role: ROLE,
        // Those that wait for one another hold on until the last has started; the others do one call.
        Timeout: kind === "function, waited for" ? 60 : VISIBILITY_TIMEOUT_SECONDS,
        Code: { ZipFile: zipSync({ [file]: code }) },
        Environment: { Variables: { TARGET: target, TARGET_KIND: kind } },
        ...(deadLetterArn === undefined ? {} : { DeadLetterConfig: { TargetArn: deadLetterArn } }),
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: this.#lambda, maxWaitTime: 30, minDelay: 0.05, maxDelay: 1 },
      { FunctionName: this.functionName },
    );
  }

  async map(EventSourceArn: string): Promise<void> {
    await this.#lambda.send(
      new CreateEventSourceMappingCommand({
        EventSourceArn,
        FunctionName: this.functionName,
        BatchSize: 1,
      }),
    );
  }

  async onFailure(Destination: string): Promise<void> {
    await this.#lambda.send(
      new PutFunctionEventInvokeConfigCommand({
        FunctionName: this.functionName,
        DestinationConfig: { OnFailure: { Destination } },
      }),
    );
  }

  async send(QueueUrl: string, MessageBody: string): Promise<void> {
    await this.#sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  }

  async publish(TopicArn: string, order: string): Promise<void> {
    await this.#sns.send(new PublishCommand({ TopicArn, Message: order }));
  }

  async invoke(InvocationType: "Event" | "RequestResponse", order: string): Promise<unknown> {
    const { Payload } = await this.#lambda.send(
      new InvokeCommand({
        FunctionName: this.functionName,
        InvocationType,
        Payload: JSON.stringify({ order }),
      }),
    );
    return InvocationType === "Event" ? undefined : JSON.parse(Payload?.transformToString() ?? "");
  }

  async receive(queue: { url: string }): Promise<Message> {
    const { Messages: [message] = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queue.url,
        WaitTimeSeconds: 20,
        MessageSystemAttributeNames: ["All"],
      }),
    );
    assert.ok(message, `no message came to ${queue.url}`);
    return message;
  }

  /** The field Lineage of the trace header of each invocation, in order. */
  async lineages(order: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { events = [] } of paginateFilterLogEvents(
      { client: this.#logs },
      { logGroupName: `/aws/lambda/${this.functionName}`, filterPattern: `"ran ${order}"` },
    ))
      for (const { message = "" } of events)
        found.push(/Lineage=([^;\s]+)/.exec(message)?.[1] ?? "");
    return found.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  }

  async metric(MetricName: string): Promise<number> {
    const { Datapoints = [] } = await this.#cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: "AWS/Lambda",
        MetricName,
        Dimensions: [{ Name: "FunctionName", Value: this.functionName }],
        StartTime: new Date(Date.now() - 600_000),
        EndTime: new Date(Date.now() + 60_000),
        Period: 60,
        Statistics: ["Sum"],
      }),
    );
    return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  }

  /**
   * Each of the 16 invocations had its place in the header, which its own SDK has sent on; the metrics tell the rest. A
   * function goes on for a moment when what it has sent has gone its way already: its log and its metrics follow.
   */
  async assertStopped(order: string, drops = 1): Promise<void> {
    const lineages = await eventually(
      () => this.lineages(order),
      ({ length }) => length >= RUNS,
    );
    const hash = lineages[0]?.split(":")[1];
    assert.match(hash ?? "", /^[0-9a-f]{8}$/);
    assert.deepEqual(
      lineages,
      Array.from({ length: RUNS }, (_, index) => `${index + 1}:${hash}:${index}`),
    );
    const invocations = await eventually(
      () => this.metric("Invocations"),
      (sum) => sum >= RUNS,
    );
    assert.equal(invocations, RUNS);
    assert.equal(await this.metric("RecursiveInvocationsDropped"), drops);
  }
}

/**
 * Each way round that Lambda stops, through functions whose own official SDK carries the header. Source: Lambda
 * developer guide, "Use Lambda recursive loop detection to prevent infinite loops".
 */
export function loopTests(language: Language, skip: string | false = false): void {
  // All the loops of a language go round at once: most of their time is the queue's visibility timeout.
  describe(`${language.name}: its SDK carries the chain`, { concurrency: true }, () => {
    let flyball: Flyball | undefined;
    before(async () => {
      if (skip === false) flyball = await Flyball.start();
    });
    after(() => flyball?.[Symbol.asyncDispose]());
    let made = 0;
    function loopTest(name: string, body: (loop: Loop, flyball: Flyball) => Promise<void>): void {
      made += 1;
      const id = `loop-${made}`;
      test(name, { skip }, async () => {
        assert.ok(flyball);
        await body(new Loop(flyball, id), flyball);
      });
    }

    loopTest("queue → function → queue: refused, and a dead letter of the queue", async (loop) => {
      const dead = await loop.queue("-dead");
      const queue = await loop.queue("", dead);
      await loop.function(language, "queue", queue.url);
      await loop.map(queue.arn);
      await loop.send(queue.url, "A-1");
      const { Body, Attributes } = await loop.receive(dead);
      assert.equal(Body, "A-1");
      assert.match(
        Attributes?.AWSTraceHeader ?? "",
        /^Root=1-[0-9a-f-]{33};.*Lineage=16:[0-9a-f]{8}:15$/,
      );
      assert.equal(Attributes?.DeadLetterQueueSourceArn, queue.arn);
      await loop.assertStopped("A-1", RECEIVE_COUNT_MAX);
    });

    loopTest(
      "topic → function → topic: the event is a dead letter of the function",
      async (loop) => {
        const dead = await loop.queue("-dead");
        const topic = await loop.topic();
        await loop.function(language, "topic", topic, dead.arn);
        await loop.subscribe(topic, "lambda", loop.functionArn);
        await loop.publish(topic, "B-1");
        const { Body = "" } = await loop.receive(dead);
        assert.equal(JSON.parse(Body).Records[0].Sns.Message, "B-1");
        await loop.assertStopped("B-1");
      },
    );

    loopTest(
      "topic → queue → function → topic: a dead letter of the queue",
      async (loop, flyball) => {
        const dead = await loop.queue("-dead");
        const queue = await loop.queue("", dead);
        const topic = await loop.topic();
        await loop.subscribe(topic, "sqs", queue.arn);
        await loop.function(language, "topic", topic);
        await loop.map(queue.arn);
        await loop.publish(topic, "C-1");
        assert.equal((await loop.receive(dead)).Body, "C-1");
        await loop.assertStopped("C-1", RECEIVE_COUNT_MAX);
        const { loops } = await flyball.ask<{ loops: { cycle: string[]; functionArn: string }[] }>(
          "/loops",
        );
        const round = loops.find(({ functionArn }) => functionArn === loop.functionArn);
        assert.deepEqual(round?.cycle, [loop.functionArn, topic, queue.arn]);
      },
    );

    loopTest(
      "function → itself, not waited for: the event goes to both of its ways out",
      async (loop) => {
        const dead = await loop.queue("-dead");
        const destination = await loop.queue("-failed");
        await loop.function(language, "function, not waited for", loop.functionName, dead.arn);
        await loop.onFailure(destination.arn);
        await loop.invoke("Event", "D-1");
        const letter = await loop.receive(dead);
        assert.deepEqual(JSON.parse(letter.Body ?? ""), { order: "D-1" });
        const { requestContext, requestPayload } = JSON.parse(
          (await loop.receive(destination)).Body ?? "",
        );
        assert.deepEqual(requestPayload, { order: "D-1" });
        assert.equal(requestContext.functionArn, `${loop.functionArn}:$LATEST`);
        await loop.assertStopped("D-1");
      },
    );

    loopTest(
      "function → itself, waited for: RecursiveInvocationException, HTTP 400",
      async (loop) => {
        await loop.function(language, "function, waited for", loop.functionName);
        const answer = await loop.invoke("RequestResponse", "E-1");
        assert.deepEqual(answer, {
          name: "RecursiveInvocationException",
          message: (answer as { message: string }).message,
          status: 400,
        });
        assert.match((answer as { message: string }).message, /recursive/i);
        await loop.assertStopped("E-1");
      },
    );
  });
}

/** Two functions that invoke each other, each in a language of its own: one chain through both SDKs. */
export function mixedLoopTest(first: Language, second: Language, skip: string | false): void {
  test(`${first.name} and ${second.name} invoke each other: stopped at the one that began`, {
    skip,
  }, async () => {
    await using flyball = await Flyball.start();
    const [one, two] = [new Loop(flyball, "one"), new Loop(flyball, "two")];
    const dead = await one.queue("-dead");
    await one.function(first, "function, not waited for", two.functionName, dead.arn);
    await two.function(second, "function, not waited for", one.functionName, dead.arn);
    await one.invoke("Event", "F-1");
    assert.deepEqual(JSON.parse((await one.receive(dead)).Body ?? ""), { order: "F-1" });
    for (const loop of [one, two]) {
      const lineages = await eventually(
        () => loop.lineages("F-1"),
        ({ length }) => length >= RUNS,
      );
      assert.equal(lineages.length, RUNS);
    }
    assert.equal(await one.metric("RecursiveInvocationsDropped"), 1);
    assert.equal(await two.metric("RecursiveInvocationsDropped"), 0);
  });
}
