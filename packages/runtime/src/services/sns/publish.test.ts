import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Received, TestCloud } from "./testing.ts";

describe("publishing to a topic", () => {
  it("delivers the JSON document to a queue and carries the chain of requests on", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    const queue = await test.queue("in");
    const { SubscriptionArn } = await test.subscribe(topic, "sqs", queue);
    const traceHeader = "Root=1-00000000-000000000000000000000000;Parent=0000000000000000";
    const { MessageId } = await test.cloud.call({ ...test.caller, traceHeader }, "sns", "Publish", {
      TopicArn: topic,
      Message: "hello",
      Subject: "greeting",
    });
    const [received] = await test.received("in");
    assert.equal(received?.caller.traceHeader, traceHeader);
    assert.equal(received?.caller.source, topic);
    assert.equal(received?.caller.principal, "sns.amazonaws.com");
    const { Signature, SigningCertURL, ...document } = JSON.parse(received.input.MessageBody ?? "");
    assert.ok(Signature);
    assert.match(SigningCertURL, /\/_flyball\/sns\/SimpleNotificationService-[0-9a-f]{32}\.pem$/);
    assert.deepEqual(document, {
      Type: "Notification",
      MessageId,
      TopicArn: topic,
      Subject: "greeting",
      Message: "hello",
      Timestamp: new Date(test.cloud.clock.now()).toISOString(),
      SignatureVersion: "1",
      UnsubscribeURL: `${test.cloud.endpoint}/?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn}`,
    });
    // AWS spaces the document so, and people match on it.
    assert.match(received.input.MessageBody ?? "", /^\{\n {2}"Type" : "Notification",\n/);
  });

  it("invokes a function with the event that Lambda's guide shows", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    const { SubscriptionArn } = await test.subscribe(topic, "lambda", test.functionArn("work"));
    await test.publish(topic, {
      Message: "hello",
      MessageAttributes: {
        kind: { DataType: "String", StringValue: "a" },
        raw: { DataType: "Binary", BinaryValue: new Uint8Array([1, 2, 3]) },
      },
    });
    const [record] = await test.invoked();
    assert.ok(record);
    assert.equal(record.EventSource, "aws:sns");
    assert.equal(record.EventVersion, "1.0");
    assert.equal(record.EventSubscriptionArn, SubscriptionArn);
    assert.equal(record.Sns.Subject, null);
    assert.ok(record.Sns.SigningCertUrl && record.Sns.UnsubscribeUrl && record.Sns.Signature);
    assert.deepEqual(record.Sns.MessageAttributes, {
      kind: { Type: "String", Value: "a" },
      raw: { Type: "Binary", Value: "AQID" },
    });
  });

  it("sends the text alone where raw delivery is on, with its attributes as the queue's", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    await test.subscribe(topic, "sqs", await test.queue("in"), { RawMessageDelivery: "true" });
    const attribute = { DataType: "String", StringValue: "a" };
    await test.publish(topic, { Message: "hello", MessageAttributes: { kind: attribute } });
    const [received] = await test.received("in");
    assert.equal(received?.input.MessageBody, "hello");
    assert.deepEqual(received?.input.MessageAttributes, { kind: attribute });
  });

  it("gives each protocol its own text of a JSON message structure", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    await test.subscribe(topic, "sqs", await test.queue("in"));
    await test.subscribe(topic, "lambda", test.functionArn("work"));
    await test.publish(topic, {
      Message: JSON.stringify({ default: "for all", sqs: "for queues" }),
      MessageStructure: "json",
    });
    assert.equal(messageOf((await test.received("in"))[0]), "for queues");
    const [record] = await test.invoked();
    assert.equal(record?.Sns.Message, "for all");
  });

  it("accepts a batch and answers for each entry", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    await test.subscribe(topic, "sqs", await test.queue("in"));
    const { Successful = [], Failed } = await test.cloud.call(test.caller, "sns", "PublishBatch", {
      TopicArn: topic,
      PublishBatchRequestEntries: [
        { Id: "a", Message: "1" },
        { Id: "b", Message: "2" },
      ],
    });
    assert.deepEqual(
      Successful.map(({ Id }) => Id),
      ["a", "b"],
    );
    assert.deepEqual(Failed, []);
    assert.deepEqual((await test.received("in")).map(messageOf).sort(), ["1", "2"]);
  });
});

function messageOf(received: Received | undefined): string {
  return JSON.parse(received?.input.MessageBody ?? "").Message;
}
