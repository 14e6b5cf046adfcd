import assert from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { GROUP, START, startCloud } from "./testing.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

test("events of a stream come back in the order of their timestamps, whatever the order of the batches", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.put("a", [20, "third"], [30, "fourth"]);
  await cloud.put("a", [10, "first"], [20, "after third, being later at the same instant"]);
  const { events } = await cloud.call("GetLogEvents", { logGroupName: GROUP, logStreamName: "a" });
  assert.deepStrictEqual(
    events?.map(({ message }) => message),
    ["first", "third", "after third, being later at the same instant", "fourth"],
  );
  assert.deepStrictEqual(events?.[0], {
    timestamp: START + 10,
    message: "first",
    ingestionTime: START,
  });
});

test("a stream is read forward to its end, where the token answers with itself until more comes", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.put("a", [1, "one"], [2, "two"], [3, "three"]);
  const read = (nextToken?: string) =>
    cloud.call("GetLogEvents", {
      logGroupName: GROUP,
      logStreamName: "a",
      startFromHead: true,
      limit: 2,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
  const first = await read();
  assert.deepStrictEqual(
    first.events?.map(({ message }) => message),
    ["one", "two"],
  );
  assert.match(first.nextForwardToken ?? "", /^f\/\d{56}\/s$/);
  const second = await read(first.nextForwardToken);
  assert.deepStrictEqual(
    second.events?.map(({ message }) => message),
    ["three"],
  );
  const end = await read(second.nextForwardToken);
  assert.deepStrictEqual(end.events, []);
  assert.strictEqual(end.nextForwardToken, second.nextForwardToken);
  const back = await read(end.nextBackwardToken);
  assert.deepStrictEqual(
    back.events?.map(({ message }) => message),
    ["two", "three"],
  );
  await cloud.put("a", [4, "four"]);
  const more = await read(end.nextForwardToken);
  assert.deepStrictEqual(
    more.events?.map(({ message }) => message),
    ["four"],
  );
});

test("the latest events come first page by page backward, each page in the order of time", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.put("a", [1, "one"], [2, "two"], [3, "three"]);
  const read = (nextToken?: string) =>
    cloud.call("GetLogEvents", {
      logGroupName: GROUP,
      logStreamName: "a",
      limit: 2,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
  const first = await read();
  assert.deepStrictEqual(
    first.events?.map(({ message }) => message),
    ["two", "three"],
  );
  const second = await read(first.nextBackwardToken);
  assert.deepStrictEqual(
    second.events?.map(({ message }) => message),
    ["one"],
  );
  const end = await read(second.nextBackwardToken);
  assert.deepStrictEqual(end.events, []);
  assert.strictEqual(end.nextBackwardToken, second.nextBackwardToken);
});

test("an empty stream has a forward token behind which the first events are found", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  const input = { logGroupName: GROUP, logStreamName: "a", startFromHead: true };
  const empty = await cloud.call("GetLogEvents", input);
  await cloud.put("a", [-5, "old"]);
  const nextToken = empty.nextForwardToken;
  const { events } = await cloud.call("GetLogEvents", { ...input, nextToken });
  assert.strictEqual(events?.length, 1);
});

test("a time range of GetLogEvents leaves its end out, one of FilterLogEvents takes it in", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.put("a", [1, "one"], [2, "two"], [3, "three"]);
  const range = { logGroupName: GROUP, startTime: START + 1, endTime: START + 2 };
  const got = await cloud.call("GetLogEvents", { ...range, logStreamName: "a" });
  assert.deepStrictEqual(
    got.events?.map(({ message }) => message),
    ["one"],
  );
  const found = await cloud.call("FilterLogEvents", range);
  assert.deepStrictEqual(
    found.events?.map(({ message }) => message),
    ["one", "two"],
  );
});

test("FilterLogEvents interleaves the streams, or those that are named or begin with a prefix", async () => {
  await using cloud = startCloud();
  await cloud.create("web/1", "web/2", "job/1");
  await cloud.put("web/1", [1, "a"], [4, "d"]);
  await cloud.put("web/2", [2, "b"], [4, "e"]);
  await cloud.put("job/1", [3, "c"]);
  const messages = async (input: object) => {
    const { events } = await cloud.call("FilterLogEvents", { logGroupName: GROUP, ...input });
    return events?.map(({ message }) => message).join("");
  };
  assert.strictEqual(await messages({}), "abcde");
  assert.strictEqual(await messages({ logStreamNames: ["web/2", "job/1"] }), "bce");
  assert.strictEqual(await messages({ logStreamNamePrefix: "web/" }), "abde");
  assert.strictEqual(await messages({ startFromHead: false, startTime: START }), "edcba");
  assert.strictEqual(
    await messages({ startFromHead: false, startTime: START, logStreamNamePrefix: "web/" }),
    "edba",
  );
});

test("FilterLogEvents read page by page finds each match once, in either direction", async () => {
  const schedule = fc.array(fc.tuple(fc.nat(2), fc.nat(20), fc.boolean()), { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(
      schedule,
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      async (puts, limit, head) => {
        await using cloud = startCloud();
        await cloud.create("0", "1", "2");
        for (const [index, [stream, at, matches]] of puts.entries())
          await cloud.put(`${stream}`, [at, `${matches ? "HIT" : "miss"} ${index}`]);
        const found: string[] = [];
        let nextToken: string | undefined;
        do {
          const page = await cloud.call("FilterLogEvents", {
            logGroupName: GROUP,
            filterPattern: "HIT",
            limit,
            startTime: START,
            startFromHead: head,
            ...(nextToken === undefined ? {} : { nextToken }),
          });
          found.push(...(page.events ?? []).map(({ message = "" }) => message));
          nextToken = page.nextToken;
        } while (nextToken !== undefined);
        const expected = puts
          .map(([, at, matches], index) => ({ at, matches, message: `HIT ${index}` }))
          .filter(({ matches }) => matches)
          .sort((a, b) => a.at - b.at)
          .map(({ message }) => message);
        assert.deepStrictEqual(found, head ? expected : expected.reverse());
      },
    ),
    { numRuns: 25 },
  );
});

test("an event's id has 56 digits and sorts as the events do", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.put("a", [1, "one"], [1, "two"], [2, "three"]);
  const { events = [] } = await cloud.call("FilterLogEvents", { logGroupName: GROUP });
  const ids = events.map(({ eventId = "" }) => eventId);
  assert.ok(ids.every((id) => /^\d{56}$/.test(id)));
  assert.deepStrictEqual([...ids].sort(), ids);
  assert.strictEqual(new Set(ids).size, 3);
});

// The rules of a batch: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
test("events too old, expired or too far ahead are refused by their indexes, the others put", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  const put = (...at: number[]) =>
    cloud.put("a", ...at.map((afterMs): [number, string] => [afterMs, "event"]));
  const old = await put(-15 * DAY_MS, -14 * DAY_MS, -13.9 * DAY_MS);
  assert.deepStrictEqual(old.rejectedLogEventsInfo, { tooOldLogEventEndIndex: 1 });
  const ahead = await put(0, 2 * HOUR_MS, 2 * HOUR_MS + 1);
  assert.deepStrictEqual(ahead.rejectedLogEventsInfo, { tooNewLogEventStartIndex: 2 });
  await cloud.call("PutRetentionPolicy", { logGroupName: GROUP, retentionInDays: 3 });
  const expired = await put(-4 * DAY_MS, -3 * DAY_MS, -2.5 * DAY_MS);
  assert.deepStrictEqual(expired.rejectedLogEventsInfo, { expiredLogEventEndIndex: 1 });
});

test("a batch out of order, of more than a day, too large or empty is refused whole", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  const code = "InvalidParameterException";
  await assert.rejects(cloud.put("a", [2, "late"], [1, "early"]), {
    code,
    message: "Log events in a single PutLogEvents request must be in chronological order.",
  });
  await assert.rejects(cloud.put("a", [-DAY_MS - 1, "early"], [0, "late"]), {
    code,
    message:
      "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
  });
  await assert.rejects(cloud.put("a", [0, "x".repeat(600_000)], [0, "x".repeat(600_000)]), {
    code,
    message: "Upload too large: 1200052 bytes exceeds limit of 1048576",
  });
  await assert.rejects(cloud.put("a"), {
    code,
    message:
      "1 validation error detected: Value '[]' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1",
  });
  const { events } = await cloud.call("FilterLogEvents", { logGroupName: GROUP });
  assert.deepStrictEqual(events, []);
});

test("events go into streams that exist", async () => {
  await using cloud = startCloud();
  await assert.rejects(cloud.put("a", [0, "x"]), {
    code: "ResourceNotFoundException",
    message: "The specified log group does not exist.",
  });
  await cloud.create();
  await assert.rejects(cloud.put("a", [0, "x"]), {
    code: "ResourceNotFoundException",
    message: "The specified log stream does not exist.",
  });
});

test("expired events are found no more, and later take no more space", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.call("PutRetentionPolicy", { logGroupName: GROUP, retentionInDays: 1 });
  await cloud.put("a", [0, "first"]);
  await cloud.clock.advance(HOUR_MS);
  await cloud.put("a", [HOUR_MS, "second"]);
  const messages = async () => {
    const { events } = await cloud.call("FilterLogEvents", { logGroupName: GROUP });
    return events?.map(({ message }) => message);
  };
  await cloud.clock.advance(DAY_MS - HOUR_MS + 1);
  assert.deepStrictEqual(await messages(), ["second"]);
  await cloud.clock.advance(DAY_MS);
  assert.deepStrictEqual(await messages(), []);
  const { logGroups } = await cloud.call("DescribeLogGroups", {});
  assert.strictEqual(logGroups?.[0]?.storedBytes, 0);
});

test("AWS/Logs counts what comes in by group", async () => {
  await using cloud = startCloud();
  await cloud.create("a");
  await cloud.put("a", [0, "four"], [0, "four"]);
  await cloud.clock.advance(1_000);
  const [put] = cloud.metrics;
  assert.strictEqual(put?.Namespace, "AWS/Logs");
  assert.deepStrictEqual(
    put.MetricData?.map(({ MetricName, Values, Dimensions }) => [MetricName, Values, Dimensions]),
    [
      ["IncomingLogEvents", [2], [{ Name: "LogGroupName", Value: GROUP }]],
      ["IncomingBytes", [60], [{ Name: "LogGroupName", Value: GROUP }]],
    ],
  );
});

test("what was put is there when the cloud is opened again, and goes on where it was", async () => {
  const directory = await mkdtemp(join(tmpdir(), "flyball-logs-"));
  try {
    let token: string | undefined;
    {
      await using cloud = startCloud({ directory });
      await cloud.create("a");
      await cloud.call("PutRetentionPolicy", { logGroupName: GROUP, retentionInDays: 1 });
      await cloud.put("a", [0, "before"]);
      const input = { logGroupName: GROUP, logStreamName: "a", startFromHead: true };
      token = (await cloud.call("GetLogEvents", input)).nextForwardToken;
    }
    await using cloud = startCloud({ directory });
    await cloud.put("a", [0, "after"]);
    const input = { logGroupName: GROUP, logStreamName: "a", startFromHead: true };
    const all = await cloud.call("GetLogEvents", input);
    assert.deepStrictEqual(
      all.events?.map(({ message }) => message),
      ["before", "after"],
    );
    const nextToken = token;
    const rest = await cloud.call("GetLogEvents", { ...input, nextToken });
    assert.deepStrictEqual(
      rest.events?.map(({ message }) => message),
      ["after"],
    );
    await cloud.clock.advance(2 * DAY_MS);
    const { logGroups } = await cloud.call("DescribeLogGroups", {});
    assert.strictEqual(logGroups?.[0]?.storedBytes, 0);
  } finally {
    await rm(directory, { recursive: true });
  }
});
