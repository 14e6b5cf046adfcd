import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { parseEndpointArn } from "./arn.ts";
import { lambdaEvent } from "./envelope.ts";
import { DeliveryFailure } from "./failure.ts";
import type { Notification } from "./notification.ts";
import type { Subscription } from "./subscription.ts";
import type { Topic } from "./topic.ts";

/** Hands the event to Lambda's own asynchronous queue, which retries the function from there. */
export async function invokeFunction(
  cloud: Cloud,
  caller: Caller,
  topic: Topic,
  { arn, endpoint }: Subscription,
  notification: Notification,
): Promise<void> {
  const target = parseEndpointArn(endpoint);
  if (!target) throw new DeliveryFailure(`${endpoint} is not the ARN of a function`, false);
  const { account, region } = target;
  const event = await lambdaEvent(cloud, topic, arn, notification);
  await cloud.call({ ...caller, account, region }, "lambda", "Invoke", {
    FunctionName: endpoint,
    InvocationType: "Event",
    Payload: Buffer.from(event),
  });
}
