import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { CreatePipeCommand, PipesClient } from "@aws-sdk/client-pipes";
import { CreateStateMachineCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { strToU8, zipSync } from "fflate";
import { type Flyball, type Loop, startFlyball } from "./index.ts";

/*
 * Loops that AWS does not stop, each through a service that its loop detection does not cover, with the official SDK
 * in a real function. Source of what is covered: Lambda developer guide, "Use Lambda recursive loop detection to
 * prevent infinite loops".
 */

const ACCOUNT = "000000000000";
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/any`;
const arnOf = (service: string, resource: string) =>
  `arn:aws:${service}:us-east-1:${ACCOUNT}:${resource}`;
const FUNCTION_ARN = arnOf("lambda", "function:again");
const MACHINE_ARN = arnOf("states", "stateMachine:work");
const PATIENCE_MS = 40_000;
/** A loop of two that take turns is noticed within 32. */
const RUNS_MAX = 33;

/** What the function sends in, and what brings it back to the function. */
interface Route {
  readonly send: string;
  readonly build: (flyball: Flyball) => Promise<void>;
  /** The services of the round, without Lambda. */
  readonly through: readonly string[];
}

const ROUTES: Readonly<Record<string, Route>> = {
  "a state machine": {
    send: `const { SFNClient, StartExecutionCommand } = require("@aws-sdk/client-sfn");
      await new SFNClient().send(new StartExecutionCommand({ stateMachineArn: "${MACHINE_ARN}" }));`,
    build: async ({ clientConfig }) => {
      const definition = {
        StartAt: "Again",
        States: { Again: { Type: "Task", Resource: FUNCTION_ARN, End: true } },
      };
      await new SFNClient(clientConfig).send(
        new CreateStateMachineCommand({
          name: "work",
          definition: JSON.stringify(definition),
          roleArn: ROLE_ARN,
        }),
      );
    },
    through: ["states"],
  },
  "a rule on a bus": {
    send: `const { EventBridgeClient, PutEventsCommand } = require("@aws-sdk/client-eventbridge");
      await new EventBridgeClient().send(new PutEventsCommand({ Entries: [{ Source: "shop", DetailType: "again", Detail: "{}" }] }));`,
    build: async ({ clientConfig }) => {
      const events = new EventBridgeClient(clientConfig);
      await events.send(new PutRuleCommand({ Name: "again", EventPattern: '{"source":["shop"]}' }));
      await events.send(
        new PutTargetsCommand({ Rule: "again", Targets: [{ Id: "f", Arn: FUNCTION_ARN }] }),
      );
    },
    through: ["events"],
  },
  "a table's stream": {
    send: `const { DynamoDBClient, PutItemCommand } = require("@aws-sdk/client-dynamodb");
      await new DynamoDBClient().send(new PutItemCommand({ TableName: "again", Item: { id: { S: context.awsRequestId } } }));`,
    build: async ({ clientConfig }) => {
      const { TableDescription } = await new DynamoDBClient(clientConfig).send(
        new CreateTableCommand({
          TableName: "again",
          AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
          KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
          BillingMode: "PAY_PER_REQUEST",
          StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" },
        }),
      );
      await new LambdaClient(clientConfig).send(
        new CreateEventSourceMappingCommand({
          FunctionName: "again",
          EventSourceArn: TableDescription?.LatestStreamArn,
          StartingPosition: "TRIM_HORIZON",
        }),
      );
    },
    through: ["dynamodb"],
  },
  "a pipe": {
    send: `const { SQSClient, SendMessageCommand } = require("@aws-sdk/client-sqs");
      await new SQSClient().send(new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody: "again" }));`,
    build: async ({ clientConfig }) => {
      await new SQSClient(clientConfig).send(new CreateQueueCommand({ QueueName: "again" }));
      await new PipesClient(clientConfig).send(
        new CreatePipeCommand({
          Name: "again",
          RoleArn: ROLE_ARN,
          Source: arnOf("sqs", "again"),
          Target: FUNCTION_ARN,
        }),
      );
    },
    through: ["sqs", "pipes"],
  },
};

async function build(flyball: Flyball, { send, build }: Route): Promise<void> {
  const code = `exports.handler = async (event, context) => { console.log("ran"); ${send} };`;
  await new LambdaClient(flyball.clientConfig).send(
    new CreateFunctionCommand({
      FunctionName: "again",
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: ROLE_ARN,
      Timeout: 30,
      Code: { ZipFile: zipSync({ "index.cjs": strToU8(code) }) },
      Environment: { Variables: { QUEUE_URL: `${flyball.endpoint}/${ACCOUNT}/again` } },
    }),
  );
  await build(flyball);
}

async function begin({ clientConfig }: Flyball): Promise<void> {
  await new LambdaClient(clientConfig).send(
    new InvokeCommand({ FunctionName: "again", InvocationType: "Event", Payload: "{}" }),
  );
}

async function runs({ clientConfig }: Flyball): Promise<number> {
  const { events = [] } = await new CloudWatchLogsClient(clientConfig).send(
    new FilterLogEventsCommand({ logGroupName: "/aws/lambda/again", filterPattern: "ran" }),
  );
  return events.length;
}

/** The first loop that is told. */
async function firstLoop(flyball: Flyball): Promise<Loop> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const [loop] = flyball.loops();
    if (loop) return loop;
    assert.ok(performance.now() < giveUpAt, `no loop was told in ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const serviceOf = (arn: string) => arn.split(":")[2];

for (const [name, route] of Object.entries(ROUTES)) {
  test(`a loop through ${name} is told with its path, as one that AWS would let run`, async () => {
    await using flyball = await startFlyball();
    await build(flyball, route);
    await begin(flyball);
    const loop = await firstLoop(flyball);
    assert.deepEqual([loop.covered, loop.stopped], [false, false]);
    const services = new Set(loop.cycle.map(serviceOf));
    for (const service of ["lambda", ...route.through])
      assert.ok(services.has(service), `${service} is not in ${loop.cycle.join(" → ")}`);
  });

  test(`with stopUncoveredLoops, a loop through ${name} is stopped`, async () => {
    await using flyball = await startFlyball({ stopUncoveredLoops: true });
    await build(flyball, route);
    await begin(flyball);
    const loop = await firstLoop(flyball);
    assert.deepEqual([loop.covered, loop.stopped], [false, true]);
    const ran = await runs(flyball);
    assert.ok(ran >= 15 && ran <= RUNS_MAX, `it ran ${ran} times`);
  });
}

test("a state machine whose own status starts it again is told, though there is no function in the round", async () => {
  await using flyball = await startFlyball();
  const { clientConfig } = flyball;
  const sfn = new SFNClient(clientConfig);
  const events = new EventBridgeClient(clientConfig);
  const definition = { StartAt: "Work", States: { Work: { Type: "Pass", End: true } } };
  await sfn.send(
    new CreateStateMachineCommand({
      name: "work",
      definition: JSON.stringify(definition),
      roleArn: ROLE_ARN,
    }),
  );
  const EventPattern = JSON.stringify({
    source: ["aws.states"],
    detail: { status: ["SUCCEEDED"] },
  });
  await events.send(new PutRuleCommand({ Name: "again", EventPattern }));
  await events.send(
    new PutTargetsCommand({
      Rule: "again",
      Targets: [{ Id: "machine", Arn: MACHINE_ARN, RoleArn: ROLE_ARN }],
    }),
  );
  await sfn.send(new StartExecutionCommand({ stateMachineArn: MACHINE_ARN }));
  const loop = await firstLoop(flyball);
  assert.equal(loop.covered, false);
  assert.deepEqual(new Set(loop.cycle.map(serviceOf)), new Set(["states", "events"]));
});
