import { strToU8, type Zippable, zipSync } from "fflate";
import type { Caller } from "../../call.ts";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import type { FunctionSpec, Invocation, InvocationResult } from "../../functions/function.ts";
import type { InputOf, OperationName, OutputOf } from "../../sdk.ts";
import { defineService } from "../../service.ts";
import { lambdaOn } from "./service.ts";

export const ACCOUNT = "000000000000";
export const REGION = "us-east-1";
export const CALLER: Caller = {
  account: ACCOUNT,
  region: REGION,
  principal: `arn:aws:iam::${ACCOUNT}:user/dev`,
};
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/lambda`;
export const arn = (resource: string) => `arn:aws:lambda:${REGION}:${ACCOUNT}:${resource}`;

/** What the fake function does. */
export type Behaviour = (
  invocation: Invocation,
  spec: FunctionSpec,
) => Promise<Partial<InvocationResult>> | Partial<InvocationResult>;

export function answer(value: unknown): Partial<InvocationResult> {
  return { payload: Buffer.from(JSON.stringify(value)) };
}

export function failure(errorMessage: string): Partial<InvocationResult> {
  return { ...answer({ errorType: "Error", errorMessage }), functionError: "Unhandled" };
}

/** A cloud with Lambda on an executor that runs nothing but what `does` says, and other services that only listen. */
export function createWorld({ directory }: { directory?: string } = {}) {
  const world = {
    does: ((invocation) => ({ payload: invocation.payload })) as Behaviour,
    ran: [] as { invocation: Invocation; spec: FunctionSpec }[],
    retired: [] as string[],
    messages: [] as { caller: Caller; input: InputOf<"sqs", "SendMessage"> }[],
    published: [] as { caller: Caller; input: InputOf<"sns", "Publish"> }[],
    metrics: new Map<string, number>(),
  };
  const lambda = lambdaOn(() => ({
    invoke: async (spec, invocation) => {
      world.ran.push({ invocation, spec });
      const result = await world.does(invocation, spec);
      return { payload: Buffer.from("null"), logTail: "the log", durationMs: 1, ...result };
    },
    retire: (key) => world.retired.push(key),
    stop: async () => {},
  }));
  const sqs = defineService({
    name: "sqs",
    operations: {
      SendMessage: ({ caller }, input) => {
        if (input.QueueUrl?.endsWith("/gone"))
          throw new ServiceError("QueueDoesNotExist", "The specified queue does not exist.");
        world.messages.push({ caller, input });
        return { MessageId: "1", MD5OfMessageBody: "" };
      },
    },
  });
  const sns = defineService({
    name: "sns",
    operations: {
      Publish: ({ caller }, input) => {
        world.published.push({ caller, input });
        return { MessageId: "1" };
      },
    },
  });
  const cloudwatch = defineService({
    name: "cloudwatch",
    operations: {
      PutMetricData: (_call, { MetricData = [] }) => {
        for (const { MetricName = "", Dimensions = [], Values = [], Counts = [] } of MetricData) {
          const key = [MetricName, ...Dimensions.map(({ Value }) => Value)].join(" ");
          const sum = Values.reduce((total, value, i) => total + value * (Counts[i] ?? 1), 0);
          world.metrics.set(key, (world.metrics.get(key) ?? 0) + sum);
        }
        return {};
      },
    },
  });
  const cloud = new Cloud({
    services: [lambda, sqs, sns, cloudwatch],
    clock: "virtual",
    startTime: Date.parse("2026-01-02T03:04:05.678Z"),
    ...(directory === undefined ? {} : { directory }),
  });
  const defects: unknown[] = [];
  cloud.notices.on("defect", (defect) => defects.push(defect));
  return Object.assign(world, {
    cloud,
    defects,
    clock: cloud.clock as VirtualClock,
    call: <O extends OperationName<"lambda">>(
      operation: O,
      input: InputOf<"lambda", O>,
      caller: Caller = CALLER,
    ): Promise<OutputOf<"lambda", O>> => cloud.call(caller, "lambda", operation, input),
    [Symbol.asyncDispose]: () => cloud.stop(),
  });
}

export type World = ReturnType<typeof createWorld>;

export function zip(files: Zippable = { "index.js": strToU8("exports.handler = async () => 1;") }) {
  return zipSync(files);
}

/** The input of a CreateFunction that succeeds. */
export function functionInput(
  FunctionName: string,
  more: Partial<InputOf<"lambda", "CreateFunction">> = {},
): InputOf<"lambda", "CreateFunction"> {
  return {
    FunctionName,
    Runtime: "nodejs22.x",
    Role: ROLE,
    Handler: "index.handler",
    Code: { ZipFile: zip() },
    ...more,
  };
}

/** What an assertion is told of an error: its code and message. */
export function error(code: string, message: string | RegExp) {
  return { code, message };
}
