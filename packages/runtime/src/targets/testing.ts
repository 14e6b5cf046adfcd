import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import { arn } from "../arn.ts";
import type { Caller } from "../call.ts";
import { ServiceError } from "../errors.ts";
import { type AnyServiceDefinition, defineService } from "../service.ts";

/** What a target was sent. */
export interface Received {
  readonly caller: Caller;
  /** As it came: a queue's body, a function's payload, a topic's message, an execution's input. */
  readonly body: string;
  readonly groupId?: string | undefined;
  /** An execution's. */
  readonly name?: string | undefined;
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
}

/**
 * Services of which nothing is real but that they take in what a rule or a schedule sends, and tell `take` of it, by the
 * target's ARN. A queue whose name begins with `gone` does not exist.
 */
export function receivingServices(
  take: (targetArn: string, received: Received) => void,
): AnyServiceDefinition[] {
  const queueArn = ({ account, region }: Caller, url = "") =>
    arn("sqs", region, account, url.split("/").at(-1) ?? "");
  const sqs = defineService({
    name: "sqs",
    operations: {
      SendMessage: async ({ caller }, input) => {
        const target = queueArn(caller, input.QueueUrl);
        if (target.includes(":gone"))
          throw new ServiceError("QueueDoesNotExist", "The specified queue does not exist.");
        const { MessageBody: body = "", MessageGroupId: groupId } = input;
        take(target, { caller, body, groupId, attributes: input.MessageAttributes });
        return { MessageId: "m", MD5OfMessageBody: "" };
      },
    },
    carries: { SendMessage: (caller, { QueueUrl }) => queueArn(caller, QueueUrl) },
  });
  const lambda = defineService({
    name: "lambda",
    operations: {
      Invoke: async ({ caller }, { FunctionName = "", Payload, InvocationType }) => {
        if (InvocationType !== "Event") throw new Error("nobody waits for this function");
        take(FunctionName, { caller, body: new TextDecoder().decode(Payload as Uint8Array) });
        return { StatusCode: 202 };
      },
    },
  });
  const sns = defineService({
    name: "sns",
    operations: {
      Publish: async ({ caller }, { TopicArn = "", Message: body = "" }) => {
        take(TopicArn, { caller, body });
        return { MessageId: "m" };
      },
    },
  });
  const sfn = defineService({
    name: "sfn",
    operations: {
      StartExecution: async ({ caller }, { stateMachineArn = "", input: body = "", name }) => {
        take(stateMachineArn, { caller, body, name });
        return { executionArn: "e", startDate: new Date(0) };
      },
    },
  });
  return [sqs, lambda, sns, sfn];
}

/** CloudWatch that sums up each metric, by `<name> <dimension>=<value> …`. */
export function countingCloudWatch(metrics: Map<string, number>): AnyServiceDefinition {
  return defineService({
    name: "cloudwatch",
    operations: {
      PutMetricData: async (_call, { MetricData = [] }) => {
        for (const { MetricName, Dimensions = [], Values = [], Counts = [] } of MetricData) {
          const dimensions = Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join(" ");
          const key = `${MetricName} ${dimensions}`;
          for (const [index, value] of Values.entries())
            metrics.set(key, (metrics.get(key) ?? 0) + value * (Counts[index] ?? 1));
        }
        return {};
      },
    },
  });
}
