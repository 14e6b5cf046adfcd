import assert from "node:assert";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ACCOUNT, refused, TestCloud } from "./testing.ts";

const TRACE_HEADER = "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1";

test("a message comes back as it was sent, with AWS's digests", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const MessageAttributes = {
    text: { DataType: "String.label", StringValue: "ü" },
    number: { DataType: "Number", StringValue: "-1.50e3" },
    bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) },
  };
  const sent = await cloud.call("SendMessage", {
    QueueUrl,
    MessageBody: "a\tü🎾",
    MessageAttributes,
  });
  assert.equal(sent.MD5OfMessageBody, createHash("md5").update("a\tü🎾").digest("hex"));
  const { Messages: [message] = [] } = await cloud.call("ReceiveMessage", {
    QueueUrl,
    MessageAttributeNames: ["All"],
  });
  assert.equal(message?.MessageId, sent.MessageId);
  assert.equal(message?.Body, "a\tü🎾");
  assert.deepEqual(message?.MessageAttributes, MessageAttributes);
  assert.equal(message?.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
  assert.equal(message?.MD5OfBody, sent.MD5OfMessageBody);
  assert.equal(message?.Attributes, undefined);
});

test("the digest of attributes is the one of AWS's algorithm", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  // "timestamp" as a Number: a digest that moto and the SDKs' own tests carry (moto test_message_attributes).
  const { MD5OfMessageAttributes } = await cloud.call("SendMessage", {
    QueueUrl,
    MessageBody: "derp",
    MessageAttributes: { timestamp: { DataType: "Number", StringValue: "1493147359900" } },
  });
  assert.equal(MD5OfMessageAttributes, "235c5c510d26fb653d073faed50ae77c");
});

test("a caller's trace header is kept as AWSTraceHeader, unless another was sent", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const traced = { traceHeader: TRACE_HEADER };
  const send = { QueueUrl, MessageBody: "x" };
  const first = await cloud.call("SendMessage", send, traced);
  assert.equal(first.MD5OfMessageSystemAttributes, undefined);
  const own = { AWSTraceHeader: { DataType: "String", StringValue: "Root=1-other" } };
  const second = await cloud.call("SendMessage", { ...send, MessageSystemAttributes: own }, traced);
  assert.match(second.MD5OfMessageSystemAttributes ?? "", /^[0-9a-f]{32}$/);
  await cloud.call(
    "SendMessageBatch",
    { QueueUrl, Entries: [{ Id: "1", MessageBody: "x" }] },
    traced,
  );
  await cloud.call("SendMessage", send);
  const { Messages = [] } = await cloud.call("ReceiveMessage", {
    QueueUrl,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ["AWSTraceHeader"],
  });
  assert.deepEqual(
    Messages.map(({ Attributes }) => Attributes?.AWSTraceHeader),
    [TRACE_HEADER, "Root=1-other", TRACE_HEADER, undefined],
  );
});

test("a send in a chain is recorded as a hop to the queue", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const hops: string[] = [];
  cloud.cloud.notices.on("hop", ({ action, to }) => hops.push(`${action} ${to}`));
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x" }, { traceHeader: TRACE_HEADER });
  assert.deepEqual(hops, [`sqs:SendMessage arn:aws:sqs:eu-west-1:${ACCOUNT}:q`]);
});

test("system attributes are given by name or all together, under both members", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x" });
  await cloud.advance(2);
  const receive = async (input: object) => {
    const { Messages = [] } = await cloud.call("ReceiveMessage", {
      QueueUrl,
      VisibilityTimeout: 0,
      ...input,
    });
    return Messages[0]?.Attributes;
  };
  assert.deepEqual(await receive({ AttributeNames: ["All"] }), {
    SenderId: ACCOUNT,
    SentTimestamp: String(Date.UTC(2026, 0, 1)),
    ApproximateFirstReceiveTimestamp: String(Date.UTC(2026, 0, 1) + 2000),
    ApproximateReceiveCount: "1",
  });
  await cloud.advance(2);
  assert.deepEqual(
    await receive({ MessageSystemAttributeNames: ["ApproximateReceiveCount", "SequenceNumber"] }),
    { ApproximateReceiveCount: "2" },
  );
  await refused(receive({ AttributeNames: ["Nothing"] }), "InvalidAttributeName");
});

test("message attributes are chosen by name, prefix and wildcard", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const value = { DataType: "String", StringValue: "v" };
  await cloud.call("SendMessage", {
    QueueUrl,
    MessageBody: "x",
    MessageAttributes: { "bar.one": value, "bar.two": value, foo: value },
  });
  const chosen = async (...MessageAttributeNames: string[]) => {
    const { Messages = [] } = await cloud.call("ReceiveMessage", {
      QueueUrl,
      VisibilityTimeout: 0,
      MessageAttributeNames,
    });
    return Object.keys(Messages[0]?.MessageAttributes ?? {});
  };
  assert.deepEqual(await chosen(), []);
  assert.deepEqual(await chosen("foo", "none"), ["foo"]);
  assert.deepEqual(await chosen("bar.*"), ["bar.one", "bar.two"]);
  assert.deepEqual(await chosen(".*"), ["bar.one", "bar.two", "foo"]);
  assert.deepEqual(await chosen("All"), ["bar.one", "bar.two", "foo"]);
});

test("bodies are refused when empty, too long, or with characters that XML does not have", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q", { MaximumMessageSize: "1024" });
  const send = (MessageBody: string) => cloud.call("SendMessage", { QueueUrl, MessageBody });
  await send("é".repeat(512));
  await refused(
    send(`${"é".repeat(512)}x`),
    "InvalidParameterValue",
    "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
  );
  await refused(
    send(""),
    "MissingParameter",
    "The request must contain the parameter MessageBody.",
  );
  for (const body of ["\u0000", "\u000b", "\uffff", "\ud800"])
    await refused(send(body), "InvalidMessageContents");
  await send("\t\n\r\ue000\ufffd\u{10ffff}");
});

test("a mebibyte is taken, and long bodies survive being received", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const body = "x".repeat(1_048_576);
  await cloud.call("SendMessage", { QueueUrl, MessageBody: body });
  await refused(
    cloud.call("SendMessage", { QueueUrl, MessageBody: `${body}x` }),
    "InvalidParameterValue",
    "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
  );
  for (let time = 0; time < 2; time += 1) {
    const { Messages = [] } = await cloud.call("ReceiveMessage", {
      QueueUrl,
      VisibilityTimeout: 0,
    });
    assert(Messages[0]?.Body === body);
  }
});

test("message attributes are refused as AWS refuses them", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const send = (MessageAttributes: Record<string, { DataType: string; StringValue?: string }>) =>
    cloud.call("SendMessage", { QueueUrl, MessageBody: "x", MessageAttributes });
  const string = { DataType: "String", StringValue: "v" };
  await refused(
    send({ ErrorDetails: { DataType: "String", StringValue: "" } }),
    "InvalidParameterValue",
    "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'.",
  );
  for (const name of ["AWS.x", "amazon.x", ".x", "x.", "x..y", "a b", "x".repeat(257)])
    await refused(send({ [name]: string }), "InvalidParameterValue");
  for (const DataType of ["", "Text", "string", "StringList"])
    await refused(send({ a: { DataType, StringValue: "v" } }), "InvalidParameterValue");
  await refused(send({ a: { DataType: "Number", StringValue: "one" } }), "InvalidParameterValue");
  await refused(send({ a: { DataType: "Binary", StringValue: "v" } }), "InvalidParameterValue");
  const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`a${i}`, string]));
  await refused(send(eleven), "InvalidParameterValue", /11.*10/);
});

test("a batch sends what it can, and says what it could not", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q", { MaximumMessageSize: "1024" });
  const { Successful, Failed } = await cloud.call("SendMessageBatch", {
    QueueUrl,
    Entries: [
      { Id: "long", MessageBody: "x".repeat(1025) },
      { Id: "good", MessageBody: "y" },
    ],
  });
  assert.deepEqual(
    Successful?.map(({ Id, MD5OfMessageBody }) => [Id, MD5OfMessageBody]),
    [["good", createHash("md5").update("y").digest("hex")]],
  );
  assert.deepEqual(Failed, [
    {
      Id: "long",
      SenderFault: true,
      Code: "InvalidParameterValue",
      Message:
        "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.",
    },
  ]);
  assert.deepEqual(await cloud.bodies(QueueUrl), ["y"]);
});

test("a batch is refused whole when it is empty, too long, or its ids are wrong", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const send = (ids: string[], MessageBody = "x") =>
    cloud.call("SendMessageBatch", { QueueUrl, Entries: ids.map((Id) => ({ Id, MessageBody })) });
  await refused(
    send([]),
    "EmptyBatchRequest",
    "There should be at least one SendMessageBatchRequestEntry in the request.",
  );
  await refused(
    send(Array.from({ length: 11 }, (_, i) => `${i}`)),
    "TooManyEntriesInBatchRequest",
    "Maximum number of entries per request are 10. You have sent 11.",
  );
  await refused(send(["a", "a"]), "BatchEntryIdsNotDistinct", "Id a repeated.");
  for (const id of ["", "a b", "a:b", "x".repeat(81)])
    await refused(send([id]), "InvalidBatchEntryId", /A batch entry id can only contain/);
  await refused(
    send(["a", "b"], "x".repeat(524_289)),
    "BatchRequestTooLong",
    "Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes.",
  );
  assert.deepEqual(await cloud.counts(QueueUrl), [0, 0, 0]);
});

test("a standard queue takes a message group, and no deduplication id", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const send = { QueueUrl, MessageBody: "x" };
  await cloud.call("SendMessage", { ...send, MessageGroupId: "tenant" });
  const { Messages } = await cloud.call("ReceiveMessage", {
    QueueUrl,
    AttributeNames: ["MessageGroupId" as never],
  });
  assert.deepEqual(Messages?.[0]?.Attributes, { MessageGroupId: "tenant" });
  for (const MessageGroupId of ["", "group 123", "a".repeat(129)])
    await refused(
      cloud.call("SendMessage", { ...send, MessageGroupId }),
      "InvalidParameterValue",
      `Value ${MessageGroupId} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    );
  await refused(
    cloud.call("SendMessage", { ...send, MessageDeduplicationId: "d" }),
    "InvalidParameterValue",
  );
});

test("sends, receives and deletions are counted in AWS/SQS, and the queue is gauged each minute", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "four" });
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "x", DelaySeconds: 900 });
  const { Messages: [message] = [] } = await cloud.call("ReceiveMessage", { QueueUrl });
  await cloud.call("ReceiveMessage", { QueueUrl });
  await cloud.call("DeleteMessage", { QueueUrl, ReceiptHandle: message?.ReceiptHandle });
  await cloud.advance(62);
  const emitted = (name: string) =>
    cloud.metrics
      .filter((metric) => metric.name === name)
      .map(({ value, count }) => [value, count]);
  assert.deepEqual(emitted("NumberOfMessagesSent"), [[1, 2]]);
  assert.deepEqual(emitted("SentMessageSize"), [
    [4, 1],
    [1, 1],
  ]);
  assert.deepEqual(emitted("NumberOfMessagesReceived"), [[1, 1]]);
  assert.deepEqual(emitted("NumberOfEmptyReceives"), [[1, 1]]);
  assert.deepEqual(emitted("NumberOfMessagesDeleted"), [[1, 1]]);
  assert.deepEqual(emitted("ApproximateNumberOfMessagesVisible"), [[0, 1]]);
  assert.deepEqual(emitted("ApproximateNumberOfMessagesNotVisible"), [[0, 1]]);
  assert.deepEqual(emitted("ApproximateNumberOfMessagesDelayed"), [[1, 1]]);
  assert.deepEqual(emitted("ApproximateAgeOfOldestMessage"), [[60, 1]]);
});
