import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { type Flyball, startFlyball } from "../../packages/flyball/src/index.ts";
import { bundledFunction } from "../bundled-function.ts";
import { OCR_TERMS, type OcrEvent, startOcrService } from "./ocr-service.ts";

export interface RunOptions {
  readonly documents: number;
  /** How many of the application's seconds pass in a real one. */
  readonly scale: number;
  readonly withSemaphore: boolean;
  /** How long a document that failed waits for its next try, and how long a function may take; real seconds. */
  readonly visibilityTimeoutSeconds?: number;
  /** Told where the cloud is, once the application stands in it. */
  readonly onReady?: (endpoint: string) => void;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly done: number;
  readonly deadLetters: number;
  readonly collapses: number;
}

export interface RunResult {
  readonly withSemaphore: boolean;
  readonly documents: number;
  readonly scale: number;
  /** When the first document was sent, and when the queue was empty; ms since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** The documents whose text the service has delivered. */
  readonly done: number;
  readonly deadLetters: number;
  readonly events: readonly OcrEvent[];
  /** How many dead letters there were when. */
  readonly deadLettersOverTime: readonly { readonly at: number; readonly count: number }[];
}

/** Documents that the queue's mapping may have under way: twice as many as the service stands. */
const FUNCTIONS_MAX = 20;
const MAX_RECEIVE_COUNT = 3;
/** Lambda and SQS are not sped up with the application. */
const VISIBILITY_TIMEOUT_SECONDS_DEFAULT = 4;
/** The table of the second run, and the semaphore in it. */
export const TABLE = "semaphores";
export const SEMAPHORE = "ocr";
const BATCH = 10;
const LOOK_MS = 250;
const PATIENCE_MS = 180_000;

/** Builds the application in a cloud of its own, sends the documents, and waits until none is left in the queue. */
export async function runPipeline(options: RunOptions): Promise<RunResult> {
  const { documents, scale, withSemaphore, onProgress } = options;
  const { visibilityTimeoutSeconds = VISIBILITY_TIMEOUT_SECONDS_DEFAULT } = options;
  await using ocr = await startOcrService({ ...OCR_TERMS, scale });
  await using flyball = await startFlyball({ ephemeral: true });
  const pipeline = new Pipeline(flyball);
  await pipeline.build({ ocrUrl: ocr.url, scale, withSemaphore, visibilityTimeoutSeconds });
  options.onReady?.(flyball.endpoint);
  const startedAt = Date.now();
  await pipeline.send(documents);

  const deadLettersOverTime: { at: number; count: number }[] = [];
  for (;;) {
    await setTimeout(LOOK_MS);
    const [events, left, deadLetters] = await Promise.all([
      ocr.history(),
      pipeline.left(),
      pipeline.deadLetters(),
    ]);
    const at = Date.now();
    deadLettersOverTime.push({ at, count: deadLetters });
    const done = new Set(events.filter(({ type }) => type === "done").map((one) => one.document))
      .size;
    const collapses = events.filter(({ type }) => type === "collapsed").length;
    onProgress?.({ done, deadLetters, collapses });
    if (left === 0 && done + deadLetters >= documents)
      return {
        ...{ withSemaphore, documents, scale, startedAt, endedAt: at, done, deadLetters },
        ...{ events, deadLettersOverTime },
      };
    if (at - startedAt > PATIENCE_MS)
      throw new Error(`${left} documents are still in the queue, ${done} done, after 3 minutes`);
  }
}

interface BuildOptions {
  readonly ocrUrl: string;
  readonly scale: number;
  readonly withSemaphore: boolean;
  readonly visibilityTimeoutSeconds: number;
}

/** Queue, dead letters, function, table: nothing in it knows that it is not on AWS. */
class Pipeline {
  readonly #sqs: SQSClient;
  readonly #lambda: LambdaClient;
  readonly #dynamodb: DynamoDBClient;
  #queueUrl = "";
  #deadLettersUrl = "";

  constructor({ clientConfig }: Flyball) {
    this.#sqs = new SQSClient(clientConfig);
    this.#lambda = new LambdaClient(clientConfig);
    this.#dynamodb = new DynamoDBClient(clientConfig);
  }

  async build({
    ocrUrl,
    scale,
    withSemaphore,
    visibilityTimeoutSeconds,
  }: BuildOptions): Promise<void> {
    this.#deadLettersUrl = await this.#createQueue("documents-dlq");
    this.#queueUrl = await this.#createQueue("documents", {
      VisibilityTimeout: String(visibilityTimeoutSeconds),
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: await this.#arnOf(this.#deadLettersUrl),
        maxReceiveCount: MAX_RECEIVE_COUNT,
      }),
    });
    if (withSemaphore) await this.#createTable();
    const { inFlightMax, startsPerSecondMax } = OCR_TERMS;
    await this.#createFunction(visibilityTimeoutSeconds, {
      OCR_URL: ocrUrl,
      OCR_IN_FLIGHT_MAX: String(inFlightMax),
      OCR_STARTS_PER_SECOND_MAX: String(startsPerSecondMax * scale),
      ...(withSemaphore ? { SEMAPHORE_TABLE: TABLE, SEMAPHORE } : {}),
    });
  }

  async #createQueue(QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
    const { QueueUrl = "" } = await this.#sqs.send(
      new CreateQueueCommand({ QueueName, Attributes }),
    );
    return QueueUrl;
  }

  async #arnOf(QueueUrl: string): Promise<string> {
    const { Attributes } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    return Attributes?.QueueArn ?? "";
  }

  async #createTable(): Promise<void> {
    await this.#dynamodb.send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "LockName", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "LockName", AttributeType: "S" }],
      }),
    );
  }

  async #createFunction(timeoutSeconds: number, variables: Record<string, string>): Promise<void> {
    const FunctionName = "recognise";
    await this.#lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/recognise",
        Timeout: timeoutSeconds,
        Code: {
          ZipFile: await bundledFunction({
            entryPoints: [fileURLToPath(new URL("./handler.ts", import.meta.url))],
          }),
        },
        Environment: { Variables: variables },
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: this.#lambda, maxWaitTime: 30, minDelay: 0.05, maxDelay: 1 },
      { FunctionName },
    );
    await this.#lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName,
        EventSourceArn: await this.#arnOf(this.#queueUrl),
        BatchSize: 1,
        ScalingConfig: { MaximumConcurrency: FUNCTIONS_MAX },
      }),
    );
  }

  async send(documents: number): Promise<void> {
    const names = Array.from({ length: documents }, (_, place) => `document-${place + 1}`);
    for (let from = 0; from < documents; from += BATCH)
      await this.#sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: this.#queueUrl,
          Entries: names
            .slice(from, from + BATCH)
            .map((name, place) => ({ Id: String(place), MessageBody: name })),
        }),
      );
  }

  /** Documents that wait or are under way. */
  left(): Promise<number> {
    return this.#count(this.#queueUrl);
  }

  deadLetters(): Promise<number> {
    return this.#count(this.#deadLettersUrl);
  }

  async #count(QueueUrl: string): Promise<number> {
    const { Attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
      }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  }
}
