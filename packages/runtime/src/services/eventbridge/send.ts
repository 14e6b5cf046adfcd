import type { Target } from "@aws-sdk/client-eventbridge";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { queueUrl } from "../../queue-url.ts";
import { writeToLogGroup } from "./log-target.ts";
import type { TargetArn } from "./target-service.ts";

/** Hands an input to a target through the door, in the target's world. Rejects as its service does. */
export async function sendToTarget(
  cloud: Cloud,
  caller: Caller,
  place: Exclude<TargetArn, { service: "events" }>,
  target: Target,
  input: string,
): Promise<void> {
  const { Arn: arn } = target;
  const { account, region, resource } = place;
  const inItsWorld = { ...caller, account, region };
  switch (place.service) {
    case "lambda":
      // The function's own queue takes it from here, with its own retries.
      await cloud.call(inItsWorld, "lambda", "Invoke", {
        FunctionName: arn,
        InvocationType: "Event",
        Payload: Buffer.from(input),
      });
      return;
    case "sqs": {
      const groupId = target.SqsParameters?.MessageGroupId;
      await cloud.call(inItsWorld, "sqs", "SendMessage", {
        QueueUrl: queueUrl(cloud, { account, name: resource }),
        MessageBody: input,
        ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
      });
      return;
    }
    case "sns":
      await cloud.call(inItsWorld, "sns", "Publish", { TopicArn: arn, Message: input });
      return;
    case "states":
      await cloud.call(inItsWorld, "sfn", "StartExecution", { stateMachineArn: arn, input });
      return;
    case "logs":
      return writeToLogGroup(cloud, inItsWorld, resource, input);
  }
}
