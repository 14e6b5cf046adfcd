import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { type Aggregate, merged } from "./aggregate.ts";
import { keyIn } from "./world.ts";

/**
 * How long data is kept how finely, as AWS does: what is older than `keptSeconds` is merged into the next coarser
 * resolution, and what is older than the coarsest is gone.
 * Source: API reference of PutMetricData and CloudWatch user guide, "Metrics retention".
 */
export const RESOLUTIONS = [
  { seconds: 1, keptSeconds: 3 * 3600 },
  { seconds: 60, keptSeconds: 15 * 86_400 },
  { seconds: 300, keptSeconds: 63 * 86_400 },
  { seconds: 3600, keptSeconds: 455 * 86_400 },
] as const;

/** How many entries one transaction of the retention moves at most, so that it holds nobody up. */
const MOVED_AT_ONCE_MAX = 2_000;

/** Adds to a metric's data of the second or minute that `second` is in. */
export function addData(
  tx: WriteTransaction,
  world: World,
  id: string,
  datum: { second: number; resolution: 1 | 60; unit: string; aggregate: Aggregate },
): void {
  const { second, resolution, unit, aggregate } = datum;
  const start = second - (second % resolution);
  const key = keyIn(world, "data", id, resolution, start, unit);
  const before = tx.get<Aggregate>(key);
  tx.put(key, before ? merged(before, aggregate) : aggregate);
}

export interface Span {
  /** Seconds since 1970; inclusive. Periods are counted from here. */
  readonly start: number;
  /** Seconds since 1970; exclusive. */
  readonly end: number;
  /** In seconds. */
  readonly period: number;
}

export interface PeriodData {
  /** When the period starts, in seconds since 1970. */
  readonly start: number;
  readonly unit: string;
  readonly aggregate: Aggregate;
}

/**
 * A metric's data by period (and, with `apart`, by unit), in order of time; periods without data are left out. Data
 * that is kept more coarsely than the period can tell is left out too, as AWS does.
 */
export function readPeriods(
  tx: ReadTransaction,
  world: World,
  id: string,
  { start, end, period }: Span,
  { unit, apart = false }: { unit?: string | undefined; apart?: boolean } = {},
): PeriodData[] {
  const periods = new Map<string, PeriodData>();
  for (const { seconds } of RESOLUTIONS) {
    if (period % seconds !== 0) continue;
    const range = { prefix: keyIn(world, "data", id, seconds), from: [start], to: [end] };
    for (const { key, value } of tx.range<Aggregate>(range)) {
      const [at, itsUnit] = key.slice(-2) as [number, string];
      if (unit !== undefined && itsUnit !== unit) continue;
      const periodStart = at - ((at - start) % period);
      const slot = `${periodStart} ${apart ? itsUnit : ""}`;
      const before = periods.get(slot);
      const aggregate = before ? merged(before.aggregate, value) : value;
      periods.set(slot, { start: periodStart, unit: before?.unit ?? itsUnit, aggregate });
    }
  }
  return [...periods.values()].sort((a, b) => a.start - b.start);
}

/**
 * Merges a metric's old data into the next coarser resolution and drops what is past the last. Returns whether there
 * may be more to do: call again in another transaction.
 */
export function retain(tx: WriteTransaction, world: World, id: string, now: number): boolean {
  let moved = 0;
  for (const [index, { seconds, keptSeconds }] of RESOLUTIONS.entries()) {
    const coarser = RESOLUTIONS[index + 1];
    const range = {
      prefix: keyIn(world, "data", id, seconds),
      to: [now - keptSeconds],
      limit: MOVED_AT_ONCE_MAX - moved,
    };
    const old = [...tx.range<Aggregate>(range)];
    for (const { key, value } of old) {
      tx.delete(key);
      if (!coarser) continue;
      const [at, unit] = key.slice(-2) as [number, string];
      const into = keyIn(world, "data", id, coarser.seconds, at - (at % coarser.seconds), unit);
      const before = tx.get<Aggregate>(into);
      tx.put(into, before ? merged(before, value) : value);
    }
    moved += old.length;
    if (moved >= MOVED_AT_ONCE_MAX) return true;
  }
  return false;
}

/** Whether anything at all is kept of the metric. */
export function hasData(tx: ReadTransaction, world: World, id: string): boolean {
  for (const _ of tx.range({ prefix: keyIn(world, "data", id), limit: 1 })) return true;
  return false;
}
