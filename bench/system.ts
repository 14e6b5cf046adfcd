import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  LambdaClient,
  type Runtime,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { zipSync } from "fflate";
import { ROOT } from "./processes.ts";

export function clientConfig(endpoint: string) {
  const credentials = { accessKeyId: "000000000000", secretAccessKey: "bench" };
  return { endpoint, region: "us-east-1", credentials };
}

/** Functions and queues of a benchmark, made as users make them. */
export class System {
  readonly #lambda: LambdaClient;
  readonly #sqs: SQSClient;

  constructor(endpoint: string) {
    this.#lambda = new LambdaClient(clientConfig(endpoint));
    this.#sqs = new SQSClient(clientConfig(endpoint));
  }

  async createQueue(name: string, attributes: Record<string, string> = {}): Promise<string> {
    const input = { QueueName: name, Attributes: attributes };
    const { QueueUrl } = await this.#sqs.send(new CreateQueueCommand(input));
    return QueueUrl as string;
  }

  /** A function of a file of bench/functions, ready to be invoked. */
  async createFunction(
    name: string,
    file: string,
    runtime: Runtime,
    variables: Record<string, string> = {},
  ): Promise<void> {
    const code = readFileSync(join(ROOT, "bench/functions", file));
    await this.#lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: runtime,
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/bench",
        Code: { ZipFile: zipSync({ [`index${extname(file)}`]: code }) },
        Environment: { Variables: variables },
      }),
    );
    const waiting = { client: this.#lambda, maxWaitTime: 30, minDelay: 1 };
    await waitUntilFunctionActiveV2(waiting, { FunctionName: name });
  }

  async map(queueName: string, functionName: string): Promise<void> {
    await this.#lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName: functionName,
        EventSourceArn: arnOf(queueName),
        BatchSize: 1,
      }),
    );
  }
}

export function arnOf(queueName: string): string {
  return `arn:aws:sqs:us-east-1:000000000000:${queueName}`;
}
