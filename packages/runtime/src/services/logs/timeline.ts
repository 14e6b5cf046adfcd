import type { Entry, ReadTransaction } from "../../store/store.ts";
import type { LogGroup } from "./group.ts";
import { streamTimelineKey, timelineKey, type World } from "./keys.ts";
import { invalidNextToken } from "./page.ts";

/** A log event as it is kept in its group's timeline, under its timestamp and sequence number. */
export interface StoredEvent {
  readonly stream: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly ingestionTime: number;
}

/** Events are ordered by timestamp, and at one timestamp by the order in which they came. */
export type Position = readonly [timestamp: number, sequence: number];

export interface LogEvent extends StoredEvent {
  readonly position: Position;
}

/** What AWS counts for an event beside its message: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const EVENT_OVERHEAD_BYTES = 26;

export function sizeOfEvent(message: string): number {
  return Buffer.byteLength(message, "utf8") + EVENT_OVERHEAD_BYTES;
}

/** A range of a timeline: positions from `from` (included) to `to` (not included), latest first when `reverse`. */
export interface Span {
  readonly from: Position;
  readonly to: Position;
  readonly reverse: boolean;
}

/** The events of all streams of a group, read as far as they are asked for. */
export function* eventsOfGroup(
  tx: ReadTransaction,
  world: World,
  group: LogGroup,
  span: Span,
): Generator<LogEvent> {
  const prefix = timelineKey(world, group.number);
  for (const { key, value } of spanned(tx.range<StoredEvent>({ prefix, ...span }), span))
    yield { ...value, position: positionIn(key) };
}

/** The events of one stream. */
export function* eventsOfStream(
  tx: ReadTransaction,
  world: World,
  group: LogGroup,
  stream: number,
  span: Span,
): Generator<LogEvent> {
  const prefix = streamTimelineKey(world, group.number, stream);
  for (const { key } of spanned(tx.range({ prefix, ...span }), span)) {
    const position = positionIn(key);
    const event = tx.get<StoredEvent>([...timelineKey(world, group.number), ...position]);
    if (event) yield { ...event, position };
  }
}

/**
 * A backward range of the store takes in its upper bound and leaves out its lower one; a span is the same set of
 * events in both directions.
 */
function* spanned<T>(entries: Iterable<Entry<T>>, { from, to }: Span): Generator<Entry<T>> {
  for (const entry of entries) {
    const position = positionIn(entry.key);
    if (comparePositions(position, from) >= 0 && comparePositions(position, to) < 0) yield entry;
  }
}

/** The first so many, reading no further. */
export function firstOf<T>(items: Iterable<T>, limit: number): T[] {
  const first: T[] = [];
  for (const item of items) {
    first.push(item);
    if (first.length === limit) break;
  }
  return first;
}

/** Several timelines, each in order, as one. A few dozen at most: the next is found by looking at each. */
export function* merge(timelines: Iterator<LogEvent>[], reverse: boolean): Generator<LogEvent> {
  const heads = timelines.map((timeline) => timeline.next());
  while (true) {
    let first = -1;
    for (const [index, head] of heads.entries()) {
      if (head.done) continue;
      const best = heads[first];
      const order =
        best?.done === false ? comparePositions(head.value.position, best.value.position) : -1;
      if (first === -1 || (reverse ? order > 0 : order < 0)) first = index;
    }
    const head = heads[first];
    if (head === undefined || head.done) return;
    yield head.value;
    heads[first] = timelines[first]!.next();
  }
}

export function comparePositions(a: Position, b: Position): number {
  return a[0] - b[0] || a[1] - b[1];
}

/** The last two parts of an event's key in either timeline. */
function positionIn(key: readonly unknown[]): Position {
  const [timestamp, sequence] = key.slice(-2);
  return [Number(timestamp), Number(sequence)];
}

const SEQUENCE_BITS = 144n;
const ID_DIGITS = 56;
const LAST_SEQUENCE = Number.MAX_SAFE_INTEGER;

export const BEGINNING: Position = [0, 0];
/** Behind every event: the last instant that a JavaScript Date can tell. */
export const END: Position = [8.64e15, LAST_SEQUENCE];

/** AWS's ids: 56 digits, of which those above the lower 144 bits are the timestamp. They sort as the events do. */
export function eventId([timestamp, sequence]: Position): string {
  const id = (BigInt(timestamp) << SEQUENCE_BITS) | BigInt(sequence);
  return id.toString().padStart(ID_DIGITS, "0");
}

/** The position in an id made by {@link eventId}; throws `InvalidParameterException` on what cannot be one. */
export function positionOfId(id: string): Position {
  const number = /^\d{1,60}$/.test(id) ? BigInt(id) : undefined;
  const sequence = number === undefined ? -1n : number & ((1n << SEQUENCE_BITS) - 1n);
  if (number === undefined || sequence > BigInt(LAST_SEQUENCE)) throw invalidNextToken();
  return [Number(number >> SEQUENCE_BITS), Number(sequence)];
}
