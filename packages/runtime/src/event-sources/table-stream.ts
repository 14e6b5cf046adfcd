import type { _Record, Shard, ShardIteratorType } from "@aws-sdk/client-dynamodb-streams";
import type { Caller } from "../call.ts";
import type { Cloud } from "../cloud.ts";
import { isServiceError } from "../errors.ts";
import type { Listener } from "../wakes.ts";

/** An iterator lives for 15 minutes, so it is renewed before when nothing comes. */
export const QUIET_MS_MAX = 5 * 60 * 1000;
const READ_RECORDS_MAX = 1_000;

/** How far a reader has come in its stream. Shards of a table's stream follow one another, so one place is enough. */
export interface StreamPosition {
  /** When reading began, milliseconds: what `LATEST` leaves out is older. */
  readonly begunAt: number;
  /** The shard that is being read, or was read last. */
  readonly shardId?: string;
  /** The last record of which, and of all before it, is dealt with. */
  readonly sequenceNumber?: string;
  /** Nothing more comes in that shard. */
  readonly finished?: boolean;
}

export interface ReadRecords {
  readonly records: readonly _Record[];
  /** Where to read on; undefined at the end of the shard. */
  readonly next: string | undefined;
}

/** A table's stream as those read it who keep their own position in it: mappings and pipes. All rejects as DynamoDB does. */
export class TableStream {
  readonly #cloud: Cloud;
  readonly #caller: Caller;
  readonly #arn: string;
  /** Behind the last record that there was when reading began. After a restart the time has to do. */
  #latest: string | undefined;

  constructor(cloud: Cloud, caller: Caller, arn: string) {
    this.#cloud = cloud;
    this.#caller = caller;
    this.#arn = arn;
  }

  /** Where reading begins now: so that what comes from now on is never left out, `LATEST` or not. */
  async begin(fromLatest: boolean): Promise<StreamPosition> {
    const begunAt = this.#cloud.clock.now();
    const open = fromLatest ? (await this.shards()).at(-1)?.ShardId : undefined;
    if (open === undefined) return { begunAt };
    this.#latest = await this.#iteratorAt(open, "LATEST");
    return { begunAt, shardId: open };
  }

  /** The shard to read next: the one that was not finished, or its child; undefined when there is none yet. */
  async shardAfter({ shardId, finished }: StreamPosition): Promise<Shard | undefined> {
    const shards = await this.shards();
    const at = shards.findIndex(({ ShardId }) => ShardId === shardId);
    // A shard that is gone had only records that are too old: the oldest one left is the next.
    if (at >= 0) return shards[finished ? at + 1 : at];
    return shards[0];
  }

  async shards(): Promise<Shard[]> {
    const shards: Shard[] = [];
    let ExclusiveStartShardId: string | undefined;
    do {
      const { StreamDescription } = await this.#cloud.call(
        this.#caller,
        "dynamodbstreams",
        "DescribeStream",
        { StreamArn: this.#arn, ExclusiveStartShardId },
      );
      shards.push(...(StreamDescription?.Shards ?? []));
      ExclusiveStartShardId = StreamDescription?.LastEvaluatedShardId;
    } while (ExclusiveStartShardId !== undefined);
    return shards;
  }

  /** Where to read a shard on from a position. */
  async iterator(shardId: string, position: StreamPosition): Promise<string | undefined> {
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

  async records(ShardIterator: string, Limit = READ_RECORDS_MAX): Promise<ReadRecords> {
    const { Records = [], NextShardIterator } = await this.#cloud.call(
      this.#caller,
      "dynamodbstreams",
      "GetRecords",
      { ShardIterator, Limit: Math.min(Limit, READ_RECORDS_MAX) },
    );
    return { records: Records, next: NextShardIterator };
  }

  /** DynamoDB wakes it when it has written to the stream. */
  listen(): Listener {
    return this.#cloud.wakes.listen(`dynamodb:${this.#arn}`);
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
      { StreamArn: this.#arn, ShardId, ShardIteratorType, SequenceNumber },
    );
    return ShardIterator;
  }
}
