import { setImmediate } from "node:timers/promises";

/** How long a virtual clock waits in real time while no work is done: what there is may itself wait for the clock. */
const IDLE_MS_MAX = 6_000;
/** How long it waits in all: a loop that is allowed never comes to rest. */
const SETTLE_MS_MAX = 30_000;
/** Turns of the event loop without work under way after which nothing more is expected to begin by itself. */
const QUIET_TURNS = 4;

/**
 * The work under way that takes real time: a write to disk, a function's run, a request to the outside. A virtual
 * clock asks it when time may move on.
 */
export class Activity {
  #running = 0;
  #doneAt = 0;

  async track<T>(work: Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await work;
    } finally {
      this.#running -= 1;
      this.#doneAt = performance.now();
    }
  }

  /**
   * Resolves when nothing is under way, or when for six seconds nothing was done: a function that itself waits for
   * the clock would otherwise hold it for ever.
   */
  async settled(): Promise<void> {
    const begunAt = performance.now();
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await setImmediate();
      quiet = this.#running === 0 ? quiet + 1 : 0;
      const now = performance.now();
      if (now - begunAt > SETTLE_MS_MAX || now - Math.max(begunAt, this.#doneAt) > IDLE_MS_MAX)
        return;
    }
  }
}
