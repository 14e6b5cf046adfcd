import type { LogStream as LogStreamShown } from "@aws-sdk/client-cloudwatch-logs";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import { isName, takePage } from "../../page.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import {
  constrainGroupName,
  DESCRIBE_LIMIT_MAX,
  findGroup,
  type GroupUse,
  groupArn,
  type LogGroup,
  nameOfGroup,
  takeNumber,
  UNUSED,
} from "./group.ts";
import {
  streamsByLastEventKey,
  streamsKey,
  streamTimelineKey,
  timelineKey,
  useKey,
  type World,
} from "./keys.ts";
import { decodeNextToken } from "./page.ts";
import { type StoredEvent, sizeOfEvent } from "./timeline.ts";

export interface LogStream {
  /** Unique in its world for ever; see keys.ts. */
  readonly number: number;
  readonly name: string;
  /** Milliseconds since 1970, like all times here. */
  readonly creationTime: number;
  readonly firstEventTimestamp?: number;
  readonly lastEventTimestamp?: number;
  readonly lastIngestionTime?: number;
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html */
const NAME_LENGTH_MAX = 512;
const NAME_PATTERN = "[^:*]*";
/** A stream without events stands before all others in the order of last events. */
const NO_EVENT = 0;

/** Adds the checks of a log stream's name. */
export function constrainStreamName(
  constraints: Constraints,
  name: string | undefined,
): Constraints {
  return constraints
    .required("logStreamName", name)
    .length("logStreamName", name, { min: 1, max: NAME_LENGTH_MAX })
    .pattern("logStreamName", name, NAME_PATTERN);
}

/** The stream, or `ResourceNotFoundException`. */
export function findStream(
  tx: ReadTransaction,
  world: World,
  group: LogGroup,
  name: string,
): LogStream {
  const stream = tx.get<LogStream>([...streamsKey(world, group.number), name]);
  if (stream) return stream;
  throw new ServiceError("ResourceNotFoundException", "The specified log stream does not exist.");
}

/** Writes a stream and its place in the order of last events. `before` is what was kept until now. */
export function putStream(
  tx: WriteTransaction,
  world: World,
  group: LogGroup,
  stream: LogStream,
  before: LogStream | undefined,
): void {
  const byLastEvent = streamsByLastEventKey(world, group.number);
  const at = stream.lastEventTimestamp ?? NO_EVENT;
  const atBefore = before && (before.lastEventTimestamp ?? NO_EVENT);
  tx.put([...streamsKey(world, group.number), stream.name], stream);
  if (at === atBefore) return;
  if (atBefore !== undefined) tx.delete([...byLastEvent, atBefore, stream.name]);
  tx.put([...byLastEvent, at, stream.name], true);
}

/** The streams whose names begin with `prefix`, in the order of their names, as far as they are asked for. */
export function* streamsWithPrefix(
  tx: ReadTransaction,
  world: World,
  group: LogGroup,
  prefix: string,
): Generator<LogStream> {
  for (const { value } of tx.range<LogStream>({
    prefix: streamsKey(world, group.number),
    from: [prefix],
  })) {
    if (!value.name.startsWith(prefix)) return;
    yield value;
  }
}

export const createLogStream: OperationOf<"logs", "CreateLogStream"> = async (
  { cloud, caller },
  { logGroupName = "", logStreamName = "" },
) => {
  constrainStreamName(constrainGroupName(new Constraints(), logGroupName), logStreamName).check(
    "InvalidParameterException",
  );
  await cloud.store.write((tx) => {
    const group = findGroup(tx, caller, logGroupName);
    if (tx.get([...streamsKey(caller, group.number), logStreamName]))
      throw new ServiceError(
        "ResourceAlreadyExistsException",
        "The specified log stream already exists",
      );
    const stream: LogStream = {
      number: takeNumber(tx, caller),
      name: logStreamName,
      creationTime: cloud.clock.now(),
    };
    putStream(tx, caller, group, stream, undefined);
  });
  return {};
};

/** Takes the stream's events out of the group's timeline too, in one transaction: none is found once this is done. */
export const deleteLogStream: OperationOf<"logs", "DeleteLogStream"> = async (
  { cloud, caller },
  { logGroupName = "", logStreamName = "" },
) => {
  constrainStreamName(constrainGroupName(new Constraints(), logGroupName), logStreamName).check(
    "InvalidParameterException",
  );
  await cloud.store.write((tx) => {
    const group = findGroup(tx, caller, logGroupName);
    const stream = findStream(tx, caller, group, logStreamName);
    tx.delete([...streamsKey(caller, group.number), stream.name]);
    tx.delete([
      ...streamsByLastEventKey(caller, group.number),
      stream.lastEventTimestamp ?? NO_EVENT,
      stream.name,
    ]);
    const freedBytes = deleteEvents(tx, caller, group, stream);
    const use = tx.get<GroupUse>(useKey(caller, group.number)) ?? UNUSED;
    tx.put(useKey(caller, group.number), { ...use, storedBytes: use.storedBytes - freedBytes });
  });
  return {};
};

/** Returns how many bytes its events took. */
function deleteEvents(
  tx: WriteTransaction,
  world: World,
  group: LogGroup,
  stream: LogStream,
): number {
  const ofStream = streamTimelineKey(world, group.number, stream.number);
  let freedBytes = 0;
  for (const { key } of [...tx.range({ prefix: ofStream })]) {
    const eventKey = [...timelineKey(world, group.number), ...key.slice(-2)];
    const event = tx.get<StoredEvent>(eventKey);
    if (event) freedBytes += sizeOfEvent(event.message);
    tx.delete(eventKey);
    tx.delete(key);
  }
  return freedBytes;
}

export const describeLogStreams: OperationOf<"logs", "DescribeLogStreams"> = (
  { cloud, caller },
  input,
) => {
  const {
    logStreamNamePrefix: prefix,
    orderBy = "LogStreamName",
    limit = DESCRIBE_LIMIT_MAX,
  } = input;
  new Constraints()
    .length("logStreamNamePrefix", prefix, { min: 1, max: NAME_LENGTH_MAX })
    .pattern("logStreamNamePrefix", prefix, NAME_PATTERN)
    .oneOf("orderBy", orderBy, ["LogStreamName", "LastEventTime"])
    .range("limit", limit, { min: 1, max: DESCRIBE_LIMIT_MAX })
    .check("InvalidParameterException");
  if (orderBy === "LastEventTime" && prefix !== undefined)
    throw new ServiceError(
      "InvalidParameterException",
      "Cannot order by LastEventTime with a logStreamNamePrefix.",
    );
  const { descending = false, nextToken } = input;
  const order = { prefix: prefix ?? "", descending, nextToken };
  const name = nameOfGroup(caller, input);
  return cloud.store.read((tx) => {
    const group = findGroup(tx, caller, name);
    const { items, ...more } =
      orderBy === "LogStreamName"
        ? takePage(byName(tx, caller, group, order), limit, (stream) => stream.name)
        : takePage(byLastEvent(tx, caller, group, order), limit, positionInLastEvents);
    return { logStreams: items.map((stream) => showStream(caller, group, stream)), ...more };
  });
};

interface StreamOrder {
  readonly prefix: string;
  readonly descending: boolean;
  readonly nextToken: string | undefined;
}

function* byName(
  tx: ReadTransaction,
  world: World,
  group: LogGroup,
  { prefix, descending, nextToken }: StreamOrder,
): Generator<LogStream> {
  const after = decodeNextToken(nextToken, isName);
  // The highest character of all stands after every name that begins with the prefix.
  const range = descending
    ? { to: [after ?? `${prefix}\u{10ffff}`], reverse: true }
    : { from: [after ?? prefix] };
  for (const { value } of tx.range<LogStream>({
    prefix: streamsKey(world, group.number),
    ...range,
  })) {
    if (!value.name.startsWith(prefix)) return;
    if (value.name !== after) yield value;
  }
}

function* byLastEvent(
  tx: ReadTransaction,
  world: World,
  group: LogGroup,
  { descending, nextToken }: StreamOrder,
): Generator<LogStream> {
  const after = decodeNextToken(nextToken, isPositionInLastEvents);
  const bound = after === undefined ? {} : descending ? { to: after } : { from: after };
  const prefix = streamsByLastEventKey(world, group.number);
  for (const { key } of tx.range({ prefix, reverse: descending, ...bound })) {
    const [at, name] = key.slice(-2);
    if (after && at === after[0] && name === after[1]) continue;
    yield findStream(tx, world, group, String(name));
  }
}

type PositionInLastEvents = [at: number, name: string];

function positionInLastEvents(stream: LogStream): PositionInLastEvents {
  return [stream.lastEventTimestamp ?? NO_EVENT, stream.name];
}

function isPositionInLastEvents(value: unknown): value is PositionInLastEvents {
  return Array.isArray(value) && typeof value[0] === "number" && isName(value[1]);
}

function showStream(world: World, group: LogGroup, stream: LogStream): LogStreamShown {
  const { number, name, creationTime, ...times } = stream;
  return {
    logStreamName: name,
    creationTime,
    ...times,
    uploadSequenceToken: sequenceToken(number),
    arn: `${groupArn(world, group.name)}:log-stream:${name}`,
    // Since June 2019 AWS tells zero for every stream: the documentation of `LogStream`.
    storedBytes: 0,
  };
}

/** A token of AWS's form: 56 digits. It is accepted and not looked at. */
export function sequenceToken(number: number): string {
  return `49${String(number).padStart(54, "0")}`;
}
