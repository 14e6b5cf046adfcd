import { randomBytes } from "node:crypto";
import type { Timer } from "../../clock/clock.ts";
import type { Cloud } from "../../cloud.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { oweInvocation } from "./invocation.ts";
import { followingOccurrence } from "./occurrence.ts";
import { DUE, putSchedule, type Schedule, type ScheduleId, scheduleKey } from "./schedule.ts";

/** A timer reaches as far as Node's does; a later instant is looked at again on the way. */
const TIMER_MS_MAX = 2 ** 31 - 1;
/** What is due cannot be written: after so long it is tried again. */
const DEFECT_RETRY_MS = 60_000;
/** Schedules that are dealt with in one transaction. */
const BATCH = 100;

/**
 * The one timer of all schedules: for the first of those in the store that have something to come. What fell due
 * while Flyball was not running is done at its start, once for each schedule.
 */
export class ScheduleClock {
  readonly #cloud: Cloud;
  #timer: Timer | undefined;
  #at = Number.POSITIVE_INFINITY;
  #firing = false;
  #stopped = false;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Something has been put in the store, or was done: sets the timer for what comes next, if that is not set. */
  look(): void {
    if (this.#stopped || this.#firing) return;
    const due = this.#first();
    const { clock } = this.#cloud;
    const at = due === undefined ? undefined : Math.min(due, clock.now() + TIMER_MS_MAX);
    if (at === this.#at) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#at = at ?? Number.POSITIVE_INFINITY;
    if (at === undefined) return;
    this.#timer = clock.setTimer(at, () => {
      this.#at = Number.POSITIVE_INFINITY;
      void this.#fire();
    });
  }

  #first(): number | undefined {
    return this.#cloud.store.read((tx) => {
      for (const { key } of tx.range({ prefix: DUE, limit: 1 })) return dueAtOf(key);
      return undefined;
    });
  }

  async #fire(): Promise<void> {
    this.#firing = true;
    try {
      while (!this.#stopped && (await this.#fireBatch()) === BATCH);
      this.#firing = false;
      this.look();
    } catch (error) {
      if (this.#stopped) return;
      this.#cloud.notices.emit("defect", error);
      const { clock } = this.#cloud;
      this.#timer = clock.setTimer(clock.now() + DEFECT_RETRY_MS, () => void this.#fire());
    }
  }

  /** Owes what is due to its targets, in one transaction with when each is due next. Returns how many there were. */
  #fireBatch(): Promise<number> {
    const now = this.#cloud.clock.now();
    return this.#cloud.store.write((tx) => {
      const range = { prefix: DUE, to: [now + 1], limit: BATCH };
      const due = [...tx.range<ScheduleId>(range)];
      for (const { value } of due) this.#invoke(tx, value, now);
      return due.length;
    });
  }

  #invoke(tx: WriteTransaction, id: ScheduleId, now: number): void {
    // A schedule and its place among those that are due are written and deleted together.
    const { next: occurrence, ...schedule } = tx.get<Schedule>(scheduleKey(id))!;
    const { scheduledAt } = occurrence!;
    const next = followingOccurrence(schedule, occurrence!, now);
    putSchedule(tx, next ? { ...schedule, next } : schedule);
    oweInvocation(this.#cloud, tx, schedule, {
      scheduledAt,
      executionId: randomBytes(8).toString("hex"),
      last: next === undefined,
    });
  }
}

export function scheduleClock(cloud: Cloud): ScheduleClock {
  return new ScheduleClock(cloud);
}

/** As dueKey makes them: the instant follows the prefix. */
function dueAtOf(key: readonly unknown[]): number {
  return Number(key[DUE.length]);
}
