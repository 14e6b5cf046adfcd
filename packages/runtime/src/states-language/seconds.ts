import type { Json, QueryLanguage, TaskState } from "./definition.ts";
import { evaluateJsonata } from "./jsonata.ts";
import { expectType } from "./jsonata-type.ts";
import { readPath } from "./jsonpath/path.ts";
import type { Moment } from "./moment.ts";
import { StatesError } from "./states-error.ts";

/** The largest number of seconds of a Task's limits and of a Wait. Source: AWS's "Maximum value is 99999999". */
export const SECONDS_MAX = 99_999_999;

/**
 * `TimeoutSeconds` or `HeartbeatSeconds` of a Task, from the field itself, a path or an expression.
 * @throws StatesError `States.Runtime` where it is no positive integer.
 */
export async function secondsOf(
  state: TaskState,
  field: "TimeoutSeconds" | "HeartbeatSeconds",
  language: QueryLanguage,
  moment: Moment,
): Promise<number | undefined> {
  const { input, scope } = moment;
  const written = state[field];
  if (language === "JSONata") {
    if (written === undefined) return undefined;
    const value = await evaluateJsonata(written, { input, scope, field });
    return positiveInteger(expectType(value, "number", written, field), field);
  }
  const path = state[`${field}Path`];
  if (path !== undefined) return positiveInteger(readPath(path, input, scope), `${field}Path`);
  return written === undefined ? undefined : positiveInteger(written, field);
}

function positiveInteger(value: Json, field: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= SECONDS_MAX)
    return value;
  throw new StatesError(
    "States.Runtime",
    `The ${field} field refers to value "${JSON.stringify(value)}" which is not a positive integer of at most ${SECONDS_MAX}`,
  );
}
