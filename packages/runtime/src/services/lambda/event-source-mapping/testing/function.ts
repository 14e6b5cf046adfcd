import assert from "node:assert/strict";
import { ServiceError } from "../../../../errors.ts";
import type { SqsRecord } from "../../../../event-sources/sqs-record.ts";
import { defineService } from "../../../../service.ts";
import { eventSourceMappingOperations } from "../operations.ts";
import { startEventSourceMappings } from "../pollers.ts";

export const ACCOUNT = "123456789012";
export const REGION = "eu-west-1";
export const CALLER = { account: ACCOUNT, region: REGION, principal: "arn:aws:iam::1:root" };
export const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:consumer`;

export interface Invoked {
  readonly records: readonly SqsRecord[];
  /** All that the function was given. */
  readonly event: object;
  readonly traceHeader: string | undefined;
  readonly source: string | undefined;
  readonly functionName: string;
  readonly at: number;
}

/** What the fake function answers; a `ServiceError` is what Invoke rejects with. */
export type Answer = { readonly FunctionError?: string; readonly payload?: string } | ServiceError;

/** A Lambda with the mappings under test and one function, `consumer`, that answers what `state` says. */
export function fakeLambda() {
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
          event,
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
  return { lambda, invoked, state };
}
