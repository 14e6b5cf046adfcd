import type { AttributeValue, StreamViewType } from "@aws-sdk/client-dynamodb";
import type { CreateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import type { VirtualClock } from "../../../../clock/virtual.ts";
import { Cloud } from "../../../../cloud.ts";
import type { StreamRecord } from "../../../../event-sources/stream-record.ts";
import { defineService } from "../../../../service.ts";
import { dynamodb } from "../../../dynamodb/service.ts";
import { dynamodbstreams } from "../../../dynamodbstreams/service.ts";
import { sqs } from "../../../sqs/service.ts";
import { DELIVERY, deliver } from "../../destination.ts";
import { ACCOUNT, CALLER, fakeLambda, REGION } from "./function.ts";
import { until } from "./world.ts";

export const TABLE = "orders";
export const START = Date.parse("2026-01-01T00:00:00Z");

/** The events that the function was given, as far as these tests look at them. */
export interface StreamEvent {
  readonly Records: readonly StreamRecord[];
  readonly window?: { readonly start: string; readonly end: string };
  readonly state?: Record<string, number>;
  readonly isFinalInvokeForWindow?: boolean;
}

/** A cloud with real tables, streams and queues, the mappings under test, and a function that answers what it is told. */
export async function streamWorld({
  view = "NEW_AND_OLD_IMAGES",
  directory,
}: {
  view?: StreamViewType;
  directory?: string;
} = {}) {
  const { lambda, invoked, state } = fakeLambda();
  const cloudwatch = defineService({
    name: "cloudwatch",
    operations: { PutMetricData: () => ({}) },
  });
  const cloud = new Cloud({
    services: [
      dynamodb,
      dynamodbstreams,
      sqs,
      { ...lambda, owed: { [DELIVERY]: deliver } },
      cloudwatch,
    ],
    clock: "virtual",
    startTime: START,
    ...(directory !== undefined && { directory }),
  });
  const defects: unknown[] = [];
  cloud.notices.on("defect", (defect) => defects.push(defect));
  const call: (typeof cloud)["call"] = (...all) => cloud.call(...all);
  const { TableNames } = await call(CALLER, "dynamodb", "ListTables", {});
  if (!TableNames?.includes(TABLE)) {
    await call(CALLER, "dynamodb", "CreateTable", {
      TableName: TABLE,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: view },
    });
  }
  const { Table } = await call(CALLER, "dynamodb", "DescribeTable", { TableName: TABLE });
  const streamArn = Table!.LatestStreamArn!;
  const events = () => invoked.map(({ event }) => event as StreamEvent);
  const put = (id: string, more: Record<string, AttributeValue> = {}, traceHeader?: string) =>
    call({ ...CALLER, ...(traceHeader && { traceHeader }) }, "dynamodb", "PutItem", {
      TableName: TABLE,
      Item: { id: { S: id }, ...more },
    });
  return {
    cloud,
    invoked,
    state,
    defects,
    streamArn,
    events,
    put,
    clock: cloud.clock as VirtualClock,
    /** The ids of the items in each batch. */
    batches: () => events().map(({ Records }) => Records.map(idOf)),
    map: async (input: Partial<CreateEventSourceMappingRequest> = {}) => {
      const mapping = await call(CALLER, "lambda", "CreateEventSourceMapping", {
        EventSourceArn: streamArn,
        FunctionName: "consumer",
        StartingPosition: "TRIM_HORIZON",
        ...input,
      });
      const { UUID } = mapping;
      await until(async () => {
        const { State } = await call(CALLER, "lambda", "GetEventSourceMapping", { UUID });
        return State === "Enabled" || State === "Disabled";
      });
      return mapping;
    },
    queue: async (QueueName: string) => {
      const { QueueUrl } = await call(CALLER, "sqs", "CreateQueue", { QueueName });
      return {
        arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:${QueueName}`,
        received: async () => {
          const { Messages = [] } = await call(CALLER, "sqs", "ReceiveMessage", {
            QueueUrl,
            MaxNumberOfMessages: 10,
          });
          return Messages.map(({ Body }) => JSON.parse(Body ?? ""));
        },
      };
    },
    [Symbol.asyncDispose]: () => cloud.stop(),
  };
}

export function idOf({ dynamodb: { Keys } }: StreamRecord): string {
  return (Keys.id as { S: string }).S;
}
