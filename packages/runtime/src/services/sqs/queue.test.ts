import assert from "node:assert";
import { test } from "node:test";
import { ACCOUNT, arn, REGION, refused, TestCloud } from "./testing.ts";

// The words of errors are those recorded from AWS in localstack's tests/aws/services/sqs/*.snapshot.json.

test("a queue is made once, found by name and by any URL that ends in its account and name", async () => {
  await using cloud = new TestCloud();
  const url = await cloud.queue("orders");
  assert.equal(url, `${cloud.cloud.endpoint}/${ACCOUNT}/orders`);
  assert.equal(await cloud.queue("orders"), url);
  assert.equal((await cloud.call("GetQueueUrl", { QueueName: "orders" })).QueueUrl, url);
  const foreign = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/orders`;
  await cloud.call("SendMessage", { QueueUrl: foreign, MessageBody: "x" });
  assert.deepEqual(await cloud.bodies(url), ["x"]);
});

test("accounts and Regions are separate, and another account's queue is reached by its URL", async () => {
  await using cloud = new TestCloud();
  const url = await cloud.queue("orders");
  const other = { account: "999999999999" };
  await refused(cloud.call("GetQueueUrl", { QueueName: "orders" }, other), "QueueDoesNotExist");
  await refused(
    cloud.call("SendMessage", { QueueUrl: url, MessageBody: "x" }, { region: "us-east-1" }),
    "QueueDoesNotExist",
  );
  const found = await cloud.call(
    "GetQueueUrl",
    { QueueName: "orders", QueueOwnerAWSAccountId: ACCOUNT },
    other,
  );
  await cloud.call("SendMessage", { QueueUrl: found.QueueUrl, MessageBody: "x" }, other);
  assert.deepEqual(await cloud.bodies(url), ["x"]);
});

test("a name that is no URL, a queue that is not there, and a missing URL are refused", async () => {
  await using cloud = new TestCloud();
  await cloud.queue("orders");
  const words = "The specified queue does not exist.";
  for (const QueueUrl of ["orders", `http://x/${ACCOUNT}/nothing`, "http://x/1/orders"])
    await refused(cloud.call("PurgeQueue", { QueueUrl }), "QueueDoesNotExist", words);
  await refused(
    cloud.call("PurgeQueue", { QueueUrl: undefined }),
    "MissingParameter",
    "The request must contain the parameter QueueUrl.",
  );
});

test("queue names are checked as AWS checks them", async () => {
  await using cloud = new TestCloud();
  const plain =
    /Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length/;
  for (const name of ["a b", "a.fifo", "x".repeat(81), "é"])
    await refused(cloud.queue(name), "InvalidParameterValue", plain);
  await refused(cloud.queue("a", { FifoQueue: "true" }), "InvalidParameterValue", /\.fifo suffix/);
  await refused(cloud.queue(""), "MissingParameter");
});

test("making a queue again succeeds with the same attributes and fails with others", async () => {
  await using cloud = new TestCloud();
  const url = await cloud.queue("q", { DelaySeconds: "1", VisibilityTimeout: "30" });
  assert.equal(await cloud.queue("q", { DelaySeconds: "1" }), url);
  assert.equal(await cloud.queue("q", { MessageRetentionPeriod: "345600" }), url);
  await refused(
    cloud.queue("q", { DelaySeconds: "2" }),
    "QueueNameExists",
    "A queue already exists with the same name and a different value for attribute DelaySeconds",
  );
});

test("a new queue shows AWS's defaults, and only what is asked for", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const get = async (...AttributeNames: never[]) =>
    (await cloud.call("GetQueueAttributes", { QueueUrl, AttributeNames })).Attributes;
  assert.equal(await get(), undefined);
  assert.deepEqual(await get("DelaySeconds" as never), { DelaySeconds: "0" });
  assert.deepEqual(await get("All" as never), {
    QueueArn: arn("q"),
    ApproximateNumberOfMessages: "0",
    ApproximateNumberOfMessagesNotVisible: "0",
    ApproximateNumberOfMessagesDelayed: "0",
    CreatedTimestamp: "1767225600",
    LastModifiedTimestamp: "1767225600",
    VisibilityTimeout: "30",
    MaximumMessageSize: "1048576",
    MessageRetentionPeriod: "345600",
    DelaySeconds: "0",
    ReceiveMessageWaitTimeSeconds: "0",
    SqsManagedSseEnabled: "true",
  });
  await refused(get("Colour" as never), "InvalidAttributeName", "Unknown Attribute Colour.");
});

test("attributes outside of their ranges are refused, and nothing of the request is kept", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const set = (Attributes: Record<string, string>) =>
    cloud.call("SetQueueAttributes", { QueueUrl, Attributes });
  for (const [name, ...values] of [
    ["DelaySeconds", "-1", "901", "x", "1.5", ""],
    ["MaximumMessageSize", "1023", "1048577"],
    ["MessageRetentionPeriod", "59", "1209601"],
    ["ReceiveMessageWaitTimeSeconds", "21"],
    ["VisibilityTimeout", "43201"],
    ["KmsDataKeyReusePeriodSeconds", "59", "86401"],
    ["SqsManagedSseEnabled", "yes"],
    ["Policy", "{}", "no"],
  ])
    for (const value of values)
      await refused(
        set({ VisibilityTimeout: "7", [name!]: value }),
        "InvalidAttributeValue",
        `Invalid value for the parameter ${name}.`,
      );
  await refused(set({ Nothing: "1" }), "InvalidAttributeName", "Unknown Attribute Nothing.");
  await refused(set({ QueueArn: "1" }), "InvalidAttributeName", "Unknown Attribute QueueArn.");
  const { Attributes } = await cloud.call("GetQueueAttributes", {
    QueueUrl,
    AttributeNames: ["VisibilityTimeout"],
  });
  assert.deepEqual(Attributes, { VisibilityTimeout: "30" });
});

test("attributes of FIFO queues are refused on standard queues, and the type cannot change", async () => {
  await using cloud = new TestCloud();
  const unknown = "Unknown Attribute FifoQueue.";
  await refused(cloud.queue("q", { FifoQueue: "false" }), "InvalidAttributeName", unknown);
  await refused(
    cloud.queue("q", { ContentBasedDeduplication: "true" }),
    "InvalidAttributeName",
    "Unknown Attribute ContentBasedDeduplication.",
  );
  await refused(
    cloud.queue("q", { FifoThroughputLimit: "perQueue" }),
    "InvalidAttributeName",
    "You can specify the FifoThroughputLimit only when FifoQueue is set to true.",
  );
  const QueueUrl = await cloud.queue("q.fifo", { FifoQueue: "true" });
  await refused(
    cloud.call("SetQueueAttributes", { QueueUrl, Attributes: { FifoQueue: "false" } }),
    "InvalidAttributeValue",
    "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
  );
  await refused(
    cloud.queue("r.fifo", { FifoQueue: "true", FifoThroughputLimit: "perMessageGroupId" }),
    "InvalidAttributeValue",
  );
});

test("encryption attributes are kept and shown, one kind at a time", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q", { KmsMasterKeyId: "alias/mine" });
  const encryption = async () => {
    const { Attributes = {} } = await cloud.call("GetQueueAttributes", {
      QueueUrl,
      AttributeNames: ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"],
    });
    return Attributes;
  };
  assert.deepEqual(await encryption(), {
    KmsMasterKeyId: "alias/mine",
    KmsDataKeyReusePeriodSeconds: "300",
    SqsManagedSseEnabled: "false",
  });
  await cloud.call("SetQueueAttributes", {
    QueueUrl,
    Attributes: { SqsManagedSseEnabled: "true" },
  });
  assert.deepEqual(await encryption(), { SqsManagedSseEnabled: "true" });
});

test("queues are listed by prefix and in pages", async () => {
  await using cloud = new TestCloud();
  assert.deepEqual(await cloud.call("ListQueues", {}), {});
  for (const name of ["b-2", "a", "b-1", "b-3", "c"]) await cloud.queue(name);
  const names = (urls: string[] = []) => urls.map((url) => url.split("/").at(-1));
  assert.deepEqual(names((await cloud.call("ListQueues", {})).QueueUrls), [
    "a",
    "b-1",
    "b-2",
    "b-3",
    "c",
  ]);
  const first = await cloud.call("ListQueues", { QueueNamePrefix: "b", MaxResults: 2 });
  assert.deepEqual(names(first.QueueUrls), ["b-1", "b-2"]);
  const second = await cloud.call("ListQueues", {
    QueueNamePrefix: "b",
    MaxResults: 2,
    NextToken: first.NextToken,
  });
  assert.deepEqual(names(second.QueueUrls), ["b-3"]);
  assert.equal(second.NextToken, undefined);
  await refused(cloud.call("ListQueues", { MaxResults: 1001 }), "InvalidParameterValue");
});

test("a deleted queue is gone with its messages, and one made under its name is empty", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  await cloud.call("SendMessage", { QueueUrl, MessageBody: "old" });
  await cloud.call("DeleteQueue", { QueueUrl });
  await refused(cloud.bodies(QueueUrl), "QueueDoesNotExist");
  await cloud.queue("q");
  assert.deepEqual(await cloud.bodies(QueueUrl), []);
  assert.deepEqual(await cloud.counts(QueueUrl), [0, 0, 0]);
  await cloud.advance(1);
  const left = cloud.cloud.store.read((tx) => [
    ...tx.range({ prefix: ["sqs", ACCOUNT, REGION, "message"] }),
  ]);
  assert.deepEqual(left, []);
});

test("a purge empties a queue at once, and not twice within 60 seconds", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  for (const DelaySeconds of [0, 0, 9])
    await cloud.call("SendMessage", { QueueUrl, MessageBody: "x", DelaySeconds });
  await cloud.bodies(QueueUrl, 1);
  assert.deepEqual(await cloud.counts(QueueUrl), [1, 1, 1]);
  await cloud.call("PurgeQueue", { QueueUrl });
  assert.deepEqual(await cloud.counts(QueueUrl), [0, 0, 0]);
  await cloud.advance(59);
  assert.deepEqual(await cloud.bodies(QueueUrl), []);
  await refused(
    cloud.call("PurgeQueue", { QueueUrl }),
    "PurgeQueueInProgress",
    "Only one PurgeQueue operation on q is allowed every 60 seconds.",
  );
  await cloud.advance(1);
  await cloud.call("PurgeQueue", { QueueUrl });
});

test("tags are added, replaced, listed and taken away", async () => {
  await using cloud = new TestCloud();
  const { QueueUrl } = await cloud.call("CreateQueue", { QueueName: "q", tags: { a: "1" } });
  await cloud.call("TagQueue", { QueueUrl, Tags: { a: "2", b: "" } });
  assert.deepEqual((await cloud.call("ListQueueTags", { QueueUrl })).Tags, { a: "2", b: "" });
  await cloud.call("UntagQueue", { QueueUrl, TagKeys: ["a", "none"] });
  assert.deepEqual((await cloud.call("ListQueueTags", { QueueUrl })).Tags, { b: "" });
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, "v"]));
  await refused(cloud.call("TagQueue", { QueueUrl, Tags: many }), "InvalidParameterValue", /50/);
});

test("permissions make up the queue's policy, and vanish from it", async () => {
  await using cloud = new TestCloud();
  const QueueUrl = await cloud.queue("q");
  const policy = async () => {
    const { Attributes } = await cloud.call("GetQueueAttributes", {
      QueueUrl,
      AttributeNames: ["Policy"],
    });
    return Attributes?.Policy && JSON.parse(Attributes.Policy);
  };
  const add = (Label: string, Actions: string[], AWSAccountIds = [ACCOUNT]) =>
    cloud.call("AddPermission", { QueueUrl, Label, AWSAccountIds, Actions });
  await add("one", ["ReceiveMessage"]);
  assert.deepEqual(await policy(), {
    Version: "2008-10-17",
    Id: `${arn("q")}/SQSDefaultPolicy`,
    Statement: [
      {
        Sid: "one",
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action: "SQS:ReceiveMessage",
        Resource: arn("q"),
      },
    ],
  });
  await refused(
    add("one", ["SendMessage"]),
    "InvalidParameterValue",
    "Value one for parameter Label is invalid. Reason: Already exists.",
  );
  await refused(add("two", ["DoNothing"]), "InvalidParameterValue", /ActionName/);
  await cloud.call("RemovePermission", { QueueUrl, Label: "one" });
  assert.equal(await policy(), undefined);
  await refused(
    cloud.call("RemovePermission", { QueueUrl, Label: "one" }),
    "InvalidParameterValue",
    "Value one for parameter Label is invalid. Reason: can't find label.",
  );
});
