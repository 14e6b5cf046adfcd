import type { Call } from "../../../call.ts";
import { isServiceError } from "../../../errors.ts";
import { invalidParameter } from "../errors.ts";
import type { EventSource, Polling, SourceCheck } from "./source.ts";
import { SqsPoller } from "./sqs-poller.ts";
import { queueUrlOf } from "./sqs-url.ts";

const BATCH_SIZE_DEFAULT = 10;
/** What one ReceiveMessage gives at most: a larger batch has to be gathered over time. */
const BATCH_SIZE_WITHOUT_WINDOW_MAX = 10;

/** Amazon SQS queues, standard and FIFO. Source: Lambda developer guide, "Using Lambda with Amazon SQS". */
export const sqsSource: EventSource = {
  service: "sqs",
  batchSizeDefault: BATCH_SIZE_DEFAULT,
  unsupported: [
    "ParallelizationFactor",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "LoggingConfig",
  ],
  check: checkQueue,
  poll: (polling: Polling) => new SqsPoller(polling).run(),
};

async function checkQueue(call: Call, check: SourceCheck): Promise<void> {
  const { eventSourceArn, settings, functionTimeoutSeconds } = check;
  const { batchSize, maximumBatchingWindowInSeconds } = settings;
  if (maximumBatchingWindowInSeconds > 0 && eventSourceArn.endsWith(".fifo"))
    throw invalidParameter("Batching window is not supported for FIFO queues");
  if (maximumBatchingWindowInSeconds === 0 && batchSize > BATCH_SIZE_WITHOUT_WINDOW_MAX) {
    throw invalidParameter(
      "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
    );
  }
  const visibilityTimeoutSeconds = await visibilityTimeoutOf(call, eventSourceArn);
  if (visibilityTimeoutSeconds < functionTimeoutSeconds) {
    throw invalidParameter(
      `Queue visibility timeout: ${visibilityTimeoutSeconds} seconds is less than Function timeout: ${functionTimeoutSeconds} seconds`,
    );
  }
}

async function visibilityTimeoutOf({ cloud, caller }: Call, queueArn: string): Promise<number> {
  const { account, region } = caller;
  const lambda = { account, region, principal: "lambda.amazonaws.com", source: queueArn };
  try {
    const { Attributes } = await cloud.call(lambda, "sqs", "GetQueueAttributes", {
      QueueUrl: queueUrlOf(cloud, queueArn),
      AttributeNames: ["VisibilityTimeout"],
    });
    return Number(Attributes?.VisibilityTimeout ?? 0);
  } catch (error) {
    if (!isServiceError(error, "QueueDoesNotExist")) throw error;
    throw invalidParameter(
      `Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: ${error.message}`,
    );
  }
}
