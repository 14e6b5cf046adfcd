/** What came in and was not taken yet, in order. One taker at a time. */
export class Mailbox<T> {
  readonly #items: T[] = [];
  #taker: ((item: T | undefined) => void) | undefined;

  put(item: T): void {
    const taker = this.#taker;
    if (!taker) {
      this.#items.push(item);
      return;
    }
    this.#taker = undefined;
    taker(item);
  }

  /** The next item, or undefined when none came in time (real milliseconds). */
  take(waitMs: number): Promise<T | undefined> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#taker = undefined;
        resolve(undefined);
      }, waitMs);
      this.#taker = (taken) => {
        clearTimeout(timer);
        resolve(taken);
      };
    });
  }

  clear(): void {
    this.#items.length = 0;
  }
}
