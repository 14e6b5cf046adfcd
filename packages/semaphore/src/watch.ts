import type { View } from "./item.ts";
import type { OwnSlot } from "./protocol.ts";

/** An observer waits this much longer than the owner believes in its slot: monotonic clocks may differ in pace. */
export const PATIENCE = 1.05;

interface Seen {
  readonly version: string;
  /** The observer's monotonic clock when the first answer that showed this version came. */
  readonly since: number;
}

/** What an observer knows of others' slots: since when each has shown no sign of life. */
export class Watch {
  #seen = new Map<string, Seen>();

  /** Takes note of the newest view. A version seen earlier keeps its time: it has not changed in between. */
  note(view: View, receivedAt: number): void {
    const seen = new Map<string, Seen>();
    for (const { name, version } of view.slots) {
      const before = this.#seen.get(name);
      seen.set(name, before?.version === version ? before : { version, since: receivedAt });
    }
    this.#seen = seen;
  }

  /** The slots of `view` whose owners are dead by `now`. */
  dead(view: View, now: number, leaseMs: number): OwnSlot[] {
    return view.slots
      .filter((slot) => {
        const seen = this.#seen.get(slot.name);
        if (seen?.version !== slot.version) return false;
        return now - seen.since >= slotDurationMs(slot.claimed, leaseMs) * PATIENCE;
      })
      .map(({ name, ticket, version }) => ({ name, ticket, exactly: version }));
  }
}

/** How long a slot lives without a sign: one that has shown none yet, half as long. Milliseconds. */
export function slotDurationMs(claimed: boolean, leaseMs: number): number {
  return claimed ? leaseMs : leaseMs / 2;
}
