import assert from "node:assert/strict";
import { test } from "node:test";
import type { CreateTableInput, UpdateTableInput } from "@aws-sdk/client-dynamodb";
import { ACCOUNT, item, REGION, refused, TestCloud } from "./testing.ts";

const HASH = [{ AttributeName: "id", KeyType: "HASH" as const }];
const ID = [{ AttributeName: "id", AttributeType: "S" as const }];
const ON_DEMAND = { BillingMode: "PAY_PER_REQUEST" as const };

/** What AWS answered, as recorded in LocalStack's test_lambda_integration_dynamodbstreams.snapshot.json. */
test("a table is told as AWS tells it: being made, then active", async () => {
  await using t = new TestCloud();
  const { TableDescription } = await t.call("CreateTable", {
    TableName: "orders",
    KeySchema: HASH,
    AttributeDefinitions: ID,
    ...ON_DEMAND,
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
  });
  const TableArn = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/orders`;
  const CreationDateTime = new Date(t.cloud.clock.now());
  const created = {
    AttributeDefinitions: ID,
    BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
    CreationDateTime,
    DeletionProtectionEnabled: false,
    ItemCount: 0,
    KeySchema: HASH,
    LatestStreamArn: `${TableArn}/stream/2026-01-01T00:00:00.000`,
    LatestStreamLabel: "2026-01-01T00:00:00.000",
    ProvisionedThroughput: {
      NumberOfDecreasesToday: 0,
      ReadCapacityUnits: 0,
      WriteCapacityUnits: 0,
    },
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
    TableArn,
    TableId: TableDescription?.TableId,
    TableName: "orders",
    TableSizeBytes: 0,
    TableStatus: "CREATING",
  };
  assert.deepEqual(TableDescription, created);
  assert.match(created.TableId ?? "", /^[0-9a-f-]{36}$/);
  const { Table } = await t.call("DescribeTable", { TableName: "orders" });
  assert.deepEqual(Table, {
    ...created,
    BillingModeSummary: {
      BillingMode: "PAY_PER_REQUEST",
      LastUpdateToPayPerRequestDateTime: CreationDateTime,
    },
    TableStatus: "ACTIVE",
    WarmThroughput: { ReadUnitsPerSecond: 12000, WriteUnitsPerSecond: 4000, Status: "ACTIVE" },
  });
});

/** The words are those of AWS as dynalite's tests, which run against it, have them (test/createTable.js). */
test("CreateTable refuses what makes no table, in AWS's words", async () => {
  await using t = new TestCloud();
  const base: CreateTableInput = {
    TableName: "abc",
    KeySchema: HASH,
    AttributeDefinitions: ID,
    ...ON_DEMAND,
  };
  const index = (more: object = {}) => ({
    IndexName: "by-x",
    KeySchema: [
      { AttributeName: "id", KeyType: "HASH" as const },
      { AttributeName: "x", KeyType: "RANGE" as const },
    ],
    Projection: { ProjectionType: "ALL" as const },
    ...more,
  });
  const both = [...ID, { AttributeName: "x", AttributeType: "S" as const }];
  const ranged = [...HASH, { AttributeName: "x", KeyType: "RANGE" as const }];
  const invalid = "One or more parameter values were invalid: ";
  const cases: [Partial<Record<keyof CreateTableInput, unknown>>, string | RegExp][] = [
    [
      { TableName: undefined },
      "The parameter 'TableName' is required but was not present in the request",
    ],
    [
      { TableName: "ab" },
      "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
    ],
    [
      { TableName: "abc;" },
      "1 validation error detected: Value 'abc;' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    ],
    [
      { BillingMode: "A" },
      "1 validation error detected: Value 'A' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]",
    ],
    [
      { KeySchema: undefined, AttributeDefinitions: undefined },
      "2 validation errors detected: Value null at 'attributeDefinitions' failed to satisfy constraint: Member must not be null; Value null at 'keySchema' failed to satisfy constraint: Member must not be null",
    ],
    [
      { KeySchema: [...ranged, ...HASH], AttributeDefinitions: both },
      /Value '\[KeySchemaElement\(attributeName=id, keyType=HASH\), .*\]' at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2$/,
    ],
    [
      { BillingMode: "PROVISIONED" },
      `${invalid}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED`,
    ],
    [
      { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } },
      `${invalid}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST`,
    ],
    [
      {
        BillingMode: "PROVISIONED",
        ProvisionedThroughput: { ReadCapacityUnits: 1000000000001, WriteCapacityUnits: 1 },
      },
      "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
    ],
    [
      {
        BillingMode: "PROVISIONED",
        ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: -1 },
      },
      /Value '-1' at 'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1$/,
    ],
    [
      { KeySchema: [{ AttributeName: "x", KeyType: "HASH" }] },
      `${invalid}Some index key attributes are not defined in AttributeDefinitions. Keys: [x], AttributeDefinitions: [id]`,
    ],
    [
      { KeySchema: [...HASH, { AttributeName: "id", KeyType: "RANGE" }] },
      "Invalid KeySchema: Some index key attribute have no definition",
    ],
    [
      { KeySchema: [...ranged].reverse(), AttributeDefinitions: both },
      "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
    ],
    [
      { AttributeDefinitions: both },
      `${invalid}Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions`,
    ],
    [
      { AttributeDefinitions: both, LocalSecondaryIndexes: [index()] },
      `${invalid}Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex`,
    ],
    [
      { AttributeDefinitions: both, GlobalSecondaryIndexes: [index(), index()] },
      `${invalid}Duplicate index name: by-x`,
    ],
    [
      { AttributeDefinitions: both, GlobalSecondaryIndexes: [] },
      `${invalid}List of GlobalSecondaryIndexes is empty`,
    ],
    [
      { AttributeDefinitions: both, GlobalSecondaryIndexes: [index({ Projection: {} })] },
      `${invalid}Unknown ProjectionType: null`,
    ],
    [
      {
        AttributeDefinitions: both,
        GlobalSecondaryIndexes: [
          index({ Projection: { ProjectionType: "ALL", NonKeyAttributes: ["y"] } }),
        ],
      },
      `${invalid}ProjectionType is ALL, but NonKeyAttributes is specified`,
    ],
    [
      {
        AttributeDefinitions: both,
        GlobalSecondaryIndexes: Array.from({ length: 21 }, (_, i) =>
          index({ IndexName: `index-${i}` }),
        ),
      },
      `${invalid}GlobalSecondaryIndex count exceeds the per-table limit of 20`,
    ],
    [
      {
        KeySchema: ranged,
        AttributeDefinitions: both,
        LocalSecondaryIndexes: Array.from({ length: 6 }, (_, i) =>
          index({ IndexName: `index-${i}` }),
        ),
      },
      `${invalid}Number of LocalSecondaryIndexes exceeds per-table limit of 5`,
    ],
  ];
  for (const [input, message] of cases) {
    const wrong = { ...base, ...input } as CreateTableInput;
    await refused(t.call("CreateTable", wrong), "ValidationException", message);
  }
  await t.call("CreateTable", base);
  await refused(t.call("CreateTable", base), "ResourceInUseException", "Table already exists: abc");
});

test("tables are listed by name, a page at a time, each account and Region by itself", async () => {
  await using t = new TestCloud();
  for (const name of ["ccc", "aaa", "bbb"]) await t.table(name, "id");
  const first = await t.call("ListTables", { Limit: 2 });
  assert.deepEqual(first, { TableNames: ["aaa", "bbb"], LastEvaluatedTableName: "bbb" });
  assert.deepEqual(await t.call("ListTables", { ExclusiveStartTableName: "bbb", Limit: 2 }), {
    TableNames: ["ccc"],
  });
  for (const elsewhere of [{ region: "us-east-1" }, { account: "000000000000" }])
    assert.deepEqual(await t.call("ListTables", {}, elsewhere), { TableNames: [] });
  await refused(
    t.call("ListTables", { Limit: 101 }),
    "ValidationException",
    /'limit' failed to satisfy constraint: Member must have value less than or equal to 100/,
  );
});

test("a table that is deleted is gone, its name is free, and nothing of it is left", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  await t.put(TableName, ...Array.from({ length: 30 }, (_, i) => item({ id: `i${i}` })));
  const { TableDescription } = await t.call("DeleteTable", { TableName });
  assert.equal(TableDescription?.TableStatus, "DELETING");
  const words = "Requested resource not found: Table: orders not found";
  for (const operation of ["DescribeTable", "DeleteTable"] as const)
    await refused(t.call(operation, { TableName }), "ResourceNotFoundException", words);
  await refused(
    t.call("GetItem", { TableName, Key: item({ id: "i1" }) }),
    "ResourceNotFoundException",
    "Requested resource not found",
  );
  await t.table(TableName, "id");
  assert.equal((await t.call("Scan", { TableName })).Count, 0);
  await t.advance(1);
  const left = t.cloud.store.read((tx) => [...tx.range({ prefix: ["dynamodb", "item"] })]);
  assert.deepEqual(left, []);
});

test("a protected table is not deleted", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id", { DeletionProtectionEnabled: true });
  await refused(
    t.call("DeleteTable", { TableName }),
    "ValidationException",
    /currently protected against deletion/,
  );
  await t.call("UpdateTable", { TableName, DeletionProtectionEnabled: false });
  await t.call("DeleteTable", { TableName });
});

/** The words are those of AWS as dynalite's tests have them (test/updateTable.js). */
test("UpdateTable refuses what changes nothing or makes no sense", async () => {
  await using t = new TestCloud();
  const TableName = "orders";
  await t.call("CreateTable", {
    TableName,
    KeySchema: HASH,
    AttributeDefinitions: ID,
    ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
  });
  const same = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
  const cases: [Omit<UpdateTableInput, "TableName">, string | RegExp][] = [
    [
      {},
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
    ],
    [
      { BillingMode: "PROVISIONED" },
      "One or more parameter values were invalid: ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
    ],
    [
      { ProvisionedThroughput: same },
      /^The provisioned throughput for the table will not change\. The requested value equals the current value\. Current ReadCapacityUnits provisioned for the table: 5\./,
    ],
    [
      { GlobalSecondaryIndexUpdates: [{}] },
      "One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null",
    ],
    [
      {
        GlobalSecondaryIndexUpdates: [
          { Delete: { IndexName: "abc" } },
          { Delete: { IndexName: "abc" } },
        ],
      },
      "One or more parameter values were invalid: Only one global secondary index update per index is allowed simultaneously. Index: abc",
    ],
  ];
  for (const [input, message] of cases)
    await refused(t.call("UpdateTable", { TableName, ...input }), "ValidationException", message);
  await refused(
    t.call("UpdateTable", { TableName: "abc", BillingMode: "PAY_PER_REQUEST" }),
    "ResourceNotFoundException",
    "Requested resource not found: Table: abc not found",
  );
});

test("throughput, billing and class change, and the description says when", async () => {
  await using t = new TestCloud();
  const TableName = "orders";
  await t.call("CreateTable", {
    TableName,
    KeySchema: HASH,
    AttributeDefinitions: ID,
    ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
  });
  await t.advance(10);
  const { TableDescription } = await t.call("UpdateTable", {
    TableName,
    ProvisionedThroughput: { ReadCapacityUnits: 10, WriteCapacityUnits: 2 },
    TableClass: "STANDARD_INFREQUENT_ACCESS",
  });
  const now = new Date(t.cloud.clock.now());
  assert.equal(TableDescription?.TableStatus, "UPDATING");
  const { Table } = await t.call("DescribeTable", { TableName });
  assert.deepEqual(Table?.ProvisionedThroughput, {
    LastIncreaseDateTime: now,
    LastDecreaseDateTime: now,
    NumberOfDecreasesToday: 1,
    ReadCapacityUnits: 10,
    WriteCapacityUnits: 2,
  });
  assert.deepEqual(Table?.TableClassSummary, {
    TableClass: "STANDARD_INFREQUENT_ACCESS",
    LastUpdateDateTime: now,
  });
  assert.equal(Table?.BillingModeSummary, undefined);
  await t.call("UpdateTable", { TableName, ...ON_DEMAND });
  const { Table: after } = await t.call("DescribeTable", { TableName });
  assert.equal(after?.BillingModeSummary?.BillingMode, "PAY_PER_REQUEST");
  assert.equal(after?.ProvisionedThroughput?.ReadCapacityUnits, 0);
});

test("tables are tagged by their ARN, with 50 tags at most", async () => {
  await using t = new TestCloud();
  await t.table("orders", "id", { Tags: [{ Key: "a", Value: "1" }] });
  const ResourceArn = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/orders`;
  await t.call("TagResource", {
    ResourceArn,
    Tags: [
      { Key: "b", Value: "2" },
      { Key: "a", Value: "3" },
    ],
  });
  assert.deepEqual(await t.call("ListTagsOfResource", { ResourceArn }), {
    Tags: [
      { Key: "a", Value: "3" },
      { Key: "b", Value: "2" },
    ],
  });
  await t.call("UntagResource", { ResourceArn, TagKeys: ["a", "z"] });
  assert.deepEqual(await t.call("ListTagsOfResource", { ResourceArn }), {
    Tags: [{ Key: "b", Value: "2" }],
  });
  const Tags = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: "" }));
  await refused(t.call("TagResource", { ResourceArn, Tags }), "ValidationException", /at most 50/);
  await refused(
    t.call("TagResource", { ResourceArn, Tags: [] }),
    "ValidationException",
    "Atleast one Tag needs to be provided as Input.",
  );
  await refused(
    t.call("ListTagsOfResource", { ResourceArn: `${ResourceArn}2` }),
    "ResourceNotFoundException",
  );
  await refused(
    t.call("ListTagsOfResource", { ResourceArn: ResourceArn.replace(ACCOUNT, "210987654321") }),
    "AccessDeniedException",
    /^User: \S+ is not authorized to perform: dynamodb:ListTagsOfResource on resource: /,
  );
});

test("a table can be named by its ARN, wherever a table is named", async () => {
  await using t = new TestCloud();
  await t.table("orders", "id");
  const TableName = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/orders`;
  await t.call("PutItem", { TableName, Item: item({ id: "a" }) });
  const { Items, ConsumedCapacity } = await t.call("Scan", {
    TableName,
    ReturnConsumedCapacity: "TOTAL",
  });
  assert.deepEqual(Items, [item({ id: "a" })]);
  assert.equal(ConsumedCapacity?.TableName, TableName);
  assert.equal((await t.call("DescribeTable", { TableName })).Table?.TableName, "orders");
});

test("point-in-time recovery is kept and shown", async () => {
  await using t = new TestCloud();
  const TableName = await t.table("orders", "id");
  const off = await t.call("DescribeContinuousBackups", { TableName });
  assert.deepEqual(off.ContinuousBackupsDescription, {
    ContinuousBackupsStatus: "ENABLED",
    PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "DISABLED" },
  });
  const since = new Date(t.cloud.clock.now());
  await t.call("UpdateContinuousBackups", {
    TableName,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
  await t.advance(60);
  const on = await t.call("DescribeContinuousBackups", { TableName });
  assert.deepEqual(on.ContinuousBackupsDescription?.PointInTimeRecoveryDescription, {
    PointInTimeRecoveryStatus: "ENABLED",
    RecoveryPeriodInDays: 35,
    EarliestRestorableDateTime: since,
    LatestRestorableDateTime: new Date(t.cloud.clock.now()),
  });
  await refused(
    t.call("DescribeContinuousBackups", { TableName: "missing" }),
    "TableNotFoundException",
    "Table not found: missing",
  );
});
