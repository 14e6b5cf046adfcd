import assert from "node:assert";
import { backoffMs, isTransient } from "./backoff.ts";
import {
  type Circumstances,
  type Decision,
  decide,
  startsFullForS,
  startTimesOf,
} from "./decide.ts";
import { LeaseLost, SemaphoreMissing } from "./errors.ts";
import type { OnEvent } from "./events.ts";
import { type View, viewOf } from "./item.ts";
import { Pace } from "./pace.ts";
import { type Moves, NO_MOVES, type OwnSlot, type Terms, writeOf } from "./protocol.ts";
import type { Request } from "./request.ts";
import type { ServerTime } from "./server-time.ts";
import { Slot } from "./slot.ts";
import type { Answer, ItemAccess } from "./table.ts";
import type { Time } from "./time.ts";
import { slotDurationMs, Watch } from "./watch.ts";

/** Writes under way at once, for one semaphore of one process: what comes meanwhile goes into the next one. */
const WRITES_MAX = 4;
/** Slots in one renewal. */
const RENEWALS_A_WRITE_MAX = 20;
/** How long a place that is free waits for each ticket before ours to call the line; ms, and at most. */
const CALL_MS_A_PLACE = 20;
const CALL_MS_MAX = 500;
/** A view older than this tells little of a semaphore for which this process has no request in line. */
const STALE_MS = 1_000;
/** No timer is finer, and a sum of fractions may fall just short of what is due. */
const TICK_MS_MIN = 1;
/** A start time is handed out at most this far ahead for the sake of slow answers; ms. */
const LEAD_MS_MAX = 500;
/** An answer may come so much after the start time that it brings, or a gap between starts; ms. */
const START_LATE_MS = 100;
const STARTS_ASKED_MAX = 3;
/** Of its duration, a slot is renewed after this much. */
const RENEW_AFTER = 1 / 3;
/** Waiters look at least this often within the time that a called slot lives without a sign. */
const LOOKS_A_CALL = 4;

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

interface Ticket {
  readonly number: number;
  /** Undefined once its request has gone: it serves another one, or is passed on when it is called. */
  request: Request | undefined;
  /** It was not called at this instant, by the monotonic clock. */
  uncalledAt: number;
}

interface Giving {
  readonly slot: OwnSlot;
  readonly done: (error?: unknown) => void;
}

/**
 * One process's part in one semaphore: all its requests, tickets and slots. They share each look and, where they
 * come together, each write. What to write is decided by {@link decide}; here it is sent, and what comes back is
 * taken in.
 */
export class Line {
  readonly #options: LineOptions;
  readonly #watch = new Watch();
  readonly #pace = new Pace();
  #view: View | undefined;
  #viewAt = 0;
  /** Requests without tickets. */
  #joining: Request[] = [];
  /** Requests whose units are all called, and that need a start time. */
  #starting: Request[] = [];
  readonly #tickets = new Map<number, Ticket>();
  readonly #slots = new Map<number, Slot>();
  #giving: Giving[] = [];
  readonly #reclaiming = new Set<string>();
  #roomSince: { readonly head: number; readonly at: number } | undefined;
  #calling = false;
  #writes = 0;
  #looking: Promise<void> | undefined;
  #renewing = false;
  #refusals = 0;
  #failures = 0;
  #notBefore = 0;
  /** A start time is handed out this far ahead, so that it has not passed when the answer comes; ms. */
  #leadMs = 0;
  #flushScheduled = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Units of this process that are out. */
  get held(): number {
    return this.#slots.size;
  }

  /** Requests of this process that wait. */
  get waiting(): number {
    const inLine = new Set([...this.#tickets.values()].map(({ request }) => request));
    inLine.delete(undefined);
    return this.#joining.length + inLine.size;
  }

  get leaseMs(): number {
    const leaseMs = this.#view?.leaseMs;
    assert(leaseMs !== undefined, "the item was seen");
    return leaseMs;
  }

  enter(request: Request): void {
    this.#takeOverTicket(request);
    this.#schedule();
    this.#tend();
  }

  /** The request's caller has gone. Its tickets and units serve others. */
  leave(request: Request): void {
    request.gone = true;
    this.#joining = this.#joining.filter((other) => other !== request);
    this.#starting = this.#starting.filter((other) => other !== request);
    for (const ticket of this.#tickets.values())
      if (ticket.request === request) ticket.request = undefined;
    for (const slot of request.slots) if (!slot.givenUp) this.give(slot).catch(() => {});
  }

  /** Gives a slot up. Resolves when that is certain; rejects when DynamoDB refuses it for good. */
  give(slot: Slot): Promise<void> {
    return new Promise((resolve, reject) => {
      slot.givenUp = true;
      const giving: Giving = {
        slot: { name: slot.name, ticket: slot.ticket },
        done: (error) => {
          this.#slots.delete(slot.ticket);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#queue([giving]);
    });
  }

  /** A slot that has a later ticket no longer has the earlier one: that one was given up, only the answer got lost. */
  #queue(added: readonly Giving[]): void {
    const latest = new Map<string, Giving>();
    for (const giving of [...added, ...this.#giving]) {
      const other = latest.get(giving.slot.name);
      const [kept, over] =
        other && other.slot.ticket > giving.slot.ticket ? [other, giving] : [giving, other];
      latest.set(giving.slot.name, kept);
      over?.done();
    }
    this.#giving = [...latest.values()];
    this.#schedule();
  }

  /** A fresh look at the item, shared by all who ask at once. */
  async look(): Promise<View> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
    assert(this.#view, "a look sees the item");
    return this.#view;
  }

  async #look(): Promise<void> {
    const answer = await this.#options.access.read();
    const seen = await this.#prepared(answer);
    this.#takeIn(seen ? answer : await this.#options.access.read());
  }

  /** Whether the item has what the protocol needs; if not, sees to it. */
  async #prepared(answer: Answer): Promise<boolean> {
    const { create, name, table, prepare } = this.#options;
    if (answer.item === undefined && !create) throw new SemaphoreMissing(name, table);
    if (answer.item !== undefined && viewOf(answer.item, "").leaseMs !== undefined) return true;
    await prepare();
    return false;
  }

  #takeOverTicket(request: Request): void {
    const spare =
      request.units === 1
        ? [...this.#tickets.values()].find((ticket) => ticket.request === undefined)
        : undefined;
    if (spare) {
      spare.request = request;
      request.firstTicket = spare.number;
    } else this.#joining.push(request);
  }

  #schedule(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(() => {
      this.#flushScheduled = false;
      void this.#flush();
    });
  }

  #wanted(): boolean {
    return (
      this.#joining.length > 0 ||
      this.#giving.length > 0 ||
      (this.#starting.length > 0 && this.#startsFullForMs() === 0) ||
      this.#calling
    );
  }

  /** How long until a start time can be asked for, as far as known; ms. */
  #startsFullForMs(): number {
    if (this.#view === undefined) return 0;
    const now = this.#startsFrom();
    return Math.ceil(startsFullForS(this.#view, now, this.#options.terms) * 1000);
  }

  /** DynamoDB's time when a write that is sent now will be answered; seconds. */
  #startsFrom(): number {
    return (this.#options.serverTime.now() + this.#leadMs) / 1000;
  }

  async #flush(): Promise<void> {
    const { time } = this.#options;
    if (!this.#wanted() || this.#writes >= WRITES_MAX) return;
    if (time.monotonic() < this.#notBefore) return this.#tend();
    if (this.#view === undefined) return this.#looking ? undefined : this.#firstLook();
    const view = this.#view;
    const decision = decide(this.#wants(), this.#circumstances(view), this.#options.terms);
    this.#calling = false;
    if (decision === undefined) return;
    const batch = this.#take(decision);
    this.#writes += 1;
    try {
      const answer = await this.#options.access.write(writeOf(decision.moves, this.#options.terms));
      this.#failures = 0;
      if (answer.applied) this.#applied(answer, decision, batch);
      else await this.#refused(answer, decision, batch);
    } catch (error) {
      this.#failed(error, batch);
    } finally {
      this.#writes -= 1;
    }
    this.#schedule();
    this.#tend();
  }

  async #firstLook(): Promise<void> {
    try {
      await this.look();
      this.#failures = 0;
    } catch (error) {
      this.#failed(error, { joining: this.#joining.splice(0), starting: [], giving: [] });
    }
    this.#schedule();
    this.#tend();
  }

  #wants() {
    for (const request of this.#joining) if (this.#isHopeless(request)) this.leave(request);
    return {
      joining: this.#joining.map(({ units }) => units),
      giving: this.#giving.map(({ slot }) => slot),
      starting: this.#starting.map(({ slots }) => slots),
      calling: this.#calling,
    };
  }

  #circumstances(view: View): Circumstances {
    const { time } = this.#options;
    const expected = this.#pace.waitingExpected(view, time.monotonic() - this.#viewAt);
    return {
      view,
      waitingExpected: Math.max(expected, Math.min(view.waiting, this.#tickets.size)),
      refusals: this.#refusals,
      now: this.#startsFrom(),
      stale: this.#tickets.size === 0 && time.monotonic() - this.#viewAt > STALE_MS,
      newSlotName: () => Slot.newName(time),
    };
  }

  /** Takes what a decision serves off the lists; it goes back on when the write comes to nothing. */
  #take({ joined, given, started }: Decision): Batch {
    return {
      starting: joined > 0 ? [] : this.#starting.splice(0, started),
      joining: this.#joining.splice(0, joined),
      giving: this.#giving.splice(0, given),
    };
  }

  #applied(answer: Answer, { moves, started }: Decision, batch: Batch): void {
    this.#refusals = 0;
    const { terms, onEvent } = this.#options;
    assert(answer.item, "an applied write returns the item");
    const view = viewOf(answer.item, "");
    for (const { done } of batch.giving) done();
    for (const slot of [...batch.giving].filter((giving) => giving.slot.exactly !== undefined))
      onEvent({ type: "reclaimed", ticket: slot.slot.ticket });
    if (moves.starts > 0 && terms.startGap !== undefined) {
      const starting = batch.starting.length > 0 ? batch.starting : batch.joining;
      const times = startTimesOf(view, started, terms.startGap);
      starting.forEach((request, place) => {
        this.#handOutStart(request, times[place]!);
      });
    }
    this.#assignTickets(batch.joining, view.head + view.waiting - moves.join, answer.sentAt);
    const renewed = new Set(moves.renew.map(({ ticket }) => ticket));
    for (const ticket of renewed) this.#slots.get(ticket)?.proven(answer.sentAt);
    this.#takeIn(answer);
    for (const request of batch.starting) if (request.startAt !== undefined) this.#settle(request);
    for (const request of batch.joining)
      if (!request.settled && !request.gone) onEvent({ type: "refused", units: request.units });
  }

  /** A start whose answer came much too late would come close to the next one: another is asked for, twice at most. */
  #handOutStart(request: Request, startAt: number): void {
    const { terms, serverTime } = this.#options;
    const lateMs = -serverTime.until(startAt * 1000);
    const tooLate = lateMs > Math.max(START_LATE_MS, (terms.startGap ?? 0) * 1000);
    request.startsAsked += 1;
    if (tooLate && request.startsAsked < STARTS_ASKED_MAX) {
      this.#askForStart(request);
    } else request.startAt = startAt;
  }

  #askForStart(request: Request): void {
    if (request.gone || request.settled || this.#starting.includes(request)) return;
    if (request.slots.length < request.units) return;
    // One that cannot start before its caller stops waiting takes no start from others. Its caller is told in time.
    if (this.#isHopeless(request)) this.leave(request);
    else this.#starting.push(request);
  }

  #isHopeless({ deadline }: Request): boolean {
    const { time, serverTime, terms } = this.#options;
    if (this.#view === undefined || terms.startGap === undefined) return false;
    const startsInMs = serverTime.until(this.#view.nextAvailable * 1000);
    const isLie = startsInMs > terms.limit * terms.startGap * 1000 + START_LATE_MS;
    return !isLie && time.monotonic() + startsInMs > deadline;
  }

  #assignTickets(requests: readonly Request[], last: number, sentAt: number): void {
    let number = last;
    for (const request of requests) {
      request.firstTicket = number + 1;
      for (let unit = 0; unit < request.units; unit += 1) {
        number += 1;
        this.#tickets.set(number, {
          number,
          request: request.gone ? undefined : request,
          uncalledAt: sentAt,
        });
      }
    }
  }

  async #refused(answer: Answer, { moves }: Decision, batch: Batch): Promise<void> {
    if (moves.alone && this.#wasApplied(answer, moves.admit, batch)) return;
    this.#refusals += 1;
    try {
      if (await this.#prepared(answer)) this.#takeIn(answer);
      else await this.look();
    } catch (error) {
      return this.#failed(error, batch);
    }
    const { slots } = this.#view ?? { slots: [] };
    const isGone = ({ slot }: Giving) =>
      !slots.some((other) => isStill(slot, other.name, other.ticket, other.version));
    const gone = batch.giving.filter(isGone);
    for (const { done } of gone) done();
    this.#restore({ ...batch, giving: batch.giving.filter((giving) => !gone.includes(giving)) });
  }

  /**
   * A write can be refused because the SDK sent it twice: the first time it was applied, and its answer got lost. The
   * slots that it made are there then, and nobody else makes slots of these names.
   */
  #wasApplied(answer: Answer, admitted: readonly string[], batch: Batch): boolean {
    const view = viewOf(answer.item ?? {}, "");
    const made = view.slots.filter(({ name }) => admitted.includes(name));
    const first = Math.min(...made.map(({ ticket }) => ticket));
    if (made.length < admitted.length || admitted.length === 0) return false;
    for (const { done } of batch.giving) done();
    this.#assignTickets(batch.joining, first - 1, answer.sentAt);
    this.#takeIn(answer);
    return true;
  }

  #failed(error: unknown, batch: Batch): void {
    const { time, onEvent } = this.#options;
    if (isTransient(error)) {
      this.#failures += 1;
      const retryInMs = backoffMs(this.#failures, time);
      this.#notBefore = time.monotonic() + retryInMs;
      onEvent({ type: "failed", error, retryInMs });
      this.#restore(batch);
      return;
    }
    onEvent({ type: "failed", error, retryInMs: undefined });
    for (const request of [...batch.joining, ...batch.starting]) {
      if (request.gone) continue;
      this.leave(request);
      request.reject(error);
    }
    for (const { done } of batch.giving) done(error);
  }

  #restore({ joining, starting, giving }: Batch): void {
    this.#joining.unshift(...joining.filter(({ gone }) => !gone));
    for (const request of starting) this.#askForStart(request);
    // What is observed of others is observed anew; only what is our own must be given up in the end.
    this.#queue(giving);
  }

  /** Takes in what an answer says of the item: the newest view, our tickets and slots, others' signs of life. */
  #takeIn(answer: Answer): void {
    const tookMs = answer.receivedAt - answer.sentAt;
    this.#leadMs = Math.min(LEAD_MS_MAX, Math.max(tookMs, this.#leadMs * 0.9));
    if (answer.item === undefined) return;
    const view = viewOf(answer.item, "");
    if (this.#view === undefined || isNewer(view, this.#view)) {
      this.#view = view;
      this.#viewAt = answer.receivedAt;
      this.#watch.note(view, answer.receivedAt);
      this.#pace.note(view, answer.receivedAt);
    }
    const byTicket = new Map(view.slots.map((slot) => [slot.ticket, slot]));
    for (const ticket of [...this.#tickets.values()]) {
      if (ticket.number > view.head) {
        ticket.uncalledAt = Math.max(ticket.uncalledAt, answer.sentAt);
        continue;
      }
      this.#tickets.delete(ticket.number);
      const state = byTicket.get(ticket.number);
      if (state) this.#called(ticket, state.name);
      else this.#passedOver(ticket);
    }
    for (const slot of [...this.#slots.values()])
      if (!slot.givenUp && slot.ticket <= view.head && !byTicket.has(slot.ticket))
        this.#lose(slot, "another process took its unit back");
    this.#seeRoom();
  }

  #called(ticket: Ticket, name: string): void {
    const slot = new Slot(name, ticket.number, ticket.uncalledAt);
    this.#slots.set(slot.ticket, slot);
    const { request } = ticket;
    if (request === undefined) {
      this.give(slot).catch(() => {});
      return;
    }
    slot.request = request;
    request.slots.push(slot);
    if (request.slots.length === request.units) this.#complete(request);
  }

  #complete(request: Request): void {
    if (this.#options.terms.startGap !== undefined && request.startAt === undefined) {
      this.#askForStart(request);
      this.#schedule();
    } else this.#settle(request);
  }

  #settle(request: Request): void {
    if (request.gone || request.settled || request.slots.length < request.units) return;
    request.settle();
  }

  /** Our ticket was called, and its unit taken back before we saw it: the request goes to the end of the line. */
  #passedOver(ticket: Ticket): void {
    const { request } = ticket;
    if (request === undefined || request.gone) return;
    this.#beginAgain(request);
  }

  #beginAgain(request: Request): void {
    for (const other of this.#tickets.values())
      if (other.request === request) other.request = undefined;
    this.#starting = this.#starting.filter((other) => other !== request);
    for (const slot of request.slots.splice(0))
      if (this.#slots.has(slot.ticket) && !slot.givenUp) this.give(slot).catch(() => {});
    request.startAt = undefined;
    this.#takeOverTicket(request);
    this.#schedule();
  }

  #lose(slot: Slot, why: string): void {
    this.#slots.delete(slot.ticket);
    slot.givenUp = true;
    const { request } = slot;
    if (!request?.settled) {
      if (request && !request.gone) this.#beginAgain(request);
      return;
    }
    request.lost(new LeaseLost(this.#options.name, slot.ticket, why));
  }

  /** Where units are free and tickets wait, the first in line calls; the others only if that does not happen. */
  #seeRoom(): void {
    const view = this.#view;
    const place = this.#place();
    if (
      !view ||
      place === undefined ||
      view.waiting === 0 ||
      view.count >= this.#options.terms.limit
    ) {
      this.#roomSince = undefined;
      return;
    }
    const now = this.#options.time.monotonic();
    if (this.#roomSince?.head !== view.head) this.#roomSince = { head: view.head, at: now };
    const patience = Math.min(CALL_MS_MAX, (place - 1) * CALL_MS_A_PLACE);
    if (now - this.#roomSince.at < patience) return;
    this.#calling = true;
    this.#schedule();
  }

  /** How many tickets there are up to our first one; 1: it is the next to be called. */
  #place(): number | undefined {
    if (this.#tickets.size === 0 || this.#view === undefined) return;
    let first = Number.POSITIVE_INFINITY;
    for (const number of this.#tickets.keys()) if (number < first) first = number;
    return Math.max(1, first - this.#view.head);
  }

  /** Sets the timer for what is due next. */
  #tend(): void {
    this.#cancelTimer?.();
    const due = this.#dueAt();
    if (due === undefined) {
      this.#cancelTimer = undefined;
      return;
    }
    const { time } = this.#options;
    const inMs = due - time.monotonic();
    this.#cancelTimer = time.timer(inMs <= 0 ? 0 : Math.max(TICK_MS_MIN, inMs), () => this.#tick());
  }

  #dueAt(): number | undefined {
    const due: number[] = [];
    if (this.#wanted() && this.#writes < WRITES_MAX && !(this.#looking && !this.#view))
      due.push(this.#notBefore);
    const startsFullForMs = this.#starting.length > 0 ? this.#startsFullForMs() : 0;
    if (startsFullForMs > 0) due.push(this.#options.time.monotonic() + startsFullForMs);
    if (this.#view !== undefined) {
      const lookAt = this.#lookAt();
      if (lookAt !== undefined && this.#looking === undefined)
        due.push(Math.max(lookAt, this.#notBefore));
      for (const slot of this.#slots.values()) {
        if (slot.givenUp) continue;
        due.push(slot.expiresAt(this.leaseMs));
        if (!this.#renewing)
          due.push(Math.max(slot.renewAt(this.leaseMs, RENEW_AFTER), this.#notBefore));
      }
    }
    return due.length === 0 ? undefined : Math.min(...due);
  }

  #lookAt(): number | undefined {
    const place = this.#place();
    if (place === undefined || this.#view === undefined) return;
    const lookMsMax = slotDurationMs(false, this.leaseMs) / LOOKS_A_CALL;
    const { limit } = this.#options.terms;
    const now = this.#viewAt;
    return this.#viewAt + this.#pace.lookInMs(place, { now, limit, lookMsMax });
  }

  #tick(): void {
    const now = this.#options.time.monotonic();
    this.#cancelTimer = undefined;
    if (this.#view !== undefined) {
      for (const slot of [...this.#slots.values()])
        if (!slot.givenUp && slot.expiresAt(this.leaseMs) <= now) this.#expire(slot);
      this.#reclaim(now);
      if (now >= this.#notBefore) {
        this.#renew(now);
        const lookAt = this.#lookAt();
        if (lookAt !== undefined && lookAt <= now && this.#looking === undefined)
          void this.#lookAgain();
      }
    }
    this.#schedule();
    this.#tend();
  }

  async #lookAgain(): Promise<void> {
    try {
      await this.look();
      this.#failures = 0;
    } catch (error) {
      this.#failed(error, { joining: [], starting: [], giving: [] });
    }
    this.#tend();
  }

  /** We could not renew in time. The unit may be another's by now; if it is not, it is given up. */
  #expire(slot: Slot): void {
    const { request } = slot;
    slot.givenUp = true;
    const done = () => this.#slots.delete(slot.ticket);
    this.#queue([{ slot: { name: slot.name, ticket: slot.ticket }, done }]);
    if (request?.settled)
      request.lost(
        new LeaseLost(this.#options.name, slot.ticket, "it could not be renewed in time"),
      );
    else if (request && !request.gone) {
      request.slots.splice(request.slots.indexOf(slot), 1);
      this.#beginAgain(request);
    }
  }

  #renew(now: number): void {
    if (this.#renewing) return;
    const { leaseMs } = this;
    const slots = [...this.#slots.values()].filter((slot) => !slot.givenUp);
    if (!slots.some((slot) => slot.renewAt(leaseMs, RENEW_AFTER) <= now)) return;
    // One write renews all that are due within the next sixth of a lease.
    const due = slots
      .filter((slot) => slot.renewAt(leaseMs, RENEW_AFTER) <= now + leaseMs / 6)
      .sort((one, other) => one.expiresAt(leaseMs) - other.expiresAt(leaseMs))
      .slice(0, RENEWALS_A_WRITE_MAX);
    this.#renewing = true;
    void this.#sendRenewal(due).finally(() => {
      this.#renewing = false;
      this.#tend();
    });
  }

  async #sendRenewal(slots: readonly Slot[]): Promise<void> {
    const moves: Moves = { ...NO_MOVES, renew: slots };
    try {
      const answer = await this.#options.access.write(writeOf(moves, this.#options.terms));
      this.#failures = 0;
      if (answer.applied) for (const slot of slots) slot.proven(answer.sentAt);
      else if (answer.item === undefined)
        for (const slot of slots) this.#lose(slot, "the semaphore's item was deleted");
      this.#takeIn(answer);
    } catch (error) {
      this.#failed(error, { joining: [], starting: [], giving: [] });
      this.#notBefore = Math.max(this.#notBefore, this.#options.time.monotonic() + 100);
    }
  }

  /** Takes units back whose owners have shown no sign for as long as their slots live. */
  #reclaim(now: number): void {
    const { time } = this.#options;
    if (this.#view === undefined || this.#tickets.size + this.#slots.size === 0) return;
    for (const slot of this.#watch.dead(this.#view, now, this.leaseMs)) {
      const key = `${slot.name} ${slot.exactly}`;
      if (this.#slots.has(slot.ticket) || this.#reclaiming.has(key)) continue;
      this.#reclaiming.add(key);
      // Whoever is first takes it; the others see that it is done.
      time.timer(time.random() * 50, () => {
        const still = this.#view?.slots.some((other) => other.version === slot.exactly);
        if (!still) return this.#reclaiming.delete(key);
        this.#queue([{ slot, done: () => this.#reclaiming.delete(key) }]);
      });
    }
  }
}

interface Batch {
  readonly joining: Request[];
  readonly starting: Request[];
  readonly giving: Giving[];
}

function isStill(own: OwnSlot, name: string, ticket: number, version: string): boolean {
  if (name !== own.name) return false;
  return own.exactly === undefined ? ticket === own.ticket : version === own.exactly;
}

function isNewer(view: View, than: View): boolean {
  return view.head > than.head || (view.head === than.head && view.sequence >= than.sequence);
}
