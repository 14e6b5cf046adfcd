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

  // As recorded on AWS in LocalStack's snapshots of test_events.py.
  it("answers each wrong entry with its error, and takes in the others", async () => {
    await using test = new TestCloud();
    await test.rule("orders", { source: ["shop"] }, [{ Arn: QUEUE }]);
    const good = { Source: "shop", DetailType: "order", Detail: "{}" };
    const reason = (name: string) => ({
      ErrorCode: "InvalidArgument",
      ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
    });
    const malformed = { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
    const deep = `${'{"a":'.repeat(1_001)}1${"}".repeat(1_001)}`;
    const answer = await test.cloud.call(CALLER, "eventbridge", "PutEvents", {
      Entries: [
        good,
        { ...good, Source: undefined },
        { ...good, DetailType: undefined },
        { ...good, Detail: undefined },
        { ...good, Detail: '"text"' },
        { ...good, Detail: "[]" },
        { ...good, Detail: "{" },
        { ...good, Detail: deep },
        { ...good, Source: "aws.shop" },
        good,
      ],
    });
    const [first, ...others] = answer.Entries ?? [];
    const last = others.pop();
    assert.ok(first?.EventId && last?.EventId);
    assert.deepEqual(others, [
      reason("Source"),
      reason("DetailType"),
      reason("Detail"),
      malformed,
      malformed,
      malformed,
      malformed,
      {
        ErrorCode: "NotAuthorizedForSourceException",
        ErrorMessage: "Not authorized for the source.",
      },
    ]);
    assert.equal(answer.FailedEntryCount, 8);
    const ids = (await test.events(QUEUE)).map(({ id }) => id);
    assert.deepEqual(ids, [first.EventId, last.EventId]);
    assert.equal(await test.metric("PutEventsFailedEntriesCount"), 8);
  });

  it("takes events of AWS's own sources from its services", async () => {
    await using test = new TestCloud();
    await test.rule("states", { source: ["aws.states"] }, [{ Arn: QUEUE }]);
    await test.put({}, { Source: "aws.states" }, { ...CALLER, principal: "states.amazonaws.com" });
    assert.equal((await test.received(QUEUE)).length, 1);
  });

  it("refuses more than ten entries, none, and a megabyte", async () => {
    await using test = new TestCloud();
    const entry = { Source: "shop", DetailType: "order", Detail: "{}" };
    const put = (Entries: (typeof entry)[]) =>
      test.cloud.call(CALLER, "eventbridge", "PutEvents", { Entries });
    await assert.rejects(
      put([]),
      /'entries' failed to satisfy constraint: Member must have length greater/,
    );
    // As recorded on AWS in LocalStack's snapshot of test_put_events_exceed_limit_ten_entries.
    const shown =
      "PutEventsRequestEntry(time=null, source=shop, resources=null, detailType=order, detail={}, eventBusName=null, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)";
    await assert.rejects(put(Array(11).fill(entry)), {
      code: "ValidationException",
      message: `1 validation error detected: Value '[${Array(11).fill(shown).join(", ")}]' at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10`,
    });
    const half = { ...entry, Detail: JSON.stringify({ text: "x".repeat(524_288) }) };
    await put([half]);
    await assert.rejects(put([half, half]), {
      code: "ValidationException",
      message: "Total size of the entries in the request is over the limit.",
    });
  });

  // As recorded on AWS in LocalStack's snapshot of test_put_events_nonexistent_event_bus.
  it("answers with an id for a bus that does not exist, and with buses by name or ARN alike", async () => {
    await using test = new TestCloud();
    await test.cloud.call(CALLER, "eventbridge", "CreateEventBus", { Name: "shop" });
    await test.rule("orders", { source: ["shop"] }, [{ Arn: QUEUE }], { bus: "shop" });
    const { Entries, FailedEntryCount } = await test.put({}, { EventBusName: "nowhere" });
    assert.equal(FailedEntryCount, 0);
    assert.ok((Entries as [{ EventId?: string }])[0].EventId);
    await test.put({}, { EventBusName: "shop" });
    await test.put({}, { EventBusName: arnOf("events", "event-bus/shop") });
    await test.put({});
    assert.equal((await test.received(QUEUE)).length, 2);
  });

  it("keeps accounts and Regions apart", async () => {
    await using test = new TestCloud();
    await test.rule("orders", { source: ["shop"] }, [{ Arn: QUEUE }]);
    await test.put({}, {}, { ...CALLER, region: "us-east-1" });
    await test.put({}, {}, { ...CALLER, account: "210987654321" });
    assert.deepEqual(await test.received(QUEUE), []);
  });

  it("finds rules by source, by detail type and by neither, and none that is disabled or gone", async () => {
    await using test = new TestCloud();
    const patterns = [
      { source: ["shop"] },
      { "detail-type": ["order", "other"] },
      { source: [{ prefix: "sh" }] },
      { $or: [{ source: ["bank"] }, { detail: { a: [1] } }] },
      { source: ["shop", "shop", "bank"], "detail-type": ["order"] },
      { source: ["bank"] },
      { account: [CALLER.account], detail: { a: [{ exists: true }] } },
    ];
    for (const [index, pattern] of patterns.entries())
      await test.rule(`r${index}`, pattern, [{ Arn: QUEUE, Input: String(index) }]);
    const reached = async () => {
      test.sent.clear();
      await test.put({ a: 1 });
      return (await test.received(QUEUE)).map(({ body }) => Number(body)).sort();
    };
    assert.deepEqual(await reached(), [0, 1, 2, 3, 4, 6]);
    await test.cloud.call(CALLER, "eventbridge", "DisableRule", { Name: "r0" });
    await test.cloud.call(CALLER, "eventbridge", "RemoveTargets", { Rule: "r1", Ids: ["t0"] });
    await test.rule("r5", { source: ["shop"] }, []);
    assert.deepEqual(await reached(), [2, 3, 4, 5, 6]);
    await test.cloud.call(CALLER, "eventbridge", "EnableRule", { Name: "r0" });
    await test.cloud.call(CALLER, "eventbridge", "DeleteRule", { Name: "r1" });
    assert.deepEqual(await reached(), [0, 2, 3, 4, 5, 6]);
  });
});
