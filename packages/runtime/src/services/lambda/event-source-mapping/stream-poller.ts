import type { Shard } from "@aws-sdk/client-dynamodb-streams";
import { sleepUntil } from "../../../clock/clock.ts";
import type { Cloud } from "../../../cloud.ts";
import { ServiceError } from "../../../errors.ts";
import {
  createdAt,
  laneOf,
  type StreamRecord,
  toStreamRecord,
} from "../../../event-sources/stream-record.ts";
import { QUIET_MS_MAX, TableStream } from "../../../event-sources/table-stream.ts";
import type { CompiledPattern } from "../../../patterns/pattern.ts";
import { compileFilters } from "./filter.ts";
import { callerOf } from "./mapping.ts";
import type { Polling } from "./source.ts";
import { StreamLane } from "./stream-lane.ts";
import { type MappingPosition, positionKey } from "./stream-position.ts";
import { StreamProgress } from "./stream-progress.ts";
import type { StreamSettings } from "./stream-settings.ts";

/** A mapping that does not work is tried again after a second, then after twice that, and so on up to a minute. */
const PAUSE_MS_LEAST = 1_000;
const PAUSE_MS_MOST = 60_000;
/** Records of a shard that are read ahead of what is dealt with. */
const AHEAD_RECORDS_MAX = 10_000;
const INTERNAL_ERROR = "PROBLEM: internal Lambda error. Please contact Lambda customer support.";

/** Reads a table's stream for a mapping, shard after shard. A write's commit wakes it, so a change is on its way at once. */
export class StreamPoller {
  readonly #polling: Polling;
  readonly #cloud: Cloud;
  readonly #settings: StreamSettings;
  readonly #stream: TableStream;
  readonly #filters: CompiledPattern[];
  #pauseMs = 0;

  constructor(polling: Polling) {
    const { settings } = polling.mapping;
    this.#polling = polling;
    this.#cloud = polling.cloud;
    // A stream's mapping has a stream's settings.
    this.#settings = settings.stream!;
    const { mapping } = polling;
    this.#stream = new TableStream(polling.cloud, callerOf(mapping), mapping.eventSourceArn);
    this.#filters = compileFilters(settings.filterPatterns ?? []);
  }

  async run(): Promise<void> {
    const { signal } = this.#polling;
    while (!signal.aborted) {
      try {
        await this.#pause();
        const position = this.#known() ?? (await this.#begin());
        const shard = await this.#stream.shardAfter(position);
        if (shard) await this.#read(shard, position);
        else await this.#change();
        this.#pauseMs = 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#broken(error);
      }
    }
  }

  async #pause(): Promise<void> {
    if (this.#pauseMs === 0) return;
    const { clock } = this.#cloud;
    await sleepUntil(clock, clock.now() + this.#pauseMs, this.#polling.signal);
  }

  /** Where the mapping is in its stream; undefined before it has begun to read. */
  #known(): MappingPosition | undefined {
    const key = positionKey(this.#polling.mapping);
    return this.#cloud.store.read((tx) => tx.get<MappingPosition>(key));
  }

  /** Notes that reading begins. */
  async #begin(): Promise<MappingPosition> {
    const position = await this.#stream.begin(this.#settings.startingPosition === "LATEST");
    await this.#cloud.store.write((tx) => tx.put(positionKey(this.#polling.mapping), position));
    return position;
  }

  /** Waits for the stream to change. */
  async #change(): Promise<void> {
    const until = this.#cloud.clock.now() + QUIET_MS_MAX;
    await this.#stream.listen().woken(until, this.#polling.signal);
  }

  /** Reads a shard to its end, and sees to it that all of it is dealt with. */
  async #read(shard: Shard, position: MappingPosition): Promise<void> {
    const shardId = shard.ShardId!;
    const progress = new StreamProgress(this.#polling, shardId, position);
    // A window's state is one for the shard, so there is one lane for it.
    const { tumblingWindowInSeconds, parallelizationFactor } = this.#settings;
    const count = tumblingWindowInSeconds > 0 ? 1 : parallelizationFactor;
    const lanes = Array.from(
      { length: count },
      (_, number) => new StreamLane(this.#polling, shardId, progress, number),
    );
    const running = Promise.all(lanes.map((lane) => lane.run()));
    // The reading's own error is told; the lanes' is waited for below.
    running.catch(() => {});
    try {
      await this.#feed(lanes, progress, await this.#stream.iterator(shardId, position), position);
    } finally {
      for (const lane of lanes) lane.end();
      await running;
    }
    if (!this.#polling.signal.aborted) await progress.finish();
  }

  /** Hands records to the lanes until the shard has no more, or the mapping stops. */
  async #feed(
    lanes: readonly StreamLane[],
    progress: StreamProgress,
    first: string | undefined,
    { begunAt }: MappingPosition,
  ): Promise<void> {
    const { clock } = this.#cloud;
    const { signal, mapping } = this.#polling;
    const skipsUntil = this.#settings.startingPosition === "LATEST" ? toTheSecond(begunAt) : 0;
    let iterator = first;
    while (iterator !== undefined && !signal.aborted) {
      const listener = this.#stream.listen();
      const { records, next } = await this.#stream.records(iterator);
      for (const record of records) {
        const seen = toStreamRecord(record, mapping.eventSourceArn);
        if (createdAt(seen) < skipsUntil || !this.#passes(seen)) progress.passedOver(seen);
        else {
          progress.took(seen);
          lanes[laneOf(seen, lanes.length)]!.push(seen);
        }
      }
      iterator = next;
      const full = progress.outstanding >= AHEAD_RECORDS_MAX;
      if ((records.length > 0 && !full) || iterator === undefined) {
        listener.close();
        continue;
      }
      await listener.woken(clock.now() + (full ? PAUSE_MS_LEAST : QUIET_MS_MAX), signal);
    }
  }

  #passes(record: StreamRecord): boolean {
    return this.#filters.length === 0 || this.#filters.some((filter) => filter.matches(record));
  }

  /** Something is gone, not allowed or amiss: says so, and rests before the next try. */
  #broken(error: unknown): void {
    this.#pauseMs = Math.min(PAUSE_MS_MOST, Math.max(PAUSE_MS_LEAST, this.#pauseMs * 2));
    if (!(error instanceof ServiceError)) {
      this.#cloud.notices.emit("defect", error);
      this.#polling.report({ kind: "failed", result: INTERNAL_ERROR });
      return;
    }
    const gone = error.code === "ResourceNotFoundException";
    this.#polling.report({
      kind: gone ? "broken" : "failed",
      result: `PROBLEM: ${gone ? error.message : `${error.code}: ${error.message}`}`,
    });
  }
}

function toTheSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}
