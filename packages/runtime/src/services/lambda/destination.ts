import { parseArn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { isServiceError, ServiceError } from "../../errors.ts";
import { DONE, type Owed, type OwedOutcome } from "../../owed.ts";
import { queueUrl } from "../../queue-url.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { measure } from "./measure.ts";
import { LATEST } from "./names.ts";

export const DELIVERY = "lambda:delivery";

/** An SNS message is no longer than this: a record that is goes without its payloads. */
const SNS_MESSAGE_BYTES_MAX = 262_144;
/** "The first 1 KB of the error message" ("Adding a dead-letter queue"). */
const ERROR_MESSAGE_BYTES_MAX = 1_024;

/**
 * Why an event is done with though it did not succeed. The first two are AWS's as seen on it; AWS documents no names
 * for the others.
 */
export type FailureCondition =
  | "RetriesExhausted"
  | "EventAgeExceeded"
  | "ZeroReservedConcurrency"
  | "RecursiveInvocation";

/** How an event ended. */
export interface Ending {
  readonly condition: "Success" | FailureCondition;
  readonly name: string;
  readonly qualifier: string | undefined;
  /** Without a qualifier. */
  readonly functionArn: string;
  readonly requestId: string;
  readonly invokeCount: number;
  readonly requestPayload: Uint8Array;
  /** Undefined where the function never ran. */
  readonly last:
    | {
        readonly executedVersion: string;
        readonly functionError?: string;
        readonly payload: Uint8Array;
        readonly traceHeader: string;
      }
    | undefined;
  readonly traceHeader: string | undefined;
  /** Whether the last attempt was throttled. */
  readonly throttled: boolean;
}

interface Delivery {
  readonly arn: string;
  readonly to: "destination" | "deadLetterQueue";
  readonly name: string;
  readonly qualifier?: string;
  readonly body: string;
  readonly attributes?: Readonly<Record<string, MessageAttribute>>;
}

interface MessageAttribute {
  readonly DataType: "String" | "Number";
  readonly StringValue: string;
}

/** Owes the record to the destination and the event to the dead-letter queue, where there are such. */
export function oweEnding(
  cloud: Cloud,
  tx: WriteTransaction,
  { account, region }: Caller,
  ending: Ending,
  {
    destinationArn,
    deadLetterArn,
  }: { destinationArn?: string | undefined; deadLetterArn?: string | undefined },
): void {
  const caller: Caller = {
    account,
    region,
    principal: "lambda.amazonaws.com",
    source: ending.functionArn,
    ...(ending.traceHeader === undefined ? {} : { traceHeader: ending.traceHeader }),
  };
  const { name, qualifier } = ending;
  const about = { name, ...(qualifier === undefined ? {} : { qualifier }) };
  const owe = (payload: Delivery) => cloud.owed.add(tx, { kind: DELIVERY, caller, payload });
  if (destinationArn)
    owe({
      ...about,
      to: "destination",
      arn: destinationArn,
      body: record(ending, destinationArn, cloud.clock.now()),
    });
  if (deadLetterArn)
    owe({
      ...about,
      to: "deadLetterQueue",
      arn: deadLetterArn,
      body: Buffer.from(ending.requestPayload).toString(),
      attributes: deadLetterAttributes(ending),
    });
}

/** Owes a record that another part of Lambda has made to a destination. */
export function oweRecord(
  cloud: Cloud,
  tx: WriteTransaction,
  caller: Caller,
  record: { arn: string; name: string; qualifier: string | undefined; body: string },
): void {
  const { arn, name, qualifier, body } = record;
  const about = { name, ...(qualifier === undefined ? {} : { qualifier }) };
  const payload: Delivery = { ...about, to: "destination", arn, body };
  cloud.owed.add(tx, { kind: DELIVERY, caller, payload });
}

/** The invocation record ("Capturing records of Lambda asynchronous invocations"; what a run tells only if it ran). */
function record(ending: Ending, destinationArn: string, now: number): string {
  const { last, condition } = ending;
  const told = {
    version: "1.0",
    timestamp: new Date(now).toISOString(),
    requestContext: {
      requestId: ending.requestId,
      functionArn: `${ending.functionArn}:${ending.qualifier ?? LATEST}`,
      condition,
      approximateInvokeCount: ending.invokeCount,
    },
  };
  const context = last && {
    responseContext: {
      statusCode: 200,
      executedVersion: last.executedVersion,
      ...(last.functionError === undefined ? {} : { functionError: last.functionError }),
    },
  };
  const whole = JSON.stringify({
    ...told,
    requestPayload: parsed(ending.requestPayload),
    ...context,
    ...(last ? { responsePayload: parsed(last.payload) } : {}),
  });
  const isTopic = parseArn(destinationArn)?.service === "sns";
  if (isTopic && Buffer.byteLength(whole) > SNS_MESSAGE_BYTES_MAX)
    return JSON.stringify({ ...told, ...context });
  return whole;
}

function deadLetterAttributes(ending: Ending): Record<string, MessageAttribute> {
  const { code, message } = errorOf(ending);
  return {
    RequestID: { DataType: "String", StringValue: ending.requestId },
    ErrorCode: { DataType: "Number", StringValue: String(code) },
    ErrorMessage: {
      DataType: "String",
      StringValue: Buffer.from(message).subarray(0, ERROR_MESSAGE_BYTES_MAX).toString(),
    },
  };
}

/** The HTTP status and the message of what the event failed with: a function's own error comes with 200. */
function errorOf({ condition, last, throttled }: Ending): { code: number; message: string } {
  if (condition === "RecursiveInvocation")
    return {
      code: 400,
      message:
        "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources and stopped your function's invocation.",
    };
  if (!last || throttled || condition === "ZeroReservedConcurrency")
    return { code: 429, message: "Rate Exceeded." };
  const payload = parsed(last.payload);
  const isDocument = typeof payload === "object" && payload !== null && "errorMessage" in payload;
  // An attribute cannot be empty.
  return { code: 200, message: String(isDocument ? payload.errorMessage : "") || "null" };
}

function parsed(payload: Uint8Array): unknown {
  const text = Buffer.from(payload).toString();
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    // A custom runtime may answer with what is no JSON; it is then told as a string.
    return text;
  }
}

/** Delivers once, as AWS does: what cannot be delivered is counted, and gone. */
export async function deliver(cloud: Cloud, owed: Owed<never>): Promise<OwedOutcome> {
  // The kind is owed by oweEnding only.
  const delivery: Delivery = owed.payload;
  try {
    await send(cloud, owed.caller, delivery);
  } catch (error) {
    if (!isServiceError(error)) throw error;
    const metric =
      delivery.to === "deadLetterQueue" ? "DeadLetterErrors" : "DestinationDeliveryFailures";
    measure(cloud, owed.caller, delivery, metric, 1);
  }
  return DONE;
}

async function send(
  cloud: Cloud,
  from: Caller,
  { arn, body, attributes }: Delivery,
): Promise<unknown> {
  const { service, region = "", account = "", resource: name = "" } = parseArn(arn) ?? {};
  const caller: Caller = { ...from, account, region };
  const MessageAttributes = attributes && { MessageAttributes: { ...attributes } };
  switch (service) {
    case "sqs":
      return cloud.call(caller, "sqs", "SendMessage", {
        QueueUrl: queueUrl(cloud, { account, name }),
        MessageBody: body,
        ...MessageAttributes,
      });
    case "sns":
      return cloud.call(caller, "sns", "Publish", {
        TopicArn: arn,
        Message: body,
        ...MessageAttributes,
      });
    case "lambda":
      return cloud.call(caller, "lambda", "Invoke", {
        FunctionName: arn,
        InvocationType: "Event",
        Payload: Buffer.from(body),
      });
    default:
      throw new ServiceError(
        "NotImplemented",
        `Flyball does not deliver invocation records to ${arn} yet: to queues, topics and functions only.`,
        { httpStatus: 501 },
      );
  }
}
