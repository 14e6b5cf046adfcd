import type { Caller } from "../../call.ts";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import type { ServiceError } from "../../errors.ts";
import type { InputOf, OperationName, OutputOf } from "../../sdk.ts";
import { defineService } from "../../service.ts";
import { logs } from "./service.ts";

export const START = Date.UTC(2026, 0, 15);
export const GROUP = "/aws/lambda/orders";

export const caller: Caller = {
  account: "123456789012",
  region: "eu-central-1",
  principal: "arn:aws:iam::123456789012:root",
};

/** A cloud with CloudWatch Logs, and the two services that it calls, which note what they are given. */
export function startCloud(options: { directory?: string } = {}) {
  const metrics: InputOf<"cloudwatch", "PutMetricData">[] = [];
  const invocations: InputOf<"lambda", "Invoke">[] = [];
  /** What the next invocations are refused with. */
  const refusals: ServiceError[] = [];
  const cloudwatch = defineService({
    name: "cloudwatch",
    operations: {
      PutMetricData: (_call, input) => {
        metrics.push(input);
        return {};
      },
    },
  });
  const lambda = defineService({
    name: "lambda",
    operations: {
      GetFunctionConfiguration: () => ({}),
      Invoke: (_call, input) => {
        const refusal = refusals.shift();
        if (refusal) throw refusal;
        invocations.push(input);
        return { StatusCode: 202 };
      },
    },
  });
  const cloud = new Cloud({
    services: [logs, cloudwatch, lambda],
    clock: "virtual",
    startTime: START,
    ...options,
  });
  // The option above made it a virtual one.
  const clock = cloud.clock as VirtualClock;
  const call = <O extends OperationName<"logs">>(
    operation: O,
    input: InputOf<"logs", O>,
  ): Promise<OutputOf<"logs", O>> => cloud.call(caller, "logs", operation, input);
  return {
    cloud,
    clock,
    call,
    metrics,
    invocations,
    refusals,
    /** Creates the group and streams. */
    create: async (...streams: string[]) => {
      await call("CreateLogGroup", { logGroupName: GROUP });
      for (const logStreamName of streams)
        await call("CreateLogStream", { logGroupName: GROUP, logStreamName });
    },
    /** Puts messages at instants after the start. */
    put: (logStreamName: string, ...events: [afterMs: number, message: string][]) =>
      call("PutLogEvents", {
        logGroupName: GROUP,
        logStreamName,
        logEvents: events.map(([afterMs, message]) => ({ timestamp: START + afterMs, message })),
      }),
    [Symbol.asyncDispose]: () => cloud.stop(),
  };
}
