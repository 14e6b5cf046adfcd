import { setImmediate } from "node:timers/promises";

/** How long a virtual clock waits in real time for work that itself may be waiting for the clock. */
const SETTLE_MS_MAX = 2_000;
/** Turns of the event loop without work under way after which nothing more is expected to begin by itself. */
const QUIET_TURNS = 4;

/**
 * The work under way that takes real time: a write to disk, a function's run, a request to the outside. A virtual
 * clock asks it when time may move on.
 */
export class Activity {
  #running = 0;

  async track<T>(work: Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await work;
    } finally {
      this.#running -= 1;
    }
  }

  /**
   * Resolves when nothing is under way, or after two seconds: a function that itself waits for the clock would
   * otherwise hold it for ever.
   */
  async settled(): Promise<void> {
    const giveUpAt = performance.now() + SETTLE_MS_MAX;
    for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < giveUpAt; ) {
      await setImmediate();
      quiet = this.#running === 0 ? quiet + 1 : 0;
    }
  }
}
