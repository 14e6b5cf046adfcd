import type { Timer } from "../../../clock/clock.ts";
import type { Cloud } from "../../../cloud.ts";
import type { WriteTransaction } from "../../../store/store.ts";
import { type Change, changesPrefix } from "./change.ts";
import { listShards, putShard, removeShard, type Shard } from "./shard.ts";
import { EVERY_STREAM, RETENTION_MS, type StreamRecord, streamKey } from "./stream.ts";

/** Records dropped in one transaction. */
const TRIM_MAX = 500;

/** Drops a stream's records a day after they were written, by a timer for each stream's oldest record. */
class Retention {
  readonly #cloud: Cloud;
  readonly #timers = new Map<number, Timer>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  start(): void {
    const streams = this.#cloud.store.read((tx) => [
      ...tx.range<StreamRecord>({ prefix: EVERY_STREAM }),
    ]);
    // Those without records too: one that is switched off goes when its last shard goes.
    for (const { value } of streams) void this.#trim(value.space);
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** A stream has something of this instant that is to go when it is a day old; what is older goes first. */
  expect(space: number, at: number): void {
    if (this.#timers.has(space) || this.#cloud.stopping.aborted) return;
    const timer = this.#cloud.clock.setTimer(at + RETENTION_MS, () => {
      this.#timers.delete(space);
      void this.#trim(space);
    });
    this.#timers.set(space, timer);
  }

  async #trim(space: number): Promise<void> {
    try {
      const now = this.#cloud.clock.now();
      let oldest: number | undefined;
      do {
        oldest = await this.#cloud.store.write((tx) => trim(tx, space, now - RETENTION_MS));
      } while (oldest !== undefined && oldest <= now - RETENTION_MS);
      if (oldest !== undefined) this.expect(space, oldest);
    } catch (error) {
      this.#cloud.notices.emit("defect", error);
    }
  }
}

export function makeRetention(cloud: Cloud): Retention {
  return new Retention(cloud);
}

/**
 * Drops some of the records up to an instant, the shards that are empty then, and a stream that has no shard any more.
 * Returns the instant of the oldest thing that is left and will have to go; that is `until` where there is more to drop.
 */
function trim(tx: WriteTransaction, space: number, until: number): number | undefined {
  const prefix = changesPrefix(space);
  const oldest = [...tx.range<Change>({ prefix, limit: TRIM_MAX })];
  const kept = oldest.find(({ value }) => value.at > until);
  let trimmedTo = 0;
  for (const entry of oldest) {
    if (entry === kept) break;
    trimmedTo = Number(entry.key[prefix.length]);
    tx.delete(entry.key);
  }
  if (!kept && oldest.length === TRIM_MAX) return until;
  const firstLeft = kept ? Number(kept.key[prefix.length]) : Number.POSITIVE_INFINITY;
  const shards = trimShards(tx, space, { trimmedTo, firstLeft, until });
  const closings = shards.flatMap(({ closedAt }) => (closedAt === undefined ? [] : [closedAt]));
  return kept?.value.at ?? closings.find((closedAt) => closedAt > until);
}

interface Trimmed {
  readonly trimmedTo: number;
  readonly firstLeft: number;
  readonly until: number;
}

/** Removes shards that were closed a day ago and are empty, notes what the others lost. Returns those. */
function trimShards(
  tx: WriteTransaction,
  space: number,
  { trimmedTo, firstLeft, until }: Trimmed,
): Shard[] {
  const left: Shard[] = [];
  for (const shard of listShards(tx, space)) {
    const closed = shard.closedAt !== undefined && shard.closedAt <= until;
    if (closed && (shard.end ?? 0) < firstLeft) {
      removeShard(tx, space, shard);
      continue;
    }
    left.push(shard);
    const lost = Math.min(trimmedTo, shard.end ?? trimmedTo);
    if (lost > shard.trimmedTo) putShard(tx, space, { ...shard, trimmedTo: lost });
  }
  if (left.length === 0) removeStream(tx, space);
  return left;
}

function removeStream(tx: WriteTransaction, space: number): void {
  for (const { value } of tx.range<StreamRecord>({ prefix: EVERY_STREAM })) {
    if (value.space !== space) continue;
    tx.delete(streamKey({ ...value, name: value.tableName }));
    return;
  }
}
