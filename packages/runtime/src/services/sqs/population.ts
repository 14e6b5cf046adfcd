import type { Timer } from "../../clock/clock.ts";
import type { Cloud } from "../../cloud.ts";
import type { ReadTransaction } from "../../store/store.ts";
import { Line } from "./line.ts";
import { notYetVisible, readTally } from "./message.ts";
import { type Queue, queueArn } from "./queue.ts";

/** A message that is not visible now, and will be: sent with a delay, or held by whoever received it. */
export type Later = "delayed" | "held";

/** A queue's numbers at one moment. */
export interface Counted {
  readonly messages: number;
  readonly later: readonly { readonly at: number; readonly later: Later }[];
}

interface Instant {
  delayed: number;
  held: number;
}

/**
 * How many messages a queue has, and what falls due in it: derived from the store when the queue is first used,
 * kept up to date by each commit, so that counting never looks at messages. Whoever writes to a queue asks for its
 * population first: what is committed afterwards is told to it, and nothing is counted twice.
 */
export class Population {
  readonly line = new Line();
  readonly #cloud: Cloud;
  readonly #channel: string;
  readonly #instants = new Map<number, Instant>();
  /** The keys of `#instants` as a binary heap, the earliest first. */
  readonly #heap: number[] = [];
  #messages: number;
  #delayed = 0;
  #held = 0;
  #passed: number;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(cloud: Cloud, queue: Queue) {
    this.#cloud = cloud;
    this.#channel = `sqs:${queueArn(queue)}`;
    this.#passed = cloud.clock.now();
    this.#messages = 0;
    this.restore(cloud.store.read((tx) => this.count(tx, queue)));
  }

  /** Counts in the store: what `restore` then makes the population's own, when the transaction is committed. */
  count(tx: ReadTransaction, queue: Queue): Counted {
    const messages = readTally(tx, queue)?.messages ?? 0;
    return { messages, later: [...notYetVisible(tx, queue, this.#cloud.clock.now())] };
  }

  restore({ messages, later }: Counted): void {
    this.#instants.clear();
    this.#heap.length = 0;
    this.#delayed = 0;
    this.#held = 0;
    this.#messages = messages;
    for (const { at, later: kind } of later) this.later(at, kind, 1);
  }

  /** `by` messages more (or fewer) in the queue, at whatever stage. */
  total(by: number): void {
    this.#messages += by;
  }

  /** One message more (`by` = 1) or less (-1) that becomes visible at an instant. */
  later(at: number, later: Later, by: 1 | -1): void {
    if (at <= this.#passed) return;
    let instant = this.#instants.get(at);
    if (!instant) {
      instant = { delayed: 0, held: 0 };
      this.#instants.set(at, instant);
      push(this.#heap, at);
      if (at < this.#timerAt) this.#arm(at);
    }
    instant[later] += by;
    // What was deleted or put off again leaves nothing behind but a number in the heap.
    if (instant.delayed === 0 && instant.held === 0) this.#instants.delete(at);
    if (later === "delayed") this.#delayed += by;
    else this.#held += by;
  }

  counts(): { visible: number; delayed: number; held: number } {
    this.#pass();
    const delayed = this.#delayed;
    const held = this.#held;
    return { visible: Math.max(0, this.#messages - delayed - held), delayed, held };
  }

  /** Messages became visible: whoever waits for them is told, the longest waiting first. */
  ring(messages: number): void {
    this.line.ring(messages);
    this.#cloud.wakes.wake(this.#channel);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Forgets the instants that have passed; returns how many messages became visible at them. */
  #pass(): number {
    const now = this.#cloud.clock.now();
    let appeared = 0;
    while (this.#heap.length > 0 && this.#heap[0]! <= now) {
      const at = pop(this.#heap);
      const instant = this.#instants.get(at);
      if (!instant) continue;
      this.#instants.delete(at);
      this.#delayed -= instant.delayed;
      this.#held -= instant.held;
      appeared += instant.delayed + instant.held;
    }
    this.#passed = Math.max(this.#passed, now);
    return appeared;
  }

  #arm(at: number): void {
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#cloud.clock.setTimer(at, () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#pass();
      // What became visible may have been counted by another call meanwhile, so everyone who fits is told.
      const { visible } = this.counts();
      if (visible > 0) this.ring(visible);
      if (this.#heap.length > 0) this.#arm(this.#heap[0]!);
    });
  }
}

/** The populations of a cloud's queues, by the queue's id. */
export class Populations {
  readonly #cloud: Cloud;
  readonly #byId = new Map<number, { queue: Queue; population: Population; usedAt: number }>();
  #onUse: () => void = () => {};

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    cloud.stopping.addEventListener("abort", () => {
      for (const { population } of this.#byId.values()) population.stop();
    });
  }

  of(queue: Queue): Population {
    const known = this.#byId.get(queue.id);
    const usedAt = this.#cloud.clock.now();
    if (known) {
      // The queue may have other attributes by now.
      known.queue = queue;
      known.usedAt = usedAt;
      this.#onUse();
      return known.population;
    }
    const population = new Population(this.#cloud, queue);
    this.#byId.set(queue.id, { queue, population, usedAt });
    this.#onUse();
    return population;
  }

  forget(queue: Queue): void {
    const known = this.#byId.get(queue.id);
    known?.population.stop();
    known?.population.line.ring(Number.POSITIVE_INFINITY);
    this.#byId.delete(queue.id);
  }

  /** The queues that were used at or after an instant. */
  usedSince(instant: number): Queue[] {
    return [...this.#byId.values()]
      .filter(({ usedAt }) => usedAt >= instant)
      .map(({ queue }) => queue);
  }

  /** How many messages a queue has, without this being a use of it. */
  counts(queue: Queue): ReturnType<Population["counts"]> | undefined {
    return this.#byId.get(queue.id)?.population.counts();
  }

  onUse(used: () => void): void {
    this.#onUse = used;
  }
}

export function makePopulations(cloud: Cloud): Populations {
  return new Populations(cloud);
}

function push(heap: number[], value: number): void {
  let at = heap.push(value) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= value) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = value;
}

function pop(heap: number[]): number {
  const first = heap[0]!;
  const value = heap.pop()!;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child += 1;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
  return first;
}
