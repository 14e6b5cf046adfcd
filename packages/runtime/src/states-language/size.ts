import type { Json } from "./definition.ts";
import { StatesError } from "./states-error.ts";

/** Of the input or output of a state, a task or an execution, as UTF-8. Source: Step Functions, "Service quotas". */
export const DATA_BYTES_MAX = 262_144;
/** Of one variable, and of all that one `Assign` sets. Source: ibid. */
export const ASSIGN_BYTES_MAX = 262_144;

/** A UTF-16 unit takes at most 3 bytes of UTF-8. */
const BYTES_PER_UNIT_MAX = 3;

/**
 * @param name of the state, or of what the task called (`lambda`, a function's ARN): AWS names it in the cause, as
 * recorded in LocalStack's snapshot tests of `States.DataLimitExceeded`.
 * @throws StatesError `States.DataLimitExceeded`.
 */
export function checkSize(value: Json, name: string): void {
  if (exceeds(value, DATA_BYTES_MAX)) {
    throw new StatesError(
      "States.DataLimitExceeded",
      `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
  }
}

/** The variables that a filled `Assign` sets, once their size is known to be within the limit. */
export function checkAssigned(assigned: Json): Record<string, Json> {
  if (exceeds(assigned, ASSIGN_BYTES_MAX)) {
    throw new StatesError(
      "States.DataLimitExceeded",
      "The variables assigned have a size exceeding the maximum number of bytes service limit.",
    );
  }
  // an Assign is an object, and so is what it is filled to
  return assigned as Record<string, Json>;
}

function exceeds(value: Json, bytesMax: number): boolean {
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) return false;
  const text = JSON.stringify(value);
  return text.length * BYTES_PER_UNIT_MAX > bytesMax && Buffer.byteLength(text) > bytesMax;
}
