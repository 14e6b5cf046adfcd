import type { Caller } from "../../../call.ts";
import type { Json, TaskState } from "../../../states-language/definition.ts";
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
  { parameters }: WorkingTask,
  signal: AbortSignal,
): Promise<Json> {
  const options = { signal, executionArn: execution.arn, stateName };
  return await performTask(cloud, caller, integrationOfTask(state), parameters, options);
}
