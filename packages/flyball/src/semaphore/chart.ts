/** How a semaphore stood at an instant. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly held: number;
  readonly waiting: number;
  readonly limit: number | undefined;
}

export interface ChartOptions {
  readonly now: number;
  /** How far back it goes, at most; ms. */
  readonly windowMs: number;
  /** How often samples come; no column is narrower. */
  readonly intervalMs: number;
  /** The width and height of the whole, in characters. */
  readonly columns: number;
  readonly rows: number;
  /** What a column's characters look like: full, when all that may be held was. */
  readonly paint: (text: string, full: boolean) => string;
}

const EIGHTHS = " ▁▂▃▄▅▆▇█";
const COLUMNS_MIN = 8;
/** The waiting line's row, and the axis. */
const ROWS_BELOW = 2;

/** A column's share of the time: what was held on the mean, and the longest line. */
interface Column {
  readonly held: number;
  readonly waiting: number;
  readonly full: boolean;
}

/**
 * Units held over time against the limit, the line below it, and the time. Now is at the right. No line is longer than
 * `columns`, and there are at most `rows` of them (at least three).
 */
export function chartLines(samples: readonly Sample[], options: ChartOptions): string[] {
  const { columns, rows, paint } = options;
  const limit = samples.at(-1)?.limit;
  const top = Math.max(1, limit ?? 0, ...samples.map(({ held }) => held));
  const waitingTop = Math.max(0, ...samples.map(({ waiting }) => waiting));
  const labels = { top: `${top}`, zero: "0", waiting: waitingTop > 0 ? `≤${waitingTop}` : "0" };
  const gutter = Math.max("waits".length, ...Object.values(labels).map(({ length }) => length));
  const width = Math.max(COLUMNS_MIN, columns - gutter - 2);
  const columnMs = Math.max(options.intervalMs, options.windowMs / width);
  const drawn = columnsOf(samples, { ...options, width, columnMs });
  const height = Math.max(1, rows - ROWS_BELOW);
  const body = Array.from({ length: height }, (_, row) => {
    const floor = height - 1 - row;
    const label = row === 0 ? labels.top : floor === 0 ? labels.zero : "";
    const cells = drawn.map((column) =>
      column === undefined ? " " : paint(barPart(column.held / top, height, floor), column.full),
    );
    return `${label.padStart(gutter)} ${row === 0 ? "┤" : "│"}${cells.join("")}`;
  });
  const line = drawn.map((column) =>
    column === undefined ? " " : block(waitingTop === 0 ? 0 : column.waiting / waitingTop),
  );
  return [
    ...body,
    `${"waits".padStart(gutter)} │${line.join("")}`,
    `${labels.waiting.padStart(gutter)} └${axis(width, columnMs)}`,
  ];
}

function columnsOf(
  samples: readonly Sample[],
  { now, width, columnMs }: ChartOptions & { readonly width: number; readonly columnMs: number },
): (Column | undefined)[] {
  const buckets = Array.from({ length: width }, (): Sample[] => []);
  // Columns stand at multiples of their width, so that the picture moves on and does not flicker.
  const last = Math.floor(now / columnMs);
  for (const sample of samples)
    buckets[width - 1 - (last - Math.floor(sample.at / columnMs))]?.push(sample);
  return buckets.map((own, place) => {
    // A look that took a while leaves a column without any: it stood as it stood before.
    const before = buckets[place - 1] ?? [];
    const bucket = own.length === 0 && buckets[place + 1]?.length ? before.slice(-1) : own;
    if (bucket.length === 0) return undefined;
    const held = bucket.reduce((sum, sample) => sum + sample.held, 0) / bucket.length;
    const waiting = Math.max(...bucket.map((sample) => sample.waiting));
    const full = bucket.some((sample) => sample.limit !== undefined && sample.held >= sample.limit);
    return { held, waiting, full };
  });
}

/** What a bar that fills this share of `height` rows shows in the row above `floor` others. */
function barPart(share: number, height: number, floor: number): string {
  return EIGHTHS[Math.max(0, Math.min(8, eighthsOf(share, height) - floor * 8))] ?? " ";
}

function block(share: number): string {
  return EIGHTHS[eighthsOf(share, 1)] ?? " ";
}

/** Whatever is above nothing shows. */
function eighthsOf(share: number, height: number): number {
  return share <= 0 ? 0 : Math.max(1, Math.round(share * height * 8));
}

function axis(width: number, columnMs: number): string {
  const seconds = Math.round((width * columnMs) / 1000);
  const from = seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
  const now = "now";
  if (from.length + now.length + 2 > width) return "─".repeat(width);
  return `${from} ${"─".repeat(width - from.length - now.length - 2)} ${now}`;
}
