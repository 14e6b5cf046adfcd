import type { Hop } from "./hop.ts";

/** How many chains are remembered, and how many hops of each: the latest. */
const CHAINS_MAX = 2_000;
const HOPS_PER_CHAIN_MAX = 1_000;

/** The latest hops of the latest chains, kept in memory: a record to read, which decides nothing. */
export class HopRecord {
  readonly #chains = new Map<string, Hop[]>();

  add(hop: Hop): void {
    const hops = this.#chains.get(hop.root) ?? [];
    hops.push(hop);
    if (hops.length > HOPS_PER_CHAIN_MAX) hops.splice(0, hops.length - HOPS_PER_CHAIN_MAX);
    // Re-inserting keeps the map in the order of use, so its first key is the one to forget.
    this.#chains.delete(hop.root);
    this.#chains.set(hop.root, hops);
    if (this.#chains.size > CHAINS_MAX) {
      for (const oldest of this.#chains.keys()) {
        this.#chains.delete(oldest);
        break;
      }
    }
  }

  /** What began this span: the function that was invoked with it, the state machine that goes on in it; undefined where it is not remembered. */
  beginnerOf(root: string, span: string | undefined): string | undefined {
    const hops = this.#chains.get(root) ?? [];
    return hops.findLast((hop) => hop.span === span && hop.span !== hop.parent)?.to;
  }

  /** The hops that led to `last`, the earliest first, `last` included: one path through the tree that a chain is. */
  pathTo(last: Hop): Hop[] {
    const hops = this.#chains.get(last.root) ?? [];
    const path = new Set([last]);
    for (let next: Hop | undefined = last; next?.parent !== undefined; ) {
      const { from, parent }: Hop = next;
      next = hops.findLast((hop) => !path.has(hop) && hop.to === from && hop.span === parent);
      if (next) path.add(next);
    }
    return [...path].reverse();
  }
}
