import { createHash } from "node:crypto";
import type { RetryPolicy } from "@aws-sdk/client-scheduler";
import { ServiceError } from "../../errors.ts";

/** Source of both: API reference of EventBridge Scheduler, `RetryPolicy`. */
export const RETRY_ATTEMPTS_MAX = 185;
export const EVENT_AGE_SECONDS_MAX = 86_400;

/** AWS tells of an exponential backoff and no figures. So its 185 attempts take a little less than its 24 hours. */
const BACKOFF_MS_MIN = 1_000;
const BACKOFF_MS_MAX = 480_000;
/** The jitter takes up to this share of the backoff off. */
const JITTER = 0.1;

/** As a dead letter's `EXHAUSTED_RETRY_CONDITION` says it. */
export type ExhaustedCondition = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds";

export type RetryDecision =
  | { readonly retry: true; readonly againAt: number }
  | { readonly retry: false; readonly exhausted: ExhaustedCondition };

/** An invocation that failed after `retries` earlier retries: when it is tried again, or why it is not. */
export function decideRetry(
  policy: RetryPolicy | undefined,
  invocation: { readonly id: number; readonly retries: number; readonly since: number },
  now: number,
): RetryDecision {
  const { id, retries, since } = invocation;
  if (retries >= (policy?.MaximumRetryAttempts ?? RETRY_ATTEMPTS_MAX))
    return { retry: false, exhausted: "MaximumRetryAttempts" };
  const ageMs = (policy?.MaximumEventAgeInSeconds ?? EVENT_AGE_SECONDS_MAX) * 1_000;
  const againAt = now + backoff(id, retries);
  if (againAt > since + ageMs) return { retry: false, exhausted: "MaximumEventAgeInSeconds" };
  return { retry: true, againAt };
}

const THROTTLES = /Throttl|TooManyRequests|RequestLimitExceeded|OverLimit/;
const SERVER_ERRORS = /^(Internal|ServiceUnavailable|ServiceException)/;
const NOT_IMPLEMENTED_STATUS = 501;

export function isThrottle(error: unknown): boolean {
  return error instanceof ServiceError && (error.httpStatus === 429 || THROTTLES.test(error.code));
}

/** Whether it may go better the next time: throttles and errors of the target's service, and what nobody foresaw. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof ServiceError)) return true;
  const { code, httpStatus = 400 } = error;
  if (httpStatus === NOT_IMPLEMENTED_STATUS) return false;
  return isThrottle(error) || httpStatus >= 500 || SERVER_ERRORS.test(code);
}

/** The jitter comes from the invocation and its attempt, so that it is the same in every run of a virtual clock. */
function backoff(id: number, retries: number): number {
  const full = Math.min(BACKOFF_MS_MIN * 2 ** retries, BACKOFF_MS_MAX);
  const random = createHash("sha256").update(`${id} ${retries}`).digest().readUInt32BE() / 2 ** 32;
  return Math.round(full * (1 - JITTER * random));
}
