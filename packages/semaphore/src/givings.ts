import type { View } from "./item.ts";
import type { OwnSlot } from "./protocol.ts";

/** A slot to be given up, and whom to tell when that is certain, or refused for good. */
export interface Giving {
  readonly slot: OwnSlot;
  readonly done: (error?: unknown) => void;
}

/** Slots that are to be given up with the next write. */
export class Givings {
  #waiting: Giving[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  slots(): OwnSlot[] {
    return this.#waiting.map(({ slot }) => slot);
  }

  /** A slot that has a later ticket no longer has the earlier one: that one was given up, only the answer got lost. */
  add(added: readonly Giving[]): void {
    const latest = new Map<string, Giving>();
    for (const giving of [...added, ...this.#waiting]) {
      const other = latest.get(giving.slot.name);
      const [kept, over] =
        other && other.slot.ticket > giving.slot.ticket ? [other, giving] : [giving, other];
      latest.set(giving.slot.name, kept);
      over?.done();
    }
    this.#waiting = [...latest.values()];
  }

  take(count: number): Giving[] {
    return this.#waiting.splice(0, count);
  }
}

/** Does the slot, as the item shows it, still have the ticket, or the version, that is to be given up? */
export function isStillThere({ slot }: Giving, { slots }: View): boolean {
  const there = slots.find(({ name }) => name === slot.name);
  if (there === undefined) return false;
  return slot.exactly === undefined ? there.ticket === slot.ticket : there.version === slot.exactly;
}
