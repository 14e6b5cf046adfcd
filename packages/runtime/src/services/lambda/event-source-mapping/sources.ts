import { parseArn } from "../../../arn.ts";
import { invalidParameter } from "../errors.ts";
import { dynamodbSource } from "./dynamodb-source.ts";
import type { EventSource } from "./source.ts";
import { sqsSource } from "./sqs-source.ts";

const SOURCES: readonly EventSource[] = [sqsSource, dynamodbSource];

/** The kind of source that an ARN names. Throws `InvalidParameterValueException` where it is none. */
export function sourceOf(eventSourceArn: string): EventSource {
  const service = parseArn(eventSourceArn)?.service;
  const source = SOURCES.find((candidate) => candidate.service === service);
  if (source) return source;
  throw invalidParameter(
    `Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported arn ${eventSourceArn}`,
  );
}
