import { type Entry, enter, type InvokedFunction } from "./enter.ts";
import type { Lineage } from "./lineage.ts";

/** One path through a chain, remembered whole: what a rule that has only the header is measured against. */
export class PathOracle {
  readonly #invocations = new Map<string, number>();
  #lineage: Lineage | undefined;
  /** How many invocations ran. */
  length = 0;

  constructor(lineage?: Lineage) {
    this.#lineage = lineage;
  }

  get lineage(): Lineage | undefined {
    return this.#lineage;
  }

  /** A function is invoked next on this path. One that is stopped does not run, and the path ends before it. */
  invoke(invoked: InvokedFunction): Entry {
    const entry = enter(this.#lineage, invoked);
    if (entry.stop) return entry;
    this.#lineage = entry.lineage;
    this.#invocations.set(invoked.functionArn, this.invocationsOf(invoked) + 1);
    this.length++;
    return entry;
  }

  /** How often the function ran on this path. */
  invocationsOf({ functionArn }: InvokedFunction): number {
    return this.#invocations.get(functionArn) ?? 0;
  }

  /** Goes round and round until an invocation is stopped, and returns whose; undefined if `hopsMax` ran before. */
  loop(lap: readonly InvokedFunction[], hopsMax: number): InvokedFunction | undefined {
    for (let hop = 0; hop <= hopsMax; hop++) {
      const invoked = lap[hop % lap.length]!;
      if (this.invoke(invoked).stop) return invoked;
    }
    return undefined;
  }

  /** The same past, another future. */
  fork(): PathOracle {
    const fork = new PathOracle(this.#lineage);
    for (const [functionArn, count] of this.#invocations) fork.#invocations.set(functionArn, count);
    fork.length = this.length;
    return fork;
  }
}
