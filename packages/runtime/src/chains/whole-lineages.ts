import type { Lineage } from "@flyball/lineage";

/** How many spans are remembered: the latest. A loop's latest span is always among them, or it is a slow one. */
const SPANS_MAX = 50_000;

/**
 * What the header of a chain would say if every service handed it on, by the span (the header's `Parent`) that the
 * chain had last. AWS's own header forgets where a chain goes through a service that its loop detection does not
 * cover; here it is remembered beside it, so that such loops are found too. In memory: after a restart it begins anew.
 */
export class WholeLineages {
  readonly #bySpan = new Map<string, Lineage>();

  /** Undefined at the beginning of a chain, and where its span is not remembered. */
  of(span: string | undefined): Lineage | undefined {
    return span === undefined ? undefined : this.#bySpan.get(span);
  }

  remember(span: string, lineage: Lineage): void {
    this.#bySpan.delete(span);
    this.#bySpan.set(span, lineage);
    if (this.#bySpan.size <= SPANS_MAX) return;
    for (const oldest of this.#bySpan.keys()) {
      this.#bySpan.delete(oldest);
      break;
    }
  }
}
