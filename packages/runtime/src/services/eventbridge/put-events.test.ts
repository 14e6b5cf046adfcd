import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { arnOf, CALLER, REGION, TestCloud } from "./testing.ts";

const QUEUE = arnOf("sqs", "orders");
const FUNCTION = arnOf("lambda", "function:handle");

describe("PutEvents", () => {
  it("delivers an event to the targets of the rules that it matches, and to no others", async () => {
    await using test = new TestCloud();
    const rule = await test.rule(
      "orders",
      { source: ["shop"], detail: { total: [{ numeric: [">", 10] }] } },
      [{ Arn: QUEUE }, { Arn: FUNCTION }],
    );
    await test.rule("others", { source: ["bank"] }, [{ Arn: arnOf("sqs", "others") }]);
    const { Entries } = await test.put({ total: 12 }, { Resources: ["arn:aws:s3:::a"] });
    await test.put({ total: 2 });
    const [{ EventId }] = Entries as [{ EventId: string }];
    const expected = {
      version: "0",
      id: EventId,
      "detail-type": "order",
      source: "shop",
      account: CALLER.account,
      time: "2026-01-15T12:00:00Z",
      region: REGION,
      resources: ["arn:aws:s3:::a"],
      detail: { total: 12 },
    };
    assert.deepEqual(await test.events(QUEUE), [expected]);
    assert.deepEqual(await test.events(FUNCTION), [expected]);
    assert.deepEqual(await test.events(arnOf("sqs", "others")), []);
    const [{ caller } = assert.fail()] = await test.received(QUEUE);
    assert.equal(caller.principal, "events.amazonaws.com");
    assert.equal(caller.source, rule);
  });

  it("keeps an entry's time, and the detail's numbers as they were written", async () => {
    await using test = new TestCloud();
    await test.rule("orders", { source: ["shop"] }, [{ Arn: QUEUE }]);
    const Detail = '{ "large": 9223372036854775807,\n "text": "a  \\" b", "small": 1.10 }';
    await test.put({}, { Detail, Time: new Date(Date.UTC(2025, 11, 31, 23, 59, 59, 999)) });
    const [{ body } = assert.fail()] = await test.received(QUEUE);
    assert.match(body, /"time":"2025-12-31T23:59:59Z"/);
    assert.ok(
      body.endsWith('"detail":{"large":9223372036854775807,"text":"a  \\" b","small":1.10}}'),
    );
  });
});
