import { invalidParameter } from "../errors.ts";
import type { EventSource } from "./source.ts";
import { sqsSource } from "./sqs-source.ts";

const SOURCES: readonly EventSource[] = [sqsSource];

/** The kind of source that an ARN names. Throws `InvalidParameterValueException` where it is none. */
export function sourceOf(eventSourceArn: string): EventSource {
  const [arn, , service, , , resource] = eventSourceArn.split(":");
  const source = SOURCES.find((candidate) => candidate.service === service);
  if (arn === "arn" && resource !== undefined && source) return source;
  throw invalidParameter(
    `Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported arn ${eventSourceArn}`,
  );
}
