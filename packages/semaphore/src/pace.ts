import type { View } from "./item.ts";

/** How much of a unit's mean time in use may be lost to looking too late. */
const LOSS = 0.03;
/** A line that has not moved for a while is looked at after so much of that while again. */
const GROWTH = 0.05;
/** Of the time that its turn is expected to take, a ticket further back lets this much pass. */
const APPROACH = 0.8;
const LOOK_MS_MIN = 2;
/** How much the newest interval counts in the mean. */
const WEIGHT = 0.3;

/** How fast the line moves, and when it is worth looking again. */
export class Pace {
  #ticketsPerMs: number | undefined;
  #head: number | undefined;
  #movedAt = 0;

  /** Takes note of the newest view of a semaphore of `limit` units. */
  note(view: View, receivedAt: number, limit: number): void {
    if (this.#head === undefined) {
      this.#head = view.head;
      this.#movedAt = receivedAt;
      return;
    }
    const moved = view.head - this.#head;
    const took = receivedAt - this.#movedAt;
    if (moved <= 0 || took <= 0) return;
    // The first to move tells of little but how long it took: where it all began at once, the others are about to. Who
    // thinks the line too fast looks too early; who thinks it too slow may sleep for seconds past its turn.
    this.#ticketsPerMs =
      this.#ticketsPerMs === undefined
        ? Math.max(moved, limit) / took
        : this.#ticketsPerMs * (1 - WEIGHT) + (moved / took) * WEIGHT;
    this.#head = view.head;
    this.#movedAt = receivedAt;
  }

  /** How many wait `ageMs` after the item was seen, as far as one can tell. */
  waitingExpected(view: View, ageMs: number): number {
    return Math.max(0, Math.floor(view.waiting - (this.#ticketsPerMs ?? 0) * ageMs));
  }

  /** How long after a view the ticket that is `ahead` tickets behind the last called one looks again; ms. */
  lookInMs(ahead: number, { now, limit, lookMsMax }: LookTerms): number {
    const perMs = this.#ticketsPerMs;
    const turn = perMs === undefined ? 0 : ((ahead - 1) / perMs) * APPROACH;
    const slotTime = perMs === undefined ? 0 : (limit / perMs) * LOSS;
    const still = (now - this.#movedAt) * GROWTH;
    return Math.min(lookMsMax, Math.max(LOOK_MS_MIN, turn, slotTime, still));
  }
}

interface LookTerms {
  readonly now: number;
  readonly limit: number;
  readonly lookMsMax: number;
}
