import type { Target } from "@aws-sdk/client-scheduler";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import { ParameterError } from "../../sdk-action/parameters.ts";
import { callSdkAction } from "../../sdk-action/sdk-action.ts";
import type { Json } from "../../states-language/definition.ts";
import { sendToTarget } from "../../targets/send.ts";
import type { Invocation } from "./invocation.ts";
import { parseTarget } from "./target.ts";

/** Hands an input to a schedule's target through the door, in the target's world. Rejects as its service does. */
export async function callTarget(
  cloud: Cloud,
  caller: Caller,
  { target, executionId }: Pick<Invocation, "target" | "executionId">,
  input: string,
): Promise<void> {
  const { Arn: arn = "" } = target;
  const parsed = parseTarget(arn);
  // Only what is a target was taken in.
  if (!parsed) throw new ServiceError("ValidationException", `${arn} is no target.`);
  if (parsed.kind === "universal")
    return callUniversal(cloud, caller, parsed.service, parsed.action, input);
  const { service, place } = parsed;
  const { account, region } = place;
  if (service === "events") return putEvent(cloud, { ...caller, account, region }, target, input);
  const groupId = target.SqsParameters?.MessageGroupId;
  // An invocation that is repeated after a crash starts no second execution.
  const sending = { input, groupId, executionName: executionId };
  await sendToTarget(cloud, caller, { ...place, service, arn }, sending);
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
