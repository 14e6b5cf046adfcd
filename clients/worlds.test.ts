import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateFunctionCommand, GetFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { zipSync } from "fflate";
import { AwsCli, cliTest } from "./aws-cli.ts";
import { boto3Tests } from "./boto3.ts";
import { Flyball, type World } from "./flyball.ts";

const WORLDS: readonly Required<World>[] = [
  { account: "111111111111", region: "eu-central-1" },
  { account: "111111111111", region: "us-west-2" },
  { account: "222222222222", region: "eu-central-1" },
];

test("the SDK for JavaScript: accounts and Regions are worlds of their own, by credentials and Region alone", async () => {
  await using flyball = await Flyball.start();
  const urls = new Set<string>();
  for (const world of WORLDS) {
    const config = flyball.clientConfig(world);
    const sqs = new SQSClient(config);
    const lambda = new LambdaClient(config);
    const { account, region } = world;
    const { Account } = await new STSClient(config).send(new GetCallerIdentityCommand({}));
    assert.equal(Account, account);
    await assert.rejects(sqs.send(new GetQueueUrlCommand({ QueueName: "orders" })), {
      name: "QueueDoesNotExist",
    });
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "orders" }));
    urls.add(`${region} ${QueueUrl}`);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: `${account} ${region}` }));
    const { FunctionArn } = await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "f",
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Role: `arn:aws:iam::${account}:role/f`,
        Code: { ZipFile: zipSync({ "index.mjs": Buffer.from("export const handler = () => 1") }) },
      }),
    );
    assert.equal(FunctionArn, `arn:aws:lambda:${region}:${account}:function:f`);
  }
  assert.equal(urls.size, WORLDS.length);
  for (const world of WORLDS) {
    const sqs = new SQSClient(flyball.clientConfig(world));
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    assert.equal(QueueUrls.length, 1);
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: QueueUrls[0], MaxNumberOfMessages: 10 }),
    );
    assert.deepEqual(
      Messages.map(({ Body }) => Body),
      [`${world.account} ${world.region}`],
    );
  }
  const elsewhere = new LambdaClient(
    flyball.clientConfig({ account: "222222222222", region: "us-west-2" }),
  );
  await assert.rejects(elsewhere.send(new GetFunctionCommand({ FunctionName: "f" })), {
    name: "ResourceNotFoundException",
  });
});

cliTest("the AWS CLI: accounts and Regions are worlds of their own", async () => {
  await using flyball = await Flyball.start();
  const [first, second] = await Promise.all([
    AwsCli.of(flyball, { account: "111111111111", region: "eu-central-1" }),
    AwsCli.of(flyball, { account: "222222222222", region: "eu-central-1" }),
  ]);
  await first.text`sns create-topic --name orders`;
  assert.deepEqual(await first.json`sns list-topics --query Topics[].TopicArn`, [
    "arn:aws:sns:eu-central-1:111111111111:orders",
  ]);
  assert.deepEqual(await first.json`sns list-topics --region us-west-2 --query Topics`, []);
  assert.deepEqual(await second.json`sns list-topics --query Topics`, []);
  assert.equal(
    await second.text`sts get-caller-identity --query Arn --output text`,
    "arn:aws:iam::222222222222:root",
  );
});

boto3Tests("boto3_worlds.py");
