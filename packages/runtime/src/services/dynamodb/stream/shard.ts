import { createHash } from "node:crypto";
import type { Key, ReadTransaction, WriteTransaction } from "../../../store/store.ts";

/**
 * A stream's writes go into one open shard, which gives way to the next after some hours, as AWS's do: whoever reads
 * has to follow from a shard to its child. AWS has a shard for each partition of the table; here all of a table is one.
 * Source: developer guide, "Change data capture for DynamoDB Streams" (shards), where about 4 hours are seen.
 */
export const SHARD_AGE_MS_MAX = 4 * 60 * 60 * 1000;

export interface Shard {
  readonly number: number;
  readonly id: string;
  readonly openedAt: number;
  /** The sequence of its first record. */
  readonly start: number;
  /** The sequence of its last record, once it is closed; before its start where it never had one. */
  readonly end?: number;
  readonly closedAt?: number;
  /** Up to this sequence records have been dropped, because they were too old. */
  readonly trimmedTo: number;
}

/** Sequence numbers have 21 to 40 digits (API reference of StreamRecord), and grow with each record. */
const SEQUENCE_DIGITS = 20;

export function sequenceNumber(sequence: number): string {
  return `1${String(sequence).padStart(SEQUENCE_DIGITS, "0")}`;
}

/** The sequence that a sequence number stands for; undefined where it is none of ours. */
export function parseSequenceNumber(text: string): number | undefined {
  return /^1\d{20}$/.test(text) ? Number(text.slice(1)) : undefined;
}

export function shardsPrefix(space: number): Key {
  return ["dynamodb", "shard", space];
}

function shardKey(space: number, number: number): Key {
  return [...shardsPrefix(space), number];
}

export function listShards(tx: ReadTransaction, space: number): Shard[] {
  return [...tx.range<Shard>({ prefix: shardsPrefix(space) })].map(({ value }) => value);
}

export function lastShard(tx: ReadTransaction, space: number): Shard | undefined {
  const [last] = tx.range<Shard>({ prefix: shardsPrefix(space), reverse: true, limit: 1 });
  return last?.value;
}

export function putShard(tx: WriteTransaction, space: number, shard: Shard): void {
  tx.put(shardKey(space, shard.number), shard);
}

export function removeShard(tx: WriteTransaction, space: number, { number }: Shard): void {
  tx.delete(shardKey(space, number));
}

export function openFirstShard(tx: WriteTransaction, space: number, now: number): void {
  putShard(tx, space, newShard(space, 1, 1, now));
}

/** Closes the open shard behind this sequence, and opens its child. */
export function rollShard(tx: WriteTransaction, space: number, end: number, now: number): void {
  const open = lastShard(tx, space);
  if (!open || open.closedAt !== undefined) return;
  putShard(tx, space, { ...open, end, closedAt: now });
  putShard(tx, space, newShard(space, open.number + 1, end + 1, now));
}

export function closeShard(tx: WriteTransaction, space: number, end: number, now: number): void {
  const open = lastShard(tx, space);
  if (open && open.closedAt === undefined) putShard(tx, space, { ...open, end, closedAt: now });
}

/** `shardId-` with 20 digits of the time and 8 hexadecimal ones, as AWS names them. */
function newShard(space: number, number: number, start: number, now: number): Shard {
  const mark = createHash("sha256").update(`${space}/${number}`).digest("hex").slice(0, 8);
  const id = `shardId-${String(now).padStart(20, "0")}-${mark}`;
  return { number, id, openedAt: now, start, trimmedTo: start - 1 };
}
