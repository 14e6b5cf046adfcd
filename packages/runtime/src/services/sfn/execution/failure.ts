import type { Json } from "../../../states-language/definition.ts";
import type { StatesError } from "../../../states-language/states-error.ts";
import type { Branch } from "./branch.ts";

/** Why a state did not succeed. A worker may report a failure without an error or a cause. */
export interface Failure {
  readonly error?: string;
  readonly cause?: string;
  /** What Retry and Catch know it as, where that is not its error. */
  readonly matchedAs?: string;
}

export const TIMEOUT: Failure = { error: "States.Timeout", cause: "" };

/**
 * Histories recorded from AWS show a heartbeat that stayed out as `States.Timeout`; the developer guide ("Handling
 * errors in Step Functions workflows") says that Retry and Catch know it as `States.HeartbeatTimeout`.
 */
export const HEARTBEAT_TIMEOUT: Failure = { ...TIMEOUT, matchedAs: "States.HeartbeatTimeout" };

/** What a Catch, and `$states.errorOutput`, see. */
export function errorOutput({ error, cause }: Failure): Json {
  return { Error: error ?? null, Cause: cause ?? null };
}

/** What an event tells of a failure: an empty cause is none. */
export function failureDetails({ error, cause }: Failure): { error?: string; cause?: string } {
  return {
    ...(error === undefined ? {} : { error }),
    ...(cause ? { cause } : {}),
  };
}

/** A failure of the state itself, not of what it called: its cause says where, as AWS words it. */
export function stateFailure({ state, entered }: Branch, { error, cause }: StatesError): Failure {
  // What is too large is told without a place. Source: histories recorded from AWS.
  if (error === "States.DataLimitExceeded") return { error, cause };
  const at = entered?.eventId ?? 0;
  return {
    error,
    cause: `An error occurred while executing the state '${state}' (entered at the event id #${at}). ${cause}`,
  };
}
