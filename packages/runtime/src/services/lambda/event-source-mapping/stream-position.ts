import type { Key } from "../../../store/store.ts";
import type { Mapping } from "./mapping.ts";

/** How far a mapping has come in its stream. Shards of a table's stream follow one another, so one place is enough. */
export interface StreamPosition {
  /** When reading began, milliseconds: what `LATEST` leaves out is older. */
  readonly begunAt: number;
  /** The shard that is being read, or was read last. */
  readonly shardId?: string;
  /** The last record of which, and of all before it, is dealt with. */
  readonly sequenceNumber?: string;
  /** Nothing more comes in that shard. */
  readonly finished?: boolean;
  /** The window that is open, and what the function made of it so far. */
  readonly window?: WindowState;
}

export interface WindowState {
  /** Milliseconds. */
  readonly start: number;
  /** What the function returned as its state: any JSON. */
  readonly state: unknown;
}

export function positionKey({
  account,
  region,
  uuid,
}: Pick<Mapping, "account" | "region" | "uuid">): Key {
  return ["lambda", account, region, "stream-position", uuid];
}
