import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { findGroup, nameOfGroup } from "./group.ts";
import { invalidNextToken } from "./page.ts";
import { retainedSince } from "./retention.ts";
import { constrainStreamName, findStream } from "./stream.ts";
import {
  comparePositions,
  END,
  eventId,
  eventsOfStream,
  type LogEvent,
  type Position,
  positionOfId,
  sizeOfEvent,
} from "./timeline.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html */
const LIMIT_MAX = 10_000;
export const PAGE_BYTES_MAX = 1_048_576;

interface Token {
  readonly direction: "forward" | "backward";
  readonly position: Position;
}

/**
 * One stream's events, in order, a page at a time in either direction. A forward token stands behind the last event
 * that was read, a backward token before the first; at either end of the stream a page is empty and answers with the
 * very token that asked for it, which is how clients know that they are there. Events that come later are found
 * behind the same forward token.
 */
export const getLogEvents: OperationOf<"logs", "GetLogEvents"> = ({ cloud, caller }, input) => {
  const {
    logStreamName = "",
    startTime = 0,
    endTime,
    startFromHead = false,
    limit = LIMIT_MAX,
  } = input;
  constrainStreamName(new Constraints(), input.logStreamName)
    .range("startTime", startTime, { min: 0 })
    .range("endTime", endTime, { min: 0 })
    .range("limit", limit, { min: 1, max: LIMIT_MAX })
    .check("InvalidParameterException");
  const name = nameOfGroup(caller, input);
  const token = input.nextToken === undefined ? undefined : parseToken(input.nextToken);
  const backward = token ? token.direction === "backward" : !startFromHead;
  return cloud.store.read((tx) => {
    const group = findGroup(tx, caller, name);
    const stream = findStream(tx, caller, group, logStreamName);
    let from: Position = [Math.max(startTime, retainedSince(group, cloud.clock.now())), 0];
    let to: Position = endTime === undefined ? END : [endTime, 0];
    if (token && backward) to = earlier(to, token.position);
    if (token && !backward) from = later(from, behind(token.position));
    const span = { from, to, reverse: backward };
    const read = takeEvents(eventsOfStream(tx, caller, group, stream.number, span), limit);
    const events = backward ? read.reverse() : read;
    return {
      events: events.map(({ position, message, ingestionTime }) => ({
        timestamp: position[0],
        message,
        ingestionTime,
      })),
      ...nextTokens(events, input.nextToken, token, [startTime, 0]),
    };
  });
};

/** No more events than the limit, and no more than a page holds; one at least, however large. */
export function takeEvents(events: Iterable<LogEvent>, limit: number): LogEvent[] {
  const taken: LogEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += sizeOfEvent(event.message);
    if (taken.length > 0 && bytes > PAGE_BYTES_MAX) break;
    taken.push(event);
    if (taken.length === limit) break;
  }
  return taken;
}

function nextTokens(
  events: readonly LogEvent[],
  given: string | undefined,
  token: Token | undefined,
  beginning: Position,
): { nextForwardToken: string; nextBackwardToken: string } {
  const [first, last] = [events[0], events.at(-1)];
  if (first && last)
    return {
      nextForwardToken: formatToken("forward", last.position),
      nextBackwardToken: formatToken("backward", first.position),
    };
  if (!token || given === undefined)
    return {
      nextForwardToken: formatToken("forward", beginning),
      nextBackwardToken: formatToken("backward", beginning),
    };
  // The way back from an end begins with the event at that end.
  return token.direction === "forward"
    ? {
        nextForwardToken: given,
        nextBackwardToken: formatToken("backward", behind(token.position)),
      }
    : {
        nextForwardToken: formatToken("forward", before(token.position)),
        nextBackwardToken: given,
      };
}

function behind([timestamp, sequence]: Position): Position {
  return [timestamp, sequence + 1];
}

function before([timestamp, sequence]: Position): Position {
  return [timestamp, Math.max(0, sequence - 1)];
}

function later(a: Position, b: Position): Position {
  return comparePositions(a, b) > 0 ? a : b;
}

function earlier(a: Position, b: Position): Position {
  return comparePositions(a, b) < 0 ? a : b;
}

/** AWS's form: `f/` or `b/`, an event's id, `/s`. */
function formatToken(direction: Token["direction"], position: Position): string {
  return `${direction === "forward" ? "f" : "b"}/${eventId(position)}/s`;
}

function parseToken(token: string): Token {
  const match = /^([fb])\/(\d+)(?:\/s)?$/.exec(token);
  if (!match) throw invalidNextToken();
  return {
    direction: match[1] === "f" ? "forward" : "backward",
    position: positionOfId(match[2]!),
  };
}
