import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttributeValue, ExecuteStatementInput } from "@aws-sdk/client-dynamodb";
import { item, refused, TestCloud } from "./testing.ts";

async function orders(t: TestCloud): Promise<void> {
  await t.table("orders", "id, at:N", {
    attributes: "kind",
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-kind",
        KeySchema: [{ AttributeName: "kind", KeyType: "HASH" }],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
  });
  for (let at = 1; at <= 6; at += 1)
    await t.put(
      "orders",
      item({ id: at < 4 ? "a" : "b", at, note: `n${at}`, kind: at % 2 ? "odd" : "even" }),
    );
}

function run(
  t: TestCloud,
  Statement: string,
  Parameters?: AttributeValue[],
  more: Partial<ExecuteStatementInput> = {},
) {
  return t.call("ExecuteStatement", { Statement, Parameters, ...more });
}

const ats = (items: Record<string, AttributeValue>[] | undefined) =>
  (items ?? []).map(({ at }) => Number(at?.N));

test("SELECT reads the partitions that it names, in order, or the whole table", async () => {
  await using t = new TestCloud();
  await orders(t);
  const cases: [string, AttributeValue[] | undefined, number[]][] = [
    [`SELECT at FROM orders WHERE id = 'a'`, undefined, [1, 2, 3]],
    [`SELECT at FROM "orders" WHERE id = ? AND at > ?`, [{ S: "a" }, { N: "1" }], [2, 3]],
    [`SELECT at FROM orders WHERE id = 'a' ORDER BY at DESC`, undefined, [3, 2, 1]],
    [`SELECT * FROM orders WHERE id IN ['a', 'b'] AND at BETWEEN 3 AND 4`, undefined, [3, 4]],
    [`SELECT * FROM orders WHERE id = 'a' AND note = 'n2'`, undefined, [2]],
    [`SELECT * FROM orders."by-kind" WHERE kind = 'even'`, undefined, [2, 4, 6]],
  ];
  for (const [statement, parameters, expected] of cases) {
    const { Items } = await run(t, statement, parameters);
    assert.deepEqual(ats(Items), expected, statement);
  }
  const { Items, ConsumedCapacity } = await run(t, "SELECT note FROM orders", undefined, {
    ReturnConsumedCapacity: "TOTAL",
  });
  assert.equal(Items?.length, 6);
  assert.deepEqual(ConsumedCapacity, { TableName: "orders", CapacityUnits: 0.5 });
});

test("SELECT goes on where its token says, across the partitions that it names", async () => {
  await using t = new TestCloud();
  await orders(t);
  const found: number[] = [];
  let NextToken: string | undefined;
  let pages = 0;
  do {
    const page: Awaited<ReturnType<typeof run>> = await run(
      t,
      "SELECT * FROM orders WHERE id IN ['a', 'b']",
      undefined,
      { Limit: 2, NextToken },
    );
    found.push(...ats(page.Items));
    NextToken = page.NextToken;
    pages += 1;
  } while (NextToken !== undefined);
  assert.deepEqual(found, [1, 2, 3, 4, 5, 6]);
  assert(pages >= 3);
  await refused(
    run(t, "SELECT * FROM orders", undefined, { NextToken: "nonsense" }),
    "ValidationException",
    "Invalid NextToken",
  );
});

/** What AWS answered: paritysuite/dynamodb-conformance, tests/tier2/partiql/writeResponses. */
test("INSERT, UPDATE and DELETE write one item, and answer with what they were to return", async () => {
  await using t = new TestCloud();
  await orders(t);
  const inserted = await run(t, "INSERT INTO orders VALUE {'id': 'c', 'at': 1, 'n': ?}", [
    { N: "1" },
  ]);
  assert.deepEqual(inserted, { Items: [] });
  await refused(
    run(t, "INSERT INTO orders VALUE {'id': 'c', 'at': 1}"),
    "DuplicateItemException",
    "Duplicate primary key exists in table",
  );
  const updated = await run(
    t,
    "UPDATE orders SET n = n + 1 REMOVE note WHERE id = 'c' AND at = 1 AND n < 5 RETURNING ALL NEW *",
  );
  assert.deepEqual(updated, { Items: [item({ id: "c", at: 1, n: 2 })] });
  await refused(
    run(t, "UPDATE orders SET n = 9 WHERE id = 'c' AND at = 1 AND n > 5"),
    "ConditionalCheckFailedException",
    "The conditional request failed",
  );
  await refused(
    run(t, "UPDATE orders SET n = 9 WHERE id = 'missing' AND at = 1"),
    "ConditionalCheckFailedException",
  );
  const deleted = await run(t, "DELETE FROM orders WHERE id = 'c' AND at = 1 RETURNING ALL OLD *");
  assert.deepEqual(deleted, { Items: [item({ id: "c", at: 1, n: 2 })] });
  assert.deepEqual(await run(t, "DELETE FROM orders WHERE id = 'c' AND at = 1"), { Items: [] });
  await refused(
    run(t, "DELETE FROM orders WHERE id = 'c'"),
    "ValidationException",
    "Where clause does not contain a mandatory equality on all key attributes",
  );
});

/** What AWS answered: paritysuite/dynamodb-conformance, tests/tier3/error-messages/indexReads. */
test("an index that is not there, or read too strictly, is refused in PartiQL's own words", async () => {
  await using t = new TestCloud();
  await orders(t);
  await refused(
    run(t, `SELECT * FROM orders."no-such-index"`, undefined, { ConsistentRead: true }),
    "ValidationException",
    "The table does not have the specified index",
  );
  await refused(
    run(t, `SELECT * FROM orders."by-kind"`, undefined, { ConsistentRead: true }),
    "ValidationException",
    "Strongly consistent read is not supported on Global Secondary Indexes",
  );
  await refused(
    run(t, `SELECT note, other FROM orders."by-kind" WHERE kind = 'odd'`),
    "ValidationException",
    "One or more parameter values were invalid: Global secondary index by-kind does not project [note, other]",
  );
});

test("a batch's statements are done or refused one by one", async () => {
  await using t = new TestCloud();
  await orders(t);
  const written = await t.call("BatchExecuteStatement", {
    Statements: [
      { Statement: "INSERT INTO orders VALUE {'id': 'c', 'at': 1}" },
      { Statement: "INSERT INTO orders VALUE {'id': 'a', 'at': 1}" },
      {
        Statement: "DELETE FROM orders WHERE id = 'a' AND at = 2 AND note = 'other'",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
      { Statement: "DELETE FROM missing1 WHERE id = 'a'" },
      { Statement: "NONSENSE" },
    ],
  });
  assert.deepEqual(
    written.Responses?.map(({ TableName, Error: refusal }) => [TableName, refusal?.Code]),
    [
      ["orders", undefined],
      ["orders", "DuplicateItem"],
      ["orders", "ConditionalCheckFailed"],
      ["missing1", "ResourceNotFound"],
      [undefined, "ValidationError"],
    ],
  );
  assert.deepEqual(
    written.Responses?.[2]?.Error?.Item,
    item({ id: "a", at: 2, note: "n2", kind: "even" }),
  );
  const read = await t.call("BatchExecuteStatement", {
    Statements: [
      { Statement: "SELECT note FROM orders WHERE id = 'a' AND at = 1" },
      { Statement: "SELECT * FROM orders WHERE id = 'missing' AND at = 1" },
      { Statement: "SELECT * FROM orders WHERE id = 'a'" },
    ],
  });
  assert.deepEqual(read.Responses, [
    { TableName: "orders", Item: item({ note: "n1" }) },
    { TableName: "orders" },
    {
      TableName: "orders",
      Error: {
        Code: "ValidationError",
        Message:
          "Select statements within BatchExecuteStatement must specify the primary key in the where clause.",
      },
    },
  ]);
});

test("a transaction's statements all write or all read, together", async () => {
  await using t = new TestCloud();
  await orders(t);
  const execute = (...statements: string[]) =>
    t.call("ExecuteTransaction", {
      TransactStatements: statements.map((Statement) => ({ Statement })),
    });
  const done = await execute(
    "EXISTS(SELECT * FROM orders WHERE id = 'a' AND at = 1 AND note = 'n1')",
    "UPDATE orders SET note = 'changed' WHERE id = 'a' AND at = 2",
    "INSERT INTO orders VALUE {'id': 'c', 'at': 1}",
  );
  assert.deepEqual(done, { Responses: [] });
  await refused(
    execute(
      "UPDATE orders SET note = 'again' WHERE id = 'a' AND at = 2",
      "INSERT INTO orders VALUE {'id': 'c', 'at': 1}",
    ),
    "TransactionCanceledException",
    /\[None, DuplicateItem\]$/,
  );
  await refused(
    execute(
      "EXISTS(SELECT * FROM orders WHERE id = 'a' AND at = 1 AND note = 'other')",
      "DELETE FROM orders WHERE id = 'c' AND at = 1",
    ),
    "TransactionCanceledException",
    /\[ConditionalCheckFailed, None\]$/,
  );
  const { Responses } = await execute(
    "SELECT note FROM orders WHERE id = 'a' AND at = 2",
    "SELECT * FROM orders WHERE id = 'z' AND at = 2",
  );
  assert.deepEqual(Responses, [{ Item: item({ note: "changed" }) }, {}]);
  await refused(
    execute(
      "SELECT note FROM orders WHERE id = 'a' AND at = 2",
      "DELETE FROM orders WHERE id = 'c' AND at = 1",
    ),
    "ValidationException",
    /both read and write/,
  );
});
