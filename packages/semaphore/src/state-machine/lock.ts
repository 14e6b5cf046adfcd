import { getLock as getLockByLease } from "./get-lock.ts";
import { getLockAsTheOriginal, releaseLockAsTheOriginal } from "./original.ts";
import { releaseLock as releaseLockByLease } from "./release-lock.ts";
import type { After, State } from "./states.ts";
import { readTerms, type SemaphoreStates, timeoutOf } from "./terms.ts";

/**
 * The state that waits until its execution holds its units, and may start; its input is its output. Put it before the
 * work, and {@link releaseLock} behind it. Throws a `RangeError` for what can never be granted.
 */
export function getLock(semaphore: SemaphoreStates, after: After): State {
  const terms = readTerms(semaphore);
  if (semaphore.variant === "original")
    return getLockAsTheOriginal(terms, semaphore.acquireLock, after);
  return getLockByLease(terms, timeoutOf(semaphore.timeoutSeconds), after);
}

/** The state that gives its execution's units back; its input is its output. */
export function releaseLock(semaphore: SemaphoreStates, after: After): State {
  const terms = readTerms(semaphore);
  if (semaphore.variant === "original") return releaseLockAsTheOriginal(terms, after);
  return releaseLockByLease(terms, after, "Gives this execution's units back.");
}
