import type { Key } from "../../../store/store.ts";
import type { Item } from "../engine/index.ts";

/** A stream's record as the store has it. */
export interface Change {
  readonly id: string;
  readonly name: "INSERT" | "MODIFY" | "REMOVE";
  /** Milliseconds. */
  readonly at: number;
  readonly keys: Item;
  readonly newImage?: Item;
  readonly oldImage?: Item;
  readonly sizeBytes: number;
  /** The item's time to live ended: DynamoDB itself deleted it. */
  readonly expired?: true;
  /** The chain of requests that the write belongs to. No client sees it; a function that reads the stream goes on with it. */
  readonly traceHeader?: string;
}

export function changesPrefix(space: number): Key {
  return ["dynamodb", "change", space];
}

/** Whoever waits for records of a stream listens on this channel. */
export function streamChannel(streamArn: string): string {
  return `dynamodb:${streamArn}`;
}
