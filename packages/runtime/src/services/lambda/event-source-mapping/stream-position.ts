import type { StreamPosition } from "../../../event-sources/table-stream.ts";
import type { Key } from "../../../store/store.ts";
import type { Mapping } from "./mapping.ts";

/** How far a mapping has come in its stream. */
export interface MappingPosition extends StreamPosition {
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
