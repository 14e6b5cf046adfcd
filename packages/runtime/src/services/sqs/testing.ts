import assert from "node:assert";
import type { Caller } from "../../call.ts";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import type { InputOf, OperationName, OutputOf } from "../../sdk.ts";
import { defineService } from "../../service.ts";
import { sqs } from "./service.ts";

export const ACCOUNT = "123456789012";
export const REGION = "eu-west-1";

export interface PutMetric {
  readonly name: string;
  readonly value: number;
  readonly count: number;
}

/** A cloud with SQS alone under a virtual clock, for tests, and the metrics that were put into its CloudWatch. */
export class TestCloud {
  readonly cloud: Cloud;
  readonly metrics: PutMetric[] = [];
  readonly caller: Caller = {
    account: ACCOUNT,
    region: REGION,
    principal: `arn:aws:iam::${ACCOUNT}:root`,
  };

  constructor(directory?: string, startTime = Date.UTC(2026, 0, 1)) {
    const cloudwatch = defineService({
      name: "cloudwatch",
      operations: {
        PutMetricData: (_, { MetricData = [] }) => {
          for (const { MetricName = "", Values = [], Counts = [] } of MetricData)
            for (const [i, value] of Values.entries())
              this.metrics.push({ name: MetricName, value, count: Counts[i] ?? 1 });
          return {};
        },
      },
    });
    this.cloud = new Cloud({
      services: [sqs, cloudwatch],
      clock: "virtual",
      startTime,
      ...(directory !== undefined && { directory }),
    });
  }

  call<O extends OperationName<"sqs">>(
    operation: O,
    input: InputOf<"sqs", O>,
    caller: Partial<Caller> = {},
  ): Promise<OutputOf<"sqs", O>> {
    return this.cloud.call({ ...this.caller, ...caller }, "sqs", operation, input);
  }

  /** Makes a queue; returns its URL. */
  async queue(QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
    const { QueueUrl } = await this.call("CreateQueue", { QueueName, Attributes });
    assert(QueueUrl);
    return QueueUrl;
  }

  async bodies(QueueUrl: string, max = 10): Promise<string[]> {
    const { Messages = [] } = await this.call("ReceiveMessage", {
      QueueUrl,
      MaxNumberOfMessages: max,
    });
    return Messages.map(({ Body }) => Body ?? "");
  }

  /** Visible, in flight, delayed. */
  async counts(QueueUrl: string): Promise<[number, number, number]> {
    const { Attributes = {} } = await this.call("GetQueueAttributes", {
      QueueUrl,
      AttributeNames: ["All"],
    });
    return [
      Number(Attributes.ApproximateNumberOfMessages),
      Number(Attributes.ApproximateNumberOfMessagesNotVisible),
      Number(Attributes.ApproximateNumberOfMessagesDelayed),
    ];
  }

  advance(seconds: number): Promise<void> {
    // The cloud was made with a virtual clock, in the constructor above.
    return (this.cloud.clock as VirtualClock).advance(seconds * 1000);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cloud.stop();
  }
}

export function arn(name: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
}

/** Asserts that a call is refused with this code, and with a message that says this. */
export async function refused(
  call: Promise<unknown> | (() => Promise<unknown>),
  code: string,
  message: string | RegExp = /./,
): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert(error instanceof ServiceError, String(error));
    assert.equal(error.code, code, error.message);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });
}
