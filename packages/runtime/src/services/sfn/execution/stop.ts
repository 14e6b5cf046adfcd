import { Constraints } from "../../../constraints.ts";
import type { OperationOf } from "../../../service.ts";
import { checkArnGiven } from "../names.ts";
import { endExecution } from "./ending.ts";
import { requireExecution } from "./find-execution.ts";
import { runsOf } from "./runs.ts";

/** Source: API reference, StopExecution. */
const ERROR_LENGTH_MAX = 256;
const CAUSE_LENGTH_MAX = 32_768;

/** Throws `ValidationException` on an error or a cause that is too long. */
export function checkErrorAndCause(error: string | undefined, cause: string | undefined): void {
  new Constraints()
    .length("error", error, { max: ERROR_LENGTH_MAX })
    .length("cause", cause, { max: CAUSE_LENGTH_MAX })
    .check("ValidationException");
}

/** Stops an execution; one that has ended stays as it is. Throws `ExecutionDoesNotExist`, `InvalidArn`. */
export const stopExecution: OperationOf<"sfn", "StopExecution"> = async (call, input) => {
  const { executionArn, error, cause } = input;
  checkArnGiven("executionArn", executionArn);
  checkErrorAndCause(error, cause);
  const { cloud } = call;
  const now = cloud.clock.now();
  const execution = cloud.store.read((tx) => requireExecution(tx, executionArn, now));
  const run = runsOf(cloud).find(execution, execution.id);
  if (!run) return { stopDate: new Date(execution.stopDate ?? now) };
  const ending = {
    status: "ABORTED" as const,
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  };
  run.post({ what: { kind: "end", end: (turn) => endExecution(turn, ending) } });
  const { stopDate = now } = await run.over;
  return { stopDate: new Date(stopDate) };
};
