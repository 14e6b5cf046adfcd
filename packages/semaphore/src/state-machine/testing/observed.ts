/** From when to when something was at work; ms since 1970. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** How many were at work at once, at most. One that ends at the instant at which another begins makes room for it. */
export function overlapMax(spans: readonly (Span | undefined)[]): number {
  const changes = spans
    .filter((span) => span !== undefined)
    .flatMap(({ from, until }) => [
      { at: from, by: 1 },
      { at: until, by: -1 },
    ])
    .sort((left, right) => left.at - right.at || left.by - right.by);
  let now = 0;
  let most = 0;
  for (const { by } of changes) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}

/** The shortest time between two starts; ms. */
export function startGapMin(spans: readonly (Span | undefined)[]): number {
  const starts = spans
    .filter((span) => span !== undefined)
    .map(({ from }) => from)
    .sort((left, right) => left - right);
  let least = Number.POSITIVE_INFINITY;
  for (let place = 1; place < starts.length; place += 1)
    least = Math.min(least, starts[place]! - starts[place - 1]!);
  return least;
}
