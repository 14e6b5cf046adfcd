import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { isServiceError } from "../../errors.ts";
import { DONE, type OwedHandler } from "../../owed.ts";

export const DELIVERY = "logs:delivery";

interface DeliveredEvent {
  readonly id: string;
  readonly timestamp: number;
  readonly message: string;
}

/** What a subscription owes a function: one batch's events that match. */
export interface Delivery {
  readonly logGroup: string;
  readonly logStream: string;
  readonly filterName: string;
  readonly destinationArn: string;
  readonly logEvents: readonly DeliveredEvent[];
}

/** An asynchronous invocation's payload is no larger: the documentation of Lambda's `Invoke`. */
const PAYLOAD_BYTES_MAX = 262_144;
/** AWS tries for up to 24 hours: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html */
const RETRY_MS_MAX = 24 * 3_600_000;
const BACKOFF_MS_MIN = 1_000;
const BACKOFF_MS_MAX = 300_000;
const RETRIABLE = [
  "TooManyRequestsException",
  "ThrottlingException",
  "ServiceException",
  "ServiceUnavailable",
];

const compress = promisify(gzip);

/** Invokes the function, asynchronously, with the events as AWS packs them: JSON, gzip, Base64. */
export const deliver: OwedHandler = async (cloud, { caller, payload, owedAt, attempt }) => {
  // What is owed as DELIVERY was written by oweDeliveries alone.
  const delivery = payload as Delivery;
  try {
    for (const events of await packed(cloud, caller, delivery))
      await cloud.call(caller, "lambda", "Invoke", {
        FunctionName: delivery.destinationArn,
        InvocationType: "Event",
        Payload: events,
      });
  } catch (error) {
    if (!isServiceError(error)) throw error;
    const retriable = RETRIABLE.includes(error.code);
    count(cloud, caller, delivery, retriable ? "DeliveryThrottling" : "DeliveryErrors", 1);
    const now = cloud.clock.now();
    if (!retriable || now - owedAt > RETRY_MS_MAX) return DONE;
    return { done: false, againAt: now + Math.min(BACKOFF_MS_MIN * 2 ** attempt, BACKOFF_MS_MAX) };
  }
  count(cloud, caller, delivery, "ForwardedLogEvents", delivery.logEvents.length);
  return DONE;
};

/** One payload, or several where one would be too large. */
async function packed(cloud: Cloud, caller: Caller, delivery: Delivery): Promise<Buffer[]> {
  const { logGroup, logStream, filterName, logEvents } = delivery;
  const document = {
    messageType: "DATA_MESSAGE",
    owner: caller.account,
    logGroup,
    logStream,
    subscriptionFilters: [filterName],
    logEvents,
  };
  const data = (await cloud.activity.track(compress(JSON.stringify(document)))).toString("base64");
  const payload = Buffer.from(JSON.stringify({ awslogs: { data } }));
  if (payload.length <= PAYLOAD_BYTES_MAX || logEvents.length === 1) return [payload];
  const middle = Math.ceil(logEvents.length / 2);
  return [
    ...(await packed(cloud, caller, { ...delivery, logEvents: logEvents.slice(0, middle) })),
    ...(await packed(cloud, caller, { ...delivery, logEvents: logEvents.slice(middle) })),
  ];
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html */
function count(
  cloud: Cloud,
  { account, region }: Caller,
  { logGroup, filterName }: Delivery,
  name: "DeliveryErrors" | "DeliveryThrottling" | "ForwardedLogEvents",
  value: number,
): void {
  const dimensions = { LogGroupName: logGroup, DestinationType: "Lambda", FilterName: filterName };
  cloud.metrics.emit(
    { account, region, namespace: "AWS/Logs", name, dimensions, unit: "Count" },
    value,
  );
}
