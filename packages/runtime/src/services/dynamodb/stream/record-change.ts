import { randomBytes } from "node:crypto";
import type { Cloud } from "../../../cloud.ts";
import type { ReadTransaction, WriteTransaction } from "../../../store/store.ts";
import { itemSizeBytes, keyOf } from "../engine/index.ts";
import type { StoredItem } from "../storage.ts";
import type { Table } from "../table.ts";
import { type Change, changesPrefix, streamChannel } from "./change.ts";
import { makeRetention } from "./retention.ts";
import { lastShard, rollShard, SHARD_AGE_MS_MAX } from "./shard.ts";

/** For whom an item is written. */
export interface Cause {
  readonly expired?: boolean;
  readonly traceHeader?: string | undefined;
}

/**
 * Writes a change of an item into its table's stream, where it has one, in the transaction of the change itself.
 * Source: developer guide, "Change data capture for DynamoDB Streams".
 */
export function recordChange(
  cloud: Cloud,
  tx: WriteTransaction,
  table: Table,
  before: StoredItem | undefined,
  after: StoredItem | undefined,
  cause: Cause,
): void {
  const { stream, streamArn } = table;
  if (!stream || !streamArn) return;
  const keys = keyOf((after ?? before)![1], table.key);
  const view = stream.viewType;
  const newImage = view === "NEW_IMAGE" || view === "NEW_AND_OLD_IMAGES" ? after : undefined;
  const oldImage = view === "OLD_IMAGE" || view === "NEW_AND_OLD_IMAGES" ? before : undefined;
  const now = cloud.clock.now();
  const change: Change = {
    id: randomBytes(16).toString("hex"),
    name: after ? (before ? "MODIFY" : "INSERT") : "REMOVE",
    at: now,
    keys,
    ...(newImage && { newImage: newImage[1] }),
    ...(oldImage && { oldImage: oldImage[1] }),
    sizeBytes: itemSizeBytes(keys) + (newImage?.[0] ?? 0) + (oldImage?.[0] ?? 0),
    ...(cause.expired && { expired: true }),
    ...(cause.traceHeader !== undefined && { traceHeader: cause.traceHeader }),
  };
  const head = cloud.derived(makeHeads).of(tx, stream.space);
  head.sequence += 1;
  tx.put([...changesPrefix(stream.space), head.sequence], change);
  tx.afterCommit(() => {
    cloud.wakes.wake(streamChannel(streamArn));
    cloud.derived(makeRetention).expect(stream.space, now);
    if (now - head.shardOpenedAt >= SHARD_AGE_MS_MAX) roll(cloud, stream.space, head, now);
  });
}

/** The end of a stream: the last sequence that was given, and since when its open shard is open. */
interface Head {
  sequence: number;
  shardOpenedAt: number;
}

/** The ends of the streams that are written to, so that a write does not look for its sequence. */
class Heads {
  readonly #heads = new Map<number, Head>();

  /** Where a write is undone its sequence is lost, which leaves a gap and nothing else. */
  of(tx: ReadTransaction, space: number): Head {
    let head = this.#heads.get(space);
    if (!head) {
      const shard = lastShard(tx, space);
      const sequence = lastSequence(tx, space);
      head = { sequence, shardOpenedAt: shard?.openedAt ?? 0 };
      this.#heads.set(space, head);
    }
    return head;
  }
}

export function makeHeads(): Heads {
  return new Heads();
}

/** The last sequence that a stream has given: of its last record or, where all were dropped, of what was dropped. */
function lastSequence(tx: ReadTransaction, space: number): number {
  const prefix = changesPrefix(space);
  const [last] = tx.range({ prefix, reverse: true, limit: 1 });
  const shard = lastShard(tx, space);
  return Math.max(Number(last?.key[prefix.length] ?? 0), shard?.trimmedTo ?? 0);
}

/** Behind the last record, the open shard gives way to its child. */
function roll(cloud: Cloud, space: number, head: Head, now: number): void {
  head.shardOpenedAt = now;
  cloud.store
    .write((tx) => rollShard(tx, space, head.sequence, now))
    .catch((error) => cloud.notices.emit("defect", error));
}
