import type { Arn } from "../arn.ts";
import type { Caller } from "../call.ts";
import type { Cloud } from "../cloud.ts";
import { isServiceError } from "../errors.ts";
import { queueUrl } from "../queue-url.ts";

/** What rules and schedules alike send to. */
export type SimpleTarget = "lambda" | "sns" | "sqs" | "states";

/** What the ARN of a target has behind its account. */
export const TARGET_RESOURCES = {
  events: /^event-bus\/./,
  lambda: /^function:[^:]+(:[^:]+)?$/,
  sns: /^[^:]+$/,
  sqs: /^[^:]+$/,
  states: /^stateMachine:[^:]+(:[^:]+)?$/,
} as const;

/** An input on its way to a target. */
export interface Sending {
  readonly input: string;
  /** Of a FIFO queue. */
  readonly groupId?: string | undefined;
  /** Of the execution that is started; one that was started by that name already is not started again. */
  readonly executionName?: string | undefined;
}

/** Hands an input to a target through the door, in the target's world. Rejects as its service does. */
export async function sendToTarget(
  cloud: Cloud,
  caller: Caller,
  target: Pick<Arn, "account" | "region" | "resource"> & { service: SimpleTarget; arn: string },
  { input, groupId, executionName }: Sending,
): Promise<void> {
  const { service, arn, account, region, resource } = target;
  const inItsWorld = { ...caller, account, region };
  switch (service) {
    case "lambda":
      // The function's own queue takes it from here, with its own retries.
      await cloud.call(inItsWorld, "lambda", "Invoke", {
        FunctionName: arn,
        InvocationType: "Event",
        Payload: Buffer.from(input),
      });
      return;
    case "sqs":
      await cloud.call(inItsWorld, "sqs", "SendMessage", {
        QueueUrl: queueUrl(cloud, { account, name: resource }),
        MessageBody: input,
        ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
      });
      return;
    case "sns":
      await cloud.call(inItsWorld, "sns", "Publish", { TopicArn: arn, Message: input });
      return;
    case "states":
      return startExecution(cloud, inItsWorld, arn, input, executionName);
  }
}

async function startExecution(
  cloud: Cloud,
  caller: Caller,
  stateMachineArn: string,
  input: string,
  name: string | undefined,
): Promise<void> {
  const named = name === undefined ? {} : { name };
  try {
    await cloud.call(caller, "sfn", "StartExecution", { stateMachineArn, input, ...named });
  } catch (error) {
    if (name === undefined || !isServiceError(error, "ExecutionAlreadyExists")) throw error;
  }
}
