import { randomInt, randomUUID } from "node:crypto";

/** Where `States.UUID` and `States.MathRandom` get what nobody can foresee; tests bring their own. */
export interface Randomness {
  uuid(): string;
  /** A whole number from `start` to below `end`. */
  integer(start: number, end: number): number;
}

/** `crypto.randomInt` takes ranges to 2^48, more than two of Java's `int`s are apart. */
export const SYSTEM_RANDOMNESS: Randomness = { uuid: randomUUID, integer: randomInt };

/**
 * The number that a seed gives: the same in every call, as AWS promises. AWS's generator is not known; this one is
 * mulberry32.
 */
export function seededInteger(seed: number, start: number, end: number): number {
  let mixed = (Math.trunc(seed) + 0x6d2b79f5) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  const fraction = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  return start + Math.floor(fraction * (end - start));
}
