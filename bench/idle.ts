/**
 * How much memory Flyball holds (RSS) while nothing is asked of it: a moment after it is ready, and after each of
 * its services was called once, which loads that service's model. As packed; compared with a Node that does nothing.
 */
import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { CloudWatchClient, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { IAMClient, ListRolesCommand } from "@aws-sdk/client-iam";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { ListTopicsCommand, SNSClient } from "@aws-sdk/client-sns";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { type Benchmark, inWords, median } from "./figure.ts";
import { packedMain } from "./packed.ts";
import { makeDirectory, residentMegabytes, startFlyball } from "./processes.ts";
import { clientConfig } from "./system.ts";

const ROUNDS = 3;
const SETTLE_MS = 2_000;

export const benchmark: Benchmark = async (progress) => {
  progress("packing and installing the package");
  const main = packedMain();
  const idle: number[] = [];
  const used: number[] = [];
  const node: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`round ${round} of ${ROUNDS}`);
    node.push(await idleNode());
    const directory = makeDirectory();
    const server = await startFlyball({ dataDirectory: directory.path, main });
    await setTimeout(SETTLE_MS);
    idle.push(residentMegabytes(server.pid));
    await callEveryService(server.endpoint);
    await setTimeout(SETTLE_MS);
    used.push(residentMegabytes(server.pid));
    await server.stop();
    directory.remove();
  }
  const comparedWith = `an idle node: ${inWords(median(node), "MB")}`;
  return [
    { what: "idle", measured: median(idle), unit: "MB", asked: { atMost: 120 }, comparedWith },
    { what: "idle, every service called once", measured: median(used), unit: "MB", comparedWith },
  ];
};

async function idleNode(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore" });
  await setTimeout(SETTLE_MS);
  const megabytes = residentMegabytes(child.pid as number);
  child.kill();
  return megabytes;
}

async function callEveryService(endpoint: string): Promise<void> {
  const config = clientConfig(endpoint);
  await new SQSClient(config).send(new ListQueuesCommand());
  await new SNSClient(config).send(new ListTopicsCommand());
  await new LambdaClient(config).send(new ListFunctionsCommand());
  await new CloudWatchClient(config).send(new ListMetricsCommand());
  await new CloudWatchLogsClient(config).send(new DescribeLogGroupsCommand());
  await new IAMClient(config).send(new ListRolesCommand());
  await new STSClient(config).send(new GetCallerIdentityCommand());
}
