import {
  functionHash,
  givesWay,
  givingWay,
  isSameFunction,
  type RecursiveLoop,
} from "./function-hash.ts";
import { COUNT_MAX, DEPTH_MAX, DEPTH_MIN, type Lineage } from "./lineage.ts";

/** A function that was invoked so often in a chain has its next invocation stopped. Source: FACTS 1. */
export const INVOCATIONS_MAX = 16;

/**
 * A chain is looked at through one window after another, and each looks for loops whose lap takes up to so many
 * invocations. A window is 18 such laps long: up to two until a function is tracked that the loop will bring back in
 * time, and 16 to bring it back. Only the first is shorter: it is for loops that the chain begins with, and is over
 * after 16 invocations, because so many may lead into a loop that the second finds. The last runs on to depth 32767,
 * and then the first begins again.
 */
const WINDOWS: readonly Window[] = [
  { depth: 1, lap: 8, retryFrom: 2 },
  // No retry: here a loop of 8 has no laps to spare, or its functions would run more than 32 times.
  { depth: 17, lap: 8, retryFrom: 16 },
  { depth: 161, lap: 32, retryFrom: 2 },
  { depth: 737, lap: 128, retryFrom: 2 },
  { depth: 3_041, lap: 512, retryFrom: 2 },
  { depth: 12_257, lap: 1_024, retryFrom: 2 },
];

interface Window {
  /** Where it begins. */
  readonly depth: number;
  /** In invocations, a power of two. */
  readonly lap: number;
  /** At this distance from where it begins, and at each doubling up to `lap`, what never came back gives way. */
  readonly retryFrom: number;
}

export interface InvokedFunction {
  /** Unqualified. */
  readonly functionArn: string;
  readonly recursiveLoop: RecursiveLoop;
}

export interface Entry {
  /** Whether the invocation is refused. */
  readonly stop: boolean;
  /** The lineage that the invocation is given, or that the refused one would have been given. */
  readonly lineage: Lineage;
}

/**
 * A function is about to be invoked in a chain: whether it may run, and the lineage to hand on.
 *
 * Never too soon: the count is 0 when a function begins to be tracked, at one of its invocations, and grows by one at
 * each later one. So a count of 16 says that it was invoked 16 times before.
 *
 * Not too late: let a loop take at most `lap` invocations a round, and a window for that `lap` begin inside it. If
 * none of its functions is `Allow`, then by `lap` invocations into the window one is tracked that is never given up:
 * either one that had come back, or the one that took its place there. It comes back once a round or oftener, so at
 * j × lap it has done so j - 1 times, one more than is due, and 16 times by 17 × lap: the window is 18 × lap long.
 * Where an `Allow` function stands at that place, the next one that is `Terminate` has it within another round, and
 * still returns as often as is due. The README has this at length.
 */
export function enter(lineage: Lineage | undefined, invoked: InvokedFunction): Entry {
  const hash = functionHash(invoked.functionArn, invoked.recursiveLoop);
  if (lineage === undefined) return { stop: false, lineage: { depth: DEPTH_MIN, hash, count: 0 } };

  const depth = lineage.depth < DEPTH_MAX ? lineage.depth + 1 : DEPTH_MIN;
  if (isSameFunction(hash, lineage.hash)) {
    const count = Math.min(lineage.count + 1, COUNT_MAX);
    const stop = invoked.recursiveLoop === "Terminate" && count >= INVOCATIONS_MAX;
    return { stop, lineage: { depth, hash, count } };
  }
  if (!givesWay(lineage.hash) && lineage.count >= countDue(depth)) {
    return { stop: false, lineage: { ...lineage, depth } };
  }
  // An `Allow` function is none to look for: it leaves the place to the next one that is `Terminate`.
  if (invoked.recursiveLoop === "Allow") {
    return { stop: false, lineage: { ...lineage, depth, hash: givingWay(lineage.hash) } };
  }
  return { stop: false, lineage: { depth, hash, count: 0 } };
}

/**
 * How often the tracked function must have come back by this depth; with less it gives way. Where a window begins, no
 * count is enough. Then, while the distance doubles up to the window's `lap`, it must have come back at all (this is
 * Brent's cycle detection); from there on once a lap, two laps behind.
 */
function countDue(depth: number): number {
  const { depth: start, lap, retryFrom } = WINDOWS.findLast((window) => window.depth <= depth)!;
  const distance = depth - start;
  if (distance === 0) return Number.POSITIVE_INFINITY;
  if (distance <= lap) return distance >= retryFrom && isPowerOfTwo(distance) ? 1 : 0;
  return distance % lap === 0 ? distance / lap - 2 : 0;
}

function isPowerOfTwo(n: number): boolean {
  return (n & (n - 1)) === 0;
}
