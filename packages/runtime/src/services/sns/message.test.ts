import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PublishInput } from "@aws-sdk/client-sns";
import { CALLER, TestCloud } from "./testing.ts";

type Refused = readonly [what: string, input: Partial<PublishInput>, message: string];

const attribute = (name: string, value: object) => ({
  MessageAttributes: { [name]: value as { DataType: string } },
});
const text = { DataType: "String", StringValue: "a" };

const REFUSED: readonly Refused[] = [
  ["an empty message", { Message: "" }, "Invalid parameter: Empty message"],
  ["an empty subject", { Subject: "" }, "Invalid parameter: Subject"],
  ["a subject of two lines", { Subject: "a\nb" }, "Invalid parameter: Subject"],
  ["a long subject", { Subject: "a".repeat(101) }, "Invalid parameter: Subject"],
  ["too long a message", { Message: "é".repeat(131_073) }, "Invalid parameter: Message too long"],
  [
    "a message that is too long with its attributes",
    { Message: "a".repeat(262_144 - 7), ...attribute("b", text) },
    "Invalid parameter: Message too long",
  ],
  [
    "a structure that is not JSON",
    { MessageStructure: "json" },
    "Invalid parameter: Message Structure - JSON message body failed to parse",
  ],
  [
    "a structure without a default",
    { MessageStructure: "json", Message: '{"sqs":"a"}' },
    "Invalid parameter: Message Structure - No default entry in JSON message body",
  ],
  [
    "a deduplication id on a standard topic",
    { MessageDeduplicationId: "a" },
    "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
  ],
  [
    "an attribute of no known type",
    attribute("a", { DataType: "Text", StringValue: "a" }),
    "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
  ],
  [
    "an empty attribute",
    attribute("a", { DataType: "String", StringValue: "" }),
    "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
  ],
  [
    "a binary attribute with a text",
    attribute("a", { DataType: "Binary", StringValue: "a" }),
    "The message attribute 'a' with type 'Binary' must use field 'Binary'.",
  ],
  [
    "an attribute whose name begins with a dot",
    attribute(".a", text),
    "Invalid message attribute name starting with character '.' was found.",
  ],
  [
    "an attribute with a space in its name",
    attribute("a b", text),
    "Invalid non-alphanumeric character '#x20' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
  ],
];

describe("a message", () => {
  for (const [what, input, message] of REFUSED)
    it(`is refused: ${what}`, async () => {
      await using test = new TestCloud();
      const TopicArn = await test.topic("orders");
      await assert.rejects(
        test.cloud.call(CALLER, "sns", "Publish", { TopicArn, Message: "hello", ...input }),
        { message },
      );
    });

  it("of exactly 256 KiB is accepted", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    await test.publish(topic, { Message: "a".repeat(262_144) });
  });

  it("for a FIFO topic needs a group, and an id where the content is none", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders.fifo");
    await assert.rejects(test.publish(topic, { Message: "a" }), {
      message: "Invalid parameter: The MessageGroupId parameter is required for FIFO topics",
    });
    await assert.rejects(test.publish(topic, { Message: "a", MessageGroupId: "g" }), {
      message:
        "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    });
  });

  const BATCHES: readonly [ids: string[], message: string, code: string][] = [
    [[], "", "EmptyBatchRequestException"],
    [["a", "a"], "", "BatchEntryIdsNotDistinctException"],
    [["a b"], "", "InvalidBatchEntryIdException"],
    [[..."abcdefghijk"], "", "TooManyEntriesInBatchRequestException"],
    [["a", "b"], "a".repeat(131_073), "BatchRequestTooLongException"],
  ];
  for (const [ids, message, code] of BATCHES)
    it(`in a batch of ${ids.length} is refused with ${code}`, async () => {
      await using test = new TestCloud();
      const TopicArn = await test.topic("orders");
      const PublishBatchRequestEntries = ids.map((Id) => ({ Id, Message: message || "m" }));
      await assert.rejects(
        test.cloud.call(CALLER, "sns", "PublishBatch", { TopicArn, PublishBatchRequestEntries }),
        { code },
      );
    });
});
