/**
 * What is kept of the values of one metric in one stretch of time. With `values` (and how often each came, in
 * `counts`) percentiles can be told; without, only the four basic statistics.
 */
export interface Aggregate {
  readonly sampleCount: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly values?: readonly number[];
  readonly counts?: readonly number[];
}

/** How many different values are kept apart; beyond that, near ones are counted together. */
const DISTINCT_VALUES_MAX = 512;
/** How near: values that are counted together are at most one percent apart. */
const BUCKET_GROWTH = Math.log(1.01);

/** Of values and how often each came; every count is above zero. */
export function aggregateOf(values: readonly number[], counts: readonly number[]): Aggregate {
  let sampleCount = 0;
  let sum = 0;
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  for (const [index, value] of values.entries()) {
    const count = counts[index]!;
    sampleCount += count;
    sum += value * count;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  return { sampleCount, sum, minimum, maximum, values, counts };
}

/** Of both together. Percentiles stay known only when they are of both. */
export function merged(a: Aggregate, b: Aggregate): Aggregate {
  const basic = {
    sampleCount: a.sampleCount + b.sampleCount,
    sum: a.sum + b.sum,
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
  };
  if (!a.values || !a.counts || !b.values || !b.counts) return basic;
  const distribution = new Map<number, number>();
  for (const { values, counts } of [a, b] as Required<Aggregate>[])
    for (const [index, value] of values.entries())
      distribution.set(value, (distribution.get(value) ?? 0) + counts[index]!);
  const kept = distribution.size > DISTINCT_VALUES_MAX ? coarser(distribution) : distribution;
  return { ...basic, values: [...kept.keys()], counts: [...kept.values()] };
}

/** The same distribution with near values counted as one, so that it takes bounded room. */
function coarser(distribution: ReadonlyMap<number, number>): Map<number, number> {
  const coarse = new Map<number, number>();
  for (const [value, count] of distribution) {
    const bucket =
      value === 0
        ? 0
        : Math.sign(value) *
          Math.exp(Math.round(Math.log(Math.abs(value)) / BUCKET_GROWTH) * BUCKET_GROWTH);
    coarse.set(bucket, (coarse.get(bucket) ?? 0) + count);
  }
  return coarse;
}
