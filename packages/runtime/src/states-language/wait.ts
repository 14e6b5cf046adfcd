import type { Json, QueryLanguage, WaitState } from "./definition.ts";
import { evaluateJsonata } from "./jsonata.ts";
import { expectType } from "./jsonata-type.ts";
import { PathNotFound, readPath } from "./jsonpath/path.ts";
import { effectiveInput, type Moment } from "./moment.ts";
import { StatesError } from "./states-error.ts";
import { instantOf } from "./timestamp.ts";

/** A year: no execution lives longer. */
const WAIT_SECONDS_MAX = 31_536_000;

/**
 * When a Wait is over, in ms since 1970; a moment of the past is now. The causes are AWS's, from LocalStack's snapshot
 * tests of Wait states.
 * @param now ms since 1970
 * @throws StatesError `States.Runtime`, `States.QueryEvaluationError`.
 */
export async function waitUntil(
  state: WaitState,
  language: QueryLanguage,
  moment: Moment,
  now: number,
): Promise<number> {
  if (language === "JSONata") return waitInJsonata(state, moment, now);
  const { scope } = moment;
  const input = effectiveInput(state, moment);
  if (state.SecondsPath !== undefined) {
    const value = readWait(state.SecondsPath, "SecondsPath", input, scope);
    return after(now, secondsFrom(value, "SecondsPath", state.SecondsPath));
  }
  if (state.TimestampPath !== undefined) {
    const path = state.TimestampPath;
    const value = readWait(path, "TimestampPath", input, scope);
    const instant = instantOf(value)?.ms;
    if (instant === undefined) {
      throw new StatesError(
        "States.Runtime",
        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: " +
          `${path} == ${typeof value === "string" ? value : JSON.stringify(value)}`,
      );
    }
    return Math.max(now, instant);
  }
  if (state.Timestamp !== undefined) return Math.max(now, timestampFrom(state.Timestamp));
  // validated to be a number: JSONPath has no expression here
  return after(now, (state.Seconds as number | undefined) ?? 0);
}

async function waitInJsonata(state: WaitState, moment: Moment, now: number): Promise<number> {
  const { input, scope } = moment;
  if (state.Timestamp !== undefined) {
    const value = await evaluateJsonata(state.Timestamp, { input, scope, field: "Timestamp" });
    return Math.max(now, timestampFrom(expectType(value, "string", state.Timestamp, "Timestamp")));
  }
  const value = await evaluateJsonata(state.Seconds ?? 0, { input, scope, field: "Seconds" });
  const seconds = expectType(value, "number", state.Seconds, "Seconds");
  return after(now, secondsFrom(seconds, "Seconds", String(state.Seconds)));
}

function readWait(path: string, field: string, input: Json, scope: Moment["scope"]): Json {
  try {
    return readPath(path, input, scope);
  } catch (error) {
    if (!(error instanceof PathNotFound)) throw error;
    throw new StatesError(
      "States.Runtime",
      `The ${field} parameter does not reference an input value: ${path}`,
    );
  }
}

function secondsFrom(value: Json, field: string, written: string): number {
  const told = `${written} == ${typeof value === "string" ? value : JSON.stringify(value)}`;
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw new StatesError(
      "States.Runtime",
      `The ${field} parameter cannot be parsed as a long value: ${told}`,
    );
  }
  if (value < 0) {
    throw new StatesError(
      "States.Runtime",
      `The ${field} parameter references a negative value: ${told}`,
    );
  }
  return value;
}

function timestampFrom(text: string): number {
  const instant = instantOf(text)?.ms;
  if (instant === undefined) {
    throw new StatesError(
      "States.Runtime",
      `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
    );
  }
  return instant;
}

function after(now: number, seconds: number): number {
  if (seconds > WAIT_SECONDS_MAX)
    throw new StatesError("States.Runtime", "Wait state delay is too long.");
  return now + seconds * 1000;
}
