/** Where a semaphore gets the time from; a test gives another. */
export interface Time {
  /** Milliseconds from any point, at an even pace: all durations are measured by it. */
  monotonic(): number;
  /** Milliseconds since 1970, as far as this machine knows. */
  wall(): number;
  /**
   * Calls `fire` once, `afterMs` from now. Returns how to cancel it. One in the background does not keep the process
   * alive.
   */
  timer(afterMs: number, fire: () => void, options?: { readonly background?: boolean }): () => void;
  /** Calls `fire` once what is happening now has happened: timers that are due together, answers that came together. */
  soon(fire: () => void): void;
  /** From 0 up to 1. */
  random(): number;
}

/** setTimeout takes no more. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const systemTime: Time = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  timer: (afterMs, fire, { background = false } = {}) => {
    const handle = setTimeout(fire, Math.min(Math.max(0, afterMs), TIMER_MS_MAX));
    if (background) handle.unref();
    return () => clearTimeout(handle);
  },
  soon: (fire) => {
    setImmediate(fire);
  },
  random: () => Math.random(),
};
