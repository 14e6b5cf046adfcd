import assert from "node:assert";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { VirtualClock } from "../../../../runtime/src/clock/virtual.ts";
import { Cloud } from "../../../../runtime/src/cloud.ts";
import { defineService } from "../../../../runtime/src/service.ts";
import { cloudwatch } from "../../../../runtime/src/services/cloudwatch/service.ts";
import { dynamodb } from "../../../../runtime/src/services/dynamodb/service.ts";
import { eventbridge } from "../../../../runtime/src/services/eventbridge/service.ts";
import { sfn } from "../../../../runtime/src/services/sfn/service.ts";
import { createAcquireLock, type Handler } from "../../index.ts";
import { CALLER, clientOf } from "../../testing/door-client.ts";
import {
  reaper,
  type SemaphoreStates,
  type StateMachineDefinition,
  type StateMachineTerms,
} from "../index.ts";
import type { Span } from "./observed.ts";

const ROLE_ARN = `arn:aws:iam::${CALLER.account}:role/states`;
export const TABLE = "semaphores";

/** A cloud under a virtual clock whose one function is the acquire step, called without a process. */
export class EngineCloud implements AsyncDisposable {
  readonly #cloud: Cloud;
  /** Requests to DynamoDB, whoever made them. */
  readonly #counted: { requests: number };

  private constructor(cloud: Cloud, counted: { requests: number }) {
    this.#cloud = cloud;
    this.#counted = counted;
  }

  static async open(): Promise<EngineCloud> {
    const counted = { requests: 0 };
    const ended = () => {
      counted.requests += 1;
    };
    const cloud: Cloud = new Cloud({
      services: [
        cloudwatch,
        { ...dynamodb, ended },
        acquireFunction(() => cloud),
        eventbridge,
        sfn,
      ],
      clock: "virtual",
    });
    await cloud.call(CALLER, "dynamodb", "CreateTable", {
      TableName: TABLE,
      AttributeDefinitions: [{ AttributeName: "LockName", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "LockName", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    });
    return new EngineCloud(cloud, counted);
  }

  async createMachine(name: string, definition: StateMachineDefinition): Promise<string> {
    const { stateMachineArn } = await this.#cloud.call(CALLER, "sfn", "CreateStateMachine", {
      name,
      definition: JSON.stringify(definition),
      roleArn: ROLE_ARN,
    });
    assert(stateMachineArn);
    return stateMachineArn;
  }

  /** Sets up what gives back what dead executions of this machine hold. */
  async reap(
    semaphore: StateMachineTerms & Pick<SemaphoreStates, "variant">,
    machineArn: string,
  ): Promise<void> {
    const { definition, eventPattern } = reaper(semaphore, { stateMachineArns: [machineArn] });
    const Arn = await this.createMachine("reaper", definition);
    const rule = { Name: "executions-died", EventPattern: JSON.stringify(eventPattern) };
    await this.#cloud.call(CALLER, "eventbridge", "PutRule", rule);
    await this.#cloud.call(CALLER, "eventbridge", "PutTargets", {
      Rule: rule.Name,
      Targets: [{ Id: "reaper", Arn, RoleArn: ROLE_ARN }],
    });
  }

  async start(stateMachineArn: string, name: string, input: object): Promise<string> {
    const { executionArn } = await this.#cloud.call(CALLER, "sfn", "StartExecution", {
      stateMachineArn,
      name,
      input: JSON.stringify(input),
    });
    assert(executionArn);
    return executionArn;
  }

  async stop(executionArn: string): Promise<void> {
    await this.#cloud.call(CALLER, "sfn", "StopExecution", { executionArn });
  }

  describe(executionArn: string) {
    return this.#cloud.call(CALLER, "sfn", "DescribeExecution", { executionArn });
  }

  /** Those of these executions that have not ended. */
  async running(executionArns: readonly string[]): Promise<string[]> {
    const described = await Promise.all(executionArns.map((arn) => this.describe(arn)));
    return executionArns.filter((_, place) => described[place]?.status === "RUNNING");
  }

  /** Whether the execution has come to a state and not gone on. */
  async isAt(executionArn: string, state: string): Promise<boolean> {
    const entered = (await this.#history(executionArn)).findLast((event) => nameEntered(event));
    return entered !== undefined && nameEntered(entered) === state;
  }

  /** From when to when an execution was at work: until it began to release, or died. Undefined: never. */
  async workOf(executionArn: string): Promise<Span | undefined> {
    const history = await this.#history(executionArn);
    const instantOf = (state: string) =>
      history.find((event) => nameEntered(event) === state)?.timestamp?.getTime();
    const from = instantOf("Work");
    if (from === undefined) return undefined;
    const until = instantOf("Release lock") ?? history.at(-1)?.timestamp?.getTime();
    return { from, until: until ?? Number.POSITIVE_INFINITY };
  }

  /** How many requests there were to DynamoDB. */
  get requests(): number {
    return this.#counted.requests;
  }

  async putItem(Item: Record<string, AttributeValue>): Promise<void> {
    await this.#cloud.call(CALLER, "dynamodb", "PutItem", { TableName: TABLE, Item });
  }

  async unitsOut(name: string): Promise<number> {
    return Number((await this.item(name))?.currentlockcount?.N);
  }

  async item(name: string): Promise<Record<string, AttributeValue> | undefined> {
    const { Item } = await this.#cloud.call(CALLER, "dynamodb", "GetItem", {
      TableName: TABLE,
      Key: { LockName: { S: name } },
      ConsistentRead: true,
    });
    return Item;
  }

  advance(milliseconds: number): Promise<void> {
    // The cloud was opened with a virtual clock.
    return (this.#cloud.clock as VirtualClock).advance(milliseconds);
  }

  async #history(executionArn: string): Promise<HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.#cloud.call(CALLER, "sfn", "GetExecutionHistory", {
        executionArn,
        maxResults: 1_000,
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      events.push(...(page.events ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return events;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cloud.stop();
  }
}

function nameEntered({ stateEnteredEventDetails }: HistoryEvent): string | undefined {
  return stateEnteredEventDetails?.name;
}

/** Lambda with one function, `acquire`: the library's handler, its time the cloud's. */
function acquireFunction(cloud: () => Cloud) {
  let handler: Handler | undefined;
  return defineService({
    name: "lambda",
    operations: {
      Invoke: async (_call, { Payload }) => {
        handler ??= createAcquireLock({
          client: clientOf(cloud()),
          environment: {},
          now: () => cloud().clock.now(),
        });
        const answered = await answerOf(
          handler,
          JSON.parse(Buffer.from(Payload as Uint8Array).toString()),
        );
        return {
          StatusCode: 200,
          ExecutedVersion: "$LATEST",
          ...("errorType" in answered ? { FunctionError: "Unhandled" } : {}),
          Payload: Buffer.from(JSON.stringify(answered)) as never,
        };
      },
    },
  });
}

async function answerOf(handler: Handler, event: unknown): Promise<object> {
  try {
    return await handler(event);
  } catch (error) {
    // As Lambda reports it.
    const { name, message } = error as Error;
    return { errorType: name, errorMessage: message };
  }
}
