import { createHash, randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type {
  CreateEventSourceMappingRequest,
  EventSourceMappingConfiguration,
} from "@aws-sdk/client-lambda";
import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { VirtualClock } from "../../../../clock/virtual.ts";
import { Cloud } from "../../../../cloud.ts";
import { defineService } from "../../../../service.ts";
import { ACCOUNT, CALLER, fakeLambda, REGION } from "./function.ts";
import { FakeQueue, fakeSqs } from "./queue.ts";

export { ACCOUNT, type Answer, CALLER, FUNCTION_ARN, REGION } from "./function.ts";

export interface WorldOptions {
  readonly queueName?: string;
  readonly directory?: string;
}

/** A cloud with the mappings under test, a fake queue and a fake function. */
export async function createWorld({ queueName = "orders", directory }: WorldOptions = {}) {
  const queueArn = `arn:aws:sqs:${REGION}:${ACCOUNT}:${queueName}`;
  const queue = new FakeQueue();
  const channel = `sqs:${queueArn}`;
  const { lambda, invoked, state } = fakeLambda();
  const sqs = fakeSqs(queue, channel);
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
