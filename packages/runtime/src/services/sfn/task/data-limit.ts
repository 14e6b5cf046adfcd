import type { Json } from "../../../states-language/definition.ts";
import { StatesError } from "../../../states-language/states-error.ts";

/** What a task takes or gives. Source: Step Functions developer guide, "Quotas related to state machine executions". */
export const TASK_DATA_BYTES_MAX = 262_144;

/** Throws `States.DataLimitExceeded` where the result of `what` (`lambda`, or a function's ARN) is too large. */
export function checkSize(what: string, result: Json): void {
  if (Buffer.byteLength(JSON.stringify(result)) > TASK_DATA_BYTES_MAX)
    throw new StatesError(
      "States.DataLimitExceeded",
      `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
}
