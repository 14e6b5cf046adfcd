import type { Aggregate } from "./aggregate.ts";

export const BASIC_STATISTICS = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"] as const;
export type BasicStatistic = (typeof BASIC_STATISTICS)[number];

/** Where a trimmed statistic cuts: below `low` and above `high`; a side without a cut is undefined. */
interface Cut {
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly inPercent: boolean;
}

/** What to tell of the values of a period. */
export type Statistic =
  | { readonly kind: "basic"; readonly name: BasicStatistic }
  | { readonly kind: "percentile"; readonly percent: number }
  | {
      readonly kind: "trimmed";
      readonly what: "TM" | "WM" | "TC" | "TS" | "PR";
      readonly cut: Cut;
    };

const NUMBER = String.raw`\d+(?:\.\d{1,10})?`;
const SHORT_FORM = new RegExp(`^(p|tm|wm|tc|ts)(${NUMBER})$`, "i");
const RANGE_FORM = new RegExp(`^(TM|WM|TC|TS|PR)\\((${NUMBER}%?)?:(${NUMBER}%?)?\\)$`, "i");

/**
 * Reads a statistic's name: one of the five basic ones, or `p99`, `tm90`, `TM(10%:90%)`, `PR(:300)`, `IQM` and so
 * on. Undefined when it is none. Source: CloudWatch user guide, "CloudWatch statistics definitions".
 */
export function parseStatistic(name: string): Statistic | undefined {
  const basic = BASIC_STATISTICS.find((known) => known === name);
  if (basic) return { kind: "basic", name: basic };
  if (/^iqm$/i.test(name))
    return { kind: "trimmed", what: "TM", cut: { low: 25, high: 75, inPercent: true } };
  const short = SHORT_FORM.exec(name);
  if (short) {
    const percent = Number(short[2]);
    if (percent > 100) return undefined;
    const what = short[1]!.toUpperCase();
    if (what === "P") return { kind: "percentile", percent };
    return trimmed(what, { low: undefined, high: percent, inPercent: true });
  }
  const range = RANGE_FORM.exec(name);
  if (!range) return undefined;
  const bounds = [range[2], range[3]].filter((bound) => bound !== undefined);
  const inPercent = bounds.some((bound) => bound.endsWith("%"));
  if (bounds.length === 0 || bounds.some((bound) => bound.endsWith("%") !== inPercent))
    return undefined;
  const what = range[1]!.toUpperCase();
  if (inPercent && what === "PR") return undefined;
  const [low, high] = [range[2], range[3]].map((b) => (b === undefined ? b : Number.parseFloat(b)));
  if (low !== undefined && high !== undefined && low >= high) return undefined;
  if (inPercent && Math.max(low ?? 0, high ?? 0) > 100) return undefined;
  return trimmed(what, { low, high, inPercent });
}

function trimmed(what: string, cut: Cut): Statistic {
  // The patterns let only these five through.
  return { kind: "trimmed", what: what as "TM" | "WM" | "TC" | "TS" | "PR", cut };
}

/**
 * The statistic of a period's values; undefined where it can't be told: anything but a basic one of values that
 * came as statistic sets or that are negative (API reference, GetMetricStatistics).
 */
export function statisticOf(statistic: Statistic, aggregate: Aggregate): number | undefined {
  if (statistic.kind === "basic") return basicStatistic(statistic.name, aggregate);
  if (!aggregate.values || !aggregate.counts || aggregate.minimum < 0) return undefined;
  const ranked = aggregate.values
    .map((value, index) => ({ value, count: aggregate.counts?.[index] ?? 0 }))
    .sort((a, b) => a.value - b.value);
  if (statistic.kind === "percentile")
    return percentile(ranked, aggregate, (statistic.percent / 100) * aggregate.sampleCount);
  return trimmedStatistic(statistic.what, ranked, statistic.cut, aggregate);
}

function basicStatistic(name: BasicStatistic, aggregate: Aggregate): number {
  switch (name) {
    case "SampleCount":
      return aggregate.sampleCount;
    case "Sum":
      return aggregate.sum;
    case "Average":
      return aggregate.sum / aggregate.sampleCount;
    case "Minimum":
      return aggregate.minimum;
    case "Maximum":
      return aggregate.maximum;
  }
}

interface Ranked {
  readonly value: number;
  readonly count: number;
}

/** The least value that has `rank` values at or below it. */
function percentile(ranked: readonly Ranked[], { minimum, maximum }: Aggregate, rank: number) {
  let below = 0;
  for (const { value, count } of ranked) {
    below += count;
    // Near values may have been counted together, so a bucket's value is held within what really came.
    if (below >= rank - 1e-9) return Math.min(maximum, Math.max(minimum, value));
  }
  return maximum;
}

function trimmedStatistic(
  what: "TM" | "WM" | "TC" | "TS" | "PR",
  ranked: readonly Ranked[],
  cut: Cut,
  aggregate: Aggregate,
): number | undefined {
  const kept = keptBy(cut, ranked, aggregate.sampleCount);
  const count = kept.reduce((sum, each) => sum + each.count, 0);
  const sum = kept.reduce((total, { value, count }) => total + value * count, 0);
  switch (what) {
    case "TC":
      return count;
    case "TS":
      return sum;
    case "PR":
      return (count / aggregate.sampleCount) * 100;
    case "TM":
      return count === 0 ? undefined : sum / count;
    case "WM":
      return count === 0 ? undefined : winsorized(kept, ranked, cut, aggregate.sampleCount);
  }
}

/** The values between the cuts: by value above `low` up to `high`, or by rank, in part where a cut goes through. */
function keptBy({ low, high, inPercent }: Cut, ranked: readonly Ranked[], total: number): Ranked[] {
  if (!inPercent)
    return ranked.filter(({ value }) => !(value <= (low ?? -1)) && !(value > (high ?? Infinity)));
  const from = ((low ?? 0) / 100) * total;
  const to = ((high ?? 100) / 100) * total;
  let below = 0;
  const kept: Ranked[] = [];
  for (const { value, count } of ranked) {
    const part = Math.min(to, below + count) - Math.max(from, below);
    below += count;
    if (part > 1e-9) kept.push({ value, count: part });
  }
  return kept;
}

/** The mean with what is cut off counted as the outermost values that are kept. */
function winsorized(
  kept: readonly Ranked[],
  ranked: readonly Ranked[],
  cut: Cut,
  total: number,
): number {
  const lowest = cut.inPercent || cut.low === undefined ? kept[0]!.value : cut.low;
  const highest = cut.inPercent || cut.high === undefined ? kept.at(-1)!.value : cut.high;
  const sum = ranked.reduce(
    (all, { value, count }) => all + Math.min(highest, Math.max(lowest, value)) * count,
    0,
  );
  return sum / total;
}
