import assert from "node:assert";
import { test } from "node:test";
import { arn, refused, TestCloud } from "./testing.ts";

function redrivePolicy(name: string, maxReceiveCount: unknown): Record<string, string> {
  return {
    VisibilityTimeout: "0",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn(name), maxReceiveCount }),
  };
}

test("a message received too often moves to the dead-letter queue with its id, time and attributes", async () => {
  await using cloud = new TestCloud();
  const dead = await cloud.queue("dead");
  const QueueUrl = await cloud.queue("q", redrivePolicy("dead", "2"));
  const sent = await cloud.call("SendMessage", {
    QueueUrl,
    MessageBody: "x",
    MessageAttributes: { a: { DataType: "String", StringValue: "v" } },
  });
  const sentAt = cloud.cloud.clock.now();
  await cloud.advance(1);
  assert.deepEqual(await cloud.bodies(QueueUrl), ["x"]);
  assert.deepEqual(await cloud.bodies(QueueUrl), ["x"]);
  assert.deepEqual(await cloud.counts(dead), [0, 0, 0]);
  const polled = cloud.call("ReceiveMessage", {
    QueueUrl: dead,
    WaitTimeSeconds: 20,
    AttributeNames: ["All"],
    MessageAttributeNames: ["All"],
  });
  assert.deepEqual(await cloud.bodies(QueueUrl), []);
  const message = (await polled).Messages?.[0];
  assert.equal(message?.MessageId, sent.MessageId);
  assert.equal(message?.MessageAttributes?.a?.StringValue, "v");
  assert.equal(message?.Attributes?.SentTimestamp, String(sentAt));
  assert.equal(message?.Attributes?.ApproximateReceiveCount, "3");
  assert.equal(message?.Attributes?.DeadLetterQueueSourceArn, arn("q"));
  assert.deepEqual(await cloud.counts(QueueUrl), [0, 0, 0]);
});

test("retention goes on counting in a standard dead-letter queue", async () => {
  await using cloud = new TestCloud();
  const dead = await cloud.queue("dead", { MessageRetentionPeriod: "120" });
  const QueueUrl = await cloud.queue("q", redrivePolicy("dead", 1));
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x" });
  await cloud.advance(100);
  await cloud.bodies(QueueUrl);
  await cloud.bodies(QueueUrl);
  assert.deepEqual(await cloud.counts(dead), [1, 0, 0]);
  await cloud.advance(20);
  assert.deepEqual(await cloud.counts(dead), [0, 0, 0]);
});

test("dead letters give way: what comes after them is received in the same call", async () => {
  await using cloud = new TestCloud();
  const dead = await cloud.queue("dead");
  const QueueUrl = await cloud.queue("q", redrivePolicy("dead", 1));
  for (let i = 0; i < 30; i += 1)
    await cloud.call("SendMessage", { QueueUrl, MessageBody: `${i}` });
  for (let i = 0; i < 3; i += 1) await cloud.bodies(QueueUrl);
  await cloud.advance(1);
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "last" });
  assert.deepEqual(await cloud.bodies(QueueUrl), ["last"]);
  assert.deepEqual(await cloud.counts(dead), [30, 0, 0]);
});

test("a redrive policy is checked", async () => {
  await using cloud = new TestCloud();
  await cloud.queue("dead");
  await cloud.queue("dead.fifo", { FifoQueue: "true" });
  const set = (RedrivePolicy: string) => cloud.queue("q", { RedrivePolicy });
  const policy = (deadLetterTargetArn: string, maxReceiveCount: unknown = 1) =>
    set(JSON.stringify({ deadLetterTargetArn, maxReceiveCount }));
  const invalid = "InvalidParameterValue";
  await refused(policy(arn("none")), invalid, /Reason: Dead letter target does not exist\.$/);
  await refused(policy("dead"), invalid, /Dead letter target does not exist/);
  await refused(policy(arn("dead.fifo")), invalid, /must be same type of queue as the source/);
  await refused(policy(arn("dead").replace("eu-west-1", "us-east-1")), invalid, /owner/);
  for (const count of [0, 1001, "x", 1.5])
    await refused(policy(arn("dead"), count), invalid, /from 1 to 1000 both inclusive/);
  await refused(set("no"), invalid, /not a valid JSON map/);
  await refused(set('{"maxReceiveCount":1}'), invalid, /deadLetterTargetArn/);
  await policy(arn("dead"), 1000);
});

test("a dead-letter queue says which queues may use it", async () => {
  await using cloud = new TestCloud();
  const allow = (policy: object) => ({ RedriveAllowPolicy: JSON.stringify(policy) });
  await cloud.queue("closed", allow({ redrivePermission: "denyAll" }));
  await cloud.queue("some", allow({ redrivePermission: "byQueue", sourceQueueArns: [arn("a")] }));
  await refused(cloud.queue("a", redrivePolicy("closed", 1)), "InvalidParameterValue");
  await refused(cloud.queue("b", redrivePolicy("some", 1)), "InvalidParameterValue");
  await cloud.queue("a", redrivePolicy("some", 1));
  for (const policy of [{ redrivePermission: "none" }, { redrivePermission: "byQueue" }])
    await refused(cloud.queue("c", allow(policy)), "InvalidParameterValue");
});

test("the queues that use a dead-letter queue are listed, and a policy is taken back by an empty one", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("dead");
  const a = await cloud.queue("a", redrivePolicy("dead", 1));
  const b = await cloud.queue("b", redrivePolicy("dead", 1));
  const sources = async () =>
    (await cloud.call("ListDeadLetterSourceQueues", { QueueUrl })).queueUrls;
  assert.deepEqual(await sources(), [a, b]);
  await cloud.call("SetQueueAttributes", { QueueUrl: a, Attributes: { RedrivePolicy: "" } });
  assert.deepEqual(await sources(), [b]);
});

test("a message stays where it is when its dead-letter queue has been deleted", async () => {
  await using cloud = new TestCloud();
  const dead = await cloud.queue("dead");
  const QueueUrl = await cloud.queue("q", redrivePolicy("dead", 1));
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x" });
  await cloud.call("DeleteQueue", { QueueUrl: dead });
  for (let i = 0; i < 3; i += 1) assert.deepEqual(await cloud.bodies(QueueUrl), ["x"]);
});

async function withDeadLetters(cloud: TestCloud, messages: number) {
  const dead = await cloud.queue("dead");
  const QueueUrl = await cloud.queue("q", redrivePolicy("dead", 1));
  for (let i = 0; i < messages; i += 1)
    await cloud.call("SendMessage", { QueueUrl, MessageBody: `${i}` });
  for (let received = 0; received < messages; received += 10) await cloud.bodies(QueueUrl);
  assert.deepEqual(await cloud.bodies(QueueUrl), []);
  return { dead, QueueUrl };
}

async function lastTask(cloud: TestCloud) {
  const { Results = [] } = await cloud.call("ListMessageMoveTasks", { SourceArn: arn("dead") });
  const { TaskHandle, StartedTimestamp, ...task } = Results[0] ?? {};
  return task;
}

test("a move task returns dead letters to their source as new messages", async () => {
  await using cloud = new TestCloud();
  const { dead, QueueUrl } = await withDeadLetters(cloud, 3);
  await cloud.call("StartMessageMoveTask", { SourceArn: arn("dead") });
  await cloud.advance(1);
  assert.deepEqual(await lastTask(cloud), {
    Status: "COMPLETED",
    SourceArn: arn("dead"),
    ApproximateNumberOfMessagesMoved: 3,
    ApproximateNumberOfMessagesToMove: 3,
  });
  assert.deepEqual(await cloud.counts(dead), [0, 0, 0]);
  const { Messages = [] } = await cloud.call("ReceiveMessage", {
    QueueUrl,
    AttributeNames: ["All"],
  });
  assert.equal(Messages[0]?.Attributes?.ApproximateReceiveCount, "1");
  assert.equal(Messages[0]?.Attributes?.DeadLetterQueueSourceArn, undefined);
});

test("a move task keeps its rate, goes where it is told, and can be cancelled", async () => {
  await using cloud = new TestCloud();
  const { dead } = await withDeadLetters(cloud, 10);
  const other = await cloud.queue("other");
  const start = {
    SourceArn: arn("dead"),
    DestinationArn: arn("other"),
    MaxNumberOfMessagesPerSecond: 2,
  };
  const { TaskHandle } = await cloud.call("StartMessageMoveTask", start);
  await cloud.advance(1.5);
  assert.deepEqual(await cloud.counts(other), [4, 0, 0]);
  await refused(
    cloud.call("StartMessageMoveTask", start),
    "InvalidParameterValue",
    "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
  );
  assert.equal((await lastTask(cloud)).Status, "RUNNING");
  const cancelled = await cloud.call("CancelMessageMoveTask", { TaskHandle });
  assert.deepEqual(cancelled, { ApproximateNumberOfMessagesMoved: 4 });
  await cloud.advance(5);
  assert.deepEqual(await lastTask(cloud), {
    Status: "CANCELLED",
    SourceArn: arn("dead"),
    DestinationArn: arn("other"),
    MaxNumberOfMessagesPerSecond: 2,
    ApproximateNumberOfMessagesMoved: 4,
    ApproximateNumberOfMessagesToMove: 10,
  });
  assert.deepEqual(await cloud.counts(dead), [6, 0, 0]);
});

test("a move task fails when its destination is deleted, or a message has no source", async () => {
  await using cloud = new TestCloud();
  const { dead } = await withDeadLetters(cloud, 3);
  const other = await cloud.queue("other");
  await cloud.call("StartMessageMoveTask", {
    SourceArn: arn("dead"),
    DestinationArn: arn("other"),
    MaxNumberOfMessagesPerSecond: 1,
  });
  await cloud.advance(0.5);
  await cloud.call("DeleteQueue", { QueueUrl: other });
  await cloud.advance(1);
  const failed = await lastTask(cloud);
  assert.equal(failed.Status, "FAILED");
  assert.equal(failed.FailureReason, "AWS.SimpleQueueService.NonExistentQueue");
  await cloud.call("PurgeQueue", { QueueUrl: dead });
  await cloud.call("SendMessage", { QueueUrl: dead, MessageBody: "sent here" });
  await cloud.call("StartMessageMoveTask", { SourceArn: arn("dead") });
  await cloud.advance(1);
  assert.equal((await lastTask(cloud)).FailureReason, "CouldNotDetermineMessageSource");
  assert.deepEqual(await cloud.counts(dead), [1, 0, 0]);
});

test("move tasks are refused in AWS's words", async () => {
  await using cloud = new TestCloud();
  await cloud.queue("plain");
  await cloud.queue("dead");
  await cloud.queue("q", redrivePolicy("dead", 1));
  const start = (SourceArn: string, DestinationArn?: string) =>
    cloud.call("StartMessageMoveTask", { SourceArn, DestinationArn });
  await refused(
    start(arn("plain")),
    "InvalidParameterValue",
    "Source queue must be configured as a Dead Letter Queue.",
  );
  await refused(
    start(arn("none")),
    "ResourceNotFoundException",
    "The resource that you specified for the SourceArn parameter doesn't exist.",
  );
  await refused(
    start(arn("dead"), arn("none")),
    "ResourceNotFoundException",
    "The resource that you specified for the DestinationArn parameter doesn't exist.",
  );
  const cancel = (TaskHandle: string) => cloud.call("CancelMessageMoveTask", { TaskHandle });
  const handle = (sourceArn: string) =>
    Buffer.from(JSON.stringify({ taskId: "none", sourceArn })).toString("base64");
  await refused(cancel("x"), "InvalidParameterValue", "Value for parameter TaskHandle is invalid.");
  await refused(cancel(handle(arn("dead"))), "ResourceNotFoundException", "Task does not exist.");
  await refused(cancel(handle(arn("none"))), "ResourceNotFoundException", /SourceArn/);
});
