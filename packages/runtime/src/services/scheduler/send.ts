import type { Target } from "@aws-sdk/client-scheduler";
import { parseArn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import { queueUrl } from "../../queue-url.ts";
import { ParameterError } from "../../sdk-action/parameters.ts";
import { callSdkAction } from "../../sdk-action/sdk-action.ts";
import type { Json } from "../../states-language/definition.ts";
import { parseTarget, type TemplatedService } from "./target.ts";

/** Hands an input to a schedule's target through the door, in the target's world. Rejects as its service does. */
export async function callTarget(
  cloud: Cloud,
  caller: Caller,
  target: Target,
  input: string,
): Promise<void> {
  const parsed = parseTarget(target.Arn ?? "");
  // Only what is a target was taken in.
  if (!parsed) throw new ServiceError("ValidationException", `${target.Arn} is no target.`);
  if (parsed.kind === "universal")
    return callUniversal(cloud, caller, parsed.service, parsed.action, input);
  const { account, region } = parsed.place;
  await callTemplated(cloud, { ...caller, account, region }, parsed.service, target, input);
}

async function callTemplated(
  cloud: Cloud,
  caller: Caller,
  service: TemplatedService,
  target: Target,
  input: string,
): Promise<void> {
  const { Arn: arn = "" } = target;
  switch (service) {
    case "lambda":
      // The function's own queue takes it from here, with its own retries.
      await cloud.call(caller, "lambda", "Invoke", {
        FunctionName: arn,
        InvocationType: "Event",
        Payload: Buffer.from(input),
      });
      return;
    case "sqs": {
      const { account = "", resource: name = "" } = parseArn(arn) ?? {};
      await cloud.call(caller, "sqs", "SendMessage", {
        QueueUrl: queueUrl(cloud, { account, name }),
        MessageBody: input,
        ...target.SqsParameters,
      });
      return;
    }
    case "sns":
      await cloud.call(caller, "sns", "Publish", { TopicArn: arn, Message: input });
      return;
    case "states":
      await cloud.call(caller, "sfn", "StartExecution", { stateMachineArn: arn, input });
      return;
    case "events":
      return putEvent(cloud, caller, target, input);
  }
}

async function putEvent(
  cloud: Cloud,
  caller: Caller,
  { Arn: EventBusName, EventBridgeParameters }: Target,
  Detail: string,
): Promise<void> {
  const { Source, DetailType } = EventBridgeParameters ?? {};
  const { Entries = [] } = await cloud.call(caller, "eventbridge", "PutEvents", {
    Entries: [{ EventBusName, Source, DetailType, Detail }],
  });
  const [{ ErrorCode, ErrorMessage } = {}] = Entries;
  if (ErrorCode !== undefined) throw new ServiceError(ErrorCode, ErrorMessage ?? ErrorCode);
}

async function callUniversal(
  cloud: Cloud,
  caller: Caller,
  service: string,
  action: string,
  input: string,
): Promise<void> {
  try {
    // It was JSON when it was taken in; the context attributes are text without quotes.
    await callSdkAction(cloud, caller, service, action, JSON.parse(input) as Json);
  } catch (error) {
    if (!(error instanceof ParameterError) && !(error instanceof SyntaxError)) throw error;
    throw new ServiceError("InvalidParameter", error.message, { httpStatus: 400 });
  }
}
