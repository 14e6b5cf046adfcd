import type { StreamViewType } from "@aws-sdk/client-dynamodb-streams";
import { parseArn } from "../../../arn.ts";
import { ServiceError } from "../../../errors.ts";
import type { Key, ReadTransaction, WriteTransaction } from "../../../store/store.ts";
import type { KeySchema } from "../engine/index.ts";
import { nextSpace } from "../storage.ts";
import { streamArnOf, type TableName, type TableStream } from "../table.ts";
import { openFirstShard } from "./shard.ts";

/** How long a stream keeps its records. Source: developer guide, "Change data capture for DynamoDB Streams". */
export const RETENTION_MS = 24 * 60 * 60 * 1000;

/** A stream as the store has it. It outlives its table and its being switched off, as long as it has records. */
export interface StreamRecord {
  readonly account: string;
  readonly region: string;
  readonly tableName: string;
  readonly label: string;
  readonly space: number;
  readonly viewType: StreamViewType;
  readonly createdAt: number;
  readonly key: KeySchema;
  /** When it was switched off, or its table deleted. */
  readonly disabledAt?: number;
}

const STREAM_RESOURCE = /^table\/([a-zA-Z0-9_.-]{1,255})\/stream\/([\w:.-]+)$/;

/** Before the keys of all streams of all accounts and Regions. */
export const EVERY_STREAM: Key = ["dynamodb", "stream"];

export interface StreamName extends TableName {
  readonly label: string;
}

export function streamKey({ account, region, name, label }: StreamName): Key {
  return [...EVERY_STREAM, account, region, name, label];
}

export function parseStreamArn(text: string): StreamName | undefined {
  const { service, region, account, resource = "" } = parseArn(text) ?? {};
  const [, name, label] = STREAM_RESOURCE.exec(resource) ?? [];
  return service === "dynamodb" && region && account && name && label
    ? { account, region, name, label }
    : undefined;
}

export function arnOfStream({ account, region, tableName, label }: StreamRecord): string {
  return streamArnOf({ account, region, name: tableName }, label);
}

/** Switches a stream on: another one each time, named by the time. Returns what the table's record keeps of it. */
export function openStream(
  tx: WriteTransaction,
  table: TableName & { readonly key: KeySchema },
  viewType: StreamViewType,
  now: number,
): TableStream {
  const { account, region, name, key } = table;
  const label = freeLabel(tx, table, now);
  const space = nextSpace(tx);
  const stream: StreamRecord = {
    account,
    region,
    tableName: name,
    label,
    space,
    viewType,
    createdAt: now,
    key,
  };
  tx.put(streamKey({ account, region, name, label }), stream);
  openFirstShard(tx, space, now);
  return { label, space, viewType, enabled: true };
}

/** The time, or the next millisecond where the table had a stream switched on at that time already. */
function freeLabel(tx: ReadTransaction, table: TableName, now: number): string {
  for (let at = now; ; at += 1) {
    const label = new Date(at).toISOString().replace("Z", "");
    if (!tx.get(streamKey({ ...table, label }))) return label;
  }
}

export function findStream(tx: ReadTransaction, arn: string): StreamRecord | undefined {
  const name = parseStreamArn(arn);
  return name && tx.get<StreamRecord>(streamKey(name));
}

/** Throws `ResourceNotFoundException` in the words that AWS was recorded with. */
export function requireStream(tx: ReadTransaction, arn: string): StreamRecord {
  const stream = findStream(tx, arn);
  if (!stream) {
    throw new ServiceError(
      "ResourceNotFoundException",
      `Requested resource not found: Stream: ${arn} not found`,
    );
  }
  return stream;
}
