import type { Caller } from "../../../call.ts";
import type { Json, TaskState } from "../../../states-language/definition.ts";
import { StatesError } from "../../../states-language/states-error.ts";
import { performTask } from "../task/perform.ts";
import type { WorkingTask } from "./branch.ts";
import type { Run } from "./run.ts";
import { integrationOfTask } from "./task-state.ts";

/** Makes the call that a task begins with, or has the mock configuration answer it. */
export async function callTask(
  { cloud, execution }: Run,
  caller: Caller,
  state: TaskState,
  stateName: string,
  { parameters, mocked }: WorkingTask,
  signal: AbortSignal,
): Promise<Json> {
  const integration = integrationOfTask(state);
  if (mocked?.kind === "return")
    return integration.kind === "lambda" ? returnedBy(mocked.result) : mocked.result;
  if (mocked) throw new StatesError(mocked.error, mocked.cause);
  const options = { signal, executionArn: execution.arn, stateName };
  return await performTask(cloud, caller, integration, parameters, options);
}

/**
 * What a function itself gave, where a mock is Lambda's answer to Invoke: one mock serves both kinds of resources.
 * Source: LocalStack's test_lambda_invoke of mocked service integrations.
 */
function returnedBy(mock: Json): Json {
  const isAnswer =
    typeof mock === "object" && mock !== null && "StatusCode" in mock && "Payload" in mock;
  return isAnswer ? mock.Payload! : mock;
}
