import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { item, TestCloud } from "./testing.ts";

const START = Date.UTC(2026, 0, 1);
const DAY_MS = 24 * 60 * 60 * 1000;

function directoryOf(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "flyball-dynamodb-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test("tables, items, indexes, counts, streams and tokens survive a restart", async (context) => {
  const directory = directoryOf(context);
  const token = {
    ClientRequestToken: "token",
    TransactItems: [
      {
        Update: {
          TableName: "orders",
          Key: item({ id: "a" }),
          UpdateExpression: "ADD n :one",
          ExpressionAttributeValues: item({ ":one": 1 }),
        },
      },
    ],
  };
  {
    await using t = new TestCloud(directory, START);
    await t.table("orders", "id", {
      attributes: "kind",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" },
      Tags: [{ Key: "a", Value: "b" }],
      GlobalSecondaryIndexes: [
        {
          IndexName: "by-kind",
          KeySchema: [{ AttributeName: "kind", KeyType: "HASH" }],
          Projection: { ProjectionType: "ALL" },
        },
      ],
    });
    await t.put("orders", item({ id: "a", n: 1, kind: "x" }), item({ id: "b" }));
    await t.call("TransactWriteItems", token);
  }
  await using t = new TestCloud(directory, START + 1_000);
  const { Table } = await t.call("DescribeTable", { TableName: "orders" });
  const StreamArn = Table?.LatestStreamArn;
  assert.deepEqual([Table?.ItemCount, Table?.GlobalSecondaryIndexes?.[0]?.ItemCount], [2, 1]);
  await t.call("TransactWriteItems", token);
  const { Items } = await t.call("Scan", { TableName: "orders", IndexName: "by-kind" });
  assert.deepEqual(Items, [item({ id: "a", n: 2, kind: "x" })]);
  await t.put("orders", item({ id: "c" }));
  const { StreamDescription } = await t.streams("DescribeStream", { StreamArn });
  const { ShardIterator } = await t.streams("GetShardIterator", {
    StreamArn,
    ShardId: StreamDescription?.Shards?.[0]?.ShardId,
    ShardIteratorType: "TRIM_HORIZON",
  });
  const { Records = [] } = await t.streams("GetRecords", { ShardIterator });
  const sequenceNumbers = Records.map(({ dynamodb }) => dynamodb?.SequenceNumber);
  assert.equal(sequenceNumbers.length, 4);
  assert.deepEqual(sequenceNumbers, [...new Set(sequenceNumbers)].sort());
});

test("what fell due while nothing ran is done at the next start: expiry, and old records", async (context) => {
  const directory = directoryOf(context);
  {
    await using t = new TestCloud(directory, START);
    await t.table("sessions", "id", {
      StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" },
    });
    await t.call("UpdateTimeToLive", {
      TableName: "sessions",
      TimeToLiveSpecification: { AttributeName: "ends", Enabled: true },
    });
    await t.put(
      "sessions",
      item({ id: "ended", ends: START / 1000 + 60 }),
      item({ id: "later", ends: START / 1000 + 3 * 86_400 }),
    );
  }
  await using t = new TestCloud(directory, START + 2 * DAY_MS);
  await t.advance(1);
  const { Items } = await t.call("Scan", { TableName: "sessions" });
  assert.deepEqual(
    Items?.map(({ id }) => id?.S),
    ["later"],
  );
  const changes = t.cloud.store.read((tx) => [...tx.range({ prefix: ["dynamodb", "change"] })]);
  assert.equal(changes.length, 1, "of the records only the deletion is younger than a day");
});

test("an index that was being filled is filled after a restart, and a deleted table cleared away", async (context) => {
  const directory = directoryOf(context);
  {
    await using t = new TestCloud(directory, START);
    for (const name of ["orders", "gone"]) {
      await t.table(name, "id");
      await Promise.all(
        Array.from({ length: 1_500 }, (_, i) =>
          t.call("PutItem", { TableName: name, Item: item({ id: `i${i}`, kind: "x" }) }),
        ),
      );
    }
    await t.call("UpdateTable", {
      TableName: "orders",
      AttributeDefinitions: [{ AttributeName: "kind", AttributeType: "S" }],
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            IndexName: "by-kind",
            KeySchema: [{ AttributeName: "kind", KeyType: "HASH" }],
            Projection: { ProjectionType: "KEYS_ONLY" },
          },
        },
      ],
    });
    await t.call("DeleteTable", { TableName: "gone" });
  }
  await using t = new TestCloud(directory, START);
  await t.advance(1);
  const { Table } = await t.call("DescribeTable", { TableName: "orders" });
  const [index] = Table?.GlobalSecondaryIndexes ?? [];
  assert.deepEqual([index?.IndexStatus, index?.ItemCount], ["ACTIVE", 1_500]);
  const entries = t.cloud.store.read((tx) => [...tx.range({ prefix: ["dynamodb", "item"] })]);
  assert.equal(entries.length, 3_000);
});
