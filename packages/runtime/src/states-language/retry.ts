import type { Catcher, Retrier } from "./definition.ts";

/** Defaults of a retrier. Source: the States Language, "Retrying after error". */
const INTERVAL_SECONDS = 1;
const MAX_ATTEMPTS = 3;
const BACKOFF_RATE = 2;
/** The most that `MaxDelaySeconds` can be, and more than an execution lives. */
const DELAY_SECONDS_MAX = 31_622_400;

/**
 * Always fails the execution, even where a catcher names it. Source: Step Functions, "Handling errors"; LocalStack's
 * snapshot of test_catch_states_runtime.
 */
const TERMINAL = "States.Runtime";

const NO_TASK_FAILED: ReadonlySet<string> = new Set([
  "States.DataLimitExceeded",
  "States.HeartbeatTimeout",
  "States.Timeout",
]);

/**
 * How long to wait before a retry, in ms: `IntervalSeconds` × `BackoffRate`^attempt, at most `MaxDelaySeconds`; with
 * full jitter anything from 0 to that.
 * @param attempt retries that this retrier has made in this visit of the state: 0 before the first
 * @param random in [0, 1)
 */
export function retryDelayMs(retrier: Retrier, attempt: number, random: () => number): number {
  const interval = retrier.IntervalSeconds ?? INTERVAL_SECONDS;
  // a rate to a high power is infinite, and no number times nothing
  if (interval === 0) return 0;
  const seconds = interval * (retrier.BackoffRate ?? BACKOFF_RATE) ** attempt;
  const delayMs = Math.round(
    Math.min(seconds, retrier.MaxDelaySeconds ?? DELAY_SECONDS_MAX) * 1000,
  );
  return retrier.JitterStrategy === "FULL" ? Math.floor(random() * (delayMs + 1)) : delayMs;
}

/** How often a retrier retries; 0: never. */
export function attemptsMax(retrier: Retrier): number {
  return retrier.MaxAttempts ?? MAX_ATTEMPTS;
}

/** The first of the retriers or catchers that takes an error, by index. */
export function matchError(
  list: readonly (Retrier | Catcher)[],
  error: string,
): number | undefined {
  const index = list.findIndex(({ ErrorEquals }) =>
    ErrorEquals.some((name) => matches(name, error)),
  );
  return index < 0 ? undefined : index;
}

/**
 * `States.ALL` is every error but `States.Runtime`: `States.DataLimitExceeded` too, whatever the developer guide says
 * (recorded from AWS: LocalStack's snapshots of test_task_lambda_catch_state_all_data_limit_exceeded…).
 * `States.TaskFailed` is all of those but `States.DataLimitExceeded` and `States.Timeout`; `States.Timeout` is
 * `States.HeartbeatTimeout` too, which is a kind of it.
 */
function matches(name: string, error: string): boolean {
  if (error === TERMINAL) return false;
  if (name === error) return true;
  switch (name) {
    case "States.ALL":
      return true;
    case "States.TaskFailed":
      return !NO_TASK_FAILED.has(error);
    case "States.Timeout":
      return error === "States.HeartbeatTimeout";
    default:
      return false;
  }
}
