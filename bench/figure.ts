/** What a benchmark found: one line of the table. */
export interface Figure {
  readonly what: string;
  readonly measured: number;
  readonly unit: string;
  /** What the project asks of it, in the same unit; undefined where it is only worth knowing. */
  readonly asked?: { readonly atMost: number } | { readonly atLeast: number };
  /** What it is compared with in the same run, with that one's figure. */
  readonly comparedWith: string;
}

/** One subject; `progress` says what is being done at the moment. */
export type Benchmark = (progress: (doing: string) => void) => Promise<Figure[]>;

/** Whether the figure as it is shown is what was asked. */
export function isMet({ measured, asked }: Figure): boolean | undefined {
  if (!asked) return undefined;
  const shown = Number(measured.toPrecision(DIGITS));
  return "atMost" in asked ? shown <= asked.atMost : shown >= asked.atLeast;
}

/** Figures are read, not computed with: these mean something. */
const DIGITS = 3;

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value that a share (0 to 1) of all do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}

export function inWords(value: number, unit: string): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString("en", { maximumFractionDigits: digits })} ${unit}`.trim();
}
