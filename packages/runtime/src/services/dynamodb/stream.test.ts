import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamViewType } from "@aws-sdk/client-dynamodb";
import type { ShardIteratorType } from "@aws-sdk/client-dynamodb-streams";
import type { TracedRecord } from "./stream/operations.ts";
import { ACCOUNT, item, REGION, refused, TestCloud } from "./testing.ts";

const HOUR_S = 60 * 60;

async function streamed(
  t: TestCloud,
  StreamViewType: StreamViewType = "NEW_AND_OLD_IMAGES",
): Promise<{ TableName: string; StreamArn: string }> {
  const TableName = await t.table("orders", "id", {
    StreamSpecification: { StreamEnabled: true, StreamViewType },
  });
  const { Table } = await t.call("DescribeTable", { TableName });
  return { TableName, StreamArn: Table!.LatestStreamArn! };
}

async function shards(t: TestCloud, StreamArn: string) {
  const { StreamDescription } = await t.streams("DescribeStream", { StreamArn });
  return StreamDescription?.Shards ?? [];
}

async function iterator(
  t: TestCloud,
  StreamArn: string,
  ShardIteratorType: ShardIteratorType,
  SequenceNumber?: string,
): Promise<string> {
  const ShardId = (await shards(t, StreamArn)).at(-1)?.ShardId;
  const answer = await t.streams("GetShardIterator", {
    StreamArn,
    ShardId,
    ShardIteratorType,
    SequenceNumber,
  });
  return answer.ShardIterator!;
}

async function records(t: TestCloud, StreamArn: string): Promise<TracedRecord[]> {
  const all: TracedRecord[] = [];
  for (const { ShardId } of await shards(t, StreamArn)) {
    const first = await t.streams("GetShardIterator", {
      StreamArn,
      ShardId,
      ShardIteratorType: "TRIM_HORIZON",
    });
    let { ShardIterator } = first;
    while (ShardIterator) {
      const page: Awaited<ReturnType<typeof t.streams<"GetRecords">>> = await t.streams(
        "GetRecords",
        { ShardIterator, Limit: 2 },
      );
      all.push(...(page.Records ?? []));
      if (page.Records?.length === 0) break;
      ShardIterator = page.NextShardIterator;
    }
  }
  return all;
}

const ids = (all: readonly TracedRecord[]) => all.map(({ dynamodb }) => dynamodb?.Keys?.id?.S);

/** Source: developer guide, "Change data capture for DynamoDB Streams"; sizes as AWS was recorded with by LocalStack. */
test("each view holds what it is named for, and what changes nothing is no record", async () => {
  const before = item({ id: "id_value" });
  const after = item({ id: "id_value", id2: "id2_value" });
  const views: [StreamViewType, object, number][] = [
    ["KEYS_ONLY", {}, 10],
    ["NEW_IMAGE", { NewImage: after }, 32],
    ["OLD_IMAGE", { OldImage: before }, 20],
    ["NEW_AND_OLD_IMAGES", { NewImage: after, OldImage: before }, 42],
  ];
  for (const [view, images, SizeBytes] of views) {
    await using t = new TestCloud();
    const { TableName, StreamArn } = await streamed(t, view);
    await t.put(TableName, before, before, after, after);
    const [insert, modify, ...more] = await records(t, StreamArn);
    assert.deepEqual(more, []);
    assert.equal(insert?.eventName, "INSERT");
    assert.deepEqual(modify, {
      eventID: modify?.eventID,
      eventName: "MODIFY",
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: REGION,
      dynamodb: {
        ApproximateCreationDateTime: new Date(t.cloud.clock.now()),
        Keys: item({ id: "id_value" }),
        ...images,
        SequenceNumber: modify?.dynamodb?.SequenceNumber,
        SizeBytes,
        StreamViewType: view,
      },
    });
    assert.match(modify?.dynamodb?.SequenceNumber ?? "", /^\d{21,40}$/);
  }
});

test("a stream is described with its shards, and listed", async () => {
  await using t = new TestCloud();
  const { TableName, StreamArn } = await streamed(t, "NEW_IMAGE");
  const { StreamDescription } = await t.streams("DescribeStream", { StreamArn });
  const [shard] = StreamDescription?.Shards ?? [];
  assert.deepEqual(StreamDescription, {
    StreamArn,
    StreamLabel: "2026-01-01T00:00:00.000",
    StreamStatus: "ENABLED",
    StreamViewType: "NEW_IMAGE",
    CreationRequestDateTime: new Date(t.cloud.clock.now()),
    TableName,
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    Shards: [
      {
        ShardId: shard?.ShardId,
        SequenceNumberRange: {
          StartingSequenceNumber: shard?.SequenceNumberRange?.StartingSequenceNumber,
        },
      },
    ],
  });
  assert.match(shard?.ShardId ?? "", /^shardId-\d{20}-[0-9a-f]{8}$/);
  await t.table("other", "id", {
    StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" },
  });
  const all = await t.streams("ListStreams", { Limit: 1 });
  assert.deepEqual(all.Streams, [{ StreamArn, TableName, StreamLabel: "2026-01-01T00:00:00.000" }]);
  const rest = await t.streams("ListStreams", {
    ExclusiveStartStreamArn: all.LastEvaluatedStreamArn,
  });
  assert.deepEqual(
    rest.Streams?.map((stream) => stream.TableName),
    ["other"],
  );
  assert.equal((await t.streams("ListStreams", { TableName: "other" })).Streams?.length, 1);
  const missing = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/x/stream/2024-11-18T14:36:44.149`;
  await refused(
    t.streams("DescribeStream", { StreamArn: missing }),
    "ResourceNotFoundException",
    `Requested resource not found: Stream: ${missing} not found`,
  );
});

test("an iterator begins at the oldest record, at one, behind one, or behind the last", async () => {
  await using t = new TestCloud();
  const { TableName, StreamArn } = await streamed(t);
  await t.put(TableName, item({ id: "a" }), item({ id: "b" }), item({ id: "c" }));
  const latest = await iterator(t, StreamArn, "LATEST");
  const b = (await records(t, StreamArn))[1]?.dynamodb?.SequenceNumber;
  await t.put(TableName, item({ id: "d" }));
  const read = async (ShardIterator: string) =>
    ids((await t.streams("GetRecords", { ShardIterator })).Records ?? []);
  assert.deepEqual(await read(await iterator(t, StreamArn, "TRIM_HORIZON")), ["a", "b", "c", "d"]);
  assert.deepEqual(await read(await iterator(t, StreamArn, "AT_SEQUENCE_NUMBER", b)), [
    "b",
    "c",
    "d",
  ]);
  assert.deepEqual(await read(await iterator(t, StreamArn, "AFTER_SEQUENCE_NUMBER", b)), [
    "c",
    "d",
  ]);
  assert.deepEqual(await read(latest), ["d"]);
  const { NextShardIterator } = await t.streams("GetRecords", { ShardIterator: latest });
  assert.deepEqual(await read(NextShardIterator!), []);
});

test("an iterator dies after 15 minutes, and what is none is refused", async () => {
  await using t = new TestCloud();
  const { StreamArn } = await streamed(t);
  const ShardIterator = await iterator(t, StreamArn, "TRIM_HORIZON");
  await t.advance(15 * 60);
  await t.streams("GetRecords", { ShardIterator });
  await t.advance(1);
  await refused(t.streams("GetRecords", { ShardIterator }), "ExpiredIteratorException");
  await refused(
    t.streams("GetRecords", { ShardIterator: "nonsense" }),
    "ValidationException",
    "Invalid ShardIterator",
  );
});

test("records are kept for a day, and reading before them is refused", async () => {
  await using t = new TestCloud();
  const { TableName, StreamArn } = await streamed(t);
  await t.put(TableName, item({ id: "old" }));
  const old = (await records(t, StreamArn))[0]?.dynamodb?.SequenceNumber;
  const [{ ShardId } = {}] = await shards(t, StreamArn);
  await t.advance(HOUR_S);
  await t.put(TableName, item({ id: "young" }));
  await t.advance(23 * HOUR_S - 1);
  assert.deepEqual(ids(await records(t, StreamArn)), ["old", "young"]);
  await t.advance(2);
  assert.deepEqual(ids(await records(t, StreamArn)), ["young"]);
  await refused(
    t.streams("GetShardIterator", {
      StreamArn,
      ShardId,
      ShardIteratorType: "AT_SEQUENCE_NUMBER",
      SequenceNumber: old,
    }),
    "TrimmedDataAccessException",
  );
  await t.advance(24 * HOUR_S);
  const kept = t.cloud.store.read((tx) => [...tx.range({ prefix: ["dynamodb", "change"] })]);
  assert.deepEqual(kept, []);
});

test("shards follow one another, parent to child, and old ones go", async () => {
  await using t = new TestCloud();
  const { TableName, StreamArn } = await streamed(t);
  for (let hour = 0; hour < 10; hour += 1) {
    await t.put(TableName, item({ id: `h${hour}` }));
    await t.advance(HOUR_S);
  }
  const lineage = await shards(t, StreamArn);
  assert.equal(lineage.length, 3);
  assert.deepEqual(
    lineage.map(({ ParentShardId }) => ParentShardId),
    [undefined, lineage[0]?.ShardId, lineage[1]?.ShardId],
  );
  assert.deepEqual(
    lineage.map(({ SequenceNumberRange: range }) => range?.EndingSequenceNumber !== undefined),
    [true, true, false],
  );
  const { StreamDescription } = await t.streams("DescribeStream", {
    StreamArn,
    ShardFilter: { Type: "CHILD_SHARDS", ShardId: lineage[1]?.ShardId },
  });
  assert.deepEqual(StreamDescription?.Shards, lineage.slice(2));
  assert.deepEqual(
    ids(await records(t, StreamArn)),
    Array.from({ length: 10 }, (_, hour) => `h${hour}`),
  );
  await t.advance(40 * HOUR_S);
  assert.equal((await shards(t, StreamArn)).length, 1, "the open shard stays");
});

test("a stream that is switched off can be read for a day; switched on again it is another", async () => {
  await using t = new TestCloud();
  const { TableName, StreamArn } = await streamed(t);
  await t.put(TableName, item({ id: "a" }));
  const off = { TableName, StreamSpecification: { StreamEnabled: false } };
  const { TableDescription } = await t.call("UpdateTable", off);
  assert.equal(TableDescription?.StreamSpecification, undefined);
  assert.equal(TableDescription?.LatestStreamArn, StreamArn);
  await refused(t.call("UpdateTable", off), "ValidationException", /already/);
  await t.put(TableName, item({ id: "b" }));
  assert.deepEqual(ids(await records(t, StreamArn)), ["a"]);
  const { StreamDescription } = await t.streams("DescribeStream", { StreamArn });
  assert.equal(StreamDescription?.StreamStatus, "DISABLED");
  const ShardIterator = await iterator(t, StreamArn, "TRIM_HORIZON");
  const last = await t.streams("GetRecords", { ShardIterator });
  assert.equal(last.NextShardIterator, undefined, "the shard is closed");
  const on = await t.call("UpdateTable", {
    TableName,
    StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" },
  });
  const second = on.TableDescription?.LatestStreamArn;
  assert.notEqual(second, StreamArn);
  await t.put(TableName, item({ id: "c" }));
  assert.deepEqual(ids(await records(t, second!)), ["c"]);
  await t.advance(25 * HOUR_S);
  await refused(t.streams("DescribeStream", { StreamArn }), "ResourceNotFoundException");
});

test("a deleted table's stream can be read for a day", async () => {
  await using t = new TestCloud();
  const { TableName, StreamArn } = await streamed(t);
  await t.put(TableName, item({ id: "a" }));
  await t.call("DeleteTable", { TableName });
  assert.deepEqual(ids(await records(t, StreamArn)), ["a"]);
  await t.advance(25 * HOUR_S);
  await refused(t.streams("DescribeStream", { StreamArn }), "ResourceNotFoundException");
});

test("a record keeps the chain of requests that its write belongs to", async () => {
  await using t = new TestCloud();
  const { TableName, StreamArn } = await streamed(t);
  const traceHeader = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
  await t.call("PutItem", { TableName, Item: item({ id: "a" }) }, { traceHeader });
  await t.call(
    "TransactWriteItems",
    { TransactItems: [{ Put: { TableName, Item: item({ id: "b" }) } }] },
    { traceHeader },
  );
  await t.put(TableName, item({ id: "c" }));
  assert.deepEqual(
    (await records(t, StreamArn)).map((record) => record.traceHeader),
    [traceHeader, traceHeader, undefined],
  );
});

test("whoever waits for a stream is woken by a write's commit", async () => {
  await using t = new TestCloud();
  const { TableName, StreamArn } = await streamed(t);
  const woken = t.cloud.wakes.listen(`dynamodb:${StreamArn}`).woken(t.cloud.clock.now() + 60_000);
  await t.put(TableName, item({ id: "a" }));
  assert.equal(await woken, "woken");
});
