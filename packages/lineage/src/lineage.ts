/** The least and the largest `depth` that the header can carry. Source: FACTS 1, after AwsXrayPropagator. */
export const DEPTH_MIN = 1;
export const DEPTH_MAX = 32_767;
/** The largest `count` that the header can carry; one that has grown so far stays there. */
export const COUNT_MAX = 255;

/** `Lineage=<depth>:<hash>:<count>`: all that a chain of requests remembers of its own past. */
export interface Lineage {
  /** Invocations in the chain so far, whichever the function: 1 to 32767, and then from 1 again. */
  readonly depth: number;
  /** The function that is tracked: 8 lower-case hex digits, see `functionHash`. */
  readonly hash: string;
  /** How often the tracked function came back since it is tracked: 0 to 255. */
  readonly count: number;
}

const LINEAGE = /^(\d{1,5}):([0-9a-f]{8}):(\d{1,3})$/i;
const OLDER_PAIR = /^([0-9a-f]{8}):(\d{1,3})$/i;
/** More pairs than any known text shows: what is longer is no lineage. */
const OLDER_PAIRS_MAX = 64;

/** Reads either form of a lineage; undefined if it is neither, or out of range. */
export function parseLineage(text: string): Lineage | undefined {
  const match = LINEAGE.exec(text);
  if (!match) return parseOlderLineage(text);
  const [, depth = "", hash = "", count = ""] = match;
  const lineage = { depth: Number(depth), hash: hash.toLowerCase(), count: Number(count) };
  const inRange =
    lineage.depth >= DEPTH_MIN && lineage.depth <= DEPTH_MAX && lineage.count <= COUNT_MAX;
  return inRange ? lineage : undefined;
}

export function formatLineage({ depth, hash, count }: Lineage): string {
  return `${depth}:${hash}:${count}`;
}

/**
 * The older form, `<hash>:<count>` pairs joined by `|`. It says no depth, so the depth is what the pairs account for:
 * each function once, and as often again as it came back. Of the pairs the one with the largest count is kept.
 */
function parseOlderLineage(text: string): Lineage | undefined {
  const pairs = text.split("|", OLDER_PAIRS_MAX + 1);
  if (pairs.length > OLDER_PAIRS_MAX) return undefined;
  let depth = 0;
  let tracked: { hash: string; count: number } | undefined;
  for (const pair of pairs) {
    const match = OLDER_PAIR.exec(pair.trim());
    if (!match) return undefined;
    const [, hash = "", digits = ""] = match;
    const count = Number(digits);
    if (count > COUNT_MAX) return undefined;
    depth += 1 + count;
    if (tracked === undefined || count > tracked.count) {
      tracked = { hash: hash.toLowerCase(), count };
    }
  }
  return tracked && { depth: Math.min(depth, DEPTH_MAX), ...tracked };
}
