import { SLOT_PREFIX } from "./item.ts";
import type { Request } from "./request.ts";
import type { Time } from "./time.ts";
import { slotDurationMs } from "./watch.ts";

/** 36 ** 6 names: two processes choose the same free one once in two thousand million times, and the write says so. */
const NAME_LENGTH = 6;

/** A unit that this process has. */
export class Slot {
  readonly name: string;
  readonly ticket: number;
  request: Request | undefined;
  /** It is being released, or lost: nothing renews it any more. */
  givenUp = false;
  #claimed = false;
  /** By the monotonic clock: at this instant no observer can have begun to time the slot's present version. */
  #provenAt: number;

  constructor(name: string, ticket: number, uncalledAt: number) {
    this.name = name;
    this.ticket = ticket;
    this.#provenAt = uncalledAt;
  }

  static newName(time: Time): string {
    let name = SLOT_PREFIX;
    for (let place = 0; place < NAME_LENGTH; place += 1)
      name += Math.floor(time.random() * 36).toString(36);
    return name;
  }

  /** A renewal that was sent at that instant has succeeded. */
  proven(sentAt: number): void {
    this.#claimed = true;
    this.#provenAt = Math.max(this.#provenAt, sentAt);
  }

  renewAt(leaseMs: number, share: number): number {
    return this.#provenAt + slotDurationMs(this.#claimed, leaseMs) * share;
  }

  /** From this instant on others may take the unit back. */
  expiresAt(leaseMs: number): number {
    return this.#provenAt + slotDurationMs(this.#claimed, leaseMs);
  }
}
