import assert from "node:assert";
import { test } from "node:test";
import { refused, TestCloud } from "./testing.ts";

async function received(cloud: TestCloud, QueueUrl: string): Promise<string> {
  const { Messages = [] } = await cloud.call("ReceiveMessage", { QueueUrl });
  assert(Messages[0]?.ReceiptHandle, "nothing was received");
  return Messages[0].ReceiptHandle;
}

test("a received message is hidden for the visibility timeout, then comes back", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q", { VisibilityTimeout: "10" });
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x" });
  assert.deepEqual(await cloud.bodies(QueueUrl), ["x"]);
  await cloud.advance(9);
  assert.deepEqual(await cloud.bodies(QueueUrl), []);
  assert.deepEqual(await cloud.counts(QueueUrl), [0, 1, 0]);
  await cloud.advance(1);
  assert.deepEqual(await cloud.counts(QueueUrl), [1, 0, 0]);
  assert.deepEqual(await cloud.bodies(QueueUrl), ["x"]);
});

test("the visibility timeout can be extended, and ended at once", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x" });
  const ReceiptHandle = await received(cloud, QueueUrl);
  const change = (VisibilityTimeout: number) =>
    cloud.call("ChangeMessageVisibility", { QueueUrl, ReceiptHandle, VisibilityTimeout });
  await cloud.advance(20);
  await change(60);
  await cloud.advance(59);
  assert.deepEqual(await cloud.bodies(QueueUrl), []);
  await change(0);
  assert.deepEqual(await cloud.counts(QueueUrl), [1, 0, 0]);
  // The handle's time is over: no error, and no change (localstack pull request 9632, checked against AWS).
  await change(60);
  assert.deepEqual(await cloud.bodies(QueueUrl), ["x"]);
});

test("visibility timeouts are at most 12 hours, counted from the receive", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x" });
  const ReceiptHandle = await received(cloud, QueueUrl);
  const change = (VisibilityTimeout: number) =>
    cloud.call("ChangeMessageVisibility", { QueueUrl, ReceiptHandle, VisibilityTimeout });
  await change(43_200);
  for (const seconds of [-1, 43_201])
    await refused(
      change(seconds),
      "InvalidParameterValue",
      `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided.`,
    );
  await cloud.advance(1);
  // aws-sdk-net issue 794.
  await refused(
    change(43_200),
    "InvalidParameterValue",
    "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].",
  );
});

test("a deleted message stays away, is deleted twice without error, and cannot be changed", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x" });
  const ReceiptHandle = await received(cloud, QueueUrl);
  await cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle });
  await cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle });
  await cloud.advance(60);
  assert.deepEqual(await cloud.bodies(QueueUrl), []);
  assert.deepEqual(await cloud.counts(QueueUrl), [0, 0, 0]);
  await refused(
    cloud.call("ChangeMessageVisibility", { QueueUrl, ReceiptHandle, VisibilityTimeout: 1 }),
    "InvalidParameterValue",
    `Value ${ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
  );
});

test("every receive has a handle of its own, and an old one still deletes from a standard queue", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q", { VisibilityTimeout: "0" });
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x" });
  const first = await received(cloud, QueueUrl);
  const second = await received(cloud, QueueUrl);
  assert.notEqual(first, second);
  // moto pull request 4655, checked against AWS.
  await cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle: first });
  assert.deepEqual(await cloud.bodies(QueueUrl), []);
});

test("handles that SQS never gave, or gave for another queue, are refused", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const other = await cloud.queue("other");
  await cloud.call("SendMessage", { QueueUrl: other, MessageBody: "x" });
  const foreign = await received(cloud, other);
  // elasticmq issue 324; aws-sdk-java-v2 issue 3101.
  await refused(
    cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle: "fake" }),
    "ReceiptHandleIsInvalid",
    'The input receipt handle "fake" is not a valid receipt handle.',
  );
  await refused(
    cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle: foreign }),
    "ReceiptHandleIsInvalid",
    `The receipt handle "${foreign}" is not valid for this queue.`,
  );
  const { Successful, Failed } = await cloud.call("DeleteMessageBatch", {
    QueueUrl: other,
    Entries: [
      { Id: "good", ReceiptHandle: foreign },
      { Id: "bad", ReceiptHandle: "fake" },
    ],
  });
  assert.deepEqual(Successful, [{ Id: "good" }]);
  assert.deepEqual(
    Failed?.map(({ Id, Code }) => [Id, Code]),
    [["bad", "ReceiptHandleIsInvalid"]],
  );
});

test("visibility is changed in batches with partial failures", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x" });
  const ReceiptHandle = await received(cloud, QueueUrl);
  const { Successful, Failed } = await cloud.call("ChangeMessageVisibilityBatch", {
    QueueUrl,
    Entries: [
      { Id: "good", ReceiptHandle, VisibilityTimeout: 0 },
      { Id: "far", ReceiptHandle, VisibilityTimeout: 99_999 },
    ],
  });
  assert.deepEqual(Successful, [{ Id: "good" }]);
  assert.deepEqual(
    Failed?.map(({ Id, Code }) => [Id, Code]),
    [["far", "InvalidParameterValue"]],
  );
  assert.deepEqual(await cloud.bodies(QueueUrl), ["x"]);
});

test("messages are delayed by the queue, or by what they were sent with", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q", { DelaySeconds: "5" });
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "queue" });
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "none", DelaySeconds: 0 });
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "own", DelaySeconds: 900 });
  // A standard queue's delay does not change for what lies in it (API reference of CreateQueue).
  await cloud.call("SetQueueAttributes", { QueueUrl, Attributes: { DelaySeconds: "0" } });
  assert.deepEqual(await cloud.counts(QueueUrl), [1, 0, 2]);
  assert.deepEqual(await cloud.bodies(QueueUrl), ["none"]);
  await cloud.advance(5);
  assert.deepEqual(await cloud.bodies(QueueUrl), ["queue"]);
  assert.deepEqual(await cloud.counts(QueueUrl), [0, 2, 1]);
  await cloud.advance(894);
  assert.deepEqual(await cloud.counts(QueueUrl), [2, 0, 1]);
  await cloud.advance(1);
  assert.deepEqual(await cloud.counts(QueueUrl), [3, 0, 0]);
  await refused(
    cloud.call("SendMessage", { QueueUrl, MessageBody: "x", DelaySeconds: 901 }),
    "InvalidParameterValue",
    "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
  );
});

test("messages are gone after the retention period, also when it is shortened", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q", { MessageRetentionPeriod: "120" });
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "held" });
  await received(cloud, QueueUrl);
  await cloud.advance(60);
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "young" });
  await cloud.advance(60);
  assert.deepEqual(await cloud.counts(QueueUrl), [1, 0, 0]);
  assert.deepEqual(await cloud.bodies(QueueUrl), ["young"]);
  await cloud.call("SetQueueAttributes", {
    QueueUrl,
    Attributes: { MessageRetentionPeriod: "60" },
  });
  assert.deepEqual(await cloud.counts(QueueUrl), [0, 0, 0]);
});

test("a long poll waits for a message and has it as soon as it is sent", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const polled = cloud.call("ReceiveMessage", { QueueUrl, WaitTimeSeconds: 20 });
  await cloud.advance(19);
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x" });
  assert.equal((await polled).Messages?.[0]?.Body, "x");
});

test("a long poll wakes when a delay or a visibility timeout is over", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q", { ReceiveMessageWaitTimeSeconds: "20" });
  const started = cloud.cloud.clock.now();
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x", DelaySeconds: 3 });
  const poll = async (VisibilityTimeout: number) => {
    const { Messages = [] } = await cloud.call("ReceiveMessage", { QueueUrl, VisibilityTimeout });
    return [Messages[0]?.Body, (cloud.cloud.clock.now() - started) / 1000];
  };
  const first = poll(4).then(async (result) => [result, await poll(1)]);
  await cloud.advance(30);
  assert.deepEqual(await first, [
    ["x", 3],
    ["x", 7],
  ]);
});

test("a long poll ends empty at its time, and a short one at once", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q", { ReceiveMessageWaitTimeSeconds: "2" });
  const ended = cloud.call("ReceiveMessage", { QueueUrl }).then(() => cloud.cloud.clock.now());
  const started = cloud.cloud.clock.now();
  assert.deepEqual(await cloud.call("ReceiveMessage", { QueueUrl, WaitTimeSeconds: 0 }), {});
  await cloud.advance(5);
  assert.equal((await ended) - started, 2000);
  for (const [name, value, range] of [
    ["WaitTimeSeconds", 21, "Must be >= 0 and <= 20, if provided."],
    ["WaitTimeSeconds", -1, "Must be >= 0 and <= 20, if provided."],
    ["MaxNumberOfMessages", 11, "Must be between 1 and 10, if provided."],
    ["MaxNumberOfMessages", 0, "Must be between 1 and 10, if provided."],
  ] as const)
    await refused(
      cloud.call("ReceiveMessage", { QueueUrl, [name]: value }),
      "InvalidParameterValue",
      `Value ${value} for parameter ${name} is invalid. Reason: ${range}`,
    );
});

test("who waits longest is served first", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const served: number[] = [];
  const polls = [1, 2, 3].map(async (waiter) => {
    await cloud.call("ReceiveMessage", { QueueUrl, WaitTimeSeconds: 20 });
    served.push(waiter);
  });
  for (let sent = 1; sent <= 3; sent += 1) {
    await cloud.advance(1);
    await cloud.call("SendMessage", { QueueUrl, MessageBody: `${sent}` });
    await polls[sent - 1];
    assert.equal(served.length, sent);
  }
  assert.deepEqual(served, [1, 2, 3]);
});

test("a poll whose caller has gone takes nothing, and one on a deleted queue ends", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const gone = new AbortController();
  const polled = cloud.cloud.call(
    cloud.caller,
    "sqs",
    "ReceiveMessage",
    { QueueUrl, WaitTimeSeconds: 20 },
    { signal: gone.signal },
  );
  const rejected = assert.rejects(polled, /gone/);
  await cloud.advance(1);
  gone.abort(new Error("gone"));
  await rejected;
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x" });
  assert.deepEqual(await cloud.counts(QueueUrl), [1, 0, 0]);
  await cloud.bodies(QueueUrl);
  const waiting = cloud.call("ReceiveMessage", { QueueUrl, WaitTimeSeconds: 20 });
  await cloud.advance(1);
  await cloud.call("DeleteQueue", { QueueUrl });
  assert.deepEqual(await waiting, {});
});

test("whoever listens on the queue's channel is woken by what becomes visible", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const { wakes, clock } = cloud.cloud;
  const channel = "sqs:arn:aws:sqs:eu-west-1:123456789012:q";
  const woken = wakes.listen(channel).woken(clock.now() + 60_000);
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x", DelaySeconds: 7 });
  const started = clock.now();
  const at = woken.then((how) => [how, clock.now() - started]);
  await cloud.advance(60);
  assert.deepEqual(await at, ["woken", 7000]);
});
