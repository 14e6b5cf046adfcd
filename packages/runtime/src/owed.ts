import type { Caller } from "./call.ts";
import type { Clock, Timer } from "./clock/clock.ts";
import type { Cloud } from "./cloud.ts";
import type { ReadTransaction, Store, WriteTransaction } from "./store/store.ts";

/** Something that one service owes another, kept until it is done: a delivery, an asynchronous invoke, an action. */
export interface Owed<Payload = unknown> {
  readonly id: number;
  /** `<service>:<what>`; names the handler that does it. */
  readonly kind: string;
  readonly caller: Caller;
  readonly payload: Payload;
  /** How often it was tried before: 0 at the first try. */
  readonly attempt: number;
  readonly owedAt: number;
  readonly dueAt: number;
  /** What shares a lane is done one after the other, in the order in which it was owed. */
  readonly lane?: string;
}

/** Done (with what to write in the transaction that strikes it off), or to be tried again. */
export type OwedOutcome =
  | { readonly done: true; readonly commit?: (tx: WriteTransaction) => void }
  | PutOff;

interface PutOff {
  readonly done: false;
  readonly againAt: number;
  readonly payload?: unknown;
}

/**
 * Does one owed thing. It may run again after a crash, never at the same time twice. A handler that throws is a
 * defect: it is reported, and tried again a minute later.
 */
export type OwedHandler = (cloud: Cloud, owed: Owed<never>) => Promise<OwedOutcome>;

export const DONE: OwedOutcome = { done: true };

const DEFECT_RETRY_MS = 60_000;
/** How many owed things are under way at once; the rest waits its turn in the order in which it fell due. */
const CONCURRENCY_MAX = 512;

const OWED = ["owed"] as const;

/** What is owed, in the store; and its doing, by the clock. */
export class OwedWork {
  readonly #cloud: Cloud;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #handlers = new Map<string, OwedHandler>();
  readonly #timers = new Map<number, Timer>();
  readonly #lanes = new Map<string, Owed[]>();
  #ready: Owed[] = [];
  #underWay = 0;
  #nextId = 1;
  #stopped = false;

  constructor(cloud: Cloud, store: Store, clock: Clock) {
    this.#cloud = cloud;
    this.#store = store;
    this.#clock = clock;
  }

  handle(kind: string, handler: OwedHandler): void {
    this.#handlers.set(kind, handler);
  }

  /** Takes up again what a former run of the cloud left owed. */
  start(): void {
    const left = this.#store.read((tx) => [...tx.range<Owed>({ prefix: OWED })]);
    this.#nextId = (left.at(-1)?.value.id ?? 0) + 1;
    for (const { value } of left) this.#schedule(value);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** Owes something from the moment that the transaction commits; `at` (an instant) puts its first try off. */
  add<Payload>(
    tx: WriteTransaction,
    owe: { kind: string; caller: Caller; payload: Payload; at?: number; lane?: string },
  ): number {
    const now = this.#clock.now();
    const { at, ...rest } = owe;
    const owed: Owed = { ...rest, id: this.#nextId++, attempt: 0, owedAt: now, dueAt: at ?? now };
    tx.put([...OWED, owed.id], owed);
    tx.afterCommit(() => this.#schedule(owed));
    return owed.id;
  }

  /** What is owed, the oldest first. */
  list(tx: ReadTransaction): Owed[] {
    return [...tx.range<Owed>({ prefix: OWED })].map(({ value }) => value);
  }

  #schedule(owed: Owed): void {
    if (this.#stopped) return;
    if (owed.lane !== undefined) {
      const lane = this.#lanes.get(owed.lane);
      if (lane) {
        lane.push(owed);
        return;
      }
      this.#lanes.set(owed.lane, []);
    }
    this.#await(owed);
  }

  #await(owed: Owed): void {
    if (owed.dueAt <= this.#clock.now()) {
      this.#ready.push(owed);
      this.#pump();
      return;
    }
    const timer = this.#clock.setTimer(owed.dueAt, () => {
      this.#timers.delete(owed.id);
      this.#ready.push(owed);
      this.#pump();
    });
    this.#timers.set(owed.id, timer);
  }

  #pump(): void {
    while (this.#underWay < CONCURRENCY_MAX && this.#ready.length > 0 && !this.#stopped) {
      const batch = this.#ready.splice(0, CONCURRENCY_MAX - this.#underWay);
      for (const owed of batch) {
        this.#underWay += 1;
        void this.#perform(owed).finally(() => {
          this.#underWay -= 1;
          this.#pump();
        });
      }
    }
  }

  async #perform(owed: Owed): Promise<void> {
    try {
      const outcome = await this.#attempt(owed);
      if (this.#stopped) return;
      if (!outcome.done) return await this.#putOff(owed, outcome);
      await this.#store.write((tx) => {
        outcome.commit?.(tx);
        tx.delete([...OWED, owed.id]);
      });
      this.#leaveLane(owed);
    } catch (error) {
      // It is still owed as the store has it: whether the handler broke, or what it wanted written.
      if (this.#stopped) return;
      this.#cloud.notices.emit("defect", error);
      const againAt = this.#clock.now() + DEFECT_RETRY_MS;
      await this.#putOff(owed, { done: false, againAt }).catch(() => {
        // Not even that can be written (a full disk): it is known here, and in the store as it was.
        if (!this.#stopped) this.#await({ ...owed, dueAt: againAt });
      });
    }
  }

  async #putOff(owed: Owed, { againAt, payload = owed.payload }: PutOff): Promise<void> {
    const again: Owed = { ...owed, payload, attempt: owed.attempt + 1, dueAt: againAt };
    await this.#store.write((tx) => tx.put([...OWED, owed.id], again));
    this.#await(again);
  }

  #attempt(owed: Owed): Promise<OwedOutcome> {
    const handler = this.#handlers.get(owed.kind);
    if (!handler) throw new Error(`nothing here does what is owed as ${owed.kind}`);
    return handler(this.#cloud, owed as Owed<never>);
  }

  #leaveLane(owed: Owed): void {
    if (owed.lane === undefined) return;
    const next = this.#lanes.get(owed.lane)?.shift();
    if (next) this.#await(next);
    else this.#lanes.delete(owed.lane);
  }
}
