import assert from "node:assert";
import type { Activity } from "./activity.ts";
import type { Clock, Timer } from "./clock.ts";
import { type Due, TimerHeap } from "./timer-heap.ts";

/**
 * A time that stands still until it is advanced. Timers fire in the order of their instants (and, at one instant,
 * in the order in which they were set), and what each one starts is settled before the next one fires.
 */
export class VirtualClock implements Clock {
  readonly #activity: Activity;
  readonly #timers = new TimerHeap();
  #now: number;
  #order = 0;
  #advancing: Promise<void> = Promise.resolve();

  constructor(activity: Activity, start: number) {
    this.#activity = activity;
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  setTimer(at: number, fire: () => void): Timer {
    this.#order += 1;
    const due: Due = { at, order: this.#order, fire, place: -1 };
    this.#timers.add(due);
    if (at <= this.#now) setImmediate(() => this.#timers.remove(due) && fire());
    return { cancel: () => void this.#timers.remove(due) };
  }

  /** Moves time forward. Resolves when it has arrived and all that fell due on the way is done. */
  advance(milliseconds: number): Promise<void> {
    assert(milliseconds >= 0, "time moves forward only");
    const advanced = this.#advancing.then(() => this.#advanceTo(this.#now + milliseconds));
    this.#advancing = advanced.catch(() => {});
    return advanced;
  }

  async #advanceTo(target: number): Promise<void> {
    await this.#activity.settled();
    for (let due = this.#next(target); due !== undefined; due = this.#next(target)) {
      this.#now = Math.max(this.#now, due.at);
      this.#timers.remove(due);
      due.fire();
      await this.#activity.settled();
    }
    this.#now = target;
  }

  #next(target: number): Due | undefined {
    const due = this.#timers.peek();
    return due && due.at <= target ? due : undefined;
  }
}
