import type { Cloud } from "../../cloud.ts";
import {
  createdAt,
  type StreamRecord,
  sequenceNumberOf,
  toStreamRecord,
} from "../../event-sources/stream-record.ts";
import {
  QUIET_MS_MAX,
  type StreamPosition,
  TableStream,
} from "../../event-sources/table-stream.ts";
import type { CompiledPattern } from "../../patterns/pattern.ts";
import { oweDiscarded } from "./discarded.ts";
import { callerOf, positionKey } from "./pipe.ts";
import { batchMaxOf } from "./place.ts";
import { compileFilters, type Reading } from "./reading.ts";
import { type Settle, StreamBatch } from "./stream-batch.ts";

/**
 * Reads a table's stream for a pipe, shard after shard and batch after batch. A write's commit wakes it, so a change is
 * on its way at once.
 */
export class StreamReader {
  readonly #reading: Reading;
  readonly #cloud: Cloud;
  readonly #stream: TableStream;
  readonly #filters: readonly CompiledPattern[];
  readonly #batchSize: number;
  readonly #windowMs: number;
  readonly #skipsOld: boolean;

  constructor(reading: Reading) {
    const { settings } = reading.pipe;
    // A stream's pipe has a stream's parameters, with all defaults.
    const parameters = settings.sourceParameters.DynamoDBStreamParameters!;
    const { BatchSize = 1, MaximumBatchingWindowInSeconds = 0, StartingPosition } = parameters;
    this.#reading = reading;
    this.#cloud = reading.cloud;
    this.#stream = new TableStream(reading.cloud, callerOf(reading.pipe), settings.source);
    this.#filters = compileFilters(reading.pipe);
    this.#batchSize = Math.min(BatchSize, batchMaxOf(settings.target) ?? BatchSize);
    this.#windowMs = MaximumBatchingWindowInSeconds * 1_000;
    this.#skipsOld = StartingPosition === "LATEST";
  }

  async check(): Promise<void> {
    await this.#stream.shards();
  }

  async read(): Promise<void> {
    const { signal } = this.#reading;
    while (!signal.aborted) {
      const position = this.#known() ?? (await this.#begin());
      const shard = await this.#stream.shardAfter(position);
      if (shard?.ShardId !== undefined) await this.#readShard(shard.ShardId, position);
      else await this.#stream.listen().woken(this.#cloud.clock.now() + QUIET_MS_MAX, signal);
    }
  }

  /** Where the pipe is in its stream; undefined before it has begun to read. */
  #known(): StreamPosition | undefined {
    return this.#cloud.store.read((tx) => tx.get<StreamPosition>(positionKey(this.#reading.pipe)));
  }

  /** Notes that reading begins. */
  async #begin(): Promise<StreamPosition> {
    const position = await this.#stream.begin(this.#skipsOld);
    await this.#cloud.store.write((tx) => tx.put(positionKey(this.#reading.pipe), position));
    return position;
  }

  /** Reads a shard until nothing more comes in it, or the pipe stops. */
  async #readShard(shardId: string, position: StreamPosition): Promise<void> {
    const { clock } = this.#cloud;
    const { signal } = this.#reading;
    const settle = this.#settler(shardId, position);
    let iterator = await this.#stream.iterator(shardId, position);
    let gathered: StreamRecord[] = [];
    let closesAt = 0;
    while (iterator !== undefined && !signal.aborted) {
      const listener = this.#stream.listen();
      const most = this.#batchSize - gathered.length;
      const { records, next } = await this.#records(iterator, most, position);
      iterator = next;
      if (gathered.length === 0) closesAt = clock.now() + this.#windowMs;
      gathered.push(...records.passed);
      const full = gathered.length >= this.#batchSize;
      const goes = full || iterator === undefined || clock.now() >= closesAt;
      if (gathered.length > 0 && goes) {
        listener.close();
        const batch = new StreamBatch(this.#reading, shardId, settle, gathered);
        if ((await batch.process()) === "stopped") return;
        gathered = [];
      } else if (iterator === undefined || records.count > 0) listener.close();
      else
        await listener.woken(gathered.length > 0 ? closesAt : clock.now() + QUIET_MS_MAX, signal);
    }
    if (iterator === undefined) await settle([], undefined, true);
  }

  /** The records that the filters let through, and how many there were. */
  async #records(iterator: string, most: number, { begunAt }: StreamPosition) {
    const { records, next } = await this.#stream.records(iterator, most);
    const skipsUntil = this.#skipsOld ? Math.floor(begunAt / 1_000) * 1_000 : 0;
    const { source } = this.#reading.pipe.settings;
    const passed = records
      .map((record) => toStreamRecord(record, source))
      .filter((record) => createdAt(record) >= skipsUntil && this.#passes(record));
    return { records: { passed, count: records.length }, next };
  }

  #passes(record: StreamRecord): boolean {
    return this.#filters.length === 0 || this.#filters.some((filter) => filter.matches(record));
  }

  /** Notes how far the pipe has come and, where records were given up, owes what is told of them, in one transaction. */
  #settler(
    shardId: string,
    { begunAt, ...before }: StreamPosition,
  ): (...settled: [...Parameters<Settle>, finished?: boolean]) => Promise<void> {
    const { pipe } = this.#reading;
    let sequenceNumber = before.shardId === shardId ? before.sequenceNumber : undefined;
    return async (records, discarded, finished = false) => {
      const last = records.at(-1);
      if (last) sequenceNumber = sequenceNumberOf(last);
      const at = sequenceNumber === undefined ? {} : { sequenceNumber };
      await this.#cloud.store.write((tx) => {
        if (discarded) oweDiscarded(this.#cloud, tx, pipe, discarded);
        tx.put<StreamPosition>(positionKey(pipe), { begunAt, shardId, ...at, finished });
      });
    };
  }
}
