import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { item, TestCloud } from "./testing.ts";

const total = { ReturnConsumedCapacity: "TOTAL" } as const;

/** An item of so many bytes, with `id` of one character. */
function sized(id: string, bytes: number) {
  return item({ id, x: "x".repeat(bytes - 4) });
}

/** Source: developer guide, "DynamoDB read and write operations": units of 4 KB read, half when eventual, 1 KB written. */
test("reads and writes cost by the size of the item, reads by their consistency", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  const units = (answer: {
    ConsumedCapacity?: { CapacityUnits?: number | undefined } | undefined;
  }) => answer.ConsumedCapacity?.CapacityUnits;
  const put = (bytes: number) =>
    t.call("PutItem", { TableName, Item: sized("a", bytes), ...total });
  const get = (ConsistentRead: boolean) =>
    t.call("GetItem", { TableName, Key: item({ id: "a" }), ConsistentRead, ...total });
  for (const [bytes, write, eventual] of [
    [1024, 1, 0.5],
    [4096, 4, 0.5],
    [4097, 5, 1],
  ] as const) {
    await t.call("DeleteItem", { TableName, Key: item({ id: "a" }) });
    assert.equal(units(await put(bytes)), write, `${bytes} written`);
    assert.equal(units(await get(false)), eventual);
    assert.equal(units(await get(true)), 2 * eventual);
  }
  assert.equal(units(await put(100)), 5, "what is replaced counts, where it is larger");
  const missing = item({ id: "z" });
  assert.equal(units(await t.call("GetItem", { TableName, Key: missing, ...total })), 0.5);
  assert.equal(units(await t.call("DeleteItem", { TableName, Key: missing, ...total })), 1);
});

test("a query and a scan cost what they read together, before the filter", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id, at:N");
  for (let at = 0; at < 9; at += 1)
    await t.put(TableName, item({ id: "a", at, x: "x".repeat(1_000) }));
  const query = {
    TableName,
    KeyConditionExpression: "id = :id",
    ExpressionAttributeValues: item({ ":id": "a" }),
    ...total,
  };
  const { ConsumedCapacity: eventual } = await t.call("Query", query);
  assert.deepEqual(eventual, { TableName, CapacityUnits: 1.5 });
  const { ConsumedCapacity: strong, Count } = await t.call("Query", {
    ...query,
    ConsistentRead: true,
    FilterExpression: "attribute_exists(missing1)",
  });
  assert.deepEqual([strong?.CapacityUnits, Count], [3, 0]);
  const { ConsumedCapacity: nothing } = await t.call("Query", {
    ...query,
    ExpressionAttributeValues: item({ ":id": "z" }),
  });
  assert.equal(nothing?.CapacityUnits, 0.5);
});

/** Source: developer guide, "Using Global Secondary Indexes in DynamoDB", Write capacity units. */
test("an index costs a write when its entry comes, changes or goes, and two when its key changes", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id", {
    attributes: "kind",
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-kind",
        KeySchema: [{ AttributeName: "kind", KeyType: "HASH" }],
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["note"] },
      },
    ],
  });
  const steps: [string, Record<string, unknown>, number | undefined][] = [
    ["comes", { kind: "x", note: "n" }, 1],
    ["changes nothing of it", { kind: "x", note: "n", other: "o" }, undefined],
    ["changes", { kind: "x", note: "m", other: "o" }, 1],
    ["moves", { kind: "y", note: "m" }, 2],
    ["goes", { note: "m" }, 1],
  ];
  for (const [what, values, index] of steps) {
    const { ConsumedCapacity } = await t.call("PutItem", {
      TableName,
      Item: item({ id: "a", ...values }),
      ReturnConsumedCapacity: "INDEXES",
    });
    assert.deepEqual(
      ConsumedCapacity,
      {
        TableName,
        CapacityUnits: 1 + (index ?? 0),
        Table: { CapacityUnits: 1 },
        ...(index && { GlobalSecondaryIndexes: { "by-kind": { CapacityUnits: index } } }),
      },
      what,
    );
  }
});

test("transactions cost twice, and a batch what its parts cost", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  const written = await t.call("TransactWriteItems", {
    TransactItems: [
      { Put: { TableName, Item: sized("a", 2_000) } },
      { Put: { TableName, Item: sized("b", 100) } },
    ],
    ...total,
  });
  assert.deepEqual(written.ConsumedCapacity, [
    { TableName, CapacityUnits: 6, WriteCapacityUnits: 6 },
  ]);
  const Get = (id: string) => ({ Get: { TableName, Key: item({ id }) } });
  const read = await t.call("TransactGetItems", { TransactItems: [Get("a"), Get("b")], ...total });
  assert.deepEqual(read.ConsumedCapacity, [{ TableName, CapacityUnits: 4, ReadCapacityUnits: 4 }]);
  const batch = await t.call("BatchGetItem", {
    RequestItems: {
      [TableName]: { Keys: [item({ id: "a" }), item({ id: "b" }), item({ id: "z" })] },
    },
    ...total,
  });
  assert.deepEqual(batch.ConsumedCapacity, [{ TableName, CapacityUnits: 1.5 }]);
});

test("only tables with local indexes have item collections", async () => {
  await using t = new TestCloud();
  const put = (TableName: string) =>
    t.call("PutItem", {
      TableName,
      Item: item({ id: "a", at: 1, rank: 1 }),
      ReturnItemCollectionMetrics: "SIZE",
    });
  await t.table("plain", "id, at:N");
  assert.deepEqual(await put("plain"), {});
  await t.table("indexed", "id, at:N", {
    attributes: "rank:N",
    LocalSecondaryIndexes: [
      {
        IndexName: "by-rank",
        KeySchema: [
          { AttributeName: "id", KeyType: "HASH" },
          { AttributeName: "rank", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "ALL" },
      },
    ],
  });
  assert.deepEqual(await put("indexed"), {
    ItemCollectionMetrics: { ItemCollectionKey: item({ id: "a" }), SizeEstimateRangeGB: [0, 1] },
  });
});

/** Source: developer guide, "DynamoDB metrics and dimensions". */
test("what is consumed and what conditions refuse is counted in AWS/DynamoDB", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  await t.put(TableName, sized("a", 2_000), sized("b", 100));
  await t.call("GetItem", { TableName, Key: item({ id: "a" }) });
  const refused = t.call("PutItem", {
    TableName,
    Item: sized("a", 100),
    ConditionExpression: "attribute_not_exists(id)",
  });
  await assert.rejects(refused);
  await t.cloud.metrics.flush();
  const sum = (name: string) =>
    t.metrics
      .filter((metric) => metric.name === name && metric.dimensions.TableName === TableName)
      .reduce((all, { value, count }) => all + value * count, 0);
  assert.equal(sum("ConsumedWriteCapacityUnits"), 3);
  assert.equal(sum("ConsumedReadCapacityUnits"), 0.5);
  assert.equal(sum("ConditionalCheckFailedRequests"), 1);
});

/** Source: developer guide, "DynamoDB metrics and dimensions". */
test("requests are counted by table and operation, as they end", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  await t.put(TableName, sized("a", 100), sized("b", 100));
  await t.call("Query", {
    TableName: `arn:aws:dynamodb:${t.caller.region}:${t.caller.account}:table/orders`,
    KeyConditionExpression: "id = :id",
    ExpressionAttributeValues: item({ ":id": "a" }),
  });
  await t.call("Scan", { TableName });
  await t.call("ExecuteStatement", {
    Statement: "SELECT * FROM orders WHERE id = ?",
    Parameters: [{ S: "b" }],
  });
  await t.call("TransactGetItems", {
    TransactItems: ["a", "b"].map((id) => ({ Get: { TableName, Key: item({ id }) } })),
  });
  await t.call("BatchGetItem", { RequestItems: { [TableName]: { Keys: [item({ id: "a" })] } } });
  await assert.rejects(t.call("GetItem", { TableName, Key: item({ wrong: "a" }) }));
  await assert.rejects(t.call("GetItem", { TableName: "missing", Key: item({ id: "a" }) }));
  await assert.rejects(
    t.call("PutItem", {
      TableName,
      Item: sized("a", 100),
      ConditionExpression: "attribute_not_exists(id)",
    }),
  );
  const of = await countsOf(t);
  const done = (Operation: string) => of("SuccessfulRequestLatency", { TableName, Operation });
  assert.deepEqual(
    ["PutItem", "Query", "Scan", "ExecuteStatement", "TransactGetItems", "BatchGetItem"].map(
      (operation) => done(operation).count,
    ),
    [2, 1, 1, 1, 1, 1],
  );
  assert.equal(done("GetItem").count, 0, "a request that failed has no latency");
  assert.ok(done("PutItem").sum > 0);
  const returned = (Operation: string) => of("ReturnedItemCount", { TableName, Operation }).sum;
  assert.deepEqual(["Query", "Scan", "ExecuteStatement", "GetItem"].map(returned), [1, 2, 1, 0]);
  assert.equal(of("UserErrors", {}).sum, 2, "a failed condition is none");
});

test("what faults do at the door is counted too: throttling, and errors of the server", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  const Key = item({ id: "a" });
  const fault = (operation: string, error: string) => ({ service: "dynamodb", operation, error });
  await t.cloud.faults.replace([
    fault("GetItem", "ProvisionedThroughputExceededException"),
    fault("UpdateItem", "ThrottlingException"),
    fault("DeleteItem", "InternalServerError"),
  ]);
  await assert.rejects(t.call("GetItem", { TableName, Key }));
  await assert.rejects(t.call("UpdateItem", { TableName, Key }));
  await assert.rejects(t.call("DeleteItem", { TableName, Key }));
  const of = await countsOf(t);
  const sum = (name: string, Operation: string) => of(name, { TableName, Operation }).sum;
  assert.equal(sum("ThrottledRequests", "GetItem"), 1);
  assert.equal(sum("ThrottledRequests", "UpdateItem"), 1);
  assert.equal(sum("SystemErrors", "DeleteItem"), 1);
  assert.equal(of("ReadThrottleEvents", { TableName }).sum, 1);
  assert.equal(of("WriteThrottleEvents", { TableName }).sum, 1);
  assert.equal(of("UserErrors", {}).sum, 0);
});

test("what a stream gave to whom reads it is counted by the stream", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id", {
    StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" },
  });
  await t.put(TableName, sized("a", 100), sized("b", 100));
  const { Streams = [] } = await t.streams("ListStreams", {});
  const { StreamArn, StreamLabel } = Streams[0]!;
  const { StreamDescription } = await t.streams("DescribeStream", { StreamArn });
  const { ShardIterator } = await t.streams("GetShardIterator", {
    StreamArn,
    ShardId: StreamDescription!.Shards![0]!.ShardId,
    ShardIteratorType: "TRIM_HORIZON",
  });
  const { Records } = await t.streams("GetRecords", { ShardIterator });
  await assert.rejects(t.streams("GetRecords", { ShardIterator: "none" }));
  const of = await countsOf(t);
  const dimensions = { TableName, StreamLabel: StreamLabel!, Operation: "GetRecords" };
  assert.equal(of("SuccessfulRequestLatency", dimensions).count, 1);
  assert.equal(of("ReturnedRecordsCount", dimensions).sum, 2);
  const bytes = Records!.reduce((sum, { dynamodb }) => sum + dynamodb!.SizeBytes!, 0);
  assert.equal(of("ReturnedBytes", dimensions).sum, bytes);
  assert.equal(of("UserErrors", {}).sum, 1);
});

/** The metrics that were put, by name and exactly these dimensions. */
async function countsOf(t: TestCloud) {
  await t.cloud.metrics.flush();
  return (wanted: string, exactly: Record<string, string>) => {
    const found = t.metrics.filter(
      ({ name, dimensions }) => name === wanted && isDeepStrictEqual(dimensions, exactly),
    );
    return {
      count: found.reduce((all, { count }) => all + count, 0),
      sum: found.reduce((all, { value, count }) => all + value * count, 0),
    };
  };
}
