import type { Target } from "@aws-sdk/client-eventbridge";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { isServiceError } from "../../errors.ts";
import { queueUrl } from "../../queue-url.ts";
import { writeToLogGroup } from "./log-target.ts";
import type { TargetArn, TargetService } from "./target-service.ts";

/** A delivery's input, and the name of the execution that it starts where its target is a state machine. */
export interface Sending {
  readonly input: string;
  readonly executionName: string;
}

/** Hands an input to a target through the door, in the target's world. Rejects as its service does. */
export async function sendToTarget(
  cloud: Cloud,
  caller: Caller,
  place: TargetArn & { readonly service: Exclude<TargetService, "events"> },
  target: Target,
  { input, executionName }: Sending,
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
      return startExecution(cloud, inItsWorld, {
        stateMachineArn: arn,
        input,
        name: executionName,
      });
    case "logs":
      return writeToLogGroup(cloud, inItsWorld, resource, input);
  }
}

/** A delivery that is repeated after a crash starts no second execution: its name is the same. */
async function startExecution(
  cloud: Cloud,
  caller: Caller,
  input: { stateMachineArn: string | undefined; input: string; name: string },
): Promise<void> {
  try {
    await cloud.call(caller, "sfn", "StartExecution", input);
  } catch (error) {
    if (!isServiceError(error, "ExecutionAlreadyExists")) throw error;
  }
}
