import assert from "node:assert/strict";
import { test } from "node:test";
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { item, refused, TestCloud } from "./testing.ts";

const CANCELLED = "Transaction cancelled, please refer cancellation reasons for specific reasons";

async function orders(t: TestCloud): Promise<string> {
  const TableName = await t.table("orders", "id");
  await t.put(TableName, item({ id: "a", n: 1 }), item({ id: "b", n: 1 }));
  return TableName;
}

function put(id: string, ConditionExpression?: string): TransactWriteItem {
  return {
    Put: {
      TableName: "orders",
      Item: item({ id }),
      ...(ConditionExpression && { ConditionExpression }),
    },
  };
}

test("a transaction puts, updates, deletes and checks, all at once", async () => {
  await using t = new TestCloud();
  const TableName = await orders(t);
  await t.put(TableName, item({ id: "checked" }));
  const answer = await t.call("TransactWriteItems", {
    TransactItems: [
      put("c"),
      {
        Update: {
          TableName,
          Key: item({ id: "a" }),
          UpdateExpression: "ADD n :one",
          ExpressionAttributeValues: item({ ":one": 1 }),
        },
      },
      { Delete: { TableName, Key: item({ id: "b" }) } },
      {
        ConditionCheck: {
          TableName,
          Key: item({ id: "checked" }),
          ConditionExpression: "attribute_exists(id)",
        },
      },
    ],
  });
  assert.deepEqual(answer, {});
  const { Responses } = await t.call("TransactGetItems", {
    TransactItems: ["a", "b", "c"].map((id) => ({ Get: { TableName, Key: item({ id }) } })),
  });
  assert.deepEqual(Responses, [{ Item: item({ id: "a", n: 2 }) }, {}, { Item: item({ id: "c" }) }]);
});

test("when one action fails none is done, and the reasons stand in the order of the actions", async () => {
  await using t = new TestCloud();
  const TableName = await orders(t);
  const before = await t.call("Scan", { TableName });
  const { fields } = await refused(
    t.call("TransactWriteItems", {
      TransactItems: [
        put("new"),
        put("a", "attribute_not_exists(id)"),
        {
          Update: {
            TableName,
            Key: item({ id: "b" }),
            UpdateExpression: "SET n = n + :s",
            ExpressionAttributeValues: { ":s": { N: "1" } },
            ConditionExpression: "n > :s",
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          },
        },
        {
          Update: {
            TableName,
            Key: item({ id: "missing" }),
            UpdateExpression: "SET n = n + :one",
            ExpressionAttributeValues: item({ ":one": 1 }),
          },
        },
      ],
    }),
    "TransactionCanceledException",
    `${CANCELLED} [None, ConditionalCheckFailed, ConditionalCheckFailed, ValidationError]`,
  );
  const failed = "The conditional request failed";
  assert.deepEqual(fields.CancellationReasons, [
    { Code: "None" },
    { Code: "ConditionalCheckFailed", Message: failed },
    { Code: "ConditionalCheckFailed", Message: failed, Item: item({ id: "b", n: 1 }) },
    {
      Code: "ValidationError",
      Message: "The provided expression refers to an attribute that does not exist in the item",
    },
  ]);
  assert.deepEqual(await t.call("Scan", { TableName }), before);
});

/** What AWS answered in several Regions: paritysuite/dynamodb-conformance, tests/tier3/error-messages/transactWriteItems. */
test("what can be told from the request alone is refused, what the table tells cancels", async () => {
  await using t = new TestCloud();
  const TableName = await orders(t);
  const transact = (...TransactItems: TransactWriteItem[]) =>
    t.call("TransactWriteItems", { TransactItems });
  const Update = (key: Record<string, unknown>) => ({
    Update: {
      TableName,
      Key: item(key),
      UpdateExpression: "SET x = :v",
      ExpressionAttributeValues: item({ ":v": "x" }),
    },
  });
  const refusedFor: [TransactWriteItem[], string | RegExp][] = [
    [
      [],
      "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      Array.from({ length: 101 }, (_, i) => put(`i${i}`)),
      /^1 validation error detected: Value '\[.+\]' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100$/,
    ],
    [[put("x"), put("x")], "Transaction request cannot include multiple operations on one item"],
    [
      [Update({ id: "" })],
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: id",
    ],
    [
      [{ Put: { TableName, Item: item({ id: "x", big: "x".repeat(410_000) }) } }],
      "Item size has exceeded the maximum allowed size",
    ],
    [
      [put("x"), put("y", "attribute_not_exists(")],
      'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "("',
    ],
    [[{}], "TransactItems can only contain one of Check, Put, Update or Delete"],
  ];
  for (const [items, message] of refusedFor)
    await refused(transact(...items), "ValidationException", message);
  const cancelledFor: [TransactWriteItem, string][] = [
    [
      { Put: { TableName, Item: item({ id: 5 }) } },
      "One or more parameter values were invalid: Type mismatch for key id expected: S actual: N",
    ],
    [Update({ id: 5 }), "The provided key element does not match the schema"],
    [
      { Delete: { TableName, Key: item({ id: ["x"] }) } },
      "The provided key element does not match the schema",
    ],
  ];
  for (const [action, Message] of cancelledFor) {
    const { fields } = await refused(
      transact(action),
      "TransactionCanceledException",
      `${CANCELLED} [ValidationError]`,
    );
    assert.deepEqual(fields.CancellationReasons, [{ Code: "ValidationError", Message }]);
  }
  await refused(
    transact({ Put: { TableName: "missing", Item: item({ id: "x" }) } }),
    "ResourceNotFoundException",
    "Requested resource not found",
  );
  await refused(
    t.call("TransactGetItems", { TransactItems: [{ Get: { TableName, Key: {} } }] }),
    "TransactionCanceledException",
    `${CANCELLED} [ValidationError]`,
  );
});

/** Seen on DynamoDB: ExtendDB's pull request 169 and issue 74. */
test("a transaction's action may have names without a use, and a projection of nothing is no item", async () => {
  await using t = new TestCloud();
  const TableName = await orders(t);
  const unused = {
    ExpressionAttributeNames: { "#n": "n" },
    ExpressionAttributeValues: item({ ":v": 1 }),
  };
  await t.call("TransactWriteItems", {
    TransactItems: [
      { Put: { TableName, Item: item({ id: "x" }), ...unused } },
      { Delete: { TableName, Key: item({ id: "y" }), ...unused } },
    ],
  });
  const Key = item({ id: "x" });
  const { ExpressionAttributeNames } = unused;
  const { Responses } = await t.call("TransactGetItems", {
    TransactItems: [{ Get: { TableName, Key, ExpressionAttributeNames } }],
  });
  assert.deepEqual(Responses, [{ Item: Key }]);
  const nothing = await t.call("TransactGetItems", {
    TransactItems: [{ Get: { TableName, Key, ProjectionExpression: "absent" } }],
  });
  assert.deepEqual(nothing.Responses, [{}]);
  const whole = await t.call("GetItem", { TableName, Key, ProjectionExpression: "absent" });
  assert.deepEqual(whole, { Item: {} }, "GetItem shows an empty one");
});

/** Source: API reference of TransactWriteItems, ClientRequestToken: ten minutes, and what a repetition costs. */
test("a token makes a transaction once, for ten minutes, whatever is sent again", async () => {
  await using t = new TestCloud();
  const TableName = await orders(t);
  const add = (by: number) =>
    t.call("TransactWriteItems", {
      ClientRequestToken: "token",
      ReturnConsumedCapacity: "TOTAL",
      TransactItems: [
        {
          Update: {
            TableName,
            Key: item({ id: "a" }),
            UpdateExpression: "ADD n :by",
            ExpressionAttributeValues: item({ ":by": by }),
          },
        },
      ],
    });
  const count = async () =>
    (await t.call("GetItem", { TableName, Key: item({ id: "a" }) })).Item?.n;
  assert.deepEqual((await add(1)).ConsumedCapacity, [
    { TableName, CapacityUnits: 2, WriteCapacityUnits: 2 },
  ]);
  assert.deepEqual((await add(1)).ConsumedCapacity, [
    { TableName, CapacityUnits: 2, ReadCapacityUnits: 2 },
  ]);
  assert.deepEqual(await count(), { N: "2" });
  await refused(add(2), "IdempotentParameterMismatchException");
  await t.advance(599);
  await add(1);
  assert.deepEqual(await count(), { N: "2" });
  await t.advance(1);
  await add(1);
  assert.deepEqual(await count(), { N: "3" });
});

test("a transaction that was cancelled can be sent again with its token", async () => {
  await using t = new TestCloud();
  await orders(t);
  const send = () =>
    t.call("TransactWriteItems", {
      ClientRequestToken: "token",
      TransactItems: [put("c", "attribute_not_exists(id)")],
    });
  await t.put("orders", item({ id: "c" }));
  await refused(send(), "TransactionCanceledException");
  await t.call("DeleteItem", { TableName: "orders", Key: item({ id: "c" }) });
  await send();
});

test("old tokens are forgotten as new ones come", async () => {
  await using t = new TestCloud();
  await orders(t);
  const send = (ClientRequestToken: string) =>
    t.call("TransactWriteItems", { ClientRequestToken, TransactItems: [put("c")] });
  for (let i = 0; i < 20; i += 1) await send(`token-${i}`);
  await t.advance(601);
  for (let i = 0; i < 10; i += 1) await send(`later-${i}`);
  const known = t.cloud.store.read((tx) => [...tx.range({ prefix: ["dynamodb", "token"] })]);
  assert.equal(known.length, 10);
});

test("a batch writes and reads several tables, and leaves nothing unprocessed", async () => {
  await using t = new TestCloud();
  const TableName = await orders(t);
  await t.table("more", "id");
  const written = await t.call("BatchWriteItem", {
    RequestItems: {
      [TableName]: [
        { PutRequest: { Item: item({ id: "c" }) } },
        { DeleteRequest: { Key: item({ id: "a" }) } },
      ],
      more: [{ PutRequest: { Item: item({ id: "m" }) } }],
    },
  });
  assert.deepEqual(written, { UnprocessedItems: {} });
  const read = await t.call("BatchGetItem", {
    RequestItems: {
      [TableName]: {
        Keys: ["a", "b", "c"].map((id) => item({ id })),
        ProjectionExpression: "id",
      },
      more: { Keys: [item({ id: "m" })], ConsistentRead: true },
    },
  });
  assert.deepEqual(read, {
    Responses: { orders: [item({ id: "b" }), item({ id: "c" })], more: [item({ id: "m" })] },
    UnprocessedKeys: {},
  });
});

test("a batch read stops at 16 megabytes, and tells which keys are left", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("large", "id");
  const Keys = Array.from({ length: 50 }, (_, i) => item({ id: `i${i}` }));
  for (const key of Keys) await t.put(TableName, { ...key, x: { S: "x".repeat(390 * 1024) } });
  const first = await t.call("BatchGetItem", { RequestItems: { [TableName]: { Keys } } });
  const left = first.UnprocessedKeys?.[TableName]?.Keys ?? [];
  assert.equal(first.Responses?.[TableName]?.length, 43);
  assert.deepEqual(left, Keys.slice(43));
});

/** The words are those of AWS as dynalite's tests and paritysuite/dynamodb-conformance have them. */
test("batches refuse what is too much, twice or wrong, as a whole", async () => {
  await using t = new TestCloud();
  const TableName = await orders(t);
  const writes = (...requests: object[]) =>
    t.call("BatchWriteItem", { RequestItems: { [TableName]: requests } });
  const many = (n: number) =>
    Array.from({ length: n }, (_, i) => ({ PutRequest: { Item: item({ id: `i${i}` }) } }));
  await refused(
    t.call("BatchWriteItem", { RequestItems: {} }),
    "ValidationException",
    "The requestItems parameter is required for BatchWriteItem",
  );
  await refused(
    writes(),
    "ValidationException",
    "1 validation error detected: Value '{orders=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]",
  );
  await refused(
    writes(...many(26)),
    "ValidationException",
    /^1 validation error detected: Value '\{orders=\[.+\]\}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: \[Member must have length less than or equal to 25, Member must have length greater than or equal to 1\]$/,
  );
  await refused(
    writes(...many(2), { DeleteRequest: { Key: item({ id: "i1" }) } }),
    "ValidationException",
    "Provided list of item keys contains duplicates",
  );
  for (const Item of [item({ id: 5 }), item({ other: "x" })])
    await refused(
      writes(...many(1), { PutRequest: { Item } }),
      "ValidationException",
      "The provided key element does not match the schema",
    );
  assert.equal((await t.call("Scan", { TableName })).Count, 2, "nothing was written");
  await t.table("more", "id");
  await refused(
    t.call("BatchWriteItem", { RequestItems: { [TableName]: many(13), more: many(13) } }),
    "ValidationException",
    "Too many items requested for the BatchWriteItem call",
  );
  const Keys = [item({ id: "a" }), item({ id: "a" })];
  await refused(
    t.call("BatchGetItem", { RequestItems: { [TableName]: { Keys } } }),
    "ValidationException",
    "Provided list of item keys contains duplicates",
  );
  const same = [item({ id: "a", at: 1 }), { at: { N: "1.0" }, id: { S: "a" } }];
  await refused(
    t.call("BatchGetItem", { RequestItems: { missing: { Keys: same } } }),
    "ValidationException",
    "Provided list of item keys contains duplicates",
  );
});
