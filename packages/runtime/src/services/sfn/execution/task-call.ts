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
  if (mocked?.kind === "return") return mocked.result;
  if (mocked) throw new StatesError(mocked.error, mocked.cause);
  const options = { signal, executionArn: execution.arn, stateName };
  return await performTask(cloud, caller, integrationOfTask(state), parameters, options);
}
