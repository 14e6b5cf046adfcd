import { createHash } from "node:crypto";

/** What a rule's or a schedule's target asks for. */
export interface RetryPolicy {
  readonly MaximumRetryAttempts?: number | undefined;
  readonly MaximumEventAgeInSeconds?: number | undefined;
}

/**
 * The defaults, and the most. Sources: EventBridge user guide, "How EventBridge retries delivering events"; API
 * reference of EventBridge Scheduler, `RetryPolicy`.
 */
export const RETRY_ATTEMPTS_MAX = 185;
export const EVENT_AGE_SECONDS_MAX = 86_400;

/**
 * AWS tells of an exponential backoff with jitter and no figures. Doubled from one second to eight minutes, its 185
 * attempts take a little less than its 24 hours.
 */
const BACKOFF_MS_MIN = 1_000;
const BACKOFF_MS_MAX = 480_000;
/** The jitter takes up to this share of the backoff off. */
const JITTER = 0.1;

export type RetryDecision =
  | { readonly retry: true; readonly againAt: number }
  | { readonly retry: false; readonly exhausted: ExhaustedCondition };

/** As a dead letter's `EXHAUSTED_RETRY_CONDITION` says it. */
export type ExhaustedCondition = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds";

/** A delivery that failed after `retries` earlier retries: when it is tried again, or why it is not. */
export function decideRetry(
  policy: RetryPolicy | undefined,
  delivery: { readonly id: number; readonly retries: number; readonly since: number },
  now: number,
): RetryDecision {
  const { id, retries, since } = delivery;
  const attemptsMax = policy?.MaximumRetryAttempts ?? RETRY_ATTEMPTS_MAX;
  if (retries >= attemptsMax) return { retry: false, exhausted: "MaximumRetryAttempts" };
  const ageMs = (policy?.MaximumEventAgeInSeconds ?? EVENT_AGE_SECONDS_MAX) * 1_000;
  const againAt = now + backoff(id, retries);
  if (againAt > since + ageMs) return { retry: false, exhausted: "MaximumEventAgeInSeconds" };
  return { retry: true, againAt };
}

/** The jitter comes from the delivery and its attempt, so that it is the same in every run of a virtual clock. */
function backoff(id: number, retries: number): number {
  const full = Math.min(BACKOFF_MS_MIN * 2 ** retries, BACKOFF_MS_MAX);
  const random = createHash("sha256").update(`${id} ${retries}`).digest().readUInt32BE() / 2 ** 32;
  return Math.round(full * (1 - JITTER * random));
}
