import assert from "node:assert/strict";
import { test } from "node:test";
import { item, refused, TestCloud } from "./testing.ts";

async function enable(t: TestCloud, TableName: string, AttributeName = "ends", Enabled = true) {
  return t.call("UpdateTimeToLive", {
    TableName,
    TimeToLiveSpecification: { AttributeName, Enabled },
  });
}

const second = (t: TestCloud, later = 0) => t.cloud.clock.now() / 1000 + later;

async function left(t: TestCloud, TableName: string) {
  const { Items = [] } = await t.call("Scan", { TableName });
  return Items.map(({ id }) => id?.S).sort();
}

test("an item is deleted at the second that it names, and its stream says by whom", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("sessions", "id", {
    StreamSpecification: { StreamEnabled: true, StreamViewType: "OLD_IMAGE" },
  });
  await enable(t, TableName);
  const ending = item({ id: "a", ends: second(t, 60) });
  await t.put(TableName, ending, item({ id: "b", ends: second(t, 120) }), item({ id: "c" }));
  await t.advance(59);
  assert.deepEqual(await left(t, TableName), ["a", "b", "c"]);
  await t.advance(1);
  assert.deepEqual(await left(t, TableName), ["b", "c"]);
  const { Table } = await t.call("DescribeTable", { TableName });
  assert.equal(Table?.ItemCount, 2);
  const StreamArn = Table?.LatestStreamArn;
  const { StreamDescription } = await t.streams("DescribeStream", { StreamArn });
  const { ShardIterator } = await t.streams("GetShardIterator", {
    StreamArn,
    ShardId: StreamDescription?.Shards?.[0]?.ShardId,
    ShardIteratorType: "TRIM_HORIZON",
  });
  const { Records = [] } = await t.streams("GetRecords", { ShardIterator });
  const removed = Records.at(-1);
  assert.equal(removed?.eventName, "REMOVE");
  assert.deepEqual(removed?.dynamodb?.OldImage, ending);
  assert.deepEqual(removed?.userIdentity, {
    PrincipalId: "dynamodb.amazonaws.com",
    Type: "Service",
  });
  await t.cloud.metrics.flush();
  const counted = t.metrics.filter(({ name }) => name === "TimeToLiveDeletedItemCount");
  assert.deepEqual(counted, [
    { name: "TimeToLiveDeletedItemCount", dimensions: { TableName }, value: 1, count: 1 },
  ]);
});

test("an item that is given more time, or no end, stays", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("sessions", "id");
  await enable(t, TableName);
  await t.put(
    TableName,
    item({ id: "longer", ends: second(t, 60) }),
    item({ id: "endless", ends: second(t, 60) }),
    item({ id: "shorter", ends: second(t, 600) }),
  );
  await t.put(TableName, item({ id: "longer", ends: second(t, 120) }), item({ id: "endless" }));
  await t.put(TableName, item({ id: "shorter", ends: second(t, 30) }));
  await t.advance(60);
  assert.deepEqual(await left(t, TableName), ["endless", "longer"]);
  await t.advance(60);
  assert.deepEqual(await left(t, TableName), ["endless"]);
});

/** Source: developer guide, "Using time to live (TTL) in DynamoDB". */
test("only a number of the last five years or the future is an end", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("sessions", "id");
  await enable(t, TableName);
  const year = 365 * 24 * 60 * 60;
  await t.put(
    TableName,
    item({ id: "text", ends: String(second(t, 10)) }),
    item({ id: "ancient", ends: second(t, -6 * year) }),
    item({ id: "past", ends: second(t, -1) }),
    item({ id: "fraction", ends: second(t, 10.7) }),
  );
  await t.advance(1);
  assert.deepEqual(await left(t, TableName), ["ancient", "fraction", "text"]);
  await t.advance(10);
  assert.deepEqual(await left(t, TableName), ["ancient", "text"]);
});

test("items that were there before are found when expiry is switched on, and left when it is off", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("sessions", "id");
  const all = Array.from({ length: 700 }, (_, i) =>
    t.put(TableName, item({ id: `i${i}`, ends: second(t, 60 + (i % 2) * 60) })),
  );
  await Promise.all(all);
  await enable(t, TableName);
  await t.advance(60);
  assert.equal((await left(t, TableName)).length, 350);
  await enable(t, TableName, "ends", false);
  await t.advance(600);
  assert.equal((await left(t, TableName)).length, 350);
  const order = t.cloud.store.read((tx) => [...tx.range({ prefix: ["dynamodb", "expiry"] })]);
  assert.deepEqual(order, []);
});

test("expiry is described, and changed only to something else", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("sessions", "id");
  const describe = () => t.call("DescribeTimeToLive", { TableName });
  assert.deepEqual(await describe(), { TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } });
  assert.deepEqual(await enable(t, TableName), {
    TimeToLiveSpecification: { AttributeName: "ends", Enabled: true },
  });
  await t.advance(0);
  assert.deepEqual(await describe(), {
    TimeToLiveDescription: { TimeToLiveStatus: "ENABLED", AttributeName: "ends" },
  });
  await refused(enable(t, TableName), "ValidationException", "TimeToLive is already enabled");
  await refused(
    enable(t, TableName, "other"),
    "ValidationException",
    "TimeToLive is active on a different AttributeName: current AttributeName is ends",
  );
  await enable(t, TableName, "ends", false);
  await refused(
    enable(t, TableName, "ends", false),
    "ValidationException",
    "TimeToLive is already disabled",
  );
  await refused(
    t.call("DescribeTimeToLive", { TableName: "missing" }),
    "ResourceNotFoundException",
    "Requested resource not found: Table: missing not found",
  );
});
