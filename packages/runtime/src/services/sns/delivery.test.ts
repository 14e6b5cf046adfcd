import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ServiceError } from "../../errors.ts";
import { TestCloud } from "./testing.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const OUTAGE = new ServiceError("ServiceUnavailable", "later", { httpStatus: 503 });

describe("a delivery that fails", () => {
  // SNS developer guide, "Message delivery retries": 3 at once, 2 a second apart, 10 with exponential backoff from
  // 1 to 20 seconds, and then every 20 seconds.
  it("is tried again as AWS tries a queue that has a server's error", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    await test.subscribe(topic, "sqs", test.queue("in"));
    test.failure = OUTAGE;
    await test.publish(topic, { Message: "hello" });
    await test.advance();
    assert.equal(test.attempts, 4);
    await test.advance(1_000);
    assert.equal(test.attempts, 5);
    await test.advance(1_000);
    assert.equal(test.attempts, 6);
    await test.advance((1 + 2 + 4 + 8 + 16 + 5 * 20) * 1_000);
    assert.equal(test.attempts, 16);
    test.failure = undefined;
    await test.advance(20_000);
    assert.equal((await test.received("in")).length, 1);
    assert.equal(await test.metric("NumberOfNotificationsDelivered"), 1);
  });

  it("goes to the subscription's dead-letter queue at once when its queue is gone", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: test.queue("dead") });
    await test.subscribe(topic, "sqs", test.queue("in"), { RedrivePolicy });
    test.queues.delete("in");
    await test.publish(topic, { Message: "hello" });
    const [dead] = await test.received("dead");
    assert.equal(JSON.parse(dead?.input.MessageBody ?? "").Message, "hello");
    assert.equal(test.attempts, 2);
    assert.equal(await test.metric("NumberOfNotificationsFailed"), 1);
    assert.equal(await test.metric("NumberOfNotificationsRedrivenToDlq"), 1);
  });

  it("to a function that is gone leaves the document in the dead-letter queue", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: test.queue("dead") });
    await test.subscribe(topic, "lambda", test.functionArn("gone"), { RedrivePolicy });
    test.lambdaFailure = new ServiceError("ResourceNotFoundException", "Function not found");
    await test.publish(topic, { Message: "hello" });
    const [dead] = await test.received("dead");
    assert.equal(JSON.parse(dead?.input.MessageBody ?? "").Type, "Notification");
  });

  it("is lost, and counted, where there is no dead-letter queue", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    await test.subscribe(topic, "sqs", test.queue("in"));
    test.queues.delete("in");
    await test.publish(topic, { Message: "hello" });
    await test.advance(DAY_MS);
    assert.equal(test.attempts, 1);
    assert.equal(await test.metric("NumberOfNotificationsFailed"), 1);
  });

  // SNS developer guide, "Raw message delivery": a raw message with more than ten attributes is a client's error.
  it("because a raw message has more attributes than SQS takes is final", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: test.queue("dead") });
    const attributes = { RawMessageDelivery: "true", RedrivePolicy };
    await test.subscribe(topic, "sqs", test.queue("in"), attributes);
    const attribute = { DataType: "String", StringValue: "a" };
    const names = Array.from({ length: 11 }, (_, index) => [`a${index}`, attribute]);
    await test.publish(topic, { Message: "hello", MessageAttributes: Object.fromEntries(names) });
    assert.equal((await test.received("in")).length, 0);
    assert.equal(await test.metric("NumberOfNotificationsFailed"), 1);
  });
});

describe("a FIFO topic", () => {
  const FIFO = { ContentBasedDeduplication: "true" };

  it("delivers a group's messages in order, through an outage too", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders.fifo", FIFO);
    await test.subscribe(topic, "sqs", test.queue("in.fifo"), { RawMessageDelivery: "true" });
    test.failure = OUTAGE;
    const sent = Array.from({ length: 20 }, (_, index) => `m${index}`);
    for (const Message of sent) await test.publish(topic, { Message, MessageGroupId: "g" });
    await test.advance(2_000);
    test.failure = undefined;
    await test.advance(60_000);
    const received = await test.received("in.fifo");
    assert.deepEqual(
      received.map(({ input }) => input.MessageBody),
      sent,
    );
    assert.equal(received[0]?.input.MessageGroupId, "g");
    assert.match(received[0]?.input.MessageDeduplicationId ?? "", /^[0-9a-f]{64}$/);
  });

  it("numbers its messages, and puts the number into an unsigned document", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders.fifo", FIFO);
    await test.subscribe(topic, "sqs", test.queue("in.fifo"));
    const first = await test.publish(topic, { Message: "1", MessageGroupId: "g" });
    const second = await test.publish(topic, { Message: "2", MessageGroupId: "g" });
    assert.match(first.SequenceNumber ?? "", /^\d{20}$/);
    assert.ok((second.SequenceNumber ?? "") > (first.SequenceNumber ?? ""));
    const [received] = await test.received("in.fifo");
    const document = JSON.parse(received?.input.MessageBody ?? "");
    assert.equal(document.SequenceNumber, first.SequenceNumber);
    assert.equal(document.Signature, undefined);
  });

  it("accepts a duplicate within five minutes without delivering it, and delivers it afterwards", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders.fifo", FIFO);
    await test.subscribe(topic, "sqs", test.queue("in.fifo"));
    const first = await test.publish(topic, { Message: "same", MessageGroupId: "g" });
    const again = await test.publish(topic, { Message: "same", MessageGroupId: "other" });
    assert.equal(again.MessageId, first.MessageId);
    assert.equal((await test.received("in.fifo")).length, 1);
    await test.advance(5 * 60 * 1000);
    await test.publish(topic, { Message: "same", MessageGroupId: "g" });
    assert.equal((await test.received("in.fifo")).length, 2);
  });

  it("knows duplicates within a group only where its throughput scope says so", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("o.fifo", { ...FIFO, FifoThroughputScope: "MessageGroup" });
    await test.subscribe(topic, "sqs", test.queue("in.fifo"));
    await test.publish(topic, { Message: "same", MessageGroupId: "g" });
    await test.publish(topic, { Message: "same", MessageGroupId: "other" });
    await test.publish(topic, { Message: "same", MessageGroupId: "other" });
    assert.equal((await test.received("in.fifo")).length, 2);
  });

  it("delivers to a standard queue without the members that only FIFO queues take", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders.fifo", FIFO);
    await test.subscribe(topic, "sqs", test.queue("in"));
    await test.publish(topic, { Message: "hello", MessageGroupId: "g" });
    const [received] = await test.received("in");
    assert.equal(received?.input.MessageGroupId, undefined);
    assert.equal(received?.input.MessageDeduplicationId, undefined);
  });
});

describe("a cloud that is opened again", () => {
  it("has its topics and subscriptions, and delivers what it still owed", async () => {
    const directory = await mkdtemp(join(tmpdir(), "flyball-sns-"));
    try {
      let topic: string;
      {
        await using before = new TestCloud(directory);
        topic = await before.topic("orders");
        await before.subscribe(topic, "sqs", before.queue("in"));
        before.failure = OUTAGE;
        await before.publish(topic, { Message: "kept" });
        await before.advance(2_000);
      }
      await using after = new TestCloud(directory);
      after.queue("in");
      await after.advance(60_000);
      await after.publish(topic, { Message: "new" });
      const received = await after.received("in");
      assert.deepEqual(
        received.map(({ input }) => JSON.parse(input.MessageBody ?? "").Message),
        ["kept", "new"],
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
