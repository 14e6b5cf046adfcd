import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import { encodePageToken } from "../../page.ts";
import type { InputOf } from "../../sdk.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import { PAGE_BYTES_MAX } from "./get.ts";
import { findGroup, type LogGroup, nameOfGroup } from "./group.ts";
import { streamsKey, type World } from "./keys.ts";
import { decodeNextToken } from "./page.ts";
import type { FilterPattern } from "./patterns/match.ts";
import { compilePattern, PATTERN_LENGTH_MAX } from "./patterns/pattern.ts";
import { retainedSince } from "./retention.ts";
import { type LogStream, streamsWithPrefix } from "./stream.ts";
import {
  END,
  eventId,
  eventsOfGroup,
  eventsOfStream,
  firstOf,
  type LogEvent,
  merge,
  type Position,
  type Span,
  sizeOfEvent,
} from "./timeline.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
const LIMIT_MAX = 10_000;
const STREAM_NAMES_MAX = 100;
/** So many events are looked at for one page; a page that found nothing yet says where to go on, as AWS's do. */
const SEARCHED_EVENTS_MAX = 100_000;
/** So many streams of a prefix are merged; with more, all of the group's events are read and others passed over. */
const MERGED_STREAMS_MAX = 100;
/** `startFromHead: false` needs a start at or after this instant, says the documentation of FilterLogEvents. */
const REVERSIBLE_SINCE = Date.UTC(2024, 0, 1);

type Input = InputOf<"logs", "FilterLogEvents">;

/** Where the next page begins: behind this position, in this direction. */
type Resume = readonly [timestamp: number, sequence: number, direction: "forward" | "backward"];

/** The events of a group that match, of all streams or some, in the order of time. What `aws logs tail` follows. */
export const filterLogEvents: OperationOf<"logs", "FilterLogEvents"> = (
  { cloud, caller },
  input,
) => {
  const { filterPattern = "", startTime = 0, limit = LIMIT_MAX } = input;
  checkInput(input);
  const pattern = compilePattern(filterPattern);
  const name = nameOfGroup(caller, input);
  const resume = decodeNextToken(input.nextToken, isResume);
  const reverse = resume ? resume[2] === "backward" : input.startFromHead === false;
  return cloud.store.read((tx) => {
    const group = findGroup(tx, caller, name);
    let from: Position = [Math.max(startTime, retainedSince(group, cloud.clock.now())), 0];
    // An event at the very end of the time range is still in it.
    let to: Position = input.endTime === undefined ? END : [input.endTime + 1, 0];
    if (resume && reverse) to = [resume[0], resume[1]];
    if (resume && !reverse) from = [resume[0], resume[1] + 1];
    const events = eventsAskedFor(tx, caller, group, input, { from, to, reverse });
    const { found, stoppedAt } = search(events, pattern, limit);
    const nextToken =
      stoppedAt &&
      encodePageToken([...stoppedAt, reverse ? "backward" : "forward"] satisfies Resume);
    return {
      events: found.map(({ position, stream, message, ingestionTime }) => ({
        logStreamName: stream,
        timestamp: position[0],
        message,
        ingestionTime,
        eventId: eventId(position),
      })),
      // Empty since May 2020, says the documentation of FilterLogEventsResponse.
      searchedLogStreams: [],
      ...(nextToken === undefined ? {} : { nextToken }),
    };
  });
};

function checkInput(input: Input): void {
  const { logStreamNames, logStreamNamePrefix, startTime, endTime } = input;
  new Constraints()
    .length("logStreamNames", logStreamNames, { min: 1, max: STREAM_NAMES_MAX })
    .length("logStreamNamePrefix", logStreamNamePrefix, { min: 1, max: 512 })
    .length("filterPattern", input.filterPattern, { max: PATTERN_LENGTH_MAX })
    .range("startTime", startTime, { min: 0 })
    .range("endTime", endTime, { min: 0 })
    .range("limit", input.limit, { min: 1, max: LIMIT_MAX })
    .check("InvalidParameterException");
  if (logStreamNames && logStreamNamePrefix !== undefined)
    throw new ServiceError(
      "InvalidParameterException",
      "logStreamNamePrefix and logStreamNames are mutually exclusive parameters.",
    );
  if (input.startFromHead === false && (startTime ?? 0) < REVERSIBLE_SINCE)
    throw new ServiceError(
      "InvalidParameterException",
      "startFromHead can be false only when startTime is on or after 2024-01-01T00:00:00Z.",
    );
}

function eventsAskedFor(
  tx: ReadTransaction,
  world: World,
  group: LogGroup,
  { logStreamNames, logStreamNamePrefix: prefix }: Input,
  span: Span,
): Iterable<LogEvent> {
  if (logStreamNames) {
    const streams = [...new Set(logStreamNames)]
      .map((name) => tx.get<LogStream>([...streamsKey(world, group.number), name]))
      .filter((stream) => stream !== undefined);
    if (streams.length === 0)
      throw new ServiceError(
        "ResourceNotFoundException",
        "The specified log stream does not exist.",
      );
    return eventsOfStreams(tx, world, group, streams, span);
  }
  if (prefix === undefined) return eventsOfGroup(tx, world, group, span);
  const streams = firstOf(streamsWithPrefix(tx, world, group, prefix), MERGED_STREAMS_MAX + 1);
  if (streams.length <= MERGED_STREAMS_MAX) return eventsOfStreams(tx, world, group, streams, span);
  return eventsOfPrefix(tx, world, group, prefix, span);
}

function* eventsOfPrefix(
  tx: ReadTransaction,
  world: World,
  group: LogGroup,
  prefix: string,
  span: Span,
): Generator<LogEvent> {
  for (const event of eventsOfGroup(tx, world, group, span))
    if (event.stream.startsWith(prefix)) yield event;
}

function eventsOfStreams(
  tx: ReadTransaction,
  world: World,
  group: LogGroup,
  streams: readonly LogStream[],
  span: Span,
): Iterable<LogEvent> {
  return merge(
    streams.map(({ number }) => eventsOfStream(tx, world, group, number, span)),
    span.reverse,
  );
}

/** Looks at events until the page is full, or until it has looked at enough; `stoppedAt` when there may be more. */
function search(
  events: Iterable<LogEvent>,
  pattern: FilterPattern,
  limit: number,
): { found: LogEvent[]; stoppedAt?: Position } {
  const found: LogEvent[] = [];
  let searched = 0;
  let bytes = 0;
  let last: Position | undefined;
  for (const event of events) {
    const full =
      found.length === limit || bytes >= PAGE_BYTES_MAX || searched === SEARCHED_EVENTS_MAX;
    if (full && last) return { found, stoppedAt: last };
    last = event.position;
    searched += 1;
    if (!pattern.match(event.message)) continue;
    found.push(event);
    bytes += sizeOfEvent(event.message);
  }
  return { found };
}

function isResume(value: unknown): value is Resume {
  return (
    Array.isArray(value) &&
    typeof value[0] === "number" &&
    typeof value[1] === "number" &&
    (value[2] === "forward" || value[2] === "backward")
  );
}
