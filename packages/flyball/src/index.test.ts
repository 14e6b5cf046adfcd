import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  RecursiveInvocationException,
} from "@aws-sdk/client-lambda";
import {
  CreateStateMachineCommand,
  SFNClient,
  StartSyncExecutionCommand,
} from "@aws-sdk/client-sfn";
import {
  CreateQueueCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { type Flyball, startFlyball } from "./index.ts";
import { eventually, Scratch, zipOf } from "./testing/flyball-process.ts";

async function queuesOf(flyball: Flyball): Promise<(string | undefined)[]> {
  const { QueueUrls = [] } = await new SQSClient(flyball.clientConfig).send(
    new ListQueuesCommand({}),
  );
  return QueueUrls.map((url) => url.split("/").at(-1));
}

test("two in one process are two worlds, and each stops alone", async () => {
  await using one = await startFlyball({ ephemeral: true });
  await using other = await startFlyball();
  assert.notEqual(one.port, other.port);
  await new SQSClient(one.clientConfig).send(new CreateQueueCommand({ QueueName: "mine" }));
  assert.deepEqual(await queuesOf(one), ["mine"]);
  assert.deepEqual(await queuesOf(other), []);
  await one.stop();
  assert.deepEqual(await queuesOf(other), []);
  await assert.rejects(fetch(one.endpoint));
});

test("a virtual clock stands still until it is advanced", async () => {
  const startTime = Date.UTC(2026, 0, 1);
  await using flyball = await startFlyball({ clock: "virtual", startTime });
  const sqs = new SQSClient(flyball.clientConfig);
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({ QueueName: "late", Attributes: { DelaySeconds: "900" } }),
  );
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
  const receive = async () =>
    (await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages?.[0]?.Body;
  await flyball.advance(899_000);
  assert.equal(await receive(), undefined);
  await flyball.advance(1_000);
  assert.equal(await receive(), "hello");
  const health = await (await fetch(`${flyball.endpoint}/_flyball/health`)).json();
  assert.equal((health as { time: string }).time, "2026-01-01T00:15:00.000Z");
});

test("the system's clock cannot be advanced", async () => {
  await using flyball = await startFlyball();
  await assert.rejects(flyball.advance(1), { code: "ClockIsSystem" });
});

test("reset forgets everything, also when two ask for it at once", async () => {
  await using scratch = await Scratch.make();
  for (const options of [{}, { dataDirectory: join(scratch.path, "data") }]) {
    await using flyball = await startFlyball(options);
    const sqs = new SQSClient(flyball.clientConfig);
    await sqs.send(new CreateQueueCommand({ QueueName: "old" }));
    await Promise.all([flyball.reset(), flyball.reset()]);
    assert.deepEqual(await queuesOf(flyball), []);
    await sqs.send(new CreateQueueCommand({ QueueName: "new" }));
    assert.deepEqual(await queuesOf(flyball), ["new"]);
  }
});

test("it can be stopped twice, and while it is reset", async () => {
  const flyball = await startFlyball();
  const resetting = flyball.reset();
  await setImmediate();
  await Promise.all([flyball.stop(), flyball.stop(), resetting]);
  await flyball.stop();
  await assert.rejects(flyball.reset(), { code: "ServiceUnavailable" });
  await assert.rejects(fetch(flyball.endpoint));
});

test("a data directory is one runtime's at a time, in one process too, and keeps what was in it", async () => {
  await using scratch = await Scratch.make();
  const dataDirectory = join(scratch.path, "deep/data");
  {
    await using first = await startFlyball({ dataDirectory });
    await assert.rejects(startFlyball({ dataDirectory }), {
      message: `The data directory ${dataDirectory} is in use by the Flyball on ${first.endpoint} (this process). Stop that one first, or take another directory.`,
    });
    await new SQSClient(first.clientConfig).send(new CreateQueueCommand({ QueueName: "kept" }));
  }
  assert.deepEqual(await readdir(dataDirectory), ["cloud"]);
  await using again = await startFlyball({ dataDirectory });
  assert.deepEqual(await queuesOf(again), ["kept"]);
});

test("a start that fails leaves the data directory free", async () => {
  await using scratch = await Scratch.make();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const dataDirectory = join(scratch.path, "data");
  await assert.rejects(startFlyball({ dataDirectory, port }), { code: "EADDRINUSE" });
  server.close();
  await using flyball = await startFlyball({ dataDirectory });
  assert.ok(flyball.port > 0);
});

test("options that contradict each other are refused", async () => {
  await assert.rejects(startFlyball({ ephemeral: true, dataDirectory: "x" }), TypeError);
  await assert.rejects(startFlyball({ ephemeral: false }), TypeError);
});

test("loops() tells of each loop that was stopped", async () => {
  await using flyball = await startFlyball();
  const lambda = new LambdaClient({ ...flyball.clientConfig, maxAttempts: 1 });
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "itself",
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/r",
      Timeout: 30,
      Code: {
        ZipFile: zipOf(`
          import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
          const lambda = new LambdaClient({ maxAttempts: 1 });
          export async function handler() {
            try {
              const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: "itself" }));
              return JSON.parse(Payload.transformToString()) + 1;
            } catch (error) {
              if (error.name !== "${RecursiveInvocationException.name}") throw error;
              return 1;
            }
          }`),
      },
    }),
  );
  assert.deepEqual(flyball.loops(), []);
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: "itself" }));
  assert.equal(Payload?.transformToString(), "16");
  const [loop] = await eventually("the loop", () => flyball.loops().length > 0 && flyball.loops());
  assert.equal(loop?.invocations, 16);
  assert.equal(loop?.functionArn, "arn:aws:lambda:us-east-1:000000000000:function:itself");
});

// The SDK puts "sync-" before the host of these (the operation's endpoint trait), and there is no such host.
test("StartSyncExecution arrives from a client in the test, and from one in a Node.js function that knows of nothing", async () => {
  await using flyball = await startFlyball();
  const Role = "arn:aws:iam::000000000000:role/r";
  const sfn = new SFNClient(flyball.clientConfig);
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({
      name: "at-once",
      type: "EXPRESS",
      roleArn: Role,
      definition: '{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}',
    }),
  );
  const { status } = await sfn.send(new StartSyncExecutionCommand({ stateMachineArn }));
  assert.equal(status, "SUCCEEDED");
  const lambda = new LambdaClient(flyball.clientConfig);
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "caller",
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role,
      Timeout: 30,
      Code: {
        ZipFile: zipOf(`
          import { SFNClient, StartSyncExecutionCommand } from "@aws-sdk/client-sfn";
          const sfn = new SFNClient({});
          export const handler = async (stateMachineArn) =>
            (await sfn.send(new StartSyncExecutionCommand({ stateMachineArn }))).status;`),
      },
    }),
  );
  const Payload = Buffer.from(JSON.stringify(stateMachineArn));
  const answer = await lambda.send(new InvokeCommand({ FunctionName: "caller", Payload }));
  assert.equal(answer.Payload?.transformToString(), '"SUCCEEDED"');
});
