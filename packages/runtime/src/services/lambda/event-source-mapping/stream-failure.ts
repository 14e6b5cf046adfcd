import type { Cloud } from "../../../cloud.ts";
import {
  createdAt,
  type StreamRecord,
  sequenceNumberOf,
} from "../../../event-sources/stream-record.ts";
import type { WriteTransaction } from "../../../store/store.ts";
import { oweRecord } from "../destination.ts";
import { functionReference } from "../names.ts";
import type { Mapping } from "./mapping.ts";

/** Why a batch is given up. The first is AWS's as recorded; AWS's guide names no other that a program could read. */
export type DiscardCondition = "RetryAttemptsExhausted" | "RecordAgeExceeded";

/** How the last invocation with a batch went. */
export interface LastInvocation {
  readonly requestId: string;
  readonly executedVersion: string;
  /** Undefined where the function itself said which records failed. */
  readonly functionError: string | undefined;
}

export interface Discarded {
  readonly condition: DiscardCondition;
  readonly shardId: string;
  readonly records: readonly StreamRecord[];
  readonly invokeCount: number;
  /** Undefined where the function was not invoked with them. */
  readonly last: LastInvocation | undefined;
}

/**
 * Owes the record of a batch that is given up to the mapping's on-failure destination, where it has one. Source of the
 * record: AWS's, as recorded in LocalStack's test_lambda_integration_dynamodbstreams.snapshot.json.
 */
export function oweDiscarded(
  cloud: Cloud,
  tx: WriteTransaction,
  mapping: Mapping,
  discarded: Discarded,
): void {
  const destination = mapping.settings.stream?.onFailureArn;
  if (destination === undefined) return;
  const { account, region, functionArn } = mapping;
  const { name, qualifier } = functionReference(mapping, functionArn);
  const caller = { account, region, principal: "lambda.amazonaws.com", source: functionArn };
  const body = JSON.stringify(recordOf(mapping, discarded, cloud.clock.now()));
  oweRecord(cloud, tx, caller, { arn: destination, name, qualifier, body });
}

function recordOf(mapping: Mapping, discarded: Discarded, now: number) {
  const { condition, shardId, records, invokeCount, last } = discarded;
  const [first] = records;
  const final = records.at(-1);
  return {
    requestContext: {
      requestId: last?.requestId,
      functionArn: mapping.functionArn,
      condition,
      approximateInvokeCount: invokeCount,
    },
    ...(last && {
      responseContext: {
        statusCode: 200,
        executedVersion: last.executedVersion,
        functionError: last.functionError ?? null,
      },
    }),
    version: "1.0",
    timestamp: new Date(now).toISOString(),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: first && sequenceNumberOf(first),
      endSequenceNumber: final && sequenceNumberOf(final),
      approximateArrivalOfFirstRecord: first && toTheSecond(createdAt(first)),
      approximateArrivalOfLastRecord: final && toTheSecond(createdAt(final)),
      batchSize: records.length,
      streamArn: mapping.eventSourceArn,
    },
  };
}

function toTheSecond(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}
