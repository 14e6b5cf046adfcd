import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CALLER, TestCloud } from "./testing.ts";

const QUEUE = "arn:aws:sqs:us-east-1:123456789012:in";

describe("a subscription", () => {
  it("has the attributes that AWS shows", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    const { SubscriptionArn } = await test.subscribe(topic, "sqs", QUEUE, {
      FilterPolicy: '{"a":["b"]}',
    });
    const { Attributes } = await test.cloud.call(CALLER, "sns", "GetSubscriptionAttributes", {
      SubscriptionArn,
    });
    assert.deepEqual(Attributes, {
      SubscriptionArn,
      TopicArn: topic,
      Protocol: "sqs",
      Endpoint: QUEUE,
      Owner: "123456789012",
      SubscriptionPrincipal: CALLER.principal,
      PendingConfirmation: "false",
      ConfirmationWasAuthenticated: "true",
      RawMessageDelivery: "false",
      FilterPolicy: '{"a":["b"]}',
      FilterPolicyScope: "MessageAttributes",
    });
  });

  it("is made once for an endpoint: the same again is no error, other attributes are", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    const first = await test.subscribe(topic, "sqs", QUEUE);
    assert.deepEqual(await test.subscribe(topic, "sqs", QUEUE), first);
    assert.deepEqual(
      await test.subscribe(topic, "sqs", QUEUE, { RawMessageDelivery: "false" }),
      first,
    );
    await assert.rejects(test.subscribe(topic, "sqs", QUEUE, { RawMessageDelivery: "true" }), {
      code: "InvalidParameterException",
      message:
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    });
  });

  it("takes up what is set on it from the next message on", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    const { SubscriptionArn } = await test.subscribe(topic, "sqs", test.queue("in"));
    const set = (AttributeName: string, AttributeValue: string) =>
      test.cloud.call(CALLER, "sns", "SetSubscriptionAttributes", {
        SubscriptionArn,
        AttributeName,
        AttributeValue,
      });
    await set("RawMessageDelivery", "true");
    await set("FilterPolicyScope", "MessageBody");
    await set("FilterPolicy", '{"a":{"b":[1]}}');
    await test.publish(topic, { Message: '{"a":{"b":1}}' });
    await test.publish(topic, { Message: '{"a":{"b":2}}' });
    assert.deepEqual(
      (await test.received("in")).map(({ input }) => input.MessageBody),
      ['{"a":{"b":1}}'],
    );
    await assert.rejects(set("FilterPolicyScope", "MessageAttributes"), {
      message: /does not support nested filter policy/,
    });
    await set("FilterPolicy", "");
    await test.publish(topic, { Message: "anything" });
    assert.equal((await test.received("in")).length, 2);
  });

  const REFUSED: readonly [string, string, Record<string, string>, RegExp][] = [
    [
      "pigeon",
      "x",
      {},
      /^Invalid parameter: Amazon SNS does not support this protocol string: pigeon$/,
    ],
    [
      "http",
      "https://example.com",
      {},
      /^Invalid parameter: Endpoint must match the specified protocol$/,
    ],
    ["sqs", "in", {}, /^Invalid parameter: SQS endpoint ARN$/],
    ["sqs", `${QUEUE}.fifo`, {}, /FIFO SQS Queues can not be subscribed to standard SNS topics$/],
    ["sqs", QUEUE, { RawMessageDelivery: "maybe" }, /Must be true or false\.$/],
    [
      "lambda",
      "arn:aws:lambda:us-east-1:123456789012:function:f",
      { RawMessageDelivery: "true" },
      /Delivery protocol \[lambda\] does not support raw message delivery\.$/,
    ],
    ["sqs", QUEUE, { Nonsense: "1" }, /^Invalid parameter: Attributes Reason: AttributeName$/],
    [
      "sqs",
      QUEUE,
      { RedrivePolicy: "{}" },
      /RedrivePolicy: deadLetterTargetArn is an invalid arn$/,
    ],
    [
      "http",
      "http://example.com",
      { DeliveryPolicy: '{"healthyRetryPolicy":{"numRetries":101}}' },
      /numRetries must be less than or equal to 100$/,
    ],
  ];
  for (const [protocol, endpoint, attributes, message] of REFUSED)
    it(`is refused for ${protocol} ${endpoint} ${JSON.stringify(attributes)}`, async () => {
      await using test = new TestCloud();
      const topic = await test.topic("orders");
      await assert.rejects(test.subscribe(topic, protocol, endpoint, attributes), {
        code: "InvalidParameterException",
        message,
      });
    });

  it("by a protocol that Flyball does not have is a clear error", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    await assert.rejects(test.subscribe(topic, "sms", "+4915112345678"), {
      code: "NotImplemented",
      message: /does not implement sms/,
    });
  });

  it("of another account's queue waits for that account to confirm", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    test.queue("in");
    await test.subscribe(topic, "sqs", QUEUE.replace("123456789012", "210987654321"));
    const [asked] = await test.received("in");
    assert.equal(asked?.caller.account, "210987654321");
    const { Type, Token } = JSON.parse(asked?.input.MessageBody ?? "");
    assert.equal(Type, "SubscriptionConfirmation");
    await test.cloud.call(CALLER, "sns", "ConfirmSubscription", { TopicArn: topic, Token });
    await test.publish(topic, { Message: "hello" });
    assert.equal((await test.received("in")).length, 2);
  });

  it("is listed by its topic in pages of a hundred", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    await test.subscribe(await test.topic("others"), "sqs", QUEUE);
    const endpoints = Array.from({ length: 101 }, (_, index) => `${QUEUE}${index}`);
    await Promise.all(endpoints.map((endpoint) => test.subscribe(topic, "sqs", endpoint)));
    const list = (NextToken?: string) =>
      test.cloud.call(CALLER, "sns", "ListSubscriptionsByTopic", { TopicArn: topic, NextToken });
    const first = await list();
    const second = await list(first.NextToken);
    const listed = [...(first.Subscriptions ?? []), ...(second.Subscriptions ?? [])];
    assert.equal(first.Subscriptions?.length, 100);
    assert.deepEqual(listed.map(({ Endpoint }) => Endpoint).sort(), endpoints.sort());
    const all = await test.cloud.call(CALLER, "sns", "ListSubscriptions", {});
    const rest = await test.cloud.call(CALLER, "sns", "ListSubscriptions", {
      NextToken: all.NextToken,
    });
    assert.equal(rest.Subscriptions?.length, 2);
  });
});
