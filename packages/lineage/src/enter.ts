import { functionHash, isAllow, isSameFunction, type RecursiveLoop } from "./function-hash.ts";
import { COUNT_MAX, DEPTH_MAX, DEPTH_MIN, type Lineage } from "./lineage.ts";

/** A function that was invoked so often in a chain has its next invocation stopped. Source: FACTS 1. */
export const INVOCATIONS_MAX = 16;

/**
 * The depths at which the tracked function gives its place to the current one. A window between two of them holds 17
 * laps of a loop that is eight times as long as the one before: 1, 8, 64 and 512 hops.
 */
const CHECKPOINTS: ReadonlySet<number> = new Set([1, 17, 153, 1_241, 9_945]);

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

/** A function is about to be invoked in a chain: whether it may run, and the lineage to hand on. */
export function enter(lineage: Lineage | undefined, invoked: InvokedFunction): Entry {
  const hash = functionHash(invoked.functionArn, invoked.recursiveLoop);
  if (lineage === undefined) return { stop: false, lineage: { depth: DEPTH_MIN, hash, count: 0 } };
  const depth = lineage.depth < DEPTH_MAX ? lineage.depth + 1 : DEPTH_MIN;
  if (isSameFunction(hash, lineage.hash)) {
    const count = Math.min(lineage.count + 1, COUNT_MAX);
    const stop = invoked.recursiveLoop === "Terminate" && count >= INVOCATIONS_MAX;
    return { stop, lineage: { depth, hash, count } };
  }
  const takesPlace =
    CHECKPOINTS.has(depth) || (isAllow(lineage.hash) && invoked.recursiveLoop === "Terminate");
  if (takesPlace) return { stop: false, lineage: { depth, hash, count: 0 } };
  return { stop: false, lineage: { ...lineage, depth } };
}
