import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import { TestCloud } from "./testing.ts";

const attributes: Record<string, MessageAttributeValue> = {
  customer_interests: { DataType: "String.Array", StringValue: '["soccer", "rugby", "hockey"]' },
  store: { DataType: "String", StringValue: "example_corp" },
  event: { DataType: "String", StringValue: "order_placed" },
  price_usd: { DataType: "Number", StringValue: "210.75" },
  blob: { DataType: "Binary", BinaryValue: new Uint8Array([1]) },
};
const body = {
  store: "example_corp",
  event: "order_placed",
  customer_interests: ["soccer", "rugby"],
  price_usd: 210.75,
  encrypted: false,
  order: { items: [{ sku: "a", count: 2 }], address: { country: "DE" } },
};

type Case = readonly [policy: unknown, passes: boolean];

// SNS developer guide, "Example filter policies" and the pages on matching.
const ON_ATTRIBUTES: readonly Case[] = [
  [{}, true],
  [{ store: ["example_corp"], event: [{ "anything-but": "order_cancelled" }] }, true],
  [{ customer_interests: ["rugby", "football", "baseball"] }, true],
  [{ customer_interests: [{ suffix: "key" }] }, true],
  [{ price_usd: [{ numeric: [">=", 100] }] }, true],
  [{ price_usd: [{ numeric: [">", 0, "<", 150] }] }, false],
  [{ price_usd: [210.75] }, true],
  [{ price_usd: ["210.75"] }, false],
  [{ store: [{ "equals-ignore-case": "EXAMPLE_CORP" }] }, true],
  [{ store: ["example_corp"], encrypted: [false] }, false],
  [{ encrypted: [{ exists: false }] }, true],
  [{ blob: [{ exists: true }] }, false],
  [{ $or: [{ store: ["other"] }, { event: [{ prefix: "order" }] }] }, true],
];
const ON_BODY: readonly Case[] = [
  [{ store: ["example_corp"], encrypted: [false] }, true],
  [{ order: { items: { sku: ["a"], count: [{ numeric: [">", 1] }] } } }, true],
  [{ order: { items: { sku: ["b"] } } }, false],
  [{ order: { address: { country: [{ "anything-but": ["DE"] }] } } }, false],
  [{ customer_interests: ["rugby"] }, true],
];

describe("a subscription's filter policy", () => {
  for (const [scope, cases] of [
    ["MessageAttributes", ON_ATTRIBUTES],
    ["MessageBody", ON_BODY],
  ] as const)
    for (const [policy, passes] of cases)
      it(`on ${scope} ${passes ? "passes" : "filters out"}: ${JSON.stringify(policy)}`, async () => {
        await using test = new TestCloud();
        const topic = await test.topic("orders");
        await test.subscribe(topic, "sqs", test.queue("in"), {
          FilterPolicy: JSON.stringify(policy),
          FilterPolicyScope: scope,
          RawMessageDelivery: "false",
        });
        const Message = JSON.stringify(body);
        await test.publish(topic, {
          Message,
          ...(scope === "MessageAttributes" ? { MessageAttributes: attributes } : {}),
        });
        assert.equal((await test.received("in")).length, passes ? 1 : 0);
        assert.equal(await test.metric("NumberOfNotificationsFilteredOut"), passes ? 0 : 1);
        assert.equal(
          await test.metric(`NumberOfNotificationsFilteredOut-${scope}`),
          passes ? 0 : 1,
        );
      });

  it("on the body filters out what is no JSON object", async () => {
    await using test = new TestCloud();
    const topic = await test.topic("orders");
    await test.subscribe(topic, "sqs", test.queue("in"), {
      FilterPolicy: '{"a": [{"exists": false}]}',
      FilterPolicyScope: "MessageBody",
    });
    for (const Message of ["text", "[1]", "null"]) await test.publish(topic, { Message });
    assert.equal((await test.received("in")).length, 0);
    assert.equal(await test.metric("NumberOfNotificationsFilteredOut-InvalidMessageBody"), 3);
  });

  const REFUSED: readonly [policy: string, message: RegExp][] = [
    ["{", /^Invalid parameter: Attributes Reason: FilterPolicy: failed to parse JSON\.$/],
    ['{"a": "b"}', /Attributes Reason: FilterPolicy: "a" must be an object or an array/],
    ['{"a": [{"like": "b"}]}', /FilterPolicy: Unrecognized match type like/],
    ['{"a": {"b": ["c"]}}', /does not support nested filter policy$/],
    ['{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}', /can not have more than 5 keys/],
  ];
  for (const [FilterPolicy, message] of REFUSED)
    it(`is refused: ${FilterPolicy}`, async () => {
      await using test = new TestCloud();
      const topic = await test.topic("orders");
      await assert.rejects(test.subscribe(topic, "sqs", test.queue("in"), { FilterPolicy }), {
        code: "InvalidParameterException",
        message,
      });
    });
});
