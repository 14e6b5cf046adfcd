import assert from "node:assert/strict";
import { test } from "node:test";
import type { PutItemInput, UpdateItemInput } from "@aws-sdk/client-dynamodb";
import { item, refused, TestCloud } from "./testing.ts";

const INVALID = "One or more parameter values were invalid: ";

test("an item is put, read in part, changed and deleted, and says what it was", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id, at:N");
  const Key = item({ id: "a", at: 1 });
  assert.deepEqual(await t.call("PutItem", { TableName, Item: { ...Key, n: { N: "1.50" } } }), {});
  assert.deepEqual(await t.call("GetItem", { TableName, Key }), {
    Item: { ...Key, n: { N: "1.5" } },
  });
  const replaced = await t.call("PutItem", {
    TableName,
    Item: { ...Key, list: { L: [{ S: "x" }, { S: "y" }] } },
    ReturnValues: "ALL_OLD",
  });
  assert.deepEqual(replaced, { Attributes: { ...Key, n: { N: "1.5" } } });
  const part = await t.call("GetItem", {
    TableName,
    Key,
    ProjectionExpression: "#l[1], absent",
    ExpressionAttributeNames: { "#l": "list" },
  });
  assert.deepEqual(part, { Item: { list: { L: [{ S: "y" }] } } });
  const deleted = await t.call("DeleteItem", { TableName, Key, ReturnValues: "ALL_OLD" });
  assert.deepEqual(deleted.Attributes, { ...Key, list: { L: [{ S: "x" }, { S: "y" }] } });
  assert.deepEqual(await t.call("GetItem", { TableName, Key }), {});
  assert.deepEqual(await t.call("DeleteItem", { TableName, Key, ReturnValues: "ALL_OLD" }), {});
});

/** Source: API reference of UpdateItem, ReturnValues. */
test("an update returns all or what it touched, before or after", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  const Key = item({ id: "a" });
  const before = { ...Key, n: { N: "1" }, m: { M: { x: { S: "x" }, y: { S: "y" } } } };
  const after = { ...Key, n: { N: "2" }, m: { M: { y: { S: "y" } } }, new: { S: "new" } };
  const cases = [
    ["NONE", undefined],
    ["ALL_OLD", before],
    ["ALL_NEW", after],
    ["UPDATED_OLD", { n: { N: "1" }, m: { M: { x: { S: "x" } } } }],
    ["UPDATED_NEW", { n: { N: "2" }, new: { S: "new" } }],
  ] as const;
  for (const [ReturnValues, Attributes] of cases) {
    await t.put(TableName, before);
    const answer = await t.call("UpdateItem", {
      TableName,
      Key,
      UpdateExpression: "SET n = n + :one, #new = :new REMOVE m.x",
      ExpressionAttributeNames: { "#new": "new" },
      ExpressionAttributeValues: item({ ":one": 1, ":new": "new" }),
      ReturnValues,
    });
    assert.deepEqual(answer, Attributes ? { Attributes } : {}, ReturnValues);
  }
  const made = await t.call("UpdateItem", {
    TableName,
    Key: item({ id: "made" }),
    ReturnValues: "ALL_NEW",
  });
  assert.deepEqual(
    made,
    { Attributes: item({ id: "made" }) },
    "an update without a word makes an item",
  );
});

/**
 * Source: API reference of AttributeValueUpdate, Action ("If no item with the specified key is found … DELETE - Nothing
 * happens"); for REMOVE seen on DynamoDB: scylladb issue 5862, and test_nested_attribute_remove_from_missing_item of
 * Scylla's tests, which run against it too.
 */
test("an update that only takes away makes no item where there was none", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  const Key = item({ id: "missing" });
  const update = (more: Partial<UpdateItemInput>) =>
    t.call("UpdateItem", { TableName, Key, ReturnConsumedCapacity: "TOTAL", ...more });
  const nothing = { ConsumedCapacity: { TableName, CapacityUnits: 1 } };
  const values = { ExpressionAttributeValues: { ":one": { SS: ["x"] } } };
  const taking: Partial<UpdateItemInput>[] = [
    { UpdateExpression: "REMOVE a, b" },
    { UpdateExpression: "REMOVE a.b, c[0]" },
    { UpdateExpression: "DELETE a :one", ...values },
    { UpdateExpression: "REMOVE b DELETE a :one", ...values },
    { AttributeUpdates: { a: { Action: "DELETE" } } },
    { UpdateExpression: "REMOVE a", ConditionExpression: "attribute_not_exists(a)" },
  ];
  for (const one of taking) {
    const answer = await update({ ...one, ReturnValues: "ALL_NEW" });
    assert.deepEqual(answer, nothing, JSON.stringify(one));
  }
  await t.call("TransactWriteItems", {
    TransactItems: [{ Update: { TableName, Key, UpdateExpression: "REMOVE a" } }],
  });
  assert.deepEqual(await t.call("GetItem", { TableName, Key }), {});
  const { Table } = await t.call("DescribeTable", { TableName });
  assert.equal(Table?.ItemCount, 0);

  await update({
    UpdateExpression: "REMOVE a.b SET c = :c",
    ExpressionAttributeValues: item({ ":c": 1 }),
  });
  const made = await t.call("GetItem", { TableName, Key });
  assert.deepEqual(made, { Item: item({ id: "missing", c: 1 }) }, "with a SET it makes one");
});

/** Seen on DynamoDB: paritysuite/dynamodb-conformance, tests/tier1/updateItem/basic.test.ts. */
test("a set comes back in DynamoDB's order, whichever way it was written", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  const Key = item({ id: "a" });
  const bytes = (...each: number[]) => each.map((byte) => Uint8Array.of(byte));
  await t.put(TableName, {
    ...Key,
    texts: { SS: ["b", "B", "a"] },
    numbers: { NS: ["10", "-1", "9.50"] },
    blobs: { BS: bytes(3, 1, 255) },
  });
  await t.call("UpdateItem", {
    TableName,
    Key,
    UpdateExpression: "ADD texts :texts, numbers :numbers, blobs :blobs",
    ExpressionAttributeValues: {
      ":texts": { SS: ["", "b"] },
      ":numbers": { NS: ["2"] },
      ":blobs": { BS: bytes(2) },
    },
  });
  const { Item } = await t.call("GetItem", { TableName, Key });
  assert.deepEqual(Item, {
    ...Key,
    texts: { SS: ["", "B", "a", "b"] },
    numbers: { NS: ["-1", "2", "9.5", "10"] },
    blobs: { BS: Item?.blobs?.BS },
  });
  assert.deepEqual(
    Item?.blobs?.BS?.map(([byte]) => byte),
    [1, 2, 3, 255],
  );
});

test("a condition that fails changes nothing, and brings the item back when asked", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("locks", "id");
  const Key = item({ id: "lock" });
  await t.put(TableName, { ...Key, held: { N: "2" } });
  const acquire: UpdateItemInput = {
    TableName,
    Key,
    UpdateExpression: "ADD held :one",
    ConditionExpression: "held < :limit",
    ExpressionAttributeValues: item({ ":one": 1, ":limit": 2 }),
  };
  const words = "The conditional request failed";
  const bare = await refused(
    t.call("UpdateItem", acquire),
    "ConditionalCheckFailedException",
    words,
  );
  assert.deepEqual(bare.fields, {});
  const told = await refused(
    t.call("UpdateItem", { ...acquire, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
    "ConditionalCheckFailedException",
    words,
  );
  assert.deepEqual(told.fields, { Item: { ...Key, held: { N: "2" } } });
  const missing = await refused(
    t.call("DeleteItem", {
      TableName,
      Key: item({ id: "missing" }),
      ConditionExpression: "attribute_exists(id)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    }),
    "ConditionalCheckFailedException",
    words,
  );
  assert.deepEqual(missing.fields, {}, "there is no item to bring");
  assert.deepEqual(await t.call("GetItem", { TableName, Key }), {
    Item: { ...Key, held: { N: "2" } },
  });
});

test("conditional writes of one item come one after the other, whoever sends them", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("locks", "id");
  const Key = item({ id: "lock" });
  await t.put(TableName, { ...Key, held: { N: "0" } });
  const attempts = await Promise.allSettled(
    Array.from({ length: 100 }, () =>
      t.call("UpdateItem", {
        TableName,
        Key,
        UpdateExpression: "ADD held :one",
        ConditionExpression: "held < :limit",
        ExpressionAttributeValues: item({ ":one": 1, ":limit": 20 }),
      }),
    ),
  );
  assert.equal(attempts.filter(({ status }) => status === "fulfilled").length, 20);
  const { Item } = await t.call("GetItem", { TableName, Key });
  assert.deepEqual(Item?.held, { N: "20" });
});

/** FACTS 2: what a semaphore's condition leans on. */
test("a missing attribute is less than nothing, but differs from all; then the update itself fails", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("locks", "id");
  const acquire = {
    TableName,
    Key: item({ id: "missing" }),
    UpdateExpression: "SET held = held + :one",
    ExpressionAttributeValues: item({ ":one": 1, ":limit": 2 }),
  };
  await refused(
    t.call("UpdateItem", { ...acquire, ConditionExpression: "held < :limit" }),
    "ConditionalCheckFailedException",
  );
  await refused(
    t.call("UpdateItem", { ...acquire, ConditionExpression: "held <> :limit" }),
    "ValidationException",
    "The provided expression refers to an attribute that does not exist in the item",
  );
});

/** The words are those of AWS as dynalite's tests have them (test/putItem.js). */
test("PutItem refuses what is no item of the table, in AWS's words", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id, at:N", {
    attributes: "c",
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-c",
        KeySchema: [{ AttributeName: "c", KeyType: "HASH" }],
        Projection: { ProjectionType: "ALL" },
      },
    ],
  });
  const Item = item({ id: "a", at: 1 });
  const member = (value: string, path: string, constraint: string) =>
    `1 validation error detected: Value ${value} at '${path}' failed to satisfy constraint: ${constraint}`;
  const cases: [Partial<Record<keyof PutItemInput, unknown>>, string | RegExp][] = [
    [{ TableName: undefined }, member("null", "tableName", "Member must not be null")],
    [
      { TableName: "abc;" },
      member(
        "'abc;'",
        "tableName",
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
      ),
    ],
    [{ Item: undefined }, member("null", "item", "Member must not be null")],
    [
      { ReturnConsumedCapacity: "hi" },
      member(
        "'hi'",
        "returnConsumedCapacity",
        "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]",
      ),
    ],
    [{ ReturnValues: "UPDATED_NEW" }, "ReturnValues can only be ALL_OLD or NONE"],
    [{ Item: { id: { S: "a" } } }, `${INVALID}Missing the key at in the item`],
    [
      { Item: { ...Item, id: { N: "1" } } },
      `${INVALID}Type mismatch for key id expected: S actual: N`,
    ],
    [
      { Item: { ...Item, c: { N: "1" } } },
      /Type mismatch for Index Key c Expected: S Actual: N IndexName: by-c$/,
    ],
    [
      { Item: { ...Item, id: { S: "" } } },
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: id",
    ],
    [
      { Item: { ...Item, x: { S: "x".repeat(400 * 1024) } } },
      "Item size has exceeded the maximum allowed size",
    ],
    [
      { Item: { ...Item, id: { S: "x".repeat(2049) } } },
      `${INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes`,
    ],
    [
      { Item: { ...Item, n: { N: "1".repeat(39) } } },
      "Attempting to store more than 38 significant digits in a Number",
    ],
    [
      { ConditionExpression: "attribute_exists(id", Item },
      /^Invalid ConditionExpression: Syntax error; token: "<EOF>"/,
    ],
  ];
  for (const [input, message] of cases) {
    const wrong = { TableName, Item, ...input } as PutItemInput;
    await refused(t.call("PutItem", wrong), "ValidationException", message);
  }
});

/** The words are those of AWS as dynalite's tests have them (test/updateItem.js). */
test("UpdateItem refuses to change keys, to make an item too large or an index's key another type", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id", {
    attributes: "c",
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-c",
        KeySchema: [{ AttributeName: "c", KeyType: "HASH" }],
        Projection: { ProjectionType: "ALL" },
      },
    ],
  });
  const Key = item({ id: "a" });
  await t.put(TableName, { ...Key, n: { N: "1" }, big: { S: "x".repeat(300 * 1024) } });
  const update = (UpdateExpression: string, values = {}) =>
    t.call("UpdateItem", {
      TableName,
      Key,
      UpdateExpression,
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: item(values) }),
    });
  await refused(
    update("SET id = :v", { ":v": "b" }),
    "ValidationException",
    `${INVALID}Cannot update attribute id. This attribute is part of the key`,
  );
  await refused(
    update("SET more = :v", { ":v": "x".repeat(110 * 1024) }),
    "ValidationException",
    "Item size to update has exceeded the maximum allowed size",
  );
  await refused(update("SET c = n"), "ValidationException", /./);
  await refused(
    t.call("UpdateItem", { TableName, Key: item({ id: "a", x: 1 }) }),
    "ValidationException",
    "The provided key element does not match the schema",
  );
  const { Item } = await t.call("GetItem", { TableName, Key });
  assert.deepEqual(Object.keys(Item ?? {}).sort(), ["big", "id", "n"]);
});

test("the older forms do what the expressions do", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  const Key = item({ id: "a" });
  await t.put(TableName, { ...Key, n: { N: "1" } });
  const updated = await t.call("UpdateItem", {
    TableName,
    Key,
    AttributeUpdates: {
      n: { Action: "ADD", Value: { N: "2" } },
      s: { Action: "PUT", Value: { S: "s" } },
    },
    Expected: { n: { ComparisonOperator: "LT", AttributeValueList: [{ N: "2" }] } },
    ReturnValues: "ALL_NEW",
  });
  assert.deepEqual(updated.Attributes, { ...Key, n: { N: "3" }, s: { S: "s" } });
  await refused(
    t.call("PutItem", { TableName, Item: Key, Expected: { n: { Exists: false } } }),
    "ConditionalCheckFailedException",
  );
  const read = await t.call("GetItem", { TableName, Key, AttributesToGet: ["s"] });
  assert.deepEqual(read.Item, { s: { S: "s" } });
});
