import type { _Record, StreamDescription } from "@aws-sdk/client-dynamodb-streams";
import { Constraints } from "../../../constraints.ts";
import { ServiceError } from "../../../errors.ts";
import type { OperationOf } from "../../../service.ts";
import type { ReadTransaction } from "../../../store/store.ts";
import { type KeySchema, refusal } from "../engine/index.ts";
import { parseTableArn } from "../table.ts";
import { type Change, changesPrefix } from "./change.ts";
import { decodeIterator, encodeIterator, ITERATOR_LIFE_MS } from "./iterator.ts";
import { makeHeads } from "./record-change.ts";
import { listShards, parseSequenceNumber, type Shard, sequenceNumber } from "./shard.ts";
import {
  arnOfStream,
  EVERY_STREAM,
  RETENTION_MS,
  requireStream,
  type StreamRecord,
} from "./stream.ts";

/** Source: API reference of GetRecords: 1,000 records and 1 MB. */
const RECORDS_MAX = 1000;
const RECORDS_BYTES_MAX = 1024 * 1024;
/** Source: API reference of DescribeStream and ListStreams. */
const PAGE_MAX = 100;

/**
 * A record as GetRecords gives it. Beside what AWS shows, it has the chain of requests that its write belongs to: the
 * wire leaves out what the SDK does not know, and an event source mapping, which comes through the door, goes on with it.
 */
export interface TracedRecord extends _Record {
  readonly traceHeader?: string | undefined;
}

/** DescribeStream: a stream's state and its shards, the oldest first; all of them, or the children of one. */
export const describeStream: OperationOf<"dynamodbstreams", "DescribeStream"> = (
  { cloud },
  input,
) => {
  const { StreamArn, Limit = PAGE_MAX, ExclusiveStartShardId, ShardFilter } = input;
  new Constraints()
    .required("streamArn", StreamArn)
    .length("streamArn", StreamArn, { min: 37, max: 1024 })
    .range("limit", Limit, { min: 1, max: PAGE_MAX })
    .length("exclusiveStartShardId", ExclusiveStartShardId, { min: 28, max: 65 })
    .oneOf("shardFilter.type", ShardFilter?.Type, ["CHILD_SHARDS"])
    .length("shardFilter.shardId", ShardFilter?.ShardId, { min: 28, max: 65 })
    .check("ValidationException");
  return cloud.store.read((tx) => {
    const stream = requireStream(tx, StreamArn!);
    const every = listShards(tx, stream.space);
    const parents = new Map(every.map((shard) => [shard.number, shard.id]));
    const shards = every.filter(
      ({ number }) => !ShardFilter?.ShardId || parents.get(number - 1) === ShardFilter.ShardId,
    );
    const start = shards.findIndex(({ id }) => id === ExclusiveStartShardId) + 1;
    const page = shards.slice(start, start + Limit);
    const more = start + page.length < shards.length;
    return {
      StreamDescription: {
        ...descriptionOf(stream),
        Shards: page.map((shard) => {
          const parent = parents.get(shard.number - 1);
          return {
            ShardId: shard.id,
            SequenceNumberRange: {
              StartingSequenceNumber: sequenceNumber(shard.start),
              ...(shard.end !== undefined && {
                EndingSequenceNumber: sequenceNumber(shard.end),
              }),
            },
            ...(parent !== undefined && { ParentShardId: parent }),
          };
        }),
        ...(more && { LastEvaluatedShardId: page.at(-1)!.id }),
      },
    };
  });
};

function descriptionOf(stream: StreamRecord): StreamDescription {
  return {
    StreamArn: arnOfStream(stream),
    StreamLabel: stream.label,
    StreamStatus: stream.disabledAt === undefined ? "ENABLED" : "DISABLED",
    StreamViewType: stream.viewType,
    CreationRequestDateTime: new Date(stream.createdAt),
    TableName: stream.tableName,
    KeySchema: keySchemaOf(stream.key),
  };
}

function keySchemaOf({ hash, range }: KeySchema) {
  return [
    { AttributeName: hash.name, KeyType: "HASH" as const },
    ...(range ? [{ AttributeName: range.name, KeyType: "RANGE" as const }] : []),
  ];
}

/** ListStreams: those of the caller's account and Region, perhaps of one table, by table and age. */
export const listStreams: OperationOf<"dynamodbstreams", "ListStreams"> = (
  { cloud, caller },
  input,
) => {
  const { TableName, Limit = PAGE_MAX, ExclusiveStartStreamArn } = input;
  new Constraints().range("limit", Limit, { min: 1, max: PAGE_MAX }).check("ValidationException");
  const table = TableName && (parseTableArn(TableName)?.name ?? TableName);
  const prefix = [...EVERY_STREAM, caller.account, caller.region, ...(table ? [table] : [])];
  return cloud.store.read((tx) => {
    const streams = [...tx.range<StreamRecord>({ prefix })].map(({ value }) => ({
      StreamArn: arnOfStream(value),
      TableName: value.tableName,
      StreamLabel: value.label,
    }));
    const start = streams.findIndex(({ StreamArn }) => StreamArn === ExclusiveStartStreamArn) + 1;
    const page = streams.slice(start, start + Limit);
    const more = start + page.length < streams.length;
    return { Streams: page, ...(more && { LastEvaluatedStreamArn: page.at(-1)!.StreamArn }) };
  });
};

/** GetShardIterator: a place in a shard, good for 15 minutes. */
export const getShardIterator: OperationOf<"dynamodbstreams", "GetShardIterator"> = (
  { cloud },
  input,
) => {
  const { StreamArn, ShardId, ShardIteratorType, SequenceNumber } = input;
  new Constraints()
    .required("streamArn", StreamArn)
    .required("shardId", ShardId)
    .length("shardId", ShardId, { min: 28, max: 65 })
    .required("shardIteratorType", ShardIteratorType)
    .oneOf("shardIteratorType", ShardIteratorType, [
      "AFTER_SEQUENCE_NUMBER",
      "LATEST",
      "AT_SEQUENCE_NUMBER",
      "TRIM_HORIZON",
    ])
    .length("sequenceNumber", SequenceNumber, { min: 21, max: 40 })
    .check("ValidationException");
  return cloud.store.read((tx) => {
    const stream = requireStream(tx, StreamArn!);
    const shard = listShards(tx, stream.space).find(({ id }) => id === ShardId);
    if (!shard) {
      throw new ServiceError(
        "ResourceNotFoundException",
        `Requested resource not found: Shard: ${ShardId} in Stream: ${StreamArn} not found`,
      );
    }
    const latest = () => cloud.derived(makeHeads).of(tx, stream.space).sequence + 1;
    const position =
      ShardIteratorType === "TRIM_HORIZON"
        ? Math.max(shard.start, shard.trimmedTo + 1)
        : ShardIteratorType === "LATEST"
          ? (shard.end ?? latest() - 1) + 1
          : positionAt(shard, ShardIteratorType!, SequenceNumber);
    const issuedAt = cloud.clock.now();
    const place = { streamArn: StreamArn!, shard: shard.number, position, issuedAt };
    return { ShardIterator: encodeIterator(place) };
  });
};

function positionAt(shard: Shard, type: string, text: string | undefined): number {
  if (text === undefined)
    throw refusal(`SequenceNumber must be specified when ShardIteratorType is ${type}`);
  const sequence = parseSequenceNumber(text);
  const inShard =
    sequence !== undefined &&
    sequence >= shard.start &&
    (shard.end === undefined || sequence <= shard.end);
  if (!inShard) {
    throw refusal(
      `Invalid SequenceNumber: The sequence number ${text} does not belong to the shard ${shard.id}`,
    );
  }
  const position = type === "AFTER_SEQUENCE_NUMBER" ? sequence + 1 : sequence;
  if (position <= shard.trimmedTo) throw trimmed();
  return position;
}

function trimmed(): ServiceError {
  return new ServiceError(
    "TrimmedDataAccessException",
    "The operation attempted to read past the oldest stream record in a shard.",
  );
}

/**
 * GetRecords: records from a place on, and the place behind them. There is none behind the last record of a shard that
 * is closed.
 */
export const getRecords: OperationOf<"dynamodbstreams", "GetRecords"> = ({ cloud }, input) => {
  const { ShardIterator, Limit = RECORDS_MAX } = input;
  new Constraints()
    .required("shardIterator", ShardIterator)
    .length("shardIterator", ShardIterator, { min: 1, max: 2048 })
    .range("limit", Limit, { min: 1, max: RECORDS_MAX })
    .check("ValidationException");
  const place = decodeIterator(ShardIterator!);
  if (!place) throw refusal("Invalid ShardIterator");
  const now = cloud.clock.now();
  if (now - place.issuedAt > ITERATOR_LIFE_MS) {
    throw new ServiceError("ExpiredIteratorException", "The shard iterator has expired.");
  }
  return cloud.store.read((tx) => {
    const stream = requireStream(tx, place.streamArn);
    const shard = listShards(tx, stream.space).find(({ number }) => number === place.shard);
    if (!shard || place.position <= shard.trimmedTo) throw trimmed();
    const records = recordsFrom(tx, stream, shard, place.position, Limit, now);
    const next = records.length === 0 ? place.position : records.at(-1)!.sequence + 1;
    const done = shard.end !== undefined && next > shard.end;
    return {
      Records: records.map(({ sequence, change }) => shown(stream, sequence, change)),
      ...(!done && {
        NextShardIterator: encodeIterator({ ...place, position: next, issuedAt: now }),
      }),
    };
  });
};

interface Placed {
  readonly sequence: number;
  readonly change: Change;
}

function recordsFrom(
  tx: ReadTransaction,
  { space }: StreamRecord,
  { end }: Shard,
  position: number,
  limit: number,
  now: number,
): Placed[] {
  const prefix = changesPrefix(space);
  const to = end === undefined ? {} : { to: [end + 1] };
  const records: Placed[] = [];
  let bytes = 0;
  for (const { key, value } of tx.range<Change>({ prefix, from: [position], ...to, limit })) {
    if (value.at <= now - RETENTION_MS) continue;
    bytes += value.sizeBytes;
    if (records.length > 0 && bytes > RECORDS_BYTES_MAX) break;
    records.push({ sequence: Number(key[prefix.length]), change: value });
  }
  return records;
}

function shown(stream: StreamRecord, sequence: number, change: Change): TracedRecord {
  const { newImage, oldImage, traceHeader } = change;
  return {
    eventID: change.id,
    eventName: change.name,
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: stream.region,
    dynamodb: {
      // AWS rounds to the second.
      ApproximateCreationDateTime: new Date(Math.floor(change.at / 1000) * 1000),
      Keys: change.keys,
      ...(newImage && { NewImage: newImage }),
      ...(oldImage && { OldImage: oldImage }),
      SequenceNumber: sequenceNumber(sequence),
      SizeBytes: change.sizeBytes,
      StreamViewType: stream.viewType,
    },
    ...(change.expired && {
      userIdentity: { PrincipalId: "dynamodb.amazonaws.com", Type: "Service" },
    }),
    ...(traceHeader !== undefined && { traceHeader }),
  };
}
