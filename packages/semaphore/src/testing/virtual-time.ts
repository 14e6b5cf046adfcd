import { setImmediate } from "node:timers/promises";
import type { Time } from "../time.ts";

interface Due {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** Time that stands still between events. What an event starts has run as far as it can before the next one. */
export class VirtualTime {
  now = 0;
  readonly #heap: Due[] = [];
  #order = 0;

  at(instant: number, fire: () => void): () => void {
    this.#order += 1;
    const due: Due = {
      at: Math.max(instant, this.now),
      order: this.#order,
      fire,
      cancelled: false,
    };
    push(this.#heap, due);
    return () => {
      due.cancelled = true;
    };
  }

  /** Runs what falls due up to that instant, or until `over` says so. */
  async runUntil(instant: number, over: () => boolean = () => false): Promise<void> {
    await setImmediate();
    while (!over()) {
      const due = this.#heap[0];
      if (due === undefined || due.at > instant) break;
      pop(this.#heap);
      if (due.cancelled) continue;
      this.now = due.at;
      due.fire();
      await setImmediate();
    }
    if (!over()) this.now = instant;
  }
}

/** One machine's clocks: its wall clock is off, its monotonic clock runs at its own pace, and it can stop for good. */
export class Machine implements Time {
  readonly #world: VirtualTime;
  readonly #random: () => number;
  readonly #skewMs: number;
  readonly #pace: number;
  readonly onCrash: (() => void)[] = [];
  #dead = false;
  #pausedUntil = 0;
  #cutUntil = 0;

  constructor(
    world: VirtualTime,
    { random, skewMs = 0, pace = 1 }: { random: () => number; skewMs?: number; pace?: number },
  ) {
    this.#world = world;
    this.#random = random;
    this.#skewMs = skewMs;
    this.#pace = pace;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** From now on none of its timers fires, and no answer reaches it. */
  crash(): void {
    this.#dead = true;
    for (const tell of this.onCrash.splice(0)) tell();
  }

  /** Until then nothing of it runs; then all at once. */
  pause(forMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#world.now + forMs);
  }

  /** Until then no request leaves it, and no answer reaches it. */
  cutOff(forMs: number): void {
    this.#cutUntil = Math.max(this.#cutUntil, this.#world.now + forMs);
  }

  get isCutOff(): boolean {
    return this.#cutUntil > this.#world.now;
  }

  /** It works: it has not crashed, and is not just coming out of a pause. */
  get running(): boolean {
    return !this.#dead && this.#pausedUntil < this.#world.now;
  }

  /** Runs something on the machine, at an instant of the world or when it runs again. */
  at(instant: number, fire: () => void): () => void {
    let cancel = () => {};
    const arrive = () => {
      if (this.#dead) return;
      if (this.#pausedUntil > this.#world.now) cancel = this.#world.at(this.#pausedUntil, arrive);
      else fire();
    };
    cancel = this.#world.at(instant, arrive);
    return () => cancel();
  }

  monotonic(): number {
    return this.#world.now * this.#pace;
  }

  wall(): number {
    return WORLD_BEGAN + this.#world.now + this.#skewMs;
  }

  timer(afterMs: number, fire: () => void): () => void {
    return this.at(this.#world.now + Math.max(0, afterMs) / this.#pace, fire);
  }

  soon(fire: () => void): void {
    this.at(this.#world.now, fire);
  }

  random(): number {
    return this.#random();
  }
}

/** The true time at virtual instant 0. */
export const WORLD_BEGAN = Date.UTC(2026, 0, 15, 12);

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function isBefore(one: Due, other: Due): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

function push(heap: Due[], due: Due): void {
  let place = heap.push(due) - 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(due, heap[parent]!)) break;
    heap[place] = heap[parent]!;
    place = parent;
  }
  heap[place] = due;
}

function pop(heap: Due[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let place = 0;
  while (true) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[place] = heap[child]!;
    place = child;
  }
  heap[place] = last;
}
