import { type Clock, sleepUntil } from "../../clock/clock.ts";

/** A place in a {@link Line}. */
export interface Place {
  /** Resolves with true when it is this place's turn to look, with false at the instant; rejects when aborted. */
  turn(clock: Clock, until: number, signal: AbortSignal): Promise<boolean>;
  leave(): void;
}

/**
 * Who waits at a queue for messages, in the order of their coming. As many are told as messages appeared, so that
 * a message does not send a hundred waiters to look for it; whoever is told and finds nothing keeps its place.
 */
export class Line {
  readonly #waiting = new Map<number, () => void>();
  #next = 0;

  /** Takes the last place. Look for messages after this and before `turn`, and none is missed. */
  join(): Place {
    const ticket = this.#next;
    this.#next += 1;
    let told = false;
    let tell = () => {};
    const stand = () => {
      this.#waiting.set(ticket, () => {
        told = true;
        tell();
      });
    };
    stand();
    return {
      leave: () => this.#waiting.delete(ticket),
      turn: async (clock, until, signal) => {
        const over = new AbortController();
        const rung = new Promise<true>((resolve) => {
          tell = () => resolve(true);
          if (told) resolve(true);
        });
        try {
          const late = sleepUntil(clock, until, AbortSignal.any([over.signal, signal])).then(
            () => false,
          );
          const result = await Promise.race([rung, late]);
          told = false;
          if (result) stand();
          return result;
        } catch (error) {
          // Told and gone at the same moment: the turn goes to the next.
          if (told) this.ring(1);
          throw error;
        } finally {
          over.abort();
        }
      },
    };
  }

  /** Tells the first `places`. */
  ring(places: number): void {
    for (let left = Math.min(places, this.#waiting.size); left > 0; left -= 1) {
      // Who was told in vain stands again with its old ticket, so the map's own order is not the line's.
      let first = Number.POSITIVE_INFINITY;
      for (const ticket of this.#waiting.keys()) if (ticket < first) first = ticket;
      const tell = this.#waiting.get(first)!;
      this.#waiting.delete(first);
      tell();
    }
  }
}
