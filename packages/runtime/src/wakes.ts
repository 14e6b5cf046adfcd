import type { Clock } from "./clock/clock.ts";

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
    let rung = false;
    let onRing = () => {};
    const wakeUp = () => {
      rung = true;
      onRing();
    };
    const waiting = this.#waiting.get(channel) ?? new Set();
    this.#waiting.set(channel, waiting.add(wakeUp));
    const close = () => {
      waiting.delete(wakeUp);
      if (waiting.size === 0 && this.#waiting.get(channel) === waiting)
        this.#waiting.delete(channel);
    };
    return {
      close,
      woken: (until, signal) =>
        new Promise((resolve, reject) => {
          if (rung) return resolve("woken");
          if (signal?.aborted) {
            close();
            return reject(signal.reason);
          }
          const over = () => {
            close();
            timer.cancel();
            signal?.removeEventListener("abort", onAbort);
          };
          const onAbort = () => {
            over();
            reject(signal?.reason);
          };
          onRing = () => {
            over();
            resolve("woken");
          };
          const timer = this.#clock.setTimer(until, () => {
            over();
            resolve("timeout");
          });
          signal?.addEventListener("abort", onAbort, { once: true });
        }),
    };
  }
}

export interface Listener {
  woken(until: number, signal?: AbortSignal): Promise<"woken" | "timeout">;
  close(): void;
}
