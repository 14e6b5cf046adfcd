import assert from "node:assert";
import type { AttributeValue, CreateTableInput } from "@aws-sdk/client-dynamodb";
import type { Caller } from "../../call.ts";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import type { InputOf, OperationName, OutputOf } from "../../sdk.ts";
import { defineService } from "../../service.ts";
import { dynamodbstreams } from "../dynamodbstreams/service.ts";
import { dynamodb } from "./service.ts";

export const ACCOUNT = "123456789012";
export const REGION = "eu-west-1";

export interface PutMetric {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly count: number;
}

/** A cloud with DynamoDB and its streams alone under a virtual clock, and the metrics that were put. */
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
          for (const { MetricName = "", Dimensions = [], Values = [], Counts = [] } of MetricData) {
            const dimensions = Object.fromEntries(
              Dimensions.map(({ Name, Value }) => [Name ?? "", Value ?? ""]),
            );
            for (const [i, value] of Values.entries())
              this.metrics.push({ name: MetricName, dimensions, value, count: Counts[i] ?? 1 });
          }
          return {};
        },
      },
    });
    this.cloud = new Cloud({
      services: [dynamodb, dynamodbstreams, cloudwatch],
      clock: "virtual",
      startTime,
      ...(directory !== undefined && { directory }),
    });
  }

  call<O extends OperationName<"dynamodb">>(
    operation: O,
    input: InputOf<"dynamodb", O>,
    caller: Partial<Caller> = {},
  ): Promise<OutputOf<"dynamodb", O>> {
    return this.cloud.call({ ...this.caller, ...caller }, "dynamodb", operation, input);
  }

  streams<O extends OperationName<"dynamodbstreams">>(
    operation: O,
    input: InputOf<"dynamodbstreams", O>,
  ): Promise<OutputOf<"dynamodbstreams", O>> {
    return this.cloud.call(this.caller, "dynamodbstreams", operation, input);
  }

  /**
   * Makes a table on demand. Keys are written `id` or `id, at:N` (a hash and a range key, of type S where nothing is
   * said); attributes of indexes beside them in `attributes`, in the same way.
   */
  async table(
    TableName: string,
    keys: string,
    { attributes = "", ...more }: Partial<CreateTableInput> & { attributes?: string } = {},
  ): Promise<string> {
    const named = (list: string) =>
      list
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "")
        .map((part) => part.split(":") as [string, "S" | "N" | "B" | undefined]);
    const key = named(keys);
    await this.call("CreateTable", {
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: key.map(([AttributeName], i) => ({
        AttributeName,
        KeyType: i === 0 ? ("HASH" as const) : ("RANGE" as const),
      })),
      AttributeDefinitions: [...key, ...named(attributes)].map(([AttributeName, type = "S"]) => ({
        AttributeName,
        AttributeType: type,
      })),
      ...more,
    });
    return TableName;
  }

  async put(TableName: string, ...items: Record<string, AttributeValue>[]): Promise<void> {
    for (const Item of items) await this.call("PutItem", { TableName, Item });
  }

  advance(seconds: number): Promise<void> {
    // The cloud was made with a virtual clock, in the constructor above.
    return (this.cloud.clock as VirtualClock).advance(seconds * 1000);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cloud.stop();
  }
}

/** An attribute value as people write it: strings, numbers, booleans, null, bytes, arrays and objects. */
export function av(value: unknown): AttributeValue {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (value === null) return { NULL: true };
  if (value instanceof Uint8Array) return { B: value };
  if (value instanceof Set) return { SS: [...value].map(String) };
  if (Array.isArray(value)) return { L: value.map(av) };
  return { M: item(value as Record<string, unknown>) };
}

export function item(values: Record<string, unknown>): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, av(value)]));
}

/** Asserts that a call is refused with this code, and with a message that says this. */
export async function refused(
  call: Promise<unknown> | (() => Promise<unknown>),
  code: string,
  message: string | RegExp = /./,
): Promise<ServiceError> {
  let refusal: ServiceError | undefined;
  await assert.rejects(call, (error: unknown) => {
    assert(error instanceof ServiceError, String(error));
    assert.equal(error.code, code, error.message);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    refusal = error;
    return true;
  });
  return refusal!;
}
