import assert from "node:assert";
import { startsFullForS } from "./decide.ts";
import { type View, viewOf } from "./item.ts";
import { Pace } from "./pace.ts";
import type { OwnSlot, Terms } from "./protocol.ts";
import type { ServerTime } from "./server-time.ts";
import type { Answer } from "./table.ts";
import type { Time } from "./time.ts";
import { slotDurationMs, Watch } from "./watch.ts";

/** A view older than this tells little of a semaphore for which this process has no request in line. */
const STALE_MS = 1_000;
/** A start time is handed out at most this far ahead for the sake of slow answers; ms. */
const LEAD_MS_MAX = 500;
/** Waiters look at least this often within the time that a called slot lives without a sign. */
const LOOKS_A_CALL = 4;

/** What a process knows of a semaphore's item: as it was last seen, and what follows for when to look and to start. */
export class Sight {
  readonly #terms: Terms;
  readonly #time: Time;
  readonly #serverTime: ServerTime;
  readonly #watch = new Watch();
  readonly #pace = new Pace();
  #view: View | undefined;
  #seenAt = 0;
  /** A start time is handed out this far ahead, so that it has not passed when the answer comes; ms. */
  #leadMs = 0;

  constructor({
    terms,
    time,
    serverTime,
  }: {
    readonly terms: Terms;
    readonly time: Time;
    readonly serverTime: ServerTime;
  }) {
    this.#terms = terms;
    this.#time = time;
    this.#serverTime = serverTime;
  }

  /** The newest view; undefined before the first. */
  get view(): View | undefined {
    return this.#view;
  }

  /** How long a claimed slot lives; ms. */
  get leaseMs(): number {
    const leaseMs = this.#view?.leaseMs;
    assert(leaseMs !== undefined, "the item was seen, and prepared");
    return leaseMs;
  }

  /** Takes an answer in, which may be older than one that came before it. Returns what it shows. */
  takeIn(answer: Answer): View | undefined {
    const tookMs = answer.receivedAt - answer.sentAt;
    this.#leadMs = Math.min(LEAD_MS_MAX, Math.max(tookMs, this.#leadMs * 0.9));
    if (answer.item === undefined) return;
    const view = viewOf(answer.item, "");
    if (this.#view === undefined || this.#isNewer(view, this.#view, answer)) {
      this.#view = view;
      this.#seenAt = answer.receivedAt;
      this.#watch.note(view, answer.receivedAt);
      this.#pace.note(view, answer.receivedAt, this.#terms.limit);
    }
    return view;
  }

  /** What was asked for after the other had come is newer; where they crossed, the item's own counters tell. */
  #isNewer(view: View, than: View, { sentAt }: Answer): boolean {
    if (sentAt >= this.#seenAt || view.head > than.head) return true;
    return view.head === than.head && view.sequence >= than.sequence;
  }

  /** How many tickets wait by now, as far as one can tell; our own are sure to. */
  waitingExpected(view: View, ownTickets: number): number {
    const expected = this.#pace.waitingExpected(view, this.#time.monotonic() - this.#seenAt);
    return Math.max(expected, Math.min(view.waiting, ownTickets));
  }

  get isStale(): boolean {
    return this.#time.monotonic() - this.#seenAt > STALE_MS;
  }

  /** When to look again for a ticket of that place in line (1 is next); monotonic. */
  lookAt(place: number): number {
    const lookMsMax = slotDurationMs(false, this.leaseMs) / LOOKS_A_CALL;
    const { limit } = this.#terms;
    return this.#seenAt + this.#pace.lookInMs(place, { now: this.#seenAt, limit, lookMsMax });
  }

  /** Slots whose owners have shown no sign for as long as they live. */
  deadSlots(): OwnSlot[] {
    if (this.#view === undefined) return [];
    return this.#watch.dead(this.#view, this.#time.monotonic(), this.leaseMs);
  }

  /** How far DynamoDB's time may be from what this process thinks; ms. */
  get doubtMs(): number {
    return this.#serverTime.doubtMs;
  }

  /** How long a request takes, at most, lately. */
  get tripMs(): number {
    return this.#leadMs;
  }

  /** DynamoDB's time when a write that is sent now will be answered; seconds. */
  startsFrom(): number {
    return (this.#serverTime.now() + this.#leadMs) / 1000;
  }

  /** How long until a start time can be asked for, as far as known; ms. */
  startsFullForMs(): number {
    if (this.#view === undefined) return 0;
    const known = { view: this.#view, now: this.startsFrom(), doubt: this.doubtMs / 1000 };
    return Math.ceil(startsFullForS(known, this.#terms) * 1000);
  }

  /** How long ago that start was (seconds since 1970 by DynamoDB's clock); ms, negative where it lies ahead. */
  lateMs(startAt: number): number {
    return -this.#serverTime.until(startAt * 1000);
  }

  /** No start is to be had before that instant of the monotonic clock, as far as known. */
  startsOnlyAfter(deadline: number): boolean {
    const { limit, startGap } = this.#terms;
    if (this.#view === undefined || startGap === undefined) return false;
    const startsInMs = this.#serverTime.until(this.#view.nextAvailable * 1000);
    const isLie = startsInMs > (limit + 1) * startGap * 1000;
    return !isLie && this.#time.monotonic() + startsInMs > deadline;
  }
}
