import { parseArn } from "../../../arn.ts";
import type { Call } from "../../../call.ts";
import { isServiceError } from "../../../errors.ts";
import { invalidParameter } from "../errors.ts";
import type { EventSource, Polling, SourceCheck } from "./source.ts";
import { StreamPoller } from "./stream-poller.ts";
import { STREAM_DEFAULTS } from "./stream-settings.ts";

const BATCH_SIZE_DEFAULT = 100;

/** DynamoDB streams. Source: Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB". */
export const dynamodbSource: EventSource = {
  service: "dynamodb",
  batchSizeDefault: BATCH_SIZE_DEFAULT,
  streamDefaults: STREAM_DEFAULTS,
  unsupported: [
    "ScalingConfig",
    "ProvisionedPollerConfig",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "LoggingConfig",
  ],
  check: checkStream,
  poll: (polling: Polling) => new StreamPoller(polling).run(),
};

async function checkStream(
  { cloud, caller }: Call,
  { eventSourceArn }: SourceCheck,
): Promise<void> {
  if (!parseArn(eventSourceArn)?.resource.includes("/stream/")) {
    throw invalidParameter(
      `Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported arn ${eventSourceArn}`,
    );
  }
  const { account, region } = caller;
  const lambda = { account, region, principal: "lambda.amazonaws.com", source: eventSourceArn };
  try {
    await cloud.call(lambda, "dynamodbstreams", "DescribeStream", { StreamArn: eventSourceArn });
  } catch (error) {
    if (!isServiceError(error, "ResourceNotFoundException", "ValidationException")) throw error;
    throw invalidParameter(`Stream not found: ${eventSourceArn}`);
  }
}
