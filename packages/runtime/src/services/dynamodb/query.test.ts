import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttributeValue, QueryInput, ScanInput } from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { item, refused, TestCloud } from "./testing.ts";

const KILOBYTE = "x".repeat(1024);

/** A table of items `at` 1 to 10 under "a", with a local and a global index that project little. */
async function filled(t: TestCloud): Promise<string> {
  const TableName = await t.table("orders", "id, at:N", {
    attributes: "kind, rank:N",
    LocalSecondaryIndexes: [
      {
        IndexName: "by-rank",
        KeySchema: [
          { AttributeName: "id", KeyType: "HASH" },
          { AttributeName: "rank", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-kind",
        KeySchema: [{ AttributeName: "kind", KeyType: "HASH" }],
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["note"] },
      },
    ],
  });
  for (let at = 1; at <= 10; at += 1) {
    const kind = at % 2 === 0 ? { kind: "even" } : {};
    await t.put(TableName, item({ id: "a", at, rank: 100 - at, note: `n${at}`, ...kind }));
  }
  await t.put(TableName, item({ id: "b", at: 1 }));
  return TableName;
}

const byId: Pick<QueryInput, "KeyConditionExpression" | "ExpressionAttributeValues"> = {
  KeyConditionExpression: "id = :id",
  ExpressionAttributeValues: item({ ":id": "a" }),
};

function ats(items: Record<string, AttributeValue>[] | undefined): number[] {
  return (items ?? []).map(({ at }) => Number(at?.N));
}

test("a query reads the part of a partition that its key condition says, in either order", async () => {
  await using t = new TestCloud();
  const TableName = await filled(t);
  const cases: [string, Record<string, number>, number[]][] = [
    ["", {}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ["AND #at = :x", { ":x": 3 }, [3]],
    ["AND #at < :x", { ":x": 3 }, [1, 2]],
    ["AND #at <= :x", { ":x": 3 }, [1, 2, 3]],
    ["AND #at > :x", { ":x": 8 }, [9, 10]],
    ["AND #at >= :x", { ":x": 8 }, [8, 9, 10]],
    ["AND #at BETWEEN :x AND :y", { ":x": 2, ":y": 4 }, [2, 3, 4]],
    ["AND #at = :x", { ":x": 11 }, []],
  ];
  for (const [condition, values, expected] of cases) {
    for (const ScanIndexForward of [true, false]) {
      const { Items, Count, ScannedCount, LastEvaluatedKey } = await t.call("Query", {
        TableName,
        KeyConditionExpression: `id = :id ${condition}`,
        ...(condition !== "" && { ExpressionAttributeNames: { "#at": "at" } }),
        ExpressionAttributeValues: item({ ":id": "a", ...values }),
        ScanIndexForward,
      });
      const ordered = ScanIndexForward ? expected : [...expected].reverse();
      assert.deepEqual(ats(Items), ordered, condition);
      assert.deepEqual([Count, ScannedCount], [expected.length, expected.length]);
      assert.equal(LastEvaluatedKey, undefined);
    }
  }
});

test("a filter leaves items out after they were counted, and a page ends by what was counted", async () => {
  await using t = new TestCloud();
  const TableName = await filled(t);
  const page = await t.call("Query", {
    TableName,
    ...byId,
    FilterExpression: "attribute_exists(kind)",
    Limit: 5,
  });
  assert.deepEqual(ats(page.Items), [2, 4]);
  assert.deepEqual([page.Count, page.ScannedCount], [2, 5]);
  assert.deepEqual(page.LastEvaluatedKey, item({ id: "a", at: 5 }));
  const counted = await t.call("Query", { TableName, ...byId, Select: "COUNT" });
  assert.deepEqual(counted, { Count: 10, ScannedCount: 10 });
});

test("a page holds one megabyte, with the item that fills it", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id, at:N");
  for (let at = 0; at < 5; at += 1)
    await t.put(TableName, item({ id: "a", at, big: KILOBYTE.repeat(300) }));
  const first = await t.call("Query", { TableName, ...byId });
  assert.deepEqual(ats(first.Items), [0, 1, 2, 3]);
  const { LastEvaluatedKey: ExclusiveStartKey } = first;
  assert.deepEqual(ExclusiveStartKey, item({ id: "a", at: 3 }));
  const second = await t.call("Query", { TableName, ...byId, ExclusiveStartKey });
  assert.deepEqual(ats(second.Items), [4]);
  assert.equal(second.LastEvaluatedKey, undefined);
  const scanned = await t.call("Scan", { TableName });
  assert.equal(scanned.Count, 4);
});

test("an index gives what it projects; a local one fetches the rest, a global one refuses", async () => {
  await using t = new TestCloud();
  const TableName = await filled(t);
  const local = await t.call("Query", { TableName, IndexName: "by-rank", ...byId, Limit: 1 });
  assert.deepEqual(local.Items, [item({ id: "a", at: 10, rank: 90 })]);
  assert.deepEqual(local.LastEvaluatedKey, item({ id: "a", at: 10, rank: 90 }));
  const fetched = await t.call("Query", {
    TableName,
    IndexName: "by-rank",
    ...byId,
    ProjectionExpression: "note",
    Limit: 2,
    ReturnConsumedCapacity: "INDEXES",
  });
  assert.deepEqual(fetched.Items, [item({ note: "n10" }), item({ note: "n9" })]);
  assert.deepEqual(fetched.ConsumedCapacity, {
    TableName,
    CapacityUnits: 1.5,
    Table: { CapacityUnits: 1 },
    LocalSecondaryIndexes: { "by-rank": { CapacityUnits: 0.5 } },
  });
  const whole = await t.call("Query", {
    TableName,
    IndexName: "by-rank",
    ...byId,
    Select: "ALL_ATTRIBUTES",
    Limit: 1,
  });
  assert.deepEqual(whole.Items, [item({ id: "a", at: 10, rank: 90, note: "n10", kind: "even" })]);
  const global = {
    TableName,
    IndexName: "by-kind",
    KeyConditionExpression: "kind = :kind",
    ExpressionAttributeValues: item({ ":kind": "even" }),
  };
  const projected = await t.call("Query", global);
  assert.deepEqual(projected.Count, 5);
  assert.deepEqual(Object.keys(projected.Items?.[0] ?? {}).sort(), ["at", "id", "kind", "note"]);
  const invalid = "One or more parameter values were invalid: ";
  const cases: [Partial<QueryInput>, string][] = [
    [
      { Select: "ALL_ATTRIBUTES" },
      `${invalid}Select type ALL_ATTRIBUTES is not supported for global secondary index by-kind because its projection type is not ALL`,
    ],
    [
      { ProjectionExpression: "note, score" },
      `${invalid}Global secondary index by-kind does not project [score]`,
    ],
    [{ ConsistentRead: true }, "Consistent reads are not supported on global secondary indexes"],
    [{ IndexName: "missing" }, "The table does not have the specified index: missing"],
  ];
  for (const [input, message] of cases) {
    const query = { ...global, ...input };
    await refused(t.call("Query", query), "ValidationException", message);
  }
});

/** The words are those of AWS as dynalite's tests and paritysuite/dynamodb-conformance have them. */
test("Query refuses what it can't read, in AWS's words", async () => {
  await using t = new TestCloud();
  const TableName = await filled(t);
  const start = (key: Record<string, unknown>) => ({ ExclusiveStartKey: item(key) });
  const cases: [Partial<Record<keyof QueryInput, unknown>>, string | RegExp][] = [
    [
      { KeyConditionExpression: undefined, ExpressionAttributeValues: undefined },
      "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
    ],
    [
      { KeyConditionExpression: "#at = :id", ExpressionAttributeNames: { "#at": "at" } },
      "Query condition missed key schema element: id",
    ],
    [{ KeyConditionExpression: "id < :id" }, "Query key condition not supported"],
    [
      { ExpressionAttributeValues: { ":id": { N: "1" } } },
      "One or more parameter values were invalid: Condition parameter type does not match schema type",
    ],
    [
      { FilterExpression: "id = :id" },
      "Filter Expression can only contain non-primary key attributes: Primary key attribute: id",
    ],
    [
      { Select: "SPECIFIC_ATTRIBUTES" },
      "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
    ],
    [
      { Select: "COUNT", ProjectionExpression: "note" },
      "Cannot specify the ProjectionExpression when choosing to get only the Count",
    ],
    [
      { Select: "ALL_PROJECTED_ATTRIBUTES" },
      "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
    ],
    [
      { Limit: 0 },
      /Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1$/,
    ],
    [
      start({ id: "a" }),
      "The provided starting key is invalid: The provided key element does not match the schema",
    ],
    [
      start({ id: "b", at: 1 }),
      "The provided starting key is outside query boundaries based on provided conditions",
    ],
    [
      {
        ...start({ id: "a", at: 1 }),
        KeyConditionExpression: "id = :id AND #at > :at",
        ExpressionAttributeNames: { "#at": "at" },
        ExpressionAttributeValues: item({ ":id": "a", ":at": 5 }),
      },
      "The provided starting key does not match the range key predicate",
    ],
    [
      { IndexName: "by-rank", ...start({ id: "a", at: 1 }) },
      "The provided starting key is invalid",
    ],
  ];
  for (const [input, message] of cases) {
    const query = { TableName, ...byId, ...input } as QueryInput;
    await refused(t.call("Query", query), "ValidationException", message);
  }
  await t.table("hashed", "id");
  await refused(
    t.call("Query", { TableName: "hashed", ...byId, ...start({ id: "a" }) }),
    "ValidationException",
    "The query can return at most one row and cannot be restarted",
  );
});

/** The words are those of AWS as dynalite's tests have them (test/scan.js). */
test("Scan refuses segments and starting keys that don't fit", async () => {
  await using t = new TestCloud();
  const TableName = await filled(t);
  const cases: [Partial<ScanInput>, string | RegExp][] = [
    [
      { Segment: 0 },
      "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
    ],
    [
      { TotalSegments: 2 },
      "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
    ],
    [
      { Segment: 2, TotalSegments: 2 },
      "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2",
    ],
    [{ Segment: 0, TotalSegments: 1_000_001 }, /less than or equal to 1000000$/],
    [
      { ExclusiveStartKey: item({ id: "a" }) },
      "The provided starting key is invalid: The provided key element does not match the schema",
    ],
    [{ IndexName: "by-kind", ConsistentRead: true }, /^Consistent reads are not supported/],
  ];
  for (const [input, message] of cases)
    await refused(t.call("Scan", { TableName, ...input }), "ValidationException", message);
  const wrong = await Promise.allSettled(
    [0, 1].map((Segment) =>
      t.call("Scan", {
        TableName,
        Segment,
        TotalSegments: 2,
        ExclusiveStartKey: item({ id: "a", at: 1 }),
      }),
    ),
  );
  const refusals = wrong.filter(({ status }) => status === "rejected");
  assert.equal(refusals.length, 1, "the key belongs to one of the segments");
});

test("a scan of an index is sparse, and a segment of a scan is read page by page", async () => {
  await using t = new TestCloud();
  const TableName = await filled(t);
  const sparse = await t.call("Scan", { TableName, IndexName: "by-kind" });
  assert.deepEqual(ats(sparse.Items).sort(), [10, 2, 4, 6, 8]);
  const found: string[] = [];
  for (let Segment = 0; Segment < 3; Segment += 1) {
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const page: Awaited<ReturnType<typeof t.call<"Scan">>> = await t.call("Scan", {
        TableName,
        Segment,
        TotalSegments: 3,
        Limit: 3,
        ExclusiveStartKey,
      });
      found.push(...(page.Items ?? []).map(({ id, at }) => `${id?.S}${at?.N}`));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }
  assert.equal(found.length, 11);
  assert.equal(new Set(found).size, 11);
});

test("the older forms of query and scan say the same", async () => {
  await using t = new TestCloud();
  const TableName = await filled(t);
  const queried = await t.call("Query", {
    TableName,
    KeyConditions: {
      id: { ComparisonOperator: "EQ", AttributeValueList: [{ S: "a" }] },
      at: { ComparisonOperator: "GT", AttributeValueList: [{ N: "7" }] },
    },
    QueryFilter: { kind: { ComparisonOperator: "NOT_NULL" } },
    AttributesToGet: ["at"],
  });
  assert.deepEqual(queried.Items, [item({ at: 8 }), item({ at: 10 })]);
  const scanned = await t.call("Scan", {
    TableName,
    ScanFilter: { rank: { ComparisonOperator: "LE", AttributeValueList: [{ N: "91" }] } },
  });
  assert.deepEqual(ats(scanned.Items), [9, 10]);
});

const sortKeys = {
  S: fc.string({ unit: "binary", minLength: 1, maxLength: 60 }).map((S) => ({ S })),
  N: fc
    .oneof(
      fc.integer(),
      fc.double({ noNaN: true, min: -1e100, max: 1e100, noDefaultInfinity: true }),
    )
    .map((n) => ({ N: String(Math.abs(n) < 1e-100 ? 0 : n) })),
  B: fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => ({ B: Buffer.from(bytes) })),
};

function compare(a: AttributeValue, b: AttributeValue): number {
  if (a.N !== undefined) return Number(a.N) - Number(b.N);
  const bytes = (value: AttributeValue) => Buffer.from(value.B ?? value.S ?? "");
  return Buffer.compare(bytes(a), bytes(b));
}

test("whatever the sort keys, a query returns them in order and finds each range", async () => {
  await using t = new TestCloud();
  let number = 0;
  for (const type of ["S", "N", "B"] as const) {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray<AttributeValue, string>(sortKeys[type], {
          minLength: 3,
          maxLength: 12,
          selector: (value) => JSON.stringify(value.N === undefined ? value : Number(value.N)),
        }),
        fc.boolean(),
        async (keys, ScanIndexForward) => {
          number += 1;
          const TableName = await t.table(`t-${type}-${number}`, `id, sort:${type}`);
          for (const sort of keys) await t.put(TableName, { id: { S: "a" }, sort });
          const sorted = [...keys].sort(compare);
          const [low, , high] = [sorted[0]!, sorted[1]!, sorted[2]!];
          const { Items = [] } = await t.call("Query", {
            TableName,
            KeyConditionExpression: "id = :id AND #s BETWEEN :low AND :high",
            ExpressionAttributeNames: { "#s": "sort" },
            ExpressionAttributeValues: { ":id": { S: "a" }, ":low": low, ":high": high },
            ScanIndexForward,
          });
          const expected = sorted.slice(0, 3);
          if (!ScanIndexForward) expected.reverse();
          assert.equal(Items.length, 3);
          for (const [i, { sort }] of Items.entries())
            assert.equal(compare(sort!, expected[i]!), 0);
          const all = await t.call("Query", { TableName, ...byId });
          for (const [i, { sort }] of (all.Items ?? []).entries())
            assert.equal(compare(sort!, sorted[i]!), 0);
        },
      ),
      { numRuns: 15 },
    );
  }
});
