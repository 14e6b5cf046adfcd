import type { Caller } from "../../../call.ts";
import type { Cloud } from "../../../cloud.ts";
import { ServiceError } from "../../../errors.ts";
import { loadModel } from "../../../gateway/model/model.ts";
import { toResult } from "../../../sdk-action/parameters.ts";
import type { Json, JsonObject } from "../../../states-language/definition.ts";
import { checkSize } from "../../../states-language/size.ts";
import { StatesError } from "../../../states-language/states-error.ts";
import type { ServiceIntegration } from "./integration.ts";

/** A Standard execution may last a year; who waits for one waits no longer. */
const EXECUTION_MS_MAX = 366 * 86_400_000;

/** Woken when an execution has ended: whoever commits its end wakes it. */
export function executionEnded(executionArn: string): string {
  return `sfn:execution-ended:${executionArn}`;
}

/**
 * Waits for the job that a `.sync` task began, known by what its beginning answered: after a restart it is waited for
 * again. Answers with the description of the child's execution; its Input and Output are text with `.sync`, JSON with
 * `.sync:2`.
 *
 * Rejects with `States.TaskFailed`, whose cause is that description, where the child did not succeed; with the
 * signal's reason.
 */
export async function awaitJob(
  cloud: Cloud,
  caller: Caller,
  integration: ServiceIntegration,
  submitted: Json,
  signal: AbortSignal,
): Promise<Json> {
  const executionArn = executionArnOf(submitted);
  for (;;) {
    const ended = cloud.wakes.listen(executionEnded(executionArn));
    const execution = await describe(cloud, caller, executionArn).catch((error) => {
      ended.close();
      throw error;
    });
    if (execution.Status === "RUNNING") {
      await ended.woken(cloud.clock.now() + EXECUTION_MS_MAX, signal);
      continue;
    }
    ended.close();
    return outcome(integration, execution);
  }
}

/** Stops the job that a `.sync` task began: its task was stopped, or timed out. A job that has ended stays as it is. */
export async function stopJob(
  cloud: Cloud,
  caller: Caller,
  _integration: ServiceIntegration,
  submitted: Json,
): Promise<void> {
  const executionArn = executionArnOf(submitted);
  await cloud.call(caller, "sfn", "StopExecution", { executionArn }).catch((error: unknown) => {
    // It is gone, or was one that cannot be stopped: either way it is nothing to wait for.
    if (!(error instanceof ServiceError)) throw error;
  });
}

function outcome({ resource }: ServiceIntegration, execution: JsonObject): Json {
  const told = resource.endsWith(".sync:2") ? withJson(execution) : execution;
  if (execution.Status !== "SUCCEEDED")
    throw new StatesError("States.TaskFailed", JSON.stringify(told));
  checkSize(told, "states");
  return told;
}

/** As a task sees an execution: members in Pascal case, dates in milliseconds since 1970. */
async function describe(cloud: Cloud, caller: Caller, executionArn: string): Promise<JsonObject> {
  const { operations } = await loadModel("sfn");
  const shape = operations.get("DescribeExecution")?.output;
  if (!shape) throw new Error("the SDK does not know DescribeExecution");
  const output = await cloud.call(caller, "sfn", "DescribeExecution", { executionArn });
  return toResult(shape, output, { naming: "api", bytes: "text" });
}

function withJson(execution: JsonObject): JsonObject {
  const told = { ...execution };
  for (const member of ["Input", "Output"]) {
    const text = told[member];
    if (typeof text === "string") told[member] = JSON.parse(text) as Json;
  }
  return told;
}

function executionArnOf(submitted: Json): string {
  const arn =
    typeof submitted === "object" && submitted !== null && !Array.isArray(submitted)
      ? submitted.ExecutionArn
      : undefined;
  if (typeof arn !== "string") throw new Error("a job without the ARN of its execution");
  return arn;
}
