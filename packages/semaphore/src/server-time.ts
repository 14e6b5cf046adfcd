import type { Time } from "./time.ts";

/** How much faster or slower two machines' monotonic clocks may run. */
const DRIFT = 200e-6;
/** How fast a correction is let in, so that it bunches no starts: 5 ms in 100 ms. */
const SLEW = 0.05;

/**
 * DynamoDB's time, from the `Date` headers of its answers. A header says that the server's clock stood within one
 * second `[d, d + 1)` at some instant between sending and receiving; what all of them say together soon narrows it
 * down to a round trip. Within that, this machine's own clock is believed; a clock that contradicts the headers is
 * overruled. So among machines whose clocks are right the error is that of their clocks; a machine whose clock lies is
 * at most a second off at its first request and a round trip off once it has seen a second change.
 */
export class ServerTime {
  readonly #time: Time;
  /** The wall clock's lead over the monotonic clock when we began: later jumps of the wall clock don't matter. */
  readonly #offsetBelieved: number;
  #lowest = Number.NEGATIVE_INFINITY;
  #highest = Number.POSITIVE_INFINITY;
  #narrowedAt = 0;
  #offset: number;
  #offsetAt: number;

  constructor(time: Time) {
    this.#time = time;
    this.#offsetAt = time.monotonic();
    this.#offsetBelieved = time.wall() - this.#offsetAt;
    this.#offset = this.#offsetBelieved;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#time.monotonic() + this.#settleOffset();
  }

  /** How far `now` may be off, by what the answers say; ms. 0 where they say nothing. */
  get doubtMs(): number {
    const wide = this.#highest - this.#lowest;
    return Number.isFinite(wide) ? wide + Math.abs(this.#target() - this.#settleOffset()) : 0;
  }

  /** How long until the server's clock shows that instant, in ms; negative when it has passed. */
  until(instant: number): number {
    return instant - this.now();
  }

  /** An answer's `Date` (ms, whole seconds), and the monotonic clock when it was asked for and when it came. */
  answered(date: number, sentAt: number, receivedAt: number): void {
    if (!Number.isFinite(date)) return;
    const first = this.#lowest === Number.NEGATIVE_INFINITY;
    const widened = (receivedAt - this.#narrowedAt) * DRIFT;
    const low = date - receivedAt;
    const high = date + 1000 - sentAt;
    this.#lowest = Math.max(this.#lowest - widened, low);
    this.#highest = Math.min(this.#highest + widened, high);
    if (this.#lowest > this.#highest) {
      // The server's clock was set, or another host answered: begin again with what it says.
      this.#lowest = low;
      this.#highest = high;
    }
    this.#narrowedAt = receivedAt;
    // Nothing was timed by it yet, so the first correction may be a jump.
    if (first) this.#offset = this.#target();
  }

  #target(): number {
    return Math.min(this.#highest, Math.max(this.#lowest, this.#offsetBelieved));
  }

  #settleOffset(): number {
    const now = this.#time.monotonic();
    const step = (now - this.#offsetAt) * SLEW;
    const wanted = this.#target() - this.#offset;
    this.#offset += Math.sign(wanted) * Math.min(Math.abs(wanted), step);
    this.#offsetAt = now;
    return this.#offset;
  }
}
