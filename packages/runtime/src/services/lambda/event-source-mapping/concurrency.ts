/** What a mapping falls back to when its invocations fail. */
const BATCHES_LEAST = 2;
/** 300 more a minute while messages are waiting. */
const MILLISECONDS_PER_STEP = 60_000 / 300;

/**
 * How many batches of a mapping may run at once: a few to begin with, more as long as messages wait for a batch to
 * end, fewer when invocations fail. Source: Lambda developer guide, "Configuring scaling behavior for SQS event
 * source mappings" and "Backoff strategy for failed invocations", which gives no figures for backing off.
 */
export class Concurrency {
  readonly #start: number;
  readonly #most: number;
  #limit: number;
  #running = 0;
  #saturatedSince: number | undefined;

  constructor({ start, most }: { start: number; most: number }) {
    this.#start = Math.min(start, most);
    this.#most = most;
    this.#limit = this.#start;
  }

  /** Whether another batch may begin now. */
  mayBegin(now: number): boolean {
    if (this.#running < this.#limit) return true;
    this.#saturatedSince ??= now;
    const steps = Math.floor((now - this.#saturatedSince) / MILLISECONDS_PER_STEP);
    this.#saturatedSince += steps * MILLISECONDS_PER_STEP;
    this.#limit = Math.min(this.#most, this.#limit + steps);
    return this.#running < this.#limit;
  }

  /** When the limit rises next by itself; undefined where it does not. */
  risesAt(): number | undefined {
    if (this.#saturatedSince === undefined || this.#limit >= this.#most) return undefined;
    return this.#saturatedSince + MILLISECONDS_PER_STEP;
  }

  begin(): void {
    this.#running += 1;
  }

  end(): void {
    this.#running -= 1;
  }

  succeeded(): void {
    if (this.#limit < this.#start) this.#limit += 1;
  }

  failed(): void {
    this.#limit = Math.max(Math.min(BATCHES_LEAST, this.#most), Math.floor(this.#limit / 2));
    this.#saturatedSince = undefined;
  }

  /** The source had nothing more to give: what its backlog had won is given back. */
  idle(): void {
    this.#saturatedSince = undefined;
    this.#limit = Math.min(this.#limit, this.#start);
  }
}
