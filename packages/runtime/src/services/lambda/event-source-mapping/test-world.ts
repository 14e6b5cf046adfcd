import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type {
  CreateEventSourceMappingRequest,
  EventSourceMappingConfiguration,
} from "@aws-sdk/client-lambda";
import type { Message, MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { VirtualClock } from "../../../clock/virtual.ts";
import { Cloud } from "../../../cloud.ts";
import { ServiceError } from "../../../errors.ts";
import { defineService } from "../../../service.ts";
import { eventSourceMappingOperations } from "./operations.ts";
import { startEventSourceMappings } from "./pollers.ts";
import type { SqsRecord } from "./sqs-record.ts";

export const ACCOUNT = "123456789012";
export const REGION = "eu-west-1";
export const CALLER = { account: ACCOUNT, region: REGION, principal: "arn:aws:iam::1:root" };
export const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:consumer`;

interface Stored {
  readonly message: Message;
  readonly group: string | undefined;
  visibleAt: number;
  receives: number;
  receiptHandle: string;
  readonly attributes: Record<string, string>;
}

/** A queue as far as a poller can tell: visibility, receive counts, message groups, long polls that are woken. */
export class FakeQueue {
  readonly messages: Stored[] = [];
  readonly deadLetters: Stored[] = [];
  visibilityTimeoutSeconds = 30;
  maxReceiveCount = Number.POSITIVE_INFINITY;
  exists = true;
  receives = 0;

  take(now: number, most: number): Stored[] {
    const busy = new Set<string>();
    const taken: Stored[] = [];
    for (const stored of [...this.messages]) {
      if (stored.group !== undefined && busy.has(stored.group)) continue;
      if (stored.visibleAt > now) {
        if (stored.group !== undefined) busy.add(stored.group);
        continue;
      }
      if (taken.length === most) break;
      if (stored.receives >= this.maxReceiveCount) {
        this.messages.splice(this.messages.indexOf(stored), 1);
        this.deadLetters.push(stored);
        continue;
      }
      stored.visibleAt = now + this.visibilityTimeoutSeconds * 1000;
      stored.receives += 1;
      stored.receiptHandle = randomUUID();
      taken.push(stored);
    }
    return taken;
  }
}

export interface Invoked {
  readonly records: readonly SqsRecord[];
  readonly traceHeader: string | undefined;
  readonly source: string | undefined;
  readonly functionName: string;
  readonly at: number;
}

/** What the fake function answers; a `ServiceError` is what Invoke rejects with. */
export type Answer = { readonly FunctionError?: string; readonly payload?: string } | ServiceError;

export interface WorldOptions {
  readonly queueName?: string;
  readonly directory?: string;
}

/** A cloud with the mappings under test, a fake queue and a fake function. */
export async function createWorld({ queueName = "orders", directory }: WorldOptions = {}) {
  const queueArn = `arn:aws:sqs:${REGION}:${ACCOUNT}:${queueName}`;
  const queue = new FakeQueue();
  const invoked: Invoked[] = [];
  const state = {
    timeoutSeconds: 3,
    recursiveLoop: "Terminate" as "Terminate" | "Allow",
    functionExists: true,
    answer: (_: Invoked): Answer | Promise<Answer> => ({ payload: "null" }),
  };

  const notFound = () =>
    new ServiceError("ResourceNotFoundException", `Function not found: ${FUNCTION_ARN}`);
  const lambda = defineService({
    name: "lambda",
    operations: {
      ...eventSourceMappingOperations,
      GetFunctionConfiguration: (_call, { FunctionName }) => {
        if (!state.functionExists || !FunctionName?.includes("consumer")) throw notFound();
        const qualifier = /consumer:(.+)$/.exec(FunctionName)?.[1];
        return {
          FunctionArn: qualifier === undefined ? FUNCTION_ARN : `${FUNCTION_ARN}:${qualifier}`,
          Timeout: state.timeoutSeconds,
        };
      },
      GetFunctionRecursionConfig: () => ({ RecursiveLoop: state.recursiveLoop }),
      Invoke: async ({ cloud, caller }, input) => {
        if (!state.functionExists) throw notFound();
        assert(input.Payload instanceof Uint8Array);
        const event = JSON.parse(Buffer.from(input.Payload).toString()) as {
          Records: SqsRecord[];
        };
        const invocation: Invoked = {
          records: event.Records,
          traceHeader: caller.traceHeader,
          source: caller.source,
          functionName: input.FunctionName!,
          at: cloud.clock.now(),
        };
        invoked.push(invocation);
        const answer = await state.answer(invocation);
        if (answer instanceof ServiceError) throw answer;
        const { FunctionError, payload = "null" } = answer;
        // The SDK's type of a payload has methods of its own that the runtime does not need.
        const Payload = Buffer.from(payload) as never;
        return { StatusCode: 200, Payload, ...(FunctionError && { FunctionError }) };
      },
    },
    start: startEventSourceMappings,
  });

  const channel = `sqs:${queueArn}`;
  const assertQueue = () => {
    if (!queue.exists)
      throw new ServiceError("QueueDoesNotExist", "The specified queue does not exist.");
  };
  const sqs = defineService({
    name: "sqs",
    operations: {
      GetQueueAttributes: () => {
        assertQueue();
        return { Attributes: { VisibilityTimeout: String(queue.visibilityTimeoutSeconds) } };
      },
      ReceiveMessage: async ({ cloud, signal }, input) => {
        queue.receives += 1;
        const until = cloud.clock.now() + (input.WaitTimeSeconds ?? 0) * 1000;
        for (;;) {
          assertQueue();
          const listener = cloud.wakes.listen(channel);
          const taken = queue.take(cloud.clock.now(), input.MaxNumberOfMessages ?? 1);
          if (taken.length > 0 || cloud.clock.now() >= until) {
            listener.close();
            return { Messages: taken.map(toMessage) };
          }
          const next = Math.min(until, ...queue.messages.map(({ visibleAt }) => visibleAt));
          await listener.woken(Math.max(next, cloud.clock.now() + 1), signal);
        }
      },
      DeleteMessageBatch: (_call, { Entries = [] }) => {
        assertQueue();
        for (const { ReceiptHandle } of Entries) {
          const at = queue.messages.findIndex(
            ({ receiptHandle }) => receiptHandle === ReceiptHandle,
          );
          if (at >= 0) queue.messages.splice(at, 1);
        }
        cloud.wakes.wake(channel);
        return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] };
      },
      ChangeMessageVisibilityBatch: ({ cloud }, { Entries = [] }) => {
        for (const { ReceiptHandle, VisibilityTimeout = 0 } of Entries) {
          const stored = queue.messages.find(
            ({ receiptHandle }) => receiptHandle === ReceiptHandle,
          );
          if (stored) stored.visibleAt = cloud.clock.now() + VisibilityTimeout * 1000;
        }
        return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] };
      },
    },
  });
  const cloudwatch = defineService({
    name: "cloudwatch",
    operations: { PutMetricData: () => ({}) },
  });
  const defects: unknown[] = [];
  const cloud = new Cloud({
    services: [sqs, lambda, cloudwatch],
    clock: "virtual",
    startTime: Date.parse("2026-01-01T00:00:00Z"),
    ...(directory !== undefined && { directory }),
  });
  cloud.notices.on("defect", (defect) => defects.push(defect));

  return {
    cloud,
    clock: cloud.clock as VirtualClock,
    queue,
    queueArn,
    invoked,
    state,
    defects,
    bodies: () => invoked.map(({ records }) => records.map(({ body }) => body)),
    send: (
      body: string,
      {
        group,
        traceHeader,
        messageAttributes,
      }: {
        group?: string;
        traceHeader?: string;
        messageAttributes?: Record<string, MessageAttributeValue>;
      } = {},
    ): string => {
      const now = cloud.clock.now();
      const messageId = randomUUID();
      queue.messages.push({
        message: {
          MessageId: messageId,
          Body: body,
          MD5OfBody: createHash("md5").update(body).digest("hex"),
          ...(messageAttributes && {
            MessageAttributes: messageAttributes,
            MD5OfMessageAttributes: "5ae4d5d7636402d80f4eb6d213245a88",
          }),
        },
        group,
        visibleAt: now,
        receives: 0,
        receiptHandle: "",
        attributes: {
          SentTimestamp: String(now),
          SenderId: "AIDAIENQZJOLO23YVJ4VO",
          ApproximateFirstReceiveTimestamp: String(now),
          ...(traceHeader !== undefined && { AWSTraceHeader: traceHeader }),
          ...(group !== undefined && {
            MessageGroupId: group,
            MessageDeduplicationId: messageId,
            SequenceNumber: String(queue.messages.length),
          }),
        },
      });
      cloud.wakes.wake(channel);
      return messageId;
    },
    createMapping: (
      input: Partial<CreateEventSourceMappingRequest>,
    ): Promise<EventSourceMappingConfiguration> =>
      cloud.call(CALLER, "lambda", "CreateEventSourceMapping", {
        EventSourceArn: queueArn,
        FunctionName: "consumer",
        ...input,
      }),
    getMapping: (UUID: string) => cloud.call(CALLER, "lambda", "GetEventSourceMapping", { UUID }),
    untilState: (UUID: string, expected: string) =>
      until(
        async () =>
          (await cloud.call(CALLER, "lambda", "GetEventSourceMapping", { UUID })).State ===
          expected,
      ),
    [Symbol.asyncDispose]: () => cloud.stop(),
  };
}

function toMessage({ message, receiptHandle, receives, attributes }: Stored): Message {
  return {
    ...message,
    ReceiptHandle: receiptHandle,
    Attributes: { ApproximateReceiveCount: String(receives), ...attributes },
  };
}

/** Turns of the event loop after which what was waited for is not going to happen. */
const TURNS_MAX = 5_000;

/** Resolves when the condition holds, without time passing. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    if (await condition()) return;
    await setImmediate();
  }
  throw new Error(`this never came true: ${condition}`);
}
