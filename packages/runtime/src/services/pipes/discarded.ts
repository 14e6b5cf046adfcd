import { parseArn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import {
  createdAt,
  type StreamRecord,
  sequenceNumberOf,
} from "../../event-sources/stream-record.ts";
import { DONE, type Owed, type OwedOutcome } from "../../owed.ts";
import { queueUrl } from "../../queue-url.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { callerOf, type Pipe, pipeArn } from "./pipe.ts";

export const DISCARDED = "pipes:discarded";

/** Why records of a stream are given up. */
export type DiscardCondition = "RetryAttemptsExhausted" | "RecordAgeExceeded";

export interface Discarded {
  readonly condition: DiscardCondition;
  readonly shardId: string;
  readonly records: readonly StreamRecord[];
}

interface Letter {
  /** A queue or a topic. */
  readonly arn: string;
  readonly body: string;
}

/** How long what nobody takes is tried again, and how often: each minute of a day. */
const RETRY_MS = 60_000;
const ATTEMPTS_MAX = 24 * 60;

/**
 * Owes the record of a batch that is given up to the source's dead-letter queue or topic, where there is one. It tells
 * where the records are, not what they say. Source: EventBridge user guide, "Amazon EventBridge Pipes error handling
 * and troubleshooting", "Pipe DLQ behavior".
 */
export function oweDiscarded(
  cloud: Cloud,
  tx: WriteTransaction,
  pipe: Pipe,
  discarded: Discarded,
): void {
  const { DeadLetterConfig } = pipe.settings.sourceParameters.DynamoDBStreamParameters ?? {};
  const { Arn: arn } = DeadLetterConfig ?? {};
  if (!arn) return;
  const body = JSON.stringify(recordOf(pipe, discarded, cloud.clock.now()));
  const payload: Letter = { arn, body };
  cloud.owed.add<Letter>(tx, { kind: DISCARDED, caller: callerOf(pipe), payload });
}

export function buryDiscarded(cloud: Cloud, owed: Owed<Letter>): Promise<OwedOutcome> {
  return cloud.activity.track(bury(cloud, owed));
}

async function bury(
  cloud: Cloud,
  { caller, payload, attempt }: Owed<Letter>,
): Promise<OwedOutcome> {
  try {
    await send(cloud, caller, payload);
  } catch (error) {
    const isServerError = !(error instanceof ServiceError) || (error.httpStatus ?? 400) >= 500;
    if (isServerError && attempt < ATTEMPTS_MAX)
      return { done: false, againAt: cloud.clock.now() + RETRY_MS };
  }
  return DONE;
}

async function send(cloud: Cloud, caller: Caller, { arn, body }: Letter): Promise<void> {
  const { service, account = "", region = "", resource: name = "" } = parseArn(arn) ?? {};
  const inWorld = { ...caller, account, region };
  if (service === "sns") {
    await cloud.call(inWorld, "sns", "Publish", { TopicArn: arn, Message: body });
    return;
  }
  const QueueUrl = queueUrl(cloud, { account, name });
  await cloud.call(inWorld, "sqs", "SendMessage", { QueueUrl, MessageBody: body });
}

function recordOf(pipe: Pipe, { condition, shardId, records }: Discarded, now: number) {
  const [first] = records;
  const last = records.at(-1);
  return {
    context: {
      partnerResourceArn: pipeArn(pipe),
      condition,
    },
    version: "1.0",
    timestamp: new Date(now).toISOString(),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: first && sequenceNumberOf(first),
      endSequenceNumber: last && sequenceNumberOf(last),
      approximateArrivalOfFirstRecord: first && toTheSecond(createdAt(first)),
      approximateArrivalOfLastRecord: last && toTheSecond(createdAt(last)),
      batchSize: records.length,
      streamArn: pipe.settings.source,
    },
  };
}

function toTheSecond(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}
