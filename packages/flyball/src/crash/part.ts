import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { PipesClient } from "@aws-sdk/client-pipes";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { FlyballProcess } from "../testing/flyball-process.ts";
import type { Random } from "./random.ts";

/** One kind of thing that is made, changed and deleted while the cloud may be killed. */
export interface Part {
  readonly name: string;
  /** Does one thing at random. Rejects when the cloud goes away, or answers with an error. */
  step(clients: Clients, random: Random): Promise<void>;
  /** Compares what is there after a restart with what must be. */
  check(clients: Clients, random: Random): Promise<void>;
  /** How many things are certain to be there. */
  readonly size: number;
}

export interface Clients {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly lambda: LambdaClient;
  readonly cloudwatch: CloudWatchClient;
  readonly logs: CloudWatchLogsClient;
  readonly iam: IAMClient;
  readonly sfn: SFNClient;
  readonly events: EventBridgeClient;
  readonly pipes: PipesClient;
}

/** Clients that take a lost answer as lost: who tries again by itself would not know what happened. */
export function clientsOf({ clientConfig }: FlyballProcess): Clients {
  const config = { ...clientConfig, maxAttempts: 1 };
  return {
    sqs: new SQSClient(config),
    sns: new SNSClient(config),
    lambda: new LambdaClient(config),
    cloudwatch: new CloudWatchClient(config),
    logs: new CloudWatchLogsClient(config),
    iam: new IAMClient(config),
    sfn: new SFNClient(config),
    events: new EventBridgeClient(config),
    pipes: new PipesClient(config),
  };
}

/** Whether a request failed because there was nobody any more, and not because it was refused. */
export function isLost(error: unknown): boolean {
  const { $metadata, name } = error as { $metadata?: { httpStatusCode?: number }; name?: string };
  return $metadata?.httpStatusCode === undefined && name !== "AssertionError";
}

export const ACCOUNT = "000000000000";
export const REGION = "us-east-1";
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/r`;

export function queueArn(name: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
}

export function nameOf(arnOrUrl: string): string {
  return arnOrUrl.slice(Math.max(arnOrUrl.lastIndexOf(":"), arnOrUrl.lastIndexOf("/")) + 1);
}
