import { createHash } from "node:crypto";
import type { _Record, AttributeValue } from "@aws-sdk/client-dynamodb-streams";

/** Where a record has the trace header of its cause: by a symbol, so that no function is shown it. */
export const TRACE_HEADER = Symbol("trace header");

/** A change as a function sees it in `Records`. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: string;
  readonly eventVersion: string;
  readonly eventSource: string;
  readonly awsRegion: string;
  readonly dynamodb: {
    /** Seconds since 1970. */
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Attributes;
    readonly NewImage?: Attributes;
    readonly OldImage?: Attributes;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: string;
  };
  /** Set where DynamoDB itself deleted an item whose time had come. */
  readonly userIdentity?: { readonly type: string; readonly principalId: string };
  readonly eventSourceARN: string;
  readonly [TRACE_HEADER]?: string;
}

/** Attributes in DynamoDB's JSON, binary in base 64. */
type Attributes = Readonly<Record<string, unknown>>;

/** The record of a stream's record. Source: Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB", example event. */
export function toStreamRecord(
  record: _Record & { readonly traceHeader?: string },
  streamArn: string,
): StreamRecord {
  const { dynamodb = {}, userIdentity, traceHeader } = record;
  const { NewImage, OldImage, ApproximateCreationDateTime } = dynamodb;
  return {
    eventID: record.eventID ?? "",
    eventName: record.eventName ?? "",
    eventVersion: record.eventVersion ?? "1.1",
    eventSource: record.eventSource ?? "aws:dynamodb",
    awsRegion: record.awsRegion ?? "",
    dynamodb: {
      ApproximateCreationDateTime: (ApproximateCreationDateTime?.getTime() ?? 0) / 1000,
      Keys: attributes(dynamodb.Keys ?? {}),
      ...(NewImage && { NewImage: attributes(NewImage) }),
      ...(OldImage && { OldImage: attributes(OldImage) }),
      SequenceNumber: dynamodb.SequenceNumber ?? "",
      SizeBytes: dynamodb.SizeBytes ?? 0,
      StreamViewType: dynamodb.StreamViewType ?? "",
    },
    ...(userIdentity && {
      userIdentity: {
        type: userIdentity.Type ?? "",
        principalId: userIdentity.PrincipalId ?? "",
      },
    }),
    eventSourceARN: streamArn,
    ...(traceHeader !== undefined && { [TRACE_HEADER]: traceHeader }),
  };
}

function attributes(values: Record<string, AttributeValue>): Attributes {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, inJson(value)]));
}

function inJson(value: AttributeValue): unknown {
  if (value.B !== undefined) return { B: base64(value.B) };
  if (value.BS !== undefined) return { BS: value.BS.map(base64) };
  if (value.L !== undefined) return { L: value.L.map(inJson) };
  if (value.M !== undefined) return { M: attributes(value.M) };
  return value;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

export function sequenceNumberOf({ dynamodb }: StreamRecord): string {
  return dynamodb.SequenceNumber;
}

/** When the change was made, to the second: milliseconds. */
export function createdAt({ dynamodb }: StreamRecord): number {
  return dynamodb.ApproximateCreationDateTime * 1000;
}

/** Which of `lanes` the record goes into: changes of one item all go into one. */
export function laneOf({ dynamodb }: StreamRecord, lanes: number): number {
  if (lanes === 1) return 0;
  const digest = createHash("sha256").update(JSON.stringify(dynamodb.Keys)).digest();
  return digest.readUInt32BE() % lanes;
}
