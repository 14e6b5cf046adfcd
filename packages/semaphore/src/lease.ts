import type { LeaseLost } from "./errors.ts";
import type { Line } from "./line.ts";
import type { Request } from "./request.ts";

/**
 * Units that are held. It renews itself until it is released, which happens once however often it is asked for; leave
 * that to `await using`. When it is lost (this process could not renew it in time) `signal` aborts with
 * {@link LeaseLost}: stop, for others may hold the units by then.
 */
export class Lease implements AsyncDisposable {
  readonly units: number;
  readonly owner: string;
  /**
   * The fencing token: grows from lease to lease of one semaphore. Send it along to what the semaphore guards, and let
   * that refuse a token lower than the highest it has seen: it keeps out an owner that slept through its own loss.
   */
  readonly token: number;
  /** When it was acquired; ms since 1970 by DynamoDB's clock. */
  readonly acquiredAt: number;
  /** The start that was handed out to it, where starts have a rate; ms since 1970 by DynamoDB's clock. */
  readonly startAt: number | undefined;
  readonly #line: Line;
  readonly #request: Request;
  readonly #lost = new AbortController();
  readonly #onReleased: () => void;
  #released: Promise<void> | undefined;

  constructor(
    line: Line,
    request: Request,
    {
      owner,
      acquiredAt,
      onReleased,
      onLost,
    }: {
      readonly owner: string;
      readonly acquiredAt: number;
      readonly onReleased: () => void;
      readonly onLost: (error: LeaseLost) => void;
    },
  ) {
    this.#line = line;
    this.#request = request;
    this.#onReleased = onReleased;
    this.owner = owner;
    this.units = request.units;
    this.token = request.token;
    this.acquiredAt = acquiredAt;
    this.startAt = request.startAt === undefined ? undefined : request.startAt * 1000;
    const lost = (error: LeaseLost) => {
      if (this.#released || this.#lost.signal.aborted) return;
      this.#lost.abort(error);
      onLost(error);
      // A lease of several units is lost with the first of them; the others are of no use any more.
      for (const slot of request.slots) if (!slot.givenUp) line.give(slot).catch(() => {});
    };
    request.lost = lost;
    if (request.lostBecause) lost(request.lostBecause);
  }

  /** Aborts with {@link LeaseLost} when the lease is lost. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Gives the units up. Resolves when that is certain; at once where the lease was lost before. Rejects when DynamoDB
   * refuses the write for good (no permission, say); the units then come back when the lease runs out.
   */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    this.#onReleased();
    const slots = this.#request.slots.filter((slot) => !slot.givenUp);
    await Promise.all(slots.map((slot) => this.#line.give(slot)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
