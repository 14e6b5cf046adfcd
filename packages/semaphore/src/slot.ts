import { SLOT_PREFIX, type SlotState } from "./item.ts";
import type { Request } from "./request.ts";
import type { Time } from "./time.ts";
import { slotDurationMs } from "./watch.ts";

/**
 * 64 ** 7 names: a new one is another's once in four million million times for each unit out. The write says so, and
 * the line takes no unit for its own that was there before.
 */
const NAME_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefghijklmnopqrstuvwxyz_";
const NAME_LENGTH = 7;

/** A unit that this process has. */
export class Slot {
  readonly name: string;
  readonly ticket: number;
  request: Request | undefined;
  /** It is being released, or lost: nothing renews it any more. */
  givenUp = false;
  #claimed: boolean;
  /** By the monotonic clock: at this instant no observer can have begun to time the slot's present version. */
  #provenAt: number;

  /** As it was first seen; its ticket was not called yet at `uncalledAt`, so that version is no older. */
  constructor({ name, ticket, claimed }: SlotState, uncalledAt: number) {
    this.name = name;
    this.ticket = ticket;
    this.#claimed = claimed;
    this.#provenAt = uncalledAt;
  }

  static newName(time: Time): string {
    let name = SLOT_PREFIX;
    for (let place = 0; place < NAME_LENGTH; place += 1)
      name += NAME_LETTERS.charAt(Math.floor(time.random() * NAME_LETTERS.length));
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
