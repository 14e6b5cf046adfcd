import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { Caller } from "../../../call.ts";
import type { VirtualClock } from "../../../clock/virtual.ts";
import { Cloud } from "../../../cloud.ts";
import type { AnyServiceDefinition } from "../../../service.ts";
import { defineService } from "../../../service.ts";
import type { Json } from "../../../states-language/definition.ts";
import { sfn } from "../service.ts";

export const caller: Caller = {
  account: "123456789012",
  region: "eu-west-1",
  principal: "arn:aws:iam::123456789012:user/test",
};

export const roleArn = "arn:aws:iam::123456789012:role/states";

/** What a fake function does with its payload: gives a value, or throws a {@link FunctionError}. */
export type FakeFunction = (
  payload: Json,
  call: { readonly caller: Caller; readonly name: string; readonly cloud: Cloud },
) => Json | Promise<Json>;

/** An error as a function reports it. */
export class FunctionError extends Error {
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

/** A Lambda that runs these functions, by their names. */
export function fakeLambda(functions: Readonly<Record<string, FakeFunction>>) {
  return defineService({
    name: "lambda",
    operations: {
      Invoke: async ({ cloud, caller }, { FunctionName = "", Payload }) => {
        const name = FunctionName.split(":").at(-1)!;
        const payload = JSON.parse(Buffer.from((Payload as Uint8Array) ?? "{}").toString());
        try {
          const result = await functions[name]!(payload, { caller, name, cloud });
          return { StatusCode: 200, Payload: bytes(result) };
        } catch (error) {
          if (!(error instanceof FunctionError)) throw error;
          const { errorType, message: errorMessage } = error;
          return {
            StatusCode: 200,
            FunctionError: "Unhandled",
            Payload: bytes({ errorMessage, errorType }),
          };
        }
      },
    },
  });
}

function bytes(value: Json) {
  // The SDK's type has a method more than what the service's callers use.
  return Buffer.from(JSON.stringify(value)) as unknown as never;
}

export function functionArn(name: string): string {
  return `arn:aws:lambda:${caller.region}:${caller.account}:function:${name}`;
}

export interface SfnCloudOptions {
  readonly functions?: Readonly<Record<string, FakeFunction>>;
  readonly services?: readonly AnyServiceDefinition[];
  readonly directory?: string;
  readonly startTime?: number;
}

const silentCloudWatch = defineService({
  name: "cloudwatch",
  operations: { PutMetricData: () => ({}) },
});

/** A cloud of Step Functions and fakes, at a virtual time. */
export function sfnCloud({
  functions = {},
  services = [],
  ...options
}: SfnCloudOptions = {}): Cloud {
  const cloud = new Cloud({
    services: [silentCloudWatch, fakeLambda(functions), ...services, sfn],
    clock: "virtual",
    startTime: Date.UTC(2026, 0, 1),
    ...options,
  });
  // A defect in what is tested shows as one.
  cloud.notices.on("defect", (error) => {
    if (!cloud.stopping.aborted) process.emitWarning(String((error as Error).stack ?? error));
  });
  return cloud;
}

export function clockOf(cloud: Cloud): VirtualClock {
  // A cloud of these tests has a virtual clock.
  return cloud.clock as VirtualClock;
}

/** Makes a state machine, and gives its ARN. */
export async function makeMachine(
  cloud: Cloud,
  definition: object,
  {
    name = "machine",
    type = "STANDARD",
    ...rest
  }: { name?: string; type?: "STANDARD" | "EXPRESS"; loggingConfiguration?: object } = {},
): Promise<string> {
  const { stateMachineArn } = await cloud.call(caller, "sfn", "CreateStateMachine", {
    name,
    type,
    definition: JSON.stringify(definition),
    roleArn,
    ...rest,
  });
  return stateMachineArn!;
}

export async function start(
  cloud: Cloud,
  stateMachineArn: string,
  input: Json = {},
  name?: string,
): Promise<string> {
  const { executionArn } = await cloud.call(caller, "sfn", "StartExecution", {
    stateMachineArn,
    input: JSON.stringify(input),
    ...(name === undefined ? {} : { name }),
  });
  return executionArn!;
}

export function describe(cloud: Cloud, executionArn: string) {
  return cloud.call(caller, "sfn", "DescribeExecution", { executionArn });
}

export async function history(cloud: Cloud, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await cloud.call(caller, "sfn", "GetExecutionHistory", {
      executionArn,
      maxResults: 1000,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    events.push(...page.events!);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return events;
}

/** The history as `id<previous type`, one line an event. */
export async function outline(cloud: Cloud, executionArn: string): Promise<string[]> {
  const events = await history(cloud, executionArn);
  return events.map(({ id, previousEventId, type }) => `${id}<${previousEventId} ${type}`);
}

/** Runs a machine to its end, however long that takes in virtual time (a day at most). */
export async function run(
  cloud: Cloud,
  definition: object,
  input: Json = {},
  { name = `machine-${counter++}` }: { name?: string } = {},
) {
  const executionArn = await start(cloud, await makeMachine(cloud, definition, { name }), input);
  await settled(cloud);
  return { ...(await describe(cloud, executionArn)), executionArn };
}

let counter = 0;

/** Moves time a day on, and waits for all that happens meanwhile. */
export async function settled(cloud: Cloud): Promise<void> {
  await clockOf(cloud).advance(86_400_000);
}
