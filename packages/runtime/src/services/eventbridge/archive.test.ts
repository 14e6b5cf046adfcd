import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { arnOf, CALLER, START, TestCloud } from "./testing.ts";

const QUEUE = arnOf("sqs", "orders");
const BUS = arnOf("events", "event-bus/default");
const ARCHIVE = arnOf("events", "archive/all");
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

async function archive(test: TestCloud, settings = {}): Promise<void> {
  await test.cloud.call(CALLER, "eventbridge", "CreateArchive", {
    ArchiveName: "all",
    EventSourceArn: BUS,
    ...settings,
  });
}

function replay(test: TestCloud, ReplayName: string, settings = {}) {
  return test.cloud.call(CALLER, "eventbridge", "StartReplay", {
    ReplayName,
    EventSourceArn: ARCHIVE,
    EventStartTime: new Date(START),
    EventEndTime: new Date(START + DAY_MS),
    Destination: { Arn: BUS },
    ...settings,
  });
}

async function state(test: TestCloud, ReplayName: string) {
  await test.advance();
  return test.cloud.call(CALLER, "eventbridge", "DescribeReplay", { ReplayName });
}

describe("an archive", () => {
  it("keeps the events of its bus that match its pattern, and counts them", async () => {
    await using test = new TestCloud();
    const EventPattern = '{"source":["shop"]}';
    await archive(test, { EventPattern, RetentionDays: 1, Description: "orders" });
    for (let order = 0; order < 3; order += 1) await test.put({ order });
    await test.put({}, { Source: "bank" });
    const told = await test.cloud.call(CALLER, "eventbridge", "DescribeArchive", {
      ArchiveName: "all",
    });
    const { ArchiveArn, EventSourceArn, EventCount, State, RetentionDays, Description } = told;
    assert.deepEqual(
      { ArchiveArn, EventSourceArn, EventCount, State, RetentionDays, Description },
      {
        ArchiveArn: ARCHIVE,
        EventSourceArn: BUS,
        EventCount: 3,
        State: "ENABLED",
        RetentionDays: 1,
        Description: "orders",
      },
    );
    assert.equal(told.EventPattern, EventPattern);
    assert.ok((told.SizeBytes ?? 0) > 300);
  });

  it("forgets events when their days are over", async () => {
    await using test = new TestCloud();
    await archive(test, { RetentionDays: 1 });
    for (let order = 0; order < 150; order += 1) await test.put({ order });
    const count = async () => {
      const { EventCount, SizeBytes } = await test.cloud.call(
        CALLER,
        "eventbridge",
        "DescribeArchive",
        { ArchiveName: "all" },
      );
      return [EventCount, SizeBytes];
    };
    assert.equal((await count())[0], 150);
    await test.advance(DAY_MS + 1_000);
    assert.deepEqual(await count(), [0, 0]);
  });

  it("is changed, listed and deleted with its events", async () => {
    await using test = new TestCloud();
    const { cloud } = test;
    await archive(test);
    await test.put({});
    await cloud.call(CALLER, "eventbridge", "UpdateArchive", {
      ArchiveName: "all",
      EventPattern: '{"source":["bank"]}',
    });
    await test.put({});
    const listed = await cloud.call(CALLER, "eventbridge", "ListArchives", { EventSourceArn: BUS });
    assert.deepEqual(
      listed.Archives?.map(({ ArchiveName, EventCount }) => [ArchiveName, EventCount]),
      [["all", 1]],
    );
    await cloud.call(CALLER, "eventbridge", "DeleteArchive", { ArchiveName: "all" });
    await test.put({}, { Source: "bank" });
    await archive(test);
    const told = await cloud.call(CALLER, "eventbridge", "DescribeArchive", { ArchiveName: "all" });
    assert.equal(told.EventCount, 0);
  });

  // As recorded on AWS in LocalStack's snapshots of test_archive_and_replay.py.
  it("is refused twice, for a bus that is not there, and with a pattern that is none", async () => {
    await using test = new TestCloud();
    await archive(test);
    await assert.rejects(archive(test), {
      code: "ResourceAlreadyExistsException",
      message: "Archive all already exists.",
    });
    const EventSourceArn = arnOf("events", "event-bus/none");
    await assert.rejects(archive(test, { ArchiveName: "b", EventSourceArn }), {
      code: "ResourceNotFoundException",
      message: "Event bus none does not exist.",
    });
    await assert.rejects(archive(test, { ArchiveName: "b", EventPattern: "[]" }), {
      code: "InvalidEventPatternException",
    });
    const none = { ArchiveName: "none" };
    await assert.rejects(test.cloud.call(CALLER, "eventbridge", "DescribeArchive", none), {
      code: "ResourceNotFoundException",
      message: "Archive none does not exist.",
    });
  });
});

describe("a replay", () => {
  it("sends the events of its time again, in their order, with its name, and not into the archive", async () => {
    await using test = new TestCloud();
    await archive(test);
    for (let minute = 0; minute < 5; minute += 1) {
      await test.put({ minute, second: 0 });
      await test.put({ minute, second: 1 });
      await test.advance(MINUTE_MS);
    }
    const rule = await test.rule("orders", { source: ["shop"] }, [{ Arn: QUEUE }]);
    await test.rule("others", { source: ["shop"] }, [{ Arn: arnOf("sqs", "others") }]);
    const started = await replay(test, "again", {
      EventStartTime: new Date(START + MINUTE_MS),
      EventEndTime: new Date(START + 3 * MINUTE_MS),
      Destination: { Arn: BUS, FilterArns: [rule] },
      Description: "once more",
    });
    assert.equal(started.State, "STARTING");
    const events = await test.events(QUEUE);
    assert.deepEqual(
      events.map(({ detail }) => detail),
      [1, 2, 3].flatMap((minute) => [
        { minute, second: 0 },
        { minute, second: 1 },
      ]),
    );
    assert.ok(events.every((event) => event["replay-name"] === "again"));
    assert.equal(events[0]?.time, "2026-01-15T12:01:00Z");
    assert.deepEqual(await test.events(arnOf("sqs", "others")), []);
    const told = await state(test, "again");
    assert.deepEqual(
      [told.State, told.Description, told.EventLastReplayedTime?.getTime()],
      ["COMPLETED", "once more", START + 3 * MINUTE_MS],
    );
    const { EventCount } = await test.cloud.call(CALLER, "eventbridge", "DescribeArchive", {
      ArchiveName: "all",
    });
    assert.equal(EventCount, 10);
    const listed = await test.cloud.call(CALLER, "eventbridge", "ListReplays", {
      State: "COMPLETED",
    });
    assert.deepEqual(
      listed.Replays?.map(({ ReplayName }) => ReplayName),
      ["again"],
    );
  });

  it("can be cancelled while it runs, and not afterwards", async () => {
    await using test = new TestCloud();
    await archive(test);
    await test.put({});
    await replay(test, "again");
    const cancel = () =>
      test.cloud.call(CALLER, "eventbridge", "CancelReplay", { ReplayName: "again" });
    assert.equal((await cancel()).State, "CANCELLING");
    assert.equal((await state(test, "again")).State, "CANCELLED");
    await assert.rejects(cancel(), { code: "IllegalStatusException" });
  });

  it("of more events than a step has sends each once, through a restart too", async () => {
    const directory = await mkdtemp(join(tmpdir(), "flyball-replay-"));
    const expected = Array.from({ length: 450 }, (_, order) => order);
    try {
      const before = new TestCloud({ directory });
      await archive(before);
      for (const order of expected) await before.put({ order });
      await before.rule("orders", { source: ["shop"] }, [{ Arn: QUEUE }]);
      await replay(before, "again");
      await before.cloud.stop();
      await using test = new TestCloud({ directory });
      const sent = [...(before.sent.get(QUEUE) ?? []), ...(await test.received(QUEUE))];
      assert.equal((await state(test, "again")).State, "COMPLETED");
      assert.deepEqual(
        sent.map(({ body }) => JSON.parse(body).detail.order),
        expected,
      );
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  // As recorded on AWS in LocalStack's snapshots of test_archive_and_replay.py.
  it("is refused with a wrong archive, bus, time or name", async () => {
    await using test = new TestCloud();
    await test.cloud.call(CALLER, "eventbridge", "CreateEventBus", { Name: "shop" });
    await archive(test);
    const refusals: [Record<string, unknown>, string][] = [
      [
        { EventSourceArn: arnOf("events", "archive/none") },
        "Parameter EventSourceArn is not valid. Reason: Archive none does not exist.",
      ],
      [
        { Destination: { Arn: arnOf("events", "event-bus/shop") } },
        "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
      ],
      [
        { EventEndTime: new Date(START) },
        "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
      ],
    ];
    for (const [settings, message] of refusals)
      await assert.rejects(replay(test, "again", settings), {
        code: "ValidationException",
        message,
      });
    await replay(test, "again");
    await assert.rejects(replay(test, "again"), {
      code: "ResourceAlreadyExistsException",
      message: "Replay again already exists.",
    });
    await assert.rejects(state(test, "none"), { message: "Replay none does not exist." });
  });
});
