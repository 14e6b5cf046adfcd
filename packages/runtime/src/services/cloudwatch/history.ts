import type { AlarmHistoryItem, HistoryItemType } from "@aws-sdk/client-cloudwatch";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import type { AlarmRecord } from "./alarm.ts";
import { keyIn, worldsIn } from "./world.ts";

/** How long history is kept (API reference, DescribeAlarmHistory: 30 days). */
const KEPT_MS = 30 * 86_400_000;

/** Something that happened to an alarm. */
export interface HistoryRecord {
  readonly alarm: string;
  readonly alarmKind: AlarmRecord["kind"];
  readonly at: number;
  readonly type: HistoryItemType;
  readonly summary: string;
  /** JSON. */
  readonly data: string;
}

/** Adds to an alarm's history; what happened in one millisecond keeps its order. */
export function addHistory(tx: WriteTransaction, world: World, record: HistoryRecord): void {
  const [last] = tx.range({
    prefix: keyIn(world, "history", record.alarm, record.at),
    reverse: true,
    limit: 1,
  });
  const order = last ? Number(last.key.at(-1)) + 1 : 0;
  tx.put(keyIn(world, "history", record.alarm, record.at, order), record);
}

/** The history of one alarm, or of all (then by alarm), the oldest first. */
export function historyOf(tx: ReadTransaction, world: World, alarm?: string): HistoryRecord[] {
  const prefix = keyIn(world, "history", ...(alarm === undefined ? [] : [alarm]));
  return [...tx.range<HistoryRecord>({ prefix })].map(({ value }) => value);
}

/** Drops what is older than history is kept. Returns whether there is any left. */
export function expireHistory(tx: WriteTransaction, now: number): boolean {
  let left = false;
  for (const world of worldsIn(tx))
    for (const { key, value } of [
      ...tx.range<HistoryRecord>({ prefix: keyIn(world, "history") }),
    ]) {
      if (value.at < now - KEPT_MS) tx.delete(key);
      else left = true;
    }
  return left;
}

export function describeHistory(record: HistoryRecord): AlarmHistoryItem {
  return {
    AlarmName: record.alarm,
    AlarmType: record.alarmKind === "metric" ? "MetricAlarm" : "CompositeAlarm",
    Timestamp: new Date(record.at),
    HistoryItemType: record.type,
    HistorySummary: record.summary,
    HistoryData: record.data,
  };
}
