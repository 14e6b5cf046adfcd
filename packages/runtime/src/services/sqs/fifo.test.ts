import assert from "node:assert";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { arn, refused, TestCloud } from "./testing.ts";

const FIFO = { FifoQueue: "true", ContentBasedDeduplication: "true" };

async function send(cloud: TestCloud, QueueUrl: string, ...bodies: string[]): Promise<void> {
  for (const MessageBody of bodies)
    await cloud.call("SendMessage", { QueueUrl, MessageBody, MessageGroupId: MessageBody[0] });
}

async function receive(cloud: TestCloud, QueueUrl: string, MaxNumberOfMessages = 10) {
  const { Messages = [] } = await cloud.call("ReceiveMessage", { QueueUrl, MaxNumberOfMessages });
  return Messages.map(({ Body = "", ReceiptHandle = "" }) => ({ Body, ReceiptHandle }));
}

test("a group's messages come in order, and none while one of them is in flight", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q.fifo", FIFO);
  await send(cloud, QueueUrl, "a1", "a2", "b1", "a3");
  const [a1] = await receive(cloud, QueueUrl, 1);
  assert.equal(a1?.Body, "a1");
  assert.deepEqual(await cloud.bodies(QueueUrl), ["b1"]);
  assert.deepEqual(await cloud.counts(QueueUrl), [2, 2, 0]);
  await cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle: a1?.ReceiptHandle });
  assert.deepEqual(await cloud.bodies(QueueUrl), ["a2", "a3"]);
});

test("a message whose visibility timeout ends comes again before its group goes on", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q.fifo", FIFO);
  await send(cloud, QueueUrl, "a1", "a2", "a3");
  const [a1, a2] = await receive(cloud, QueueUrl, 2);
  const change = (ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
    cloud.call("ChangeMessageVisibility", { QueueUrl, ReceiptHandle, VisibilityTimeout });
  await change(a1?.ReceiptHandle, 0);
  assert.deepEqual(await cloud.bodies(QueueUrl), [], "a2 is still in flight");
  await change(a2?.ReceiptHandle, 5);
  await cloud.advance(5);
  assert.deepEqual(await cloud.bodies(QueueUrl), ["a1", "a2", "a3"]);
});

test("a long poll gets a group's next message when the one before it is deleted", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q.fifo", FIFO);
  await send(cloud, QueueUrl, "a1", "a2");
  const [a1] = await receive(cloud, QueueUrl, 1);
  const polled = cloud.call("ReceiveMessage", { QueueUrl, WaitTimeSeconds: 20 });
  await cloud.advance(1);
  await cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle: a1?.ReceiptHandle });
  assert.equal((await polled).Messages?.[0]?.Body, "a2");
});

test("a duplicate within five minutes is answered as the first, and not delivered", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q.fifo", FIFO);
  const message = { QueueUrl, MessageBody: "x", MessageGroupId: "g" };
  const first = await cloud.call("SendMessage", message);
  assert.match(first.SequenceNumber ?? "", /^\d{20}$/);
  const second = await cloud.call("SendMessage", { ...message, MessageGroupId: "other" });
  assert.deepEqual(second, first);
  const [received] = await receive(cloud, QueueUrl);
  await cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle: received?.ReceiptHandle });
  await cloud.advance(299);
  // The id of the content is its SHA-256: giving it says the same.
  const MessageDeduplicationId = createHash("sha256").update("x").digest("hex");
  await cloud.call("SendMessage", { ...message, MessageBody: "y", MessageDeduplicationId });
  assert.deepEqual(await cloud.counts(QueueUrl), [0, 0, 0]);
  await cloud.advance(1);
  const third = await cloud.call("SendMessage", message);
  assert.notEqual(third.MessageId, first.MessageId);
  assert(BigInt(third.SequenceNumber ?? 0) > BigInt(first.SequenceNumber ?? 0));
});

test("duplicates are found within a group when that is the scope", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q.fifo", {
    ...FIFO,
    DeduplicationScope: "messageGroup",
    FifoThroughputLimit: "perMessageGroupId",
  });
  for (const MessageGroupId of ["g", "h", "g"])
    await cloud.call("SendMessage", { QueueUrl, MessageBody: "x", MessageGroupId });
  assert.deepEqual(await cloud.counts(QueueUrl), [2, 0, 0]);
});

test("groups, deduplication ids and delays are required and refused as AWS does", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q.fifo", { FifoQueue: "true" });
  const neither =
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
  const group = "The request must contain the parameter MessageGroupId.";
  const message = { QueueUrl, MessageBody: "x" };
  await refused(cloud.call("SendMessage", message), "MissingParameter", group);
  await refused(
    cloud.call("SendMessage", { ...message, MessageGroupId: "g" }),
    "InvalidParameterValue",
    neither,
  );
  const whole = { ...message, MessageGroupId: "g", MessageDeduplicationId: "d" };
  await refused(
    cloud.call("SendMessage", { ...whole, DelaySeconds: 2 }),
    "InvalidParameterValue",
    "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.",
  );
  for (const MessageDeduplicationId of ["", "a b", "x".repeat(129)])
    await refused(
      cloud.call("SendMessage", { ...whole, MessageDeduplicationId }),
      "InvalidParameterValue",
      `Value ${MessageDeduplicationId} for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    );
  const batch = (entry: object) =>
    cloud.call("SendMessageBatch", {
      QueueUrl,
      Entries: [{ Id: "1", MessageBody: "x", ...entry }],
    });
  await refused(batch({ MessageDeduplicationId: "d" }), "InvalidParameterValue", group);
  await refused(batch({ MessageGroupId: "g" }), "InvalidParameterValue", neither);
});

test("the queue's delay holds for what lies in it already when it changes", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q.fifo", { ...FIFO, DelaySeconds: "60" });
  await send(cloud, QueueUrl, "a1");
  await cloud.advance(1);
  await send(cloud, QueueUrl, "a2");
  assert.deepEqual(await cloud.counts(QueueUrl), [0, 0, 2]);
  await cloud.call("SetQueueAttributes", { QueueUrl, Attributes: { DelaySeconds: "5" } });
  await cloud.advance(4);
  assert.deepEqual(await cloud.bodies(QueueUrl), ["a1"]);
  assert.deepEqual(await cloud.counts(QueueUrl), [0, 1, 1]);
});

test("a FIFO receipt handle expires with its visibility timeout", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q.fifo", { ...FIFO, VisibilityTimeout: "1" });
  await send(cloud, QueueUrl, "a1");
  const [received] = await receive(cloud, QueueUrl);
  await cloud.advance(1);
  const { ReceiptHandle } = received!;
  await refused(
    cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle }),
    "InvalidParameterValue",
    `Value ${ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
  );
  const [again] = await receive(cloud, QueueUrl);
  await cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle: again?.ReceiptHandle });
  await cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle: again?.ReceiptHandle });
  assert.deepEqual(await cloud.counts(QueueUrl), [0, 0, 0]);
});

test("a receive attempted again with its id gets the same messages, while they are in flight", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q.fifo", FIFO);
  await send(cloud, QueueUrl, "a1", "b1", "b2");
  const attempt = async () => {
    const { Messages = [] } = await cloud.call("ReceiveMessage", {
      QueueUrl,
      MaxNumberOfMessages: 2,
      ReceiveRequestAttemptId: "attempt",
    });
    return Messages.map(({ Body, ReceiptHandle }) => [Body, ReceiptHandle]);
  };
  const first = await attempt();
  assert.deepEqual(
    first.map(([body]) => body),
    ["a1", "b1"],
  );
  await cloud.advance(20);
  assert.deepEqual(await attempt(), first);
  await cloud.advance(20);
  assert.deepEqual(await cloud.bodies(QueueUrl), [], "their visibility timeout began anew");
  await cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle: first[0]?.[1] });
  assert.deepEqual(await attempt(), []);
});

test("a dead letter keeps its group and lets the group go on; its retention begins anew", async () => {
  await using cloud = new TestCloud();
  const dead = await cloud.queue("dead.fifo", FIFO);
  const QueueUrl = await cloud.queue("q.fifo", {
    ...FIFO,
    VisibilityTimeout: "1",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn("dead.fifo"), maxReceiveCount: 1 }),
  });
  await send(cloud, QueueUrl, "a1");
  await receive(cloud, QueueUrl);
  await send(cloud, QueueUrl, "a2");
  await cloud.advance(60);
  assert.deepEqual(await cloud.bodies(QueueUrl), ["a2"]);
  const { Messages = [] } = await cloud.call("ReceiveMessage", {
    QueueUrl: dead,
    AttributeNames: ["All"],
  });
  assert.equal(Messages[0]?.Body, "a1");
  assert.equal(Messages[0]?.Attributes?.MessageGroupId, "a");
  assert.equal(Messages[0]?.Attributes?.SentTimestamp, String(cloud.cloud.clock.now()));
});

test("many blocked groups do not hide one that can be received", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q.fifo", FIFO);
  for (let group = 0; group < 60; group += 1)
    for (const part of [1, 2])
      await cloud.call("SendMessage", {
        QueueUrl,
        MessageBody: `${group} ${part}`,
        MessageGroupId: `${group}`,
      });
  const seen: string[] = [];
  for (let more = 0; more < 60; more += 1) {
    const [message] = await receive(cloud, QueueUrl, 1);
    seen.push(message?.Body ?? "");
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 60 }, (_, group) => `${group} 1`),
  );
  assert.deepEqual(await receive(cloud, QueueUrl), []);
});
