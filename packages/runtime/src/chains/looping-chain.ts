import type { ReadTransaction, WriteTransaction } from "../store/store.ts";
import type { Hop } from "./hop.ts";

/** A chain that went round too often, as `GET /_flyball/loops` shows it. */
export interface LoopingChain {
  /** The chain: the trace header's `Root`. */
  readonly root: string;
  readonly account: string;
  readonly region: string;
  /**
   * What came round once more: the function whose next invocation was refused. In a loop that AWS does not cover it
   * can be a state machine, a rule, a pipe.
   */
  readonly functionArn: string;
  /** How often it had come round in the chain. */
  readonly invocations: number;
  /** How many invocations the chain had, whichever the function. */
  readonly depth: number;
  /** Whether AWS would have stopped it: it goes through no service that AWS's loop detection does not cover. */
  readonly covered: boolean;
  /** Whether it was stopped here. One that AWS does not cover is stopped only where that was asked for. */
  readonly stopped: boolean;
  /** Milliseconds since 1970. */
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** How many invocations were refused, or would have been: a queue's message is refused at each receive. */
  readonly drops: number;
  /** The ARNs of one round, beginning with the function: what loops, and through what. */
  readonly cycle: readonly string[];
  /** The path that led here, the earliest hop first, as far as it is remembered. */
  readonly hops: readonly Hop[];
}

const LOOPS = ["chains", "loops"] as const;

/** Counts one more time that a chain came round too often; the first makes the record. Returns the record as it is now. */
export function recordLoop(
  tx: WriteTransaction,
  found: Omit<LoopingChain, "firstSeenAt" | "lastSeenAt" | "drops">,
  now: number,
): LoopingChain {
  const { account, region, root, functionArn, covered } = found;
  const key = [...LOOPS, account, region, root, functionArn, covered];
  const before = tx.get<LoopingChain>(key);
  const after: LoopingChain = before
    ? { ...before, lastSeenAt: now, drops: before.drops + 1 }
    : { ...found, firstSeenAt: now, lastSeenAt: now, drops: 1 };
  tx.put(key, after);
  return after;
}

/** Every chain that loops, in every account and Region, the latest first. */
export function listLoops(tx: ReadTransaction): LoopingChain[] {
  const loops = [...tx.range<LoopingChain>({ prefix: LOOPS })].map(({ value }) => value);
  return loops.sort((left, right) => right.firstSeenAt - left.firstSeenAt);
}

/**
 * The ARNs of one round of the loop that a path ends in: from the last place where it came to the same function
 * before. When none is remembered, all that is.
 */
export function cycleOf(path: readonly Hop[]): string[] {
  const arns = path.map(({ to }) => to);
  const functionArn = arns.at(-1);
  const before = arns.lastIndexOf(functionArn ?? "", -2);
  return functionArn === undefined ? [] : [functionArn, ...arns.slice(before + 1, -1)];
}
