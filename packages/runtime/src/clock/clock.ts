export interface Timer {
  cancel(): void;
}

/** The only source of time. Instants are milliseconds since 1970-01-01T00:00:00Z. */
export interface Clock {
  now(): number;
  /** Calls `fire` once, at or soon after the instant; at once (but not synchronously) when it has passed. */
  setTimer(at: number, fire: () => void): Timer;
}

/** Resolves at the instant, or rejects with the signal's reason when that aborts first. */
export function sleepUntil(clock: Clock, at: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(at, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}
