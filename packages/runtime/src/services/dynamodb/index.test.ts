import assert from "node:assert/strict";
import { test } from "node:test";
import type { UpdateTableInput } from "@aws-sdk/client-dynamodb";
import { item, refused, TestCloud } from "./testing.ts";

const CREATE: Omit<UpdateTableInput, "TableName"> = {
  AttributeDefinitions: [{ AttributeName: "kind", AttributeType: "S" }],
  GlobalSecondaryIndexUpdates: [
    {
      Create: {
        IndexName: "by-kind",
        KeySchema: [{ AttributeName: "kind", KeyType: "HASH" }],
        Projection: { ProjectionType: "ALL" },
      },
    },
  ],
};

async function status(t: TestCloud, TableName: string) {
  const { Table } = await t.call("DescribeTable", { TableName });
  return Table?.GlobalSecondaryIndexes?.map(
    ({ IndexName, IndexStatus, ItemCount }) => [IndexName, IndexStatus, ItemCount] as const,
  );
}

test("an index that is added later is filled with what was there, then active", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  const all = Array.from({ length: 1_200 }, (_, i) =>
    item({ id: `i${i}`, ...(i % 3 === 0 ? { kind: "third" } : {}) }),
  );
  await Promise.all(all.map((Item) => t.call("PutItem", { TableName, Item })));
  const { TableDescription } = await t.call("UpdateTable", { TableName, ...CREATE });
  assert.equal(TableDescription?.TableStatus, "UPDATING");
  assert.equal(TableDescription?.GlobalSecondaryIndexes?.[0]?.IndexStatus, "CREATING");
  await refused(
    t.call("Scan", { TableName, IndexName: "by-kind" }),
    "ValidationException",
    "Cannot read from backfilling global secondary index: by-kind",
  );
  // Writes go on while the index is filled.
  await Promise.all([
    t.put(TableName, item({ id: "i0" })),
    t.put(TableName, item({ id: "new", kind: "third" })),
    t.call("DeleteItem", { TableName, Key: item({ id: "i1197" }) }),
  ]);
  await t.advance(1);
  assert.deepEqual(await status(t, TableName), [["by-kind", "ACTIVE", 399]]);
  const { Count } = await t.call("Scan", { TableName, IndexName: "by-kind" });
  assert.equal(Count, 399);
});

test("an index that is removed can't be read, and leaves nothing behind", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  await t.put(TableName, ...Array.from({ length: 20 }, (_, i) => item({ id: `i${i}`, kind: "x" })));
  await t.call("UpdateTable", { TableName, ...CREATE });
  await t.advance(1);
  const { TableDescription } = await t.call("UpdateTable", {
    TableName,
    GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "by-kind" } }],
  });
  assert.equal(TableDescription?.GlobalSecondaryIndexes?.[0]?.IndexStatus, "DELETING");
  await t.advance(1);
  const { Table } = await t.call("DescribeTable", { TableName });
  assert.equal(Table?.GlobalSecondaryIndexes, undefined);
  assert.deepEqual(Table?.AttributeDefinitions, [{ AttributeName: "id", AttributeType: "S" }]);
  const entries = t.cloud.store.read((tx) => [...tx.range({ prefix: ["dynamodb", "item"] })]);
  assert.equal(entries.length, 20);
});

test("indexes come and go one at a time, and only those that are there go", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  await refused(
    t.call("UpdateTable", {
      TableName,
      GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "missing" } }],
    }),
    "ResourceNotFoundException",
    "Requested resource not found: Table: orders, Index: missing not found",
  );
  const [first] = CREATE.GlobalSecondaryIndexUpdates!;
  const second = { Create: { ...first!.Create!, IndexName: "by-kind-too" } };
  await refused(
    t.call("UpdateTable", {
      TableName,
      ...CREATE,
      GlobalSecondaryIndexUpdates: [first!, second],
    }),
    "LimitExceededException",
    /Only 1 online index can be created or deleted simultaneously per table/,
  );
  await t.call("UpdateTable", { TableName, ...CREATE });
  await t.advance(1);
  await refused(
    t.call("UpdateTable", { TableName, ...CREATE }),
    "ValidationException",
    "Attempting to create an index which already exists: by-kind",
  );
});

test("an entry moves with its key, and two items of one index key both stand", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id", {
    attributes: "kind",
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-kind",
        KeySchema: [{ AttributeName: "kind", KeyType: "HASH" }],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
  });
  await t.put(
    TableName,
    item({ id: "a", kind: "x", note: "not projected" }),
    item({ id: "b", kind: "x" }),
    item({ id: "c" }),
  );
  const find = async (kind: string) => {
    const { Items = [] } = await t.call("Query", {
      TableName,
      IndexName: "by-kind",
      KeyConditionExpression: "kind = :kind",
      ExpressionAttributeValues: item({ ":kind": kind }),
    });
    return Items;
  };
  assert.deepEqual(await find("x"), [item({ kind: "x", id: "a" }), item({ kind: "x", id: "b" })]);
  await t.call("UpdateItem", {
    TableName,
    Key: item({ id: "a" }),
    UpdateExpression: "SET kind = :kind",
    ExpressionAttributeValues: item({ ":kind": "y" }),
  });
  assert.deepEqual(await find("x"), [item({ kind: "x", id: "b" })]);
  assert.deepEqual(await find("y"), [item({ kind: "y", id: "a" })]);
  await t.call("UpdateItem", {
    TableName,
    Key: item({ id: "a" }),
    UpdateExpression: "REMOVE kind",
  });
  assert.deepEqual(await find("y"), []);
});
