import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CALLER, TestCloud } from "./testing.ts";

const ARN = "arn:aws:sns:us-east-1:123456789012:orders";

describe("a topic", () => {
  it("has the attributes that AWS shows for a new one", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    const { Attributes = {} } = await test.cloud.call(CALLER, "sns", "GetTopicAttributes", {
      TopicArn: topic,
    });
    const { Policy = "", EffectiveDeliveryPolicy = "", ...others } = Attributes;
    assert.deepEqual(others, {
      DisplayName: "",
      Owner: "123456789012",
      TopicArn: ARN,
      SubscriptionsConfirmed: "0",
      SubscriptionsPending: "0",
      SubscriptionsDeleted: "0",
    });
    assert.equal(JSON.parse(Policy).Statement[0].Sid, "__default_statement_ID");
    // terraform-provider-aws issue 25643 shows AWS's own answer.
    assert.deepEqual(JSON.parse(EffectiveDeliveryPolicy).http.defaultHealthyRetryPolicy, {
      minDelayTarget: 20,
      maxDelayTarget: 20,
      numRetries: 3,
      numMaxDelayRetries: 0,
      numNoDelayRetries: 0,
      numMinDelayRetries: 0,
      backoffFunction: "linear",
    });
  });

  it("counts its subscriptions by their state", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    await test.subscribe(topic, "email", "someone@example.com");
    const { SubscriptionArn } = await test.subscribe(topic, "sqs", test.queue("a"));
    await test.subscribe(topic, "sqs", test.queue("b"));
    await test.cloud.call(CALLER, "sns", "Unsubscribe", { SubscriptionArn });
    const { Attributes } = await test.cloud.call(CALLER, "sns", "GetTopicAttributes", {
      TopicArn: topic,
    });
    assert.equal(Attributes?.SubscriptionsPending, "1");
    assert.equal(Attributes?.SubscriptionsConfirmed, "1");
    assert.equal(Attributes?.SubscriptionsDeleted, "1");
  });

  it("is made once: the same again is no error, other attributes or tags are", async () => {
    await using test = new TestCloud();
    const create = (Attributes: Record<string, string>, tag = "a") =>
      test.cloud.call(CALLER, "sns", "CreateTopic", {
        Name: "orders",
        Attributes,
        Tags: [{ Key: "k", Value: tag }],
      });
    assert.deepEqual(await create({ DisplayName: "Orders" }), { TopicArn: ARN });
    assert.deepEqual(await create({ DisplayName: "Orders" }), { TopicArn: ARN });
    assert.deepEqual(await create({}), { TopicArn: ARN });
    await assert.rejects(create({ DisplayName: "Other" }), {
      code: "InvalidParameterException",
      message:
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    });
    await assert.rejects(create({}, "b"), {
      message: "Invalid parameter: Tags Reason: Topic already exists with different tags",
    });
  });

  const NAMES: readonly [name: string, attributes: Record<string, string>][] = [
    ["", {}],
    ["a b", {}],
    ["a".repeat(257), {}],
    ["orders.fifo", {}],
    ["orders", { FifoTopic: "true" }],
  ];
  for (const [Name, Attributes] of NAMES)
    it(`cannot be called ${JSON.stringify(Name.slice(0, 20))} with ${JSON.stringify(Attributes)}`, async () => {
      await using test = new TestCloud();
      await assert.rejects(test.cloud.call(CALLER, "sns", "CreateTopic", { Name, Attributes }), {
        code: "InvalidParameterException",
        message: "Invalid parameter: Topic Name",
      });
    });

  const ARNS: readonly [arn: string, code: string, message: string][] = [
    [ARN, "NotFoundException", "Topic does not exist"],
    [
      "orders",
      "InvalidParameterException",
      "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
    ],
    [
      ARN.replace("us-east-1", "eu-west-1"),
      "InvalidParameterException",
      "Invalid parameter: TopicArn",
    ],
    [ARN.replace("sns", "sqs"), "InvalidParameterException", "Invalid parameter: TopicArn"],
  ];
  for (const [TopicArn, code, message] of ARNS)
    it(`is looked for as ${TopicArn}: ${message}`, async () => {
      await using test = new TestCloud();
      const input = { TopicArn, Message: "hello" };
      await assert.rejects(test.cloud.call(CALLER, "sns", "GetTopicAttributes", { TopicArn }), {
        code,
        message,
      });
      await assert.rejects(test.cloud.call(CALLER, "sns", "Publish", input), { code, message });
    });

  it("is listed in pages of a hundred, by name", async () => {
    await using test = new TestCloud();
    const names = Array.from({ length: 101 }, (_, index) => `t${String(index).padStart(3, "0")}`);
    await Promise.all(names.map((name) => test.topic(name)));
    const first = await test.cloud.call(CALLER, "sns", "ListTopics", {});
    const second = await test.cloud.call(CALLER, "sns", "ListTopics", {
      NextToken: first.NextToken,
    });
    const listed = [...(first.Topics ?? []), ...(second.Topics ?? [])];
    assert.equal(first.Topics?.length, 100);
    assert.equal(second.NextToken, undefined);
    assert.deepEqual(
      listed.map(({ TopicArn }) => TopicArn?.split(":").at(-1)),
      names,
    );
    await assert.rejects(test.cloud.call(CALLER, "sns", "ListTopics", { NextToken: "?" }), {
      message: "Invalid parameter: NextToken",
    });
  });

  it("that is deleted takes its subscriptions along; deleting it again is no error", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    await test.subscribe(topic, "sqs", test.queue("in"));
    await test.cloud.call(CALLER, "sns", "DeleteTopic", { TopicArn: topic });
    await test.cloud.call(CALLER, "sns", "DeleteTopic", { TopicArn: topic });
    const { Subscriptions } = await test.cloud.call(CALLER, "sns", "ListSubscriptions", {});
    assert.deepEqual(Subscriptions, []);
    await test.topic("orders");
    await test.publish(topic, { Message: "to nobody" });
    assert.equal((await test.received("in")).length, 0);
  });

  it("changes its attributes one by one", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    const set = (AttributeName: string, AttributeValue: string) =>
      test.cloud.call(CALLER, "sns", "SetTopicAttributes", {
        TopicArn: topic,
        AttributeName,
        AttributeValue,
      });
    await set("DisplayName", "Orders");
    await set("MaximumMessageSize", "1024");
    await set("LambdaSuccessFeedbackSampleRate", "100");
    const { Attributes } = await test.cloud.call(CALLER, "sns", "GetTopicAttributes", {
      TopicArn: topic,
    });
    assert.equal(Attributes?.DisplayName, "Orders");
    assert.equal(Attributes?.LambdaSuccessFeedbackSampleRate, "100");
    await assert.rejects(test.publish(topic, { Message: "x".repeat(1025) }), {
      message: "Invalid parameter: Message too long",
    });
    await assert.rejects(set("Nonsense", "1"), { message: "Invalid parameter: AttributeName" });
    await assert.rejects(set("SignatureVersion", "3"), {
      message: "Invalid parameter: SignatureVersion",
    });
    await assert.rejects(set("ContentBasedDeduplication", "true"), {
      message: "Invalid parameter: AttributeName",
    });
  });

  it("has permissions added and removed in its policy", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    const add = (ActionName: string[]) =>
      test.cloud.call(CALLER, "sns", "AddPermission", {
        TopicArn: topic,
        Label: "friends",
        AWSAccountId: ["210987654321"],
        ActionName,
      });
    const statements = async () => {
      const input = { TopicArn: topic };
      const { Attributes } = await test.cloud.call(CALLER, "sns", "GetTopicAttributes", input);
      return JSON.parse(Attributes?.Policy ?? "").Statement;
    };
    await add(["Publish"]);
    assert.deepEqual((await statements())[1], {
      Sid: "friends",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::210987654321:root" },
      Action: "SNS:Publish",
      Resource: ARN,
    });
    await assert.rejects(add(["Publish"]), {
      message: "Invalid parameter: Statement already exists",
    });
    // aws-cli issue 3143
    await assert.rejects(add(["SetSubscriptionAttributes"]), {
      message: "Invalid parameter: Policy statement action out of service scope!",
    });
    await test.cloud.call(CALLER, "sns", "RemovePermission", { TopicArn: topic, Label: "friends" });
    assert.equal((await statements()).length, 1);
  });

  it("keeps tags and a data protection policy", async () => {
    await using test = new TestCloud();
    const ResourceArn = await test.topic("orders");
    const tag = (Tags: { Key: string; Value: string }[]) =>
      test.cloud.call(CALLER, "sns", "TagResource", { ResourceArn, Tags });
    await tag([
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ]);
    await tag([{ Key: "a", Value: "3" }]);
    await test.cloud.call(CALLER, "sns", "UntagResource", { ResourceArn, TagKeys: ["b"] });
    assert.deepEqual(await test.cloud.call(CALLER, "sns", "ListTagsForResource", { ResourceArn }), {
      Tags: [{ Key: "a", Value: "3" }],
    });
    const many = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: "" }));
    await assert.rejects(tag(many), { code: "TagLimitExceededException" });
    await test.cloud.call(CALLER, "sns", "PutDataProtectionPolicy", {
      ResourceArn,
      DataProtectionPolicy: "{}",
    });
    assert.deepEqual(
      await test.cloud.call(CALLER, "sns", "GetDataProtectionPolicy", { ResourceArn }),
      { DataProtectionPolicy: "{}" },
    );
  });
});
