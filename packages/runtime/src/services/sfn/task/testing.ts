import type { Caller } from "../../../call.ts";
import { Cloud } from "../../../cloud.ts";
import { ServiceError } from "../../../errors.ts";
import { defineService } from "../../../service.ts";
import type { Json, JsonObject } from "../../../states-language/definition.ts";
import { StatesError } from "../../../states-language/states-error.ts";
import { integrationOf } from "./integration.ts";
import { performTask } from "./perform.ts";

export const CALLER: Caller = {
  account: "123456789012",
  region: "us-east-1",
  principal: "arn:aws:iam::123456789012:role/states",
  traceHeader: "Root=1-00000000-000000000000000000000001",
};

export const EXECUTION_ARN = "arn:aws:states:us-east-1:123456789012:execution:Orders:order-1";

export interface Called {
  readonly operation: string;
  readonly caller: Caller;
  readonly input: unknown;
  readonly requestId: string;
}

/** A cloud whose services answer what a test tells them to, and remember what they were asked. */
export class TaskWorld {
  readonly calls: Called[] = [];
  /** By operation: what it answers, or the error that it throws. */
  readonly answers: Record<string, unknown> = {};
  readonly cloud: Cloud;

  constructor() {
    const operation =
      (name: string) =>
      async ({ caller, requestId }: { caller: Caller; requestId: string }, input: unknown) => {
        this.calls.push({ operation: name, caller, input, requestId });
        const answer = this.answers[name] ?? {};
        if (answer instanceof Error) throw answer;
        // What a test wants answered is of no type that is known here.
        return (await answer) as never;
      };
    const table = <O extends string>(...names: O[]) =>
      Object.fromEntries(names.map((name) => [name, operation(name)])) as Record<
        O,
        ReturnType<typeof operation>
      >;
    this.cloud = new Cloud({
      services: [
        defineService({ name: "lambda", operations: table("Invoke", "ListFunctions") }),
        defineService({
          name: "dynamodb",
          operations: table("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"),
        }),
        defineService({ name: "sqs", operations: table("SendMessage") }),
        defineService({ name: "sns", operations: table("Publish") }),
        defineService({ name: "eventbridge", operations: table("PutEvents") }),
        defineService({
          name: "sfn",
          operations: table("StartExecution", "DescribeExecution", "StopExecution"),
        }),
        defineService({ name: "logs", operations: table("PutLogEvents") }),
      ],
      clock: "virtual",
      startTime: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cloud.stop();
  }

  perform(resource: string, parameters: Json, signal = this.cloud.stopping): Promise<Json> {
    const integration = integrationOf(resource);
    if (!integration) throw new Error(`${resource} is no integration`);
    return performTask(this.cloud, CALLER, integration, parameters, {
      signal,
      executionArn: EXECUTION_ARN,
      stateName: "Work",
    });
  }

  /** The result without what an optimized integration tells of the call. */
  async result(resource: string, parameters: Json): Promise<JsonObject> {
    const result = (await this.perform(resource, parameters)) as JsonObject;
    const { SdkHttpMetadata: _http, SdkResponseMetadata: _response, ...answer } = result;
    return answer;
  }

  async failure(resource: string, parameters: Json): Promise<StatesError> {
    const failure = await this.perform(resource, parameters).catch((error: unknown) => error);
    if (failure instanceof StatesError) return failure;
    throw new Error(`${resource} did not fail as a state does: ${failure}`);
  }

  /** The last call's input. */
  get asked(): unknown {
    return this.calls.at(-1)?.input;
  }
}

export function serviceError(code: string, message: string, httpStatus?: number): ServiceError {
  return new ServiceError(code, message, httpStatus === undefined ? {} : { httpStatus });
}
