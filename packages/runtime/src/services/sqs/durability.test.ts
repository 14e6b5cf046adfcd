import assert from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { arn, TestCloud } from "./testing.ts";

function directoryOf(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "flyball-sqs-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const START = Date.UTC(2026, 0, 1);

test("queues, messages, what is in flight, and handles survive a restart", async (context) => {
  const directory = directoryOf(context);
  let QueueUrl: string;
  let ReceiptHandle: string | undefined;
  {
    await using cloud = new TestCloud(directory, START);
    QueueUrl = await cloud.queue("q", { VisibilityTimeout: "60" });
    await cloud.call("TagQueue", { QueueUrl, Tags: { a: "b" } });
    await cloud.call("SendMessage", { QueueUrl, MessageBody: "held" });
    const { Messages } = await cloud.call("ReceiveMessage", { QueueUrl });
    ReceiptHandle = Messages?.[0]?.ReceiptHandle;
    await cloud.call("SendMessage", { QueueUrl, MessageBody: "x".repeat(100_000) });
    await cloud.call("SendMessage", { QueueUrl, MessageBody: "later", DelaySeconds: 30 });
  }
  await using cloud = new TestCloud(directory, START + 10_000);
  assert.deepEqual(await cloud.counts(QueueUrl), [1, 1, 1]);
  assert.deepEqual((await cloud.call("ListQueueTags", { QueueUrl })).Tags, { a: "b" });
  assert.deepEqual(await cloud.bodies(QueueUrl), ["x".repeat(100_000)]);
  const polled = cloud.call("ReceiveMessage", { QueueUrl, WaitTimeSeconds: 20 });
  await cloud.advance(20);
  assert.equal((await polled).Messages?.[0]?.Body, "later");
  await cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle });
  await cloud.advance(600);
  assert.deepEqual(await cloud.counts(QueueUrl), [2, 0, 0]);
});

test("a FIFO queue remembers its groups and duplicates across a restart", async (context) => {
  const directory = directoryOf(context);
  const message = { MessageBody: "a1", MessageGroupId: "a" };
  let QueueUrl: string;
  {
    await using cloud = new TestCloud(directory, START);
    QueueUrl = await cloud.queue("q.fifo", {
      FifoQueue: "true",
      ContentBasedDeduplication: "true",
    });
    await cloud.call("SendMessage", { QueueUrl, ...message });
    await cloud.call("SendMessage", { QueueUrl, ...message, MessageBody: "a2" });
    assert.deepEqual(await cloud.bodies(QueueUrl, 1), ["a1"]);
  }
  await using cloud = new TestCloud(directory, START + 10_000);
  assert.deepEqual(await cloud.counts(QueueUrl), [1, 1, 0]);
  assert.deepEqual(await cloud.bodies(QueueUrl), []);
  await cloud.call("SendMessage", { QueueUrl, ...message });
  await cloud.advance(20);
  assert.deepEqual(await cloud.bodies(QueueUrl), ["a1", "a2"]);
});

test("a move task goes on after a restart", async (context) => {
  const directory = directoryOf(context);
  const SourceArn = arn("dead");
  let dead: string;
  {
    await using cloud = new TestCloud(directory, START);
    dead = await cloud.queue("dead");
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: SourceArn, maxReceiveCount: 1 });
    const QueueUrl = await cloud.queue("q", { VisibilityTimeout: "0", RedrivePolicy });
    for (const MessageBody of ["1", "2", "3"])
      await cloud.call("SendMessage", { QueueUrl, MessageBody });
    await cloud.bodies(QueueUrl);
    await cloud.bodies(QueueUrl);
    await cloud.call("StartMessageMoveTask", { SourceArn, MaxNumberOfMessagesPerSecond: 1 });
    await cloud.advance(0.5);
    assert.deepEqual(await cloud.counts(dead), [2, 0, 0]);
  }
  await using cloud = new TestCloud(directory, START + 10_000);
  await cloud.advance(5);
  assert.deepEqual(await cloud.counts(dead), [0, 0, 0]);
  const { Results } = await cloud.call("ListMessageMoveTasks", { SourceArn });
  assert.equal(Results?.[0]?.Status, "COMPLETED");
});
