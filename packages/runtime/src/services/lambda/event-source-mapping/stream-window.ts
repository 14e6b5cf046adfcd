import { createdAt, type StreamRecord } from "../../../event-sources/stream-record.ts";
import type { WindowState } from "./stream-position.ts";

/** Source: Lambda developer guide, "Implementing stateful DynamoDB stream processing in Lambda". */
export const STATE_BYTES_MAX = 1024 * 1024;

/** What an invocation in a window is given beside its records. */
export interface WindowPart {
  readonly window: { readonly start: string; readonly end: string };
  readonly state: unknown;
  readonly shardId: string;
  readonly eventSourceARN: string;
  readonly isFinalInvokeForWindow: boolean;
  readonly isWindowTerminatedEarly: boolean;
}

/** The window, so many seconds long, that a record falls into: windows follow one another from 1970 on. */
export function windowStart(record: StreamRecord, seconds: number): number {
  const length = seconds * 1000;
  return Math.floor(createdAt(record) / length) * length;
}

export function windowPart(
  { start, state }: WindowState,
  seconds: number,
  of: { readonly shardId: string; readonly eventSourceARN: string },
  ending: "open" | "final" | "early",
): WindowPart {
  return {
    window: { start: instant(start), end: instant(start + seconds * 1000) },
    state,
    ...of,
    isFinalInvokeForWindow: ending !== "open",
    isWindowTerminatedEarly: ending === "early",
  };
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

/** The state that a function returned; undefined where it returned none, which is a failure. */
export function returnedState(payload: Uint8Array | undefined): { state: unknown } | undefined {
  try {
    const response: unknown = JSON.parse(Buffer.from(payload ?? []).toString());
    if (typeof response !== "object" || response === null || !("state" in response))
      return undefined;
    return { state: response.state };
  } catch {
    return undefined;
  }
}

export function isTooLarge(state: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(state) ?? "") > STATE_BYTES_MAX;
}
