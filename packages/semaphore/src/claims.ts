import type { Decision, Wants } from "./decide.ts";
import { LeaseLost } from "./errors.ts";
import { type Giving, Givings, isStillThere } from "./givings.ts";
import type { SlotState, View } from "./item.ts";
import type { OwnSlot, Terms } from "./protocol.ts";
import type { Request } from "./request.ts";
import type { Sight } from "./sight.ts";
import { Slot } from "./slot.ts";
import type { Answer } from "./table.ts";
import type { Time } from "./time.ts";

/** How long a place that is free waits for each ticket before ours to call the line; ms, and at most. */
const CALL_MS_A_PLACE = 20;
const CALL_MS_MAX = 500;
/** An answer may come so much after the start time that it brings, or a gap between starts; ms. */
const START_LATE_MS = 100;
const STARTS_ASKED_MAX = 3;

interface Ticket {
  readonly number: number;
  /** Undefined once its request has gone: it serves another one, or is passed on when it is called. */
  request: Request | undefined;
  /** It was not called at this instant, by the monotonic clock. */
  uncalledAt: number;
}

/** What one write is to do for this process. */
export interface Batch {
  readonly joining: Request[];
  readonly starting: Request[];
  readonly giving: Giving[];
}

export interface ClaimsOptions {
  /** The semaphore's. */
  readonly name: string;
  readonly terms: Terms;
  readonly time: Time;
  readonly sight: Sight;
  /** Something is wanted of the item. */
  readonly onWanted: () => void;
}

/**
 * What this process asks of a semaphore, and has of it: requests, from asking to leaving; their tickets, while they
 * wait; their slots, while they hold. It learns from views of the item what has become of them, and sends nothing
 * itself.
 */
export class Claims {
  readonly #options: ClaimsOptions;
  /** Requests without tickets. */
  #joining: Request[] = [];
  /** Requests whose units are all called, and that need a start time. */
  #starting: Request[] = [];
  readonly #givings = new Givings();
  readonly #tickets = new Map<number, Ticket>();
  readonly #slots = new Map<number, Slot>();
  #roomSince: { readonly head: number; readonly at: number } | undefined;
  #calling = false;

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** Units that are out. */
  get held(): number {
    return this.#slots.size;
  }

  get tickets(): number {
    return this.#tickets.size;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#waitingRequests().size;
  }

  /** Slots that are to be kept. */
  keptSlots(): Slot[] {
    return [...this.#slots.values()].filter(({ givenUp }) => !givenUp);
  }

  has(ticket: number): boolean {
    return this.#slots.has(ticket);
  }

  enter(request: Request): void {
    this.#takeOverTicket(request);
    this.#options.onWanted();
  }

  /** The request's caller has gone. Its tickets and units serve others. */
  leave(request: Request): void {
    request.gone = true;
    this.#forget(request);
    for (const slot of request.slots) if (!slot.givenUp) this.give(slot).catch(() => {});
  }

  /** None of those that wait can be served. */
  rejectAll(error: unknown): void {
    for (const request of this.#waitingRequests()) {
      this.leave(request);
      request.reject(error);
    }
    // Nobody looks for these any more: they are passed over.
    this.#tickets.clear();
  }

  /** Gives a slot up. Resolves when that is certain; rejects when DynamoDB refuses it for good. */
  give(slot: Slot): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    slot.givenUp = true;
    const done = (error?: unknown) => {
      this.#slots.delete(slot.ticket);
      if (error === undefined) resolve();
      else reject(error);
    };
    this.addGivings([{ slot: { name: slot.name, ticket: slot.ticket }, done }]);
    return promise;
  }

  addGivings(givings: readonly Giving[]): void {
    this.#givings.add(givings);
    this.#options.onWanted();
  }

  /** Is there anything to write now? */
  get wanted(): boolean {
    return (
      this.#joining.length > 0 ||
      this.#givings.size > 0 ||
      this.#calling ||
      (this.#starting.length > 0 && this.#options.sight.startsFullForMs() === 0)
    );
  }

  /** Requests want tickets. */
  get joins(): boolean {
    return this.#joining.length > 0;
  }

  /** Requests wait for room among the start times. */
  get wantsStarts(): boolean {
    return this.#starting.length > 0;
  }

  wants(): Wants {
    const { sight } = this.#options;
    for (const request of this.#joining)
      if (sight.startsOnlyAfter(request.deadline)) this.leave(request);
    return {
      joining: this.#joining.map(({ units }) => units),
      giving: this.#givings.slots(),
      starting: this.#starting.map(({ slots }) => slots),
      calling: this.#calling,
    };
  }

  /** Takes what a decision serves off the lists; `restore` puts it back when the write comes to nothing. */
  take({ joined, given, started }: Decision): Batch {
    return {
      starting: joined > 0 ? [] : this.#starting.splice(0, started),
      joining: this.#joining.splice(0, joined),
      giving: this.#givings.take(given),
    };
  }

  /** Whether to call the line was decided; the next view tells whether it is to be decided again. */
  called(): void {
    this.#calling = false;
  }

  restore({ joining, starting, giving }: Batch): void {
    this.#joining.unshift(...joining.filter(({ gone }) => !gone));
    for (const request of starting) this.#askForStart(request);
    this.addGivings(giving);
  }

  /** A refused write, after its answer was taken in: what is gone needs no giving up any more. */
  restoreRefused(batch: Batch): void {
    const { view } = this.#options.sight;
    const giving = batch.giving.filter((one) => {
      const isThere = view !== undefined && isStillThere(one, view);
      if (!isThere) one.done();
      return isThere;
    });
    this.restore({ ...batch, giving });
  }

  /** A write that will never succeed. */
  reject({ joining, starting, giving }: Batch, error: unknown): void {
    for (const request of [...joining, ...starting]) {
      if (request.gone) continue;
      this.leave(request);
      request.reject(error);
    }
    for (const { done } of giving) done(error);
  }

  /** Start times (seconds since 1970) for requests, in order. */
  handOutStarts(requests: readonly Request[], startTimes: readonly number[]): void {
    const { sight, terms } = this.#options;
    const lateMsMax = Math.max(START_LATE_MS, (terms.startGap ?? 0) * 1000);
    requests.forEach((request, place) => {
      const startAt = startTimes[place];
      if (startAt === undefined) return;
      request.startsAsked += 1;
      // One whose answer came much too late would come close to the next one's: another is asked for.
      if (sight.lateMs(startAt) > lateMsMax && request.startsAsked < STARTS_ASKED_MAX)
        this.#askForStart(request);
      else request.startAt = startAt;
    });
  }

  /** Tickets behind `last`, taken by a write that was sent at that instant. */
  assignTickets(requests: readonly Request[], last: number, sentAt: number): void {
    let number = last;
    for (const request of requests) {
      request.firstTicket = number + 1;
      for (let unit = 0; unit < request.units; unit += 1) {
        number += 1;
        const owner = request.gone ? undefined : request;
        this.#tickets.set(number, { number, request: owner, uncalledAt: sentAt });
      }
    }
  }

  /** A renewal that was sent at that instant has succeeded. */
  renewed(slots: readonly OwnSlot[], sentAt: number): void {
    for (const { ticket } of slots) this.#slots.get(ticket)?.proven(sentAt);
  }

  /** Takes in what a view says of our tickets and slots. It may be an old one. */
  takeIn(view: View, { sentAt }: Answer): void {
    const byTicket = new Map(view.slots.map((slot) => [slot.ticket, slot]));
    for (const ticket of [...this.#tickets.values()]) {
      if (ticket.number > view.head) {
        ticket.uncalledAt = Math.max(ticket.uncalledAt, sentAt);
        continue;
      }
      this.#tickets.delete(ticket.number);
      const slot = byTicket.get(ticket.number);
      if (slot) this.#have(ticket, slot);
      // It was called, and its unit taken back before we saw it: the request goes to the end of the line.
      else if (ticket.request && !ticket.request.gone) this.#beginAgain(ticket.request);
    }
    for (const slot of this.keptSlots())
      if (slot.ticket <= view.head && !byTicket.has(slot.ticket))
        this.lose(slot, "its unit was taken back");
    this.#seeRoom();
  }

  #have(ticket: Ticket, state: SlotState): void {
    const slot = new Slot(state, ticket.uncalledAt);
    this.#slots.set(slot.ticket, slot);
    const { request } = ticket;
    if (request === undefined) {
      this.give(slot).catch(() => {});
      return;
    }
    slot.request = request;
    request.slots.push(slot);
    this.settle(request);
  }

  /** A request that has all its units is served, or needs a start time first. */
  settle(request: Request): void {
    if (request.gone || request.settled || request.slots.length < request.units) return;
    if (this.#options.terms.startGap === undefined || request.startAt !== undefined)
      request.settle();
    else this.#askForStart(request);
  }

  #askForStart(request: Request): void {
    if (request.gone || request.settled || this.#starting.includes(request)) return;
    if (request.slots.length < request.units) return;
    // One that cannot start before its caller stops waiting takes no start from others. Its caller is told in time.
    if (this.#options.sight.startsOnlyAfter(request.deadline)) this.leave(request);
    else this.#starting.push(request);
    this.#options.onWanted();
  }

  /** The unit is not ours any more. */
  lose(slot: Slot, why: string): void {
    this.#slots.delete(slot.ticket);
    this.#lost(slot, why);
  }

  /** Slots that we could not renew in time may be another's by now. In case they are not, they are given up. */
  expire(now: number): void {
    for (const slot of this.keptSlots()) {
      if (slot.expiresAt(this.#options.sight.leaseMs) > now) continue;
      this.give(slot).catch(() => {});
      this.#lost(slot, "it could not be renewed in time");
    }
  }

  #lost(slot: Slot, why: string): void {
    slot.givenUp = true;
    const { request } = slot;
    if (request === undefined || request.gone) return;
    if (request.settled) request.lost(new LeaseLost(this.#options.name, slot.ticket, why));
    else this.#beginAgain(request);
  }

  #beginAgain(request: Request): void {
    this.#forget(request);
    for (const slot of request.slots.splice(0)) if (!slot.givenUp) this.give(slot).catch(() => {});
    request.startAt = undefined;
    this.enter(request);
  }

  #forget(request: Request): void {
    this.#joining = this.#joining.filter((other) => other !== request);
    this.#starting = this.#starting.filter((other) => other !== request);
    for (const ticket of this.#tickets.values())
      if (ticket.request === request) ticket.request = undefined;
  }

  /** A ticket whose request has gone serves the next one. Those of one request must follow one another. */
  #takeOverTicket(request: Request): void {
    const isSpare = (ticket: Ticket) => ticket.request === undefined;
    const spare = request.units === 1 ? [...this.#tickets.values()].find(isSpare) : undefined;
    if (spare === undefined) {
      this.#joining.push(request);
      return;
    }
    spare.request = request;
    request.firstTicket = spare.number;
  }

  /** Where units are free and tickets wait, the first in line calls; the others only if that does not happen. */
  #seeRoom(): void {
    const { sight, terms, time, onWanted } = this.#options;
    const { view } = sight;
    const place = this.place;
    if (!view || place === undefined || view.waiting === 0 || view.count >= terms.limit) {
      this.#roomSince = undefined;
      return;
    }
    const now = time.monotonic();
    if (this.#roomSince?.head !== view.head) this.#roomSince = { head: view.head, at: now };
    const patience = Math.min(CALL_MS_MAX, (place - 1) * CALL_MS_A_PLACE);
    if (now - this.#roomSince.at < patience) return;
    this.#calling = true;
    onWanted();
  }

  /** How many tickets there are up to our first one; 1: it is the next to be called. Undefined where we have none. */
  get place(): number | undefined {
    const { view } = this.#options.sight;
    if (this.#tickets.size === 0 || view === undefined) return undefined;
    let first = Number.POSITIVE_INFINITY;
    for (const number of this.#tickets.keys()) if (number < first) first = number;
    return Math.max(1, first - view.head);
  }

  #waitingRequests(): Set<Request> {
    const requests = new Set([...this.#joining, ...this.#starting]);
    for (const { request } of this.#tickets.values()) if (request) requests.add(request);
    return requests;
  }
}
