import type { InputLogEvent, RejectedLogEventsInfo } from "@aws-sdk/client-cloudwatch-logs";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { constrainGroupName, findGroup, type GroupUse, type LogGroup, UNUSED } from "./group.ts";
import { streamTimelineKey, timelineKey, useKey } from "./keys.ts";
import { oweMetrics } from "./metric-filter.ts";
import { retainedSince } from "./retention.ts";
import {
  constrainStreamName,
  findStream,
  type LogStream,
  putStream,
  sequenceToken,
} from "./stream.ts";
import { oweDeliveries } from "./subscription-filter.ts";
import { sweeper } from "./sweeper.ts";
import type { LogEvent } from "./timeline.ts";
import { sizeOfEvent } from "./timeline.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const BATCH_EVENTS_MAX = 10_000;
const BATCH_BYTES_MAX = 1_048_576;
const BATCH_SPAN_MS_MAX = 24 * 3_600_000;
const EVENT_AGE_MS_MAX = 14 * 24 * 3_600_000;
const EVENT_AHEAD_MS_MAX = 2 * 3_600_000;

type Checked = Required<{ [Member in keyof InputLogEvent]: NonNullable<InputLogEvent[Member]> }>;

interface Sorted {
  readonly accepted: readonly Checked[];
  readonly rejected: RejectedLogEventsInfo | undefined;
}

/**
 * Puts a batch in one transaction, with the metrics and deliveries that the group's filters owe for it. Sequence
 * tokens are accepted and not looked at, as on AWS since January 2023.
 */
export const putLogEvents: OperationOf<"logs", "PutLogEvents"> = async (
  { cloud, caller },
  input,
) => {
  const { logGroupName = "", logStreamName = "" } = input;
  const events = checkBatch(logGroupName, logStreamName, input.logEvents);
  const now = cloud.clock.now();
  const { group, sorted, sequence } = await cloud.store.write((tx) => {
    const group = findGroup(tx, caller, logGroupName);
    const stream = findStream(tx, caller, group, logStreamName);
    const sorted = sortOut(events, now, retainedSince(group, now));
    const sequence = putEvents(cloud, tx, caller, { group, stream, events: sorted.accepted, now });
    return { group, sorted, sequence };
  });
  countIncoming(cloud, caller, logGroupName, sorted.accepted);
  if (group.retentionInDays !== undefined && sorted.accepted.length > 0)
    cloud.derived(sweeper).watch(caller, logGroupName);
  return {
    nextSequenceToken: sequenceToken(sequence),
    ...(sorted.rejected ? { rejectedLogEventsInfo: sorted.rejected } : {}),
  };
};

function checkBatch(
  logGroupName: string,
  logStreamName: string,
  logEvents: readonly InputLogEvent[] | undefined,
): readonly Checked[] {
  const constraints = constrainStreamName(
    constrainGroupName(new Constraints(), logGroupName),
    logStreamName,
  )
    .required("logEvents", logEvents)
    .length("logEvents", logEvents, { min: 1, max: BATCH_EVENTS_MAX });
  for (const [index, { timestamp, message }] of logEvents?.entries() ?? []) {
    const member = `logEvents.${index + 1}.member`;
    constraints
      .required(`${member}.timestamp`, timestamp)
      .range(`${member}.timestamp`, timestamp, { min: 0 })
      .required(`${member}.message`, message)
      .length(`${member}.message`, message, { min: 1 });
  }
  constraints.check("InvalidParameterException");
  // Every member was found to be there.
  const events = logEvents as readonly Checked[];
  const bytes = sizeOfEvents(events);
  if (bytes > BATCH_BYTES_MAX)
    throw new ServiceError(
      "InvalidParameterException",
      `Upload too large: ${bytes} bytes exceeds limit of ${BATCH_BYTES_MAX}`,
    );
  if (events.some(({ timestamp }, index) => timestamp < (events[index - 1]?.timestamp ?? 0)))
    throw new ServiceError(
      "InvalidParameterException",
      "Log events in a single PutLogEvents request must be in chronological order.",
    );
  return events;
}

function sizeOfEvents(events: readonly Checked[]): number {
  return events.reduce((bytes, { message }) => bytes + sizeOfEvent(message), 0);
}

/** Events are in order, so those that are refused stand at the two ends. */
function sortOut(events: readonly Checked[], now: number, retainedSince: number): Sorted {
  const tooOld = countWhile(events, ({ timestamp }) => timestamp < now - EVENT_AGE_MS_MAX);
  const expired = countWhile(events, ({ timestamp }) => timestamp < retainedSince);
  const notTooNew = countWhile(events, ({ timestamp }) => timestamp <= now + EVENT_AHEAD_MS_MAX);
  const accepted = events.slice(Math.max(tooOld, expired), notTooNew);
  const span = (accepted.at(-1)?.timestamp ?? 0) - (accepted[0]?.timestamp ?? 0);
  if (span > BATCH_SPAN_MS_MAX)
    throw new ServiceError(
      "InvalidParameterException",
      "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
    );
  if (accepted.length === events.length) return { accepted, rejected: undefined };
  const rejected = {
    ...(notTooNew < events.length ? { tooNewLogEventStartIndex: notTooNew } : {}),
    ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
    ...(expired > 0 ? { expiredLogEventEndIndex: expired } : {}),
  };
  return { accepted, rejected };
}

function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  const end = items.findIndex((item) => !holds(item));
  return end === -1 ? items.length : end;
}

interface Batch {
  readonly group: LogGroup;
  readonly stream: LogStream;
  readonly events: readonly Checked[];
  readonly now: number;
}

/** Returns the sequence number after the last event's. */
function putEvents(
  cloud: Cloud,
  tx: WriteTransaction,
  caller: Caller,
  { group, stream, events, now }: Batch,
): number {
  const use = tx.get<GroupUse>(useKey(caller, group.number)) ?? UNUSED;
  const [first, last] = [events[0], events.at(-1)];
  if (!first || !last) return use.nextSequence;
  const timeline = timelineKey(caller, group.number);
  const ofStream = streamTimelineKey(caller, group.number, stream.number);
  let sequence = use.nextSequence;
  const stored: LogEvent[] = [];
  for (const { timestamp, message } of events) {
    const event = { stream: stream.name, message, ingestionTime: now };
    tx.put([...timeline, timestamp, sequence], event);
    tx.put([...ofStream, timestamp, sequence], true);
    stored.push({ ...event, position: [timestamp, sequence] });
    sequence += 1;
  }
  const storedBytes = use.storedBytes + sizeOfEvents(events);
  tx.put(useKey(caller, group.number), { nextSequence: sequence, storedBytes } satisfies GroupUse);
  const after: LogStream = {
    ...stream,
    firstEventTimestamp: Math.min(stream.firstEventTimestamp ?? first.timestamp, first.timestamp),
    lastEventTimestamp: Math.max(stream.lastEventTimestamp ?? last.timestamp, last.timestamp),
    lastIngestionTime: now,
  };
  putStream(tx, caller, group, after, stream);
  if (group.metricFilterCount > 0) oweMetrics(cloud, tx, caller, group, stored);
  if (group.subscriptionFilterCount > 0) oweDeliveries(cloud, tx, caller, group, stored);
  return sequence;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html */
function countIncoming(
  cloud: Cloud,
  { account, region }: Caller,
  logGroupName: string,
  events: readonly Checked[],
): void {
  if (events.length === 0) return;
  const metric = {
    account,
    region,
    namespace: "AWS/Logs",
    dimensions: { LogGroupName: logGroupName },
  };
  cloud.metrics.emit({ ...metric, name: "IncomingLogEvents", unit: "Count" }, events.length);
  cloud.metrics.emit({ ...metric, name: "IncomingBytes", unit: "Bytes" }, sizeOfEvents(events));
}
