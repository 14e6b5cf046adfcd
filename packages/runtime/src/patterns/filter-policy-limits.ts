import { isObject } from "./condition.ts";
import { PatternError } from "./pattern-error.ts";

/** Source of both: SNS developer guide, "Filter policy constraints". */
const KEYS_MAX = 5;
const COMBINATIONS_MAX = 150;

/** Throws {@link PatternError} on a filter policy with too many top-level keys or too many combinations of values. */
export function checkFilterPolicyLimits(policy: Readonly<Record<string, unknown>>): void {
  if (Object.keys(policy).length > KEYS_MAX)
    throw new PatternError(`Filter policy can not have more than ${KEYS_MAX} keys`, "$");
  if (combinationsOf(policy, 1, 1) > COMBINATIONS_MAX)
    throw new PatternError("Filter policy is too complex", "$");
}

/**
 * The number of values of each field times its depth, multiplied; the alternatives of a `$or` are added up. The
 * guide's example: four values three levels deep and three values two levels deep make 4 × 3 × 3 × 2 = 72.
 */
function combinationsOf(
  policy: Readonly<Record<string, unknown>>,
  depth: number,
  before: number,
): number {
  let combinations = before;
  for (const [name, value] of Object.entries(policy)) {
    if (isObject(value)) combinations = combinationsOf(value, depth + 1, combinations);
    else if (!Array.isArray(value)) continue;
    else if (name === "$or" && value.every(isObject)) {
      const soFar = combinations;
      combinations = value
        .map((alternative) => combinationsOf(alternative, depth, soFar))
        .reduce((sum, each) => sum + each, 0);
    } else combinations *= Math.max(1, value.length) * depth;
  }
  return combinations;
}
