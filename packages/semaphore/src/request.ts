import type { LeaseLost } from "./errors.ts";
import type { Slot } from "./slot.ts";

/** Someone who wants units: from asking until the lease that comes of it is over. */
export class Request {
  readonly units: number;
  readonly slots: Slot[] = [];
  /** Where starts have a rate: when it may start, in seconds since 1970 by DynamoDB's clock. */
  startAt: number | undefined;
  startsAsked = 0;
  /** The instant at which its caller stops waiting, by the monotonic clock. */
  readonly deadline: number;
  /** The first ticket that it has or had; undefined before it stands in line. */
  firstTicket: number | undefined;
  /** Its caller no longer waits. */
  gone = false;
  /** It has its units. */
  settled = false;
  /** Called when a unit of a settled request is lost. Before someone listens, the loss is kept. */
  lost: (error: LeaseLost) => void = (error) => {
    this.lostBecause ??= error;
  };
  lostBecause: LeaseLost | undefined;
  readonly ready: Promise<void>;
  readonly reject: (error: unknown) => void;
  readonly #resolve: () => void;

  constructor(units: number, deadline = Number.POSITIVE_INFINITY) {
    this.units = units;
    this.deadline = deadline;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#resolve = resolve;
    this.reject = reject;
  }

  settle(): void {
    this.settled = true;
    this.#resolve();
  }

  /** Grows from lease to lease: tickets are called in order, and this is the last of this request's. */
  get token(): number {
    return Math.max(...this.slots.map(({ ticket }) => ticket));
  }
}
