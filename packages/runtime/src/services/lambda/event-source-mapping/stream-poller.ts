import type { _Record, Shard, ShardIteratorType } from "@aws-sdk/client-dynamodb-streams";
import { sleepUntil } from "../../../clock/clock.ts";
import type { Cloud } from "../../../cloud.ts";
import { isServiceError, ServiceError } from "../../../errors.ts";
import {
  createdAt,
  laneOf,
  type StreamRecord,
  toStreamRecord,
} from "../../../event-sources/stream-record.ts";
import type { CompiledPattern } from "../../../patterns/pattern.ts";
import { compileFilters } from "./filter.ts";
import { callerOf } from "./mapping.ts";
import type { Polling } from "./source.ts";
import { StreamLane } from "./stream-lane.ts";
import { positionKey, type StreamPosition } from "./stream-position.ts";
import { StreamProgress } from "./stream-progress.ts";
import type { StreamSettings } from "./stream-settings.ts";

/** A mapping that does not work is tried again after a second, then after twice that, and so on up to a minute. */
const PAUSE_MS_LEAST = 1_000;
const PAUSE_MS_MOST = 60_000;
/** An iterator lives for 15 minutes, so it is renewed before when nothing comes. */
const QUIET_MS_MAX = 5 * 60 * 1000;
/** Records of a shard that are read ahead of what is dealt with. */
const AHEAD_RECORDS_MAX = 10_000;
const READ_RECORDS_MAX = 1_000;
const INTERNAL_ERROR = "PROBLEM: internal Lambda error. Please contact Lambda customer support.";

/** Reads a table's stream for a mapping, shard after shard. A write's commit wakes it, so a change is on its way at once. */
export class StreamPoller {
  readonly #polling: Polling;
  readonly #cloud: Cloud;
  readonly #stream: StreamSettings;
  readonly #filters: CompiledPattern[];
  #pauseMs = 0;
  /** Behind the last record that there was when reading began. After a restart the time has to do. */
  #latest: string | undefined;

  constructor(polling: Polling) {
    const { settings } = polling.mapping;
    this.#polling = polling;
    this.#cloud = polling.cloud;
    // A stream's mapping has a stream's settings.
    this.#stream = settings.stream!;
    this.#filters = compileFilters(settings.filterPatterns ?? []);
  }

  async run(): Promise<void> {
    const { signal } = this.#polling;
    while (!signal.aborted) {
      try {
        await this.#pause();
        const position = this.#known() ?? (await this.#begin());
        const shard = await this.#shardAfter(position);
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
  #known(): StreamPosition | undefined {
    const key = positionKey(this.#polling.mapping);
    return this.#cloud.store.read((tx) => tx.get<StreamPosition>(key));
  }

  /** Notes that reading begins, so that what comes from now on is never left out, `LATEST` or not. */
  async #begin(): Promise<StreamPosition> {
    const begun: StreamPosition = { begunAt: this.#cloud.clock.now() };
    const latest = this.#stream.startingPosition === "LATEST";
    const open = latest ? (await this.#shards()).at(-1)?.ShardId : undefined;
    if (open !== undefined) this.#latest = await this.#iteratorAt(open, "LATEST");
    const position = open === undefined ? begun : { ...begun, shardId: open };
    await this.#cloud.store.write((tx) => tx.put(positionKey(this.#polling.mapping), position));
    return position;
  }

  /** The shard to read next: the one that was not finished, or its child; undefined when there is none yet. */
  async #shardAfter({ shardId, finished }: StreamPosition): Promise<Shard | undefined> {
    const shards = await this.#shards();
    const at = shards.findIndex(({ ShardId }) => ShardId === shardId);
    // A shard that is gone had only records that are too old: the oldest one left is the next.
    if (at >= 0) return shards[finished ? at + 1 : at];
    return shards[0];
  }

  async #shards(): Promise<Shard[]> {
    const shards: Shard[] = [];
    let ExclusiveStartShardId: string | undefined;
    do {
      const { StreamDescription } = await this.#cloud.call(
        this.#caller,
        "dynamodbstreams",
        "DescribeStream",
        { StreamArn: this.#polling.mapping.eventSourceArn, ExclusiveStartShardId },
      );
      shards.push(...(StreamDescription?.Shards ?? []));
      ExclusiveStartShardId = StreamDescription?.LastEvaluatedShardId;
    } while (ExclusiveStartShardId !== undefined);
    return shards;
  }

  /** Waits for the stream to change. */
  async #change(): Promise<void> {
    const { wakes, clock } = this.#cloud;
    await wakes.listen(this.#channel).woken(clock.now() + QUIET_MS_MAX, this.#polling.signal);
  }

  /** Reads a shard to its end, and sees to it that all of it is dealt with. */
  async #read(shard: Shard, position: StreamPosition): Promise<void> {
    const shardId = shard.ShardId!;
    const progress = new StreamProgress(this.#polling, shardId, position);
    // A window's state is one for the shard, so there is one lane for it.
    const { tumblingWindowInSeconds, parallelizationFactor } = this.#stream;
    const count = tumblingWindowInSeconds > 0 ? 1 : parallelizationFactor;
    const lanes = Array.from(
      { length: count },
      (_, number) => new StreamLane(this.#polling, shardId, progress, number),
    );
    const running = Promise.all(lanes.map((lane) => lane.run()));
    // The reading's own error is told; the lanes' is waited for below.
    running.catch(() => {});
    try {
      await this.#feed(lanes, progress, await this.#iterator(shardId, position), position);
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
    { begunAt }: StreamPosition,
  ): Promise<void> {
    const { clock, wakes } = this.#cloud;
    const { signal, mapping } = this.#polling;
    const skipsUntil = this.#stream.startingPosition === "LATEST" ? toTheSecond(begunAt) : 0;
    let iterator = first;
    while (iterator !== undefined && !signal.aborted) {
      const listener = wakes.listen(this.#channel);
      const { Records = [], NextShardIterator } = await this.#records(iterator);
      for (const record of Records) {
        const seen = toStreamRecord(record, mapping.eventSourceArn);
        if (createdAt(seen) < skipsUntil || !this.#passes(seen)) progress.passedOver(seen);
        else {
          progress.took(seen);
          lanes[laneOf(seen, lanes.length)]!.push(seen);
        }
      }
      iterator = NextShardIterator;
      const full = progress.outstanding >= AHEAD_RECORDS_MAX;
      if ((Records.length > 0 && !full) || iterator === undefined) {
        listener.close();
        continue;
      }
      await listener.woken(clock.now() + (full ? PAUSE_MS_LEAST : QUIET_MS_MAX), signal);
    }
  }

  async #records(
    ShardIterator: string,
  ): Promise<{ Records?: _Record[] | undefined; NextShardIterator?: string | undefined }> {
    return this.#cloud.call(this.#caller, "dynamodbstreams", "GetRecords", {
      ShardIterator,
      Limit: READ_RECORDS_MAX,
    });
  }

  #passes(record: StreamRecord): boolean {
    return this.#filters.length === 0 || this.#filters.some((filter) => filter.matches(record));
  }

  async #iterator(shardId: string, position: StreamPosition): Promise<string | undefined> {
    const latest = this.#latest;
    this.#latest = undefined;
    if (latest !== undefined) return latest;
    const after = position.shardId === shardId ? position.sequenceNumber : undefined;
    if (after === undefined) return this.#iteratorAt(shardId, "TRIM_HORIZON");
    try {
      return await this.#iteratorAt(shardId, "AFTER_SEQUENCE_NUMBER", after);
    } catch (error) {
      if (!isServiceError(error, "TrimmedDataAccessException")) throw error;
      return this.#iteratorAt(shardId, "TRIM_HORIZON");
    }
  }

  async #iteratorAt(
    ShardId: string,
    ShardIteratorType: ShardIteratorType,
    SequenceNumber?: string,
  ): Promise<string | undefined> {
    const { ShardIterator } = await this.#cloud.call(
      this.#caller,
      "dynamodbstreams",
      "GetShardIterator",
      {
        StreamArn: this.#polling.mapping.eventSourceArn,
        ShardId,
        ShardIteratorType,
        SequenceNumber,
      },
    );
    return ShardIterator;
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

  get #caller() {
    return callerOf(this.#polling.mapping);
  }

  /** What DynamoDB wakes when it has written to the stream. */
  get #channel(): string {
    return `dynamodb:${this.#polling.mapping.eventSourceArn}`;
  }
}

function toTheSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}
