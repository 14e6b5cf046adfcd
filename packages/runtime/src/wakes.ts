import { type Clock, sleepUntil } from "./clock/clock.ts";

/**
 * Who waits for something to change, by channel (`sqs:<queue ARN>`). A commit wakes them; they look for themselves
 * what there is.
 */
export class Wakes {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(channel: string): void {
    const waiting = this.#waiting.get(channel);
    if (!waiting) return;
    this.#waiting.delete(channel);
    for (const wakeUp of waiting) wakeUp();
  }

  /**
   * Waits from the moment of this call: look for what you want *after* calling `listen` and before awaiting
   * `woken`, and no wake is lost. `woken` resolves with "woken" or, at the instant `until`, with "timeout"; it
   * rejects with the signal's reason. Call `close` when done without awaiting.
   */
  listen(channel: string): Listener {
    let wakeUp = () => {};
    const rung = new Promise<"woken">((resolve) => {
      wakeUp = () => resolve("woken");
    });
    const waiting = this.#waiting.get(channel) ?? new Set();
    this.#waiting.set(channel, waiting.add(wakeUp));
    const close = () => {
      waiting.delete(wakeUp);
      if (waiting.size === 0 && this.#waiting.get(channel) === waiting)
        this.#waiting.delete(channel);
    };
    return {
      close,
      woken: async (until, signal) => {
        const over = new AbortController();
        const stop = AbortSignal.any(signal ? [over.signal, signal] : [over.signal]);
        try {
          const timeout = sleepUntil(this.#clock, until, stop).then(() => "timeout" as const);
          return await Promise.race([rung, timeout]);
        } finally {
          close();
          over.abort();
        }
      },
    };
  }
}

export interface Listener {
  woken(until: number, signal?: AbortSignal): Promise<"woken" | "timeout">;
  close(): void;
}
