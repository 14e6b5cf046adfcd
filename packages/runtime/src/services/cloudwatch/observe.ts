import type { ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import type { MetricAlarmRecord } from "./alarm.ts";
import { readPeriods } from "./data.ts";
import { evaluationRange, type Point } from "./evaluation.ts";
import { mathPoints } from "./math-alarm.ts";
import { metricId } from "./metric.ts";
import { parseStatistic, statisticOf } from "./statistic.ts";

/** What an alarm sees: the periods of its evaluation range up to an instant, the newest first. */
export interface Observation {
  /** When the periods start, in seconds since 1970. */
  readonly windows: readonly number[];
  /** The periods' values; undefined where there is no data. */
  readonly points: readonly (Point | undefined)[];
}

/** Reads the alarm's data of the periods that end at `end`, in seconds since 1970. */
export function observe(
  tx: ReadTransaction,
  world: World,
  alarm: MetricAlarmRecord,
  end: number,
): Observation {
  const { period } = alarm.watched;
  const range = evaluationRange(alarm);
  const windows = Array.from({ length: range }, (_, back) => end - (back + 1) * period);
  const byStart = new Map(
    pointsBetween(tx, world, alarm, end - range * period, end).map((point) => [point.start, point]),
  );
  return { windows, points: windows.map((start) => byStart.get(start)) };
}

function pointsBetween(
  tx: ReadTransaction,
  world: World,
  { watched }: MetricAlarmRecord,
  start: number,
  end: number,
): Point[] {
  if (watched.kind === "math") return mathPoints(tx, world, watched, start, end);
  const statistic = parseStatistic(watched.statistic);
  // Checked when the alarm was put.
  if (!statistic) throw new Error(`${watched.statistic} is no statistic`);
  const span = { start, end, period: watched.period };
  const periods = readPeriods(tx, world, metricId(watched.identity), span, { unit: watched.unit });
  return periods.flatMap(({ start, aggregate }) => {
    const value = statisticOf(statistic, aggregate);
    return value === undefined ? [] : [{ start, value, sampleCount: aggregate.sampleCount }];
  });
}
