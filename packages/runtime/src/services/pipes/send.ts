import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { reportedFailures } from "../../event-sources/batch-response.ts";
import { queueUrl } from "../../queue-url.ts";
import type { TargetResult } from "./execution.ts";
import { isPath, valueAt } from "./path.ts";
import type { Pipe } from "./pipe.ts";
import { parseSource, parseTarget } from "./place.ts";
import { invokeFunction, inWorldOf, runMachine } from "./synchronous.ts";

/** One event for a target: as it came to the target's stage, and as its input template makes it. */
export interface Item {
  readonly payload: unknown;
  readonly input: unknown;
}

const SUCCEEDED: TargetResult = { kind: "succeeded" };

/**
 * Sends a batch to a pipe's target, with its batch API where it has one, else as one array. `identifiers` are those of
 * the events that the batch came from. Rejects as the target's service does.
 */
export async function send(
  cloud: Cloud,
  caller: Caller,
  pipe: Pipe,
  items: readonly Item[],
  identifiers: ReadonlySet<string>,
): Promise<TargetResult> {
  const { target, targetParameters = {} } = pipe.settings;
  // Only what can be a target was taken in.
  const place = parseTarget(target)!;
  const inWorld = inWorldOf(caller, place);
  const inputs = items.map(({ input }) => input);
  switch (place.service) {
    case "lambda": {
      const { InvocationType } = targetParameters.LambdaFunctionParameters ?? {};
      if (InvocationType !== "FIRE_AND_FORGET")
        return reported(await invokeFunction(cloud, inWorld, target, inputs), identifiers);
      await cloud.call(inWorld, "lambda", "Invoke", {
        FunctionName: target,
        InvocationType: "Event",
        Payload: Buffer.from(JSON.stringify(inputs)),
      });
      return SUCCEEDED;
    }
    case "states": {
      const { InvocationType } = targetParameters.StepFunctionStateMachineParameters ?? {};
      if (InvocationType !== "FIRE_AND_FORGET") {
        const output = await runMachine(cloud, inWorld, target, inputs);
        return reported(Buffer.from(output), identifiers);
      }
      const input = JSON.stringify(inputs);
      await cloud.call(inWorld, "sfn", "StartExecution", { stateMachineArn: target, input });
      return SUCCEEDED;
    }
    case "sqs":
      return sendMessages(cloud, inWorld, pipe, place.resource, items);
    case "sns": {
      const PublishBatchRequestEntries = items.map(({ input }, index) => ({
        Id: String(index),
        Message: textOf(input),
      }));
      const published = { TopicArn: target, PublishBatchRequestEntries };
      const { Failed = [] } = await cloud.call(inWorld, "sns", "PublishBatch", published);
      return { kind: "items", failed: new Set(Failed.map(({ Id }) => Number(Id))) };
    }
    case "events":
      return putEvents(cloud, inWorld, pipe, items);
    case "logs":
      return putLogEvents(cloud, inWorld, pipe, place.resource, items);
  }
}

/** A function or a machine may say at which of the events it failed. What says nothing of it took them all. */
function reported(answer: Uint8Array, identifiers: ReadonlySet<string>): TargetResult {
  if (!new TextDecoder().decode(answer).includes("batchItemFailures")) return SUCCEEDED;
  return { kind: "reported", failed: reportedFailures(answer, identifiers) };
}

async function sendMessages(
  cloud: Cloud,
  caller: Caller,
  { settings }: Pipe,
  name: string,
  items: readonly Item[],
): Promise<TargetResult> {
  const { MessageGroupId, MessageDeduplicationId } =
    settings.targetParameters?.SqsQueueParameters ?? {};
  const Entries = items.map(({ input, payload }, index) => ({
    Id: String(index),
    MessageBody: textOf(input),
    ...(MessageGroupId && { MessageGroupId: dynamic(MessageGroupId, payload) }),
    ...(MessageDeduplicationId && {
      MessageDeduplicationId: dynamic(MessageDeduplicationId, payload),
    }),
  }));
  const QueueUrl = queueUrl(cloud, { account: caller.account, name });
  const { Failed = [] } = await cloud.call(caller, "sqs", "SendMessageBatch", {
    QueueUrl,
    Entries,
  });
  return { kind: "items", failed: new Set(Failed.map(({ Id }) => Number(Id))) };
}

/** What says nothing else is from the pipe, and of its source's kind. Source: what AWS's pipes put on a bus. */
async function putEvents(
  cloud: Cloud,
  caller: Caller,
  pipe: Pipe,
  items: readonly Item[],
): Promise<TargetResult> {
  const { target, source, targetParameters } = pipe.settings;
  const { DetailType, Source, Resources, Time } =
    targetParameters?.EventBridgeEventBusParameters ?? {};
  const kind = `Event from aws:${parseSource(source)?.service}`;
  const { Entries: answers = [] } = await cloud.call(caller, "eventbridge", "PutEvents", {
    Entries: items.map(({ input, payload }) => ({
      EventBusName: target,
      Source: dynamic(Source ?? `Pipe ${pipe.name}`, payload),
      DetailType: dynamic(DetailType ?? kind, payload),
      Detail: textOf(input),
      ...(Resources && { Resources: Resources.map((resource) => dynamic(resource, payload)) }),
      ...(Time && { Time: new Date(dynamic(Time, payload)) }),
    })),
  });
  const failed = new Set<number>();
  for (const [place, { ErrorCode }] of answers.entries())
    if (ErrorCode !== undefined) failed.add(place);
  return { kind: "items", failed };
}

async function putLogEvents(
  cloud: Cloud,
  caller: Caller,
  pipe: Pipe,
  resource: string,
  items: readonly Item[],
): Promise<TargetResult> {
  const logGroupName = resource.slice("log-group:".length).replace(/:\*$/, "");
  const { LogStreamName = pipe.name, Timestamp } =
    pipe.settings.targetParameters?.CloudWatchLogsParameters ?? {};
  const now = cloud.clock.now();
  const streams = Map.groupBy(items, ({ payload }) => dynamic(LogStreamName, payload));
  for (const [logStreamName, inStream] of streams) {
    const logEvents = inStream
      .map(({ input, payload }) => ({
        timestamp: Timestamp ? Number(dynamic(Timestamp, payload)) : now,
        message: textOf(input),
      }))
      .sort((left, right) => left.timestamp - right.timestamp);
    await cloud.call(caller, "logs", "PutLogEvents", { logGroupName, logStreamName, logEvents });
  }
  return SUCCEEDED;
}

/**
 * A parameter that may be a path into the event. Source: EventBridge user guide, "Amazon EventBridge Pipes targets",
 * "Dynamic path parameters".
 */
function dynamic(parameter: string, payload: unknown): string {
  return isPath(parameter) ? textOf(valueAt(payload, parameter) ?? "") : parameter;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
