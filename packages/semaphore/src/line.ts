import assert from "node:assert";
import { backoffMs, isTransient } from "./backoff.ts";
import { type Batch, Claims } from "./claims.ts";
import { type Circumstances, type Decision, decide, startTimesOf } from "./decide.ts";
import { SemaphoreMissing } from "./errors.ts";
import type { OnEvent } from "./events.ts";
import { type View, viewOf } from "./item.ts";
import { NO_MOVES, type Terms, writeOf } from "./protocol.ts";
import type { Request } from "./request.ts";
import type { ServerTime } from "./server-time.ts";
import { Sight } from "./sight.ts";
import { Slot } from "./slot.ts";
import type { Answer, ItemAccess } from "./table.ts";
import type { Time } from "./time.ts";

/** Writes under way at once, for one semaphore of one process: what comes meanwhile goes into the next one. */
const WRITES_MAX = 4;
/** Slots in one renewal. */
const RENEWALS_A_WRITE_MAX = 20;
/** Of its duration, a slot is renewed after this much. */
const RENEW_AFTER = 1 / 3;
/** Of a lease: one write renews all slots that are due so soon. */
const RENEW_WITH = 1 / 6;
/** No timer is finer, and a sum of fractions may fall just short of what is due. */
const TICK_MS_MIN = 1;
/** Of several observers that find the same owner dead, one takes the unit back before the others try; ms. */
const RECLAIM_JITTER_MS = 50;
const NOTHING: Batch = { joining: [], starting: [], giving: [] };

/** A write that is under way. */
interface Sent {
  readonly decision: Decision;
  readonly batch: Batch;
  /** The last ticket that was known to be called when it was sent: those that it calls are later. */
  readonly headBefore: number;
}

export interface LineOptions {
  readonly name: string;
  readonly table: string;
  readonly access: ItemAccess;
  /** Creates the item where it is missing, or adds what the protocol needs to the original functions' item. */
  readonly prepare: () => Promise<void>;
  readonly create: boolean;
  readonly terms: Terms;
  readonly time: Time;
  readonly serverTime: ServerTime;
  readonly onEvent: OnEvent;
}

/**
 * One process's part in one semaphore. All its requests share each look at the item and, where they come together,
 * each write. What to write is decided by {@link decide}, what comes of it is known by {@link Claims} and
 * {@link Sight}; here it is sent, at its time, and again when it fails.
 */
export class Line {
  readonly #options: LineOptions;
  readonly #sight: Sight;
  readonly #claims: Claims;
  readonly #reclaiming = new Set<string>();
  #writes = 0;
  #looking: Promise<void> | undefined;
  #renewing = false;
  /** Refused writes in a row. */
  #refusals = 0;
  /** Failed requests in a row. */
  #failures = 0;
  /** Nothing is sent before; monotonic. */
  #notBefore = 0;
  #flushScheduled = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: LineOptions) {
    const { name, terms, time } = options;
    this.#options = options;
    this.#sight = new Sight(options);
    const onWanted = () => this.#schedule();
    this.#claims = new Claims({ name, terms, time, sight: this.#sight, onWanted });
  }

  /** Units of this process that are out. */
  get held(): number {
    return this.#claims.held;
  }

  /** Requests of this process that wait. */
  get waiting(): number {
    return this.#claims.waiting;
  }

  enter(request: Request): void {
    this.#claims.enter(request);
  }

  /** The request's caller has gone. */
  leave(request: Request): void {
    this.#claims.leave(request);
  }

  /** Gives a slot up. Resolves when that is certain; rejects when DynamoDB refuses it for good. */
  give(slot: Slot): Promise<void> {
    return this.#claims.give(slot);
  }

  /** No unit of a settled request may be another's by now. */
  isHeld({ slots }: Request): boolean {
    const now = this.#options.time.monotonic();
    return slots.every((slot) => !slot.givenUp && slot.expiresAt(this.#sight.leaseMs) > now);
  }

  #schedule(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#options.time.soon(() => {
      this.#flushScheduled = false;
      void this.#flush();
      // Not after the flush: what is due while a write is under way must not wait for its answer.
      this.#tend();
    });
  }

  /** Sends one write with what is wanted. */
  async #flush(): Promise<void> {
    const { access, terms, time } = this.#options;
    if (!this.#canFlush || time.monotonic() < this.#notBefore) return;
    const { view } = this.#sight;
    if (view === undefined || this.#looksFirst) return this.#lookAgain();
    const decision = decide(this.#claims.wants(), this.#circumstances(view), terms);
    this.#claims.called();
    if (decision === undefined) return;
    const batch = this.#claims.take(decision);
    this.#writes += 1;
    try {
      const answer = await access.write(writeOf(decision.moves, terms));
      this.#failures = 0;
      if (answer.applied) this.#applied(answer, decision, batch);
      else await this.#refused(answer, { decision, batch, headBefore: view.head });
    } catch (error) {
      this.#failed(error, batch);
    } finally {
      this.#writes -= 1;
    }
    this.#schedule();
  }

  get #canFlush(): boolean {
    if (!this.#claims.wanted || this.#writes >= WRITES_MAX) return false;
    return !this.#looksFirst || this.#looking === undefined;
  }

  /** Where the start times stand is in a write's condition: a guess from long ago costs a write, a look costs half. */
  get #looksFirst(): boolean {
    if (this.#sight.view === undefined) return true;
    return this.#isStale && this.#options.terms.startGap !== undefined && this.#claims.joins;
  }

  get #isStale(): boolean {
    return this.#claims.tickets === 0 && this.#sight.isStale;
  }

  #circumstances(view: View): Circumstances {
    const { tickets } = this.#claims;
    return {
      view,
      waitingExpected: this.#sight.waitingExpected(view, tickets),
      refusals: this.#refusals,
      now: this.#sight.startsFrom(),
      doubt: this.#sight.doubtMs / 1000,
      trip: this.#sight.tripMs / 1000,
      stale: this.#isStale,
      newSlotName: () => Slot.newName(this.#options.time),
    };
  }

  #applied(answer: Answer, { moves, started }: Decision, batch: Batch): void {
    this.#refusals = 0;
    const { terms, onEvent } = this.#options;
    assert(answer.item, "an applied write returns the item");
    const view = viewOf(answer.item, "");
    for (const { slot, done } of batch.giving) {
      done();
      if (slot.exactly !== undefined) onEvent({ type: "reclaimed", ticket: slot.ticket });
    }
    if (terms.startGap !== undefined && started > 0) {
      const starting = batch.starting.length > 0 ? batch.starting : batch.joining;
      this.#claims.handOutStarts(starting, startTimesOf(view, started, terms.startGap));
    }
    const lastBefore = view.head + view.waiting - moves.join;
    this.#claims.assignTickets(batch.joining, lastBefore, answer.sentAt);
    this.#claims.renewed(moves.renew, answer.sentAt);
    this.#takeIn(answer);
    for (const request of batch.starting) this.#claims.settle(request);
    for (const { settled, gone, units } of batch.joining)
      if (!settled && !gone) onEvent({ type: "refused", units });
  }

  async #refused(answer: Answer, sent: Sent): Promise<void> {
    if (sent.decision.moves.alone && this.#wasApplied(answer, sent)) return;
    this.#refusals += 1;
    if (await this.#prepared(answer)) this.#takeIn(answer);
    else await this.#look();
    this.#claims.restoreRefused(sent.batch);
  }

  /**
   * A write can be refused because the SDK sent it twice: the first time it was applied, and its answer got lost. The
   * slots of the names that it chose are there then. They are its own unless they were there before, or so much time
   * has passed that they may have been taken from it and have another owner: a slot keeps its name.
   */
  #wasApplied(answer: Answer, { decision, batch, headBefore }: Sent): boolean {
    const { admit } = decision.moves;
    const view = viewOf(answer.item ?? {}, "");
    const made = view.slots.filter(
      ({ name, ticket }) => admit.includes(name) && ticket > headBefore,
    );
    if (made.length < admit.length || admit.length === 0 || view.leaseMs === undefined)
      return false;
    if (answer.receivedAt - answer.sentAt >= view.leaseMs) return false;
    for (const { done } of batch.giving) done();
    const lastBefore = Math.min(...made.map(({ ticket }) => ticket)) - 1;
    this.#claims.assignTickets(batch.joining, lastBefore, answer.sentAt);
    this.#takeIn(answer);
    return true;
  }

  #failed(error: unknown, batch: Batch): void {
    const { time, onEvent } = this.#options;
    this.#failures += 1;
    const retryInMs = backoffMs(this.#failures, time);
    this.#notBefore = time.monotonic() + retryInMs;
    const isOver = !isTransient(error);
    onEvent({ type: "failed", error, retryInMs: isOver ? undefined : retryInMs });
    if (isOver) this.#claims.reject(batch, error);
    else this.#claims.restore(batch);
  }

  #takeIn(answer: Answer): void {
    const view = this.#sight.takeIn(answer);
    if (view !== undefined) this.#claims.takeIn(view, answer);
  }

  /** A fresh look at the item, shared by all who want one. */
  #look(): Promise<void> {
    this.#looking ??= this.#read().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #read(): Promise<void> {
    const { access } = this.#options;
    const answer = await access.read();
    this.#takeIn((await this.#prepared(answer)) ? answer : await access.read());
  }

  /** Whether the item has what the protocol needs; if not, sees to it. */
  async #prepared(answer: Answer): Promise<boolean> {
    const { create, name, table, prepare } = this.#options;
    if (answer.item === undefined && !create) throw new SemaphoreMissing(name, table);
    if (answer.item !== undefined && viewOf(answer.item, "").leaseMs !== undefined) return true;
    await prepare();
    return false;
  }

  async #lookAgain(): Promise<void> {
    try {
      await this.#look();
      this.#failures = 0;
    } catch (error) {
      this.#failed(error, NOTHING);
      if (!isTransient(error)) this.#claims.rejectAll(error);
    }
    this.#schedule();
  }

  /** Sets the timer for what is due next. It keeps the process alive only for who waits. */
  #tend(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const due = this.#dueAt();
    if (due === undefined) return;
    const { time } = this.#options;
    const inMs = due - time.monotonic();
    const background = !this.#claims.wanted && this.#claims.waiting === 0;
    this.#cancelTimer = time.timer(
      inMs <= 0 ? 0 : Math.max(TICK_MS_MIN, inMs),
      () => this.#tick(),
      { background },
    );
  }

  #dueAt(): number | undefined {
    const { time } = this.#options;
    const sends: number[] = [];
    if (this.#canFlush) sends.push(time.monotonic());
    if (this.#claims.wantsStarts && !this.#claims.wanted)
      sends.push(time.monotonic() + this.#sight.startsFullForMs());
    if (this.#lookAt !== undefined) sends.push(this.#lookAt);
    const expiries: number[] = [];
    for (const slot of this.#claims.keptSlots()) {
      expiries.push(slot.expiresAt(this.#sight.leaseMs));
      if (!this.#renewing) sends.push(slot.renewAt(this.#sight.leaseMs, RENEW_AFTER));
    }
    const due = Math.min(Math.max(Math.min(...sends), this.#notBefore), ...expiries);
    return Number.isFinite(due) ? due : undefined;
  }

  /** When to look again; undefined where nothing of ours waits to be called. */
  get #lookAt(): number | undefined {
    const { place } = this.#claims;
    if (place === undefined || this.#looking !== undefined) return undefined;
    return this.#sight.lookAt(place);
  }

  #tick(): void {
    const now = this.#options.time.monotonic();
    if (this.#sight.view !== undefined) {
      this.#claims.expire(now);
      this.#reclaim();
      if (now >= this.#notBefore) {
        this.#renew(now);
        const lookAt = this.#lookAt;
        if (lookAt !== undefined && lookAt <= now) void this.#lookAgain();
      }
    }
    this.#schedule();
  }

  #renew(now: number): void {
    if (this.#renewing) return;
    const { leaseMs } = this.#sight;
    const slots = this.#claims.keptSlots();
    if (!slots.some((slot) => slot.renewAt(leaseMs, RENEW_AFTER) <= now)) return;
    const due = slots
      .filter((slot) => slot.renewAt(leaseMs, RENEW_AFTER) <= now + leaseMs * RENEW_WITH)
      .sort((one, other) => one.expiresAt(leaseMs) - other.expiresAt(leaseMs))
      .slice(0, RENEWALS_A_WRITE_MAX);
    this.#renewing = true;
    void this.#sendRenewal(due).finally(() => {
      this.#renewing = false;
      this.#schedule();
    });
  }

  async #sendRenewal(slots: readonly Slot[]): Promise<void> {
    const { access, terms } = this.#options;
    try {
      const answer = await access.write(writeOf({ ...NO_MOVES, renew: slots }, terms));
      this.#failures = 0;
      if (answer.applied) this.#claims.renewed(slots, answer.sentAt);
      else if (answer.item === undefined)
        for (const slot of slots) this.#claims.lose(slot, "the semaphore's item was deleted");
      this.#takeIn(answer);
    } catch (error) {
      this.#failed(error, NOTHING);
    }
  }

  /** Takes units back whose owners have shown no sign for as long as their slots live. */
  #reclaim(): void {
    const { time } = this.#options;
    if (this.#claims.tickets + this.#claims.held === 0) return;
    for (const slot of this.#sight.deadSlots()) {
      const key = `${slot.name} ${slot.exactly}`;
      if (this.#claims.has(slot.ticket) || this.#reclaiming.has(key)) continue;
      this.#reclaiming.add(key);
      const done = () => this.#reclaiming.delete(key);
      time.timer(time.random() * RECLAIM_JITTER_MS, () => {
        const slots = this.#sight.view?.slots ?? [];
        const isStill = slots.some(({ version }) => version === slot.exactly);
        if (isStill) this.#claims.addGivings([{ slot, done }]);
        else done();
      });
    }
  }
}
