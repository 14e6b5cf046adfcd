import type { Shard, ShardIteratorType } from "@aws-sdk/client-dynamodb-streams";
import type { Cloud } from "../../cloud.ts";
import { isServiceError } from "../../errors.ts";
import {
  createdAt,
  type StreamRecord,
  sequenceNumberOf,
  toStreamRecord,
} from "../../event-sources/stream-record.ts";
import type { CompiledPattern } from "../../patterns/pattern.ts";
import { oweDiscarded } from "./discarded.ts";
import { callerOf, positionKey } from "./pipe.ts";
import { batchMaxOf } from "./place.ts";
import { compileFilters, type Reading } from "./reading.ts";
import { type Settle, StreamBatch } from "./stream-batch.ts";

/** An iterator lives for 15 minutes, so it is renewed before when nothing comes. */
const QUIET_MS_MAX = 5 * 60 * 1_000;
const READ_RECORDS_MAX = 1_000;

/** How far a pipe has come in its stream. Shards of a table's stream follow one another, so one place is enough. */
interface Position {
  /** When reading began, milliseconds: what `LATEST` leaves out is older. */
  readonly begunAt: number;
  /** The shard that is being read, or was read last. */
  readonly shardId?: string;
  /** The last record of which, and of all before it, is dealt with. */
  readonly sequenceNumber?: string;
  /** Nothing more comes in that shard. */
  readonly finished?: boolean;
}

/**
 * Reads a table's stream for a pipe, shard after shard and batch after batch. A write's commit wakes it, so a change is
 * on its way at once.
 */
export class StreamReader {
  readonly #reading: Reading;
  readonly #cloud: Cloud;
  readonly #filters: readonly CompiledPattern[];
  readonly #batchSize: number;
  readonly #windowMs: number;
  readonly #skipsOld: boolean;
  /** Behind the last record that there was when reading began. After a restart the time has to do. */
  #latest: string | undefined;

  constructor(reading: Reading) {
    const { settings } = reading.pipe;
    // A stream's pipe has a stream's parameters, with all defaults.
    const parameters = settings.sourceParameters.DynamoDBStreamParameters!;
    const { BatchSize = 1, MaximumBatchingWindowInSeconds = 0, StartingPosition } = parameters;
    this.#reading = reading;
    this.#cloud = reading.cloud;
    this.#filters = compileFilters(reading.pipe);
    this.#batchSize = Math.min(BatchSize, batchMaxOf(settings.target) ?? BatchSize);
    this.#windowMs = MaximumBatchingWindowInSeconds * 1_000;
    this.#skipsOld = StartingPosition === "LATEST";
  }

  async check(): Promise<void> {
    await this.#shards();
  }

  async read(): Promise<void> {
    const { signal } = this.#reading;
    while (!signal.aborted) {
      const position = this.#known() ?? (await this.#begin());
      const shard = await this.#shardAfter(position);
      if (shard?.ShardId !== undefined) await this.#readShard(shard.ShardId, position);
      else await this.#listen().woken(this.#cloud.clock.now() + QUIET_MS_MAX, signal);
    }
  }

  /** Where the pipe is in its stream; undefined before it has begun to read. */
  #known(): Position | undefined {
    return this.#cloud.store.read((tx) => tx.get<Position>(positionKey(this.#reading.pipe)));
  }

  /** Notes that reading begins, so that what comes from now on is never left out, `LATEST` or not. */
  async #begin(): Promise<Position> {
    const begunAt = this.#cloud.clock.now();
    const open = this.#skipsOld ? (await this.#shards()).at(-1)?.ShardId : undefined;
    if (open !== undefined) this.#latest = await this.#iteratorAt(open, "LATEST");
    const position: Position = open === undefined ? { begunAt } : { begunAt, shardId: open };
    await this.#cloud.store.write((tx) => tx.put(positionKey(this.#reading.pipe), position));
    return position;
  }

  /** The shard to read next: the one that was not finished, or its child; undefined when there is none yet. */
  async #shardAfter({ shardId, finished }: Position): Promise<Shard | undefined> {
    const shards = await this.#shards();
    const at = shards.findIndex(({ ShardId }) => ShardId === shardId);
    // A shard that is gone had only records that are too old: the oldest one left is the next.
    if (at >= 0) return shards[finished ? at + 1 : at];
    return shards[0];
  }

  /** Reads a shard until nothing more comes in it, or the pipe stops. */
  async #readShard(shardId: string, position: Position): Promise<void> {
    const { clock } = this.#cloud;
    const { signal } = this.#reading;
    const settle = this.#settler(shardId, position);
    let iterator = await this.#iterator(shardId, position);
    let gathered: StreamRecord[] = [];
    let closesAt = 0;
    while (iterator !== undefined && !signal.aborted) {
      const listener = this.#listen();
      const most = Math.min(READ_RECORDS_MAX, this.#batchSize - gathered.length);
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
  async #records(ShardIterator: string, Limit: number, { begunAt }: Position) {
    const { Records = [], NextShardIterator: next } = await this.#cloud.call(
      this.#caller,
      "dynamodbstreams",
      "GetRecords",
      { ShardIterator, Limit },
    );
    const skipsUntil = this.#skipsOld ? Math.floor(begunAt / 1_000) * 1_000 : 0;
    const passed = Records.map((record) => toStreamRecord(record, this.#streamArn)).filter(
      (record) => createdAt(record) >= skipsUntil && this.#passes(record),
    );
    return { records: { passed, count: Records.length }, next };
  }

  #passes(record: StreamRecord): boolean {
    return this.#filters.length === 0 || this.#filters.some((filter) => filter.matches(record));
  }

  /** Notes how far the pipe has come and, where records were given up, owes what is told of them, in one transaction. */
  #settler(
    shardId: string,
    { begunAt, ...before }: Position,
  ): (...settled: [...Parameters<Settle>, finished?: boolean]) => Promise<void> {
    const { pipe } = this.#reading;
    let sequenceNumber = before.shardId === shardId ? before.sequenceNumber : undefined;
    return async (records, discarded, finished = false) => {
      const last = records.at(-1);
      if (last) sequenceNumber = sequenceNumberOf(last);
      const at = sequenceNumber === undefined ? {} : { sequenceNumber };
      await this.#cloud.store.write((tx) => {
        if (discarded) oweDiscarded(this.#cloud, tx, pipe, discarded);
        tx.put<Position>(positionKey(pipe), { begunAt, shardId, ...at, finished });
      });
    };
  }

  async #iterator(shardId: string, position: Position): Promise<string | undefined> {
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
      { StreamArn: this.#streamArn, ShardId, ShardIteratorType, SequenceNumber },
    );
    return ShardIterator;
  }

  async #shards(): Promise<Shard[]> {
    const shards: Shard[] = [];
    let ExclusiveStartShardId: string | undefined;
    do {
      const { StreamDescription } = await this.#cloud.call(
        this.#caller,
        "dynamodbstreams",
        "DescribeStream",
        { StreamArn: this.#streamArn, ExclusiveStartShardId },
      );
      shards.push(...(StreamDescription?.Shards ?? []));
      ExclusiveStartShardId = StreamDescription?.LastEvaluatedShardId;
    } while (ExclusiveStartShardId !== undefined);
    return shards;
  }

  /** DynamoDB wakes it when it has written to the stream. */
  #listen() {
    return this.#cloud.wakes.listen(`dynamodb:${this.#streamArn}`);
  }

  get #streamArn(): string {
    return this.#reading.pipe.settings.source;
  }

  get #caller() {
    return callerOf(this.#reading.pipe);
  }
}
