import { functionHash, givesWay, isSameFunction } from "./function-hash.ts";
import type { Lineage } from "./lineage.ts";
import { parseTraceHeader } from "./trace-header.ts";

/**
 * Of the headers of a batch, the one to invoke the function with: the first of those that come nearest to being
 * stopped. Undefined for an empty batch.
 *
 * Choosing one is sound, since each message of the batch is a cause of all that the function sends: whichever is
 * chosen, its past is a path that really led here. A header that tracks this function comes before one that doesn't,
 * so that a message which never passed through here cannot make the count forgotten; of the others the deepest, so that
 * new messages, whose chains are short, cannot keep a loop from growing deeper than they are.
 */
export function mostAdvanced(
  traceHeaders: readonly string[],
  functionArn: string,
): string | undefined {
  const hash = functionHash(functionArn, "Terminate");
  let chosen = traceHeaders[0];
  let furthest = parseTraceHeader(chosen ?? "").lineage;
  for (const traceHeader of traceHeaders.slice(1)) {
    const { lineage } = parseTraceHeader(traceHeader);
    if (lineage !== undefined && isFurther(lineage, furthest, hash)) {
      chosen = traceHeader;
      furthest = lineage;
    }
  }
  return chosen;
}

function isFurther(lineage: Lineage, than: Lineage | undefined, hash: string): boolean {
  if (than === undefined) return true;
  const invocations = invocationsOf(hash, lineage);
  const invocationsThere = invocationsOf(hash, than);
  if (invocations !== invocationsThere) return invocations > invocationsThere;
  return lineage.depth > than.depth;
}

/** How often the function was invoked, as far as it counts towards a stop: 0 if it is not tracked, or gives way. */
function invocationsOf(hash: string, lineage: Lineage): number {
  return isSameFunction(hash, lineage.hash) && !givesWay(lineage.hash) ? lineage.count + 1 : 0;
}
