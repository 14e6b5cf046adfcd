import type { StreamViewType } from "@aws-sdk/client-dynamodb";
import type { Cloud } from "../../../cloud.ts";
import type { WriteTransaction } from "../../../store/store.ts";
import type { Table, TableRecord } from "../table.ts";
import { makeHeads } from "./record-change.ts";
import { makeRetention } from "./retention.ts";
import { closeShard } from "./shard.ts";
import { openStream, type StreamRecord, streamKey } from "./stream.ts";

/** Switches a table's stream on. Returns the table's record with it. */
export function switchStreamOn(
  cloud: Cloud,
  tx: WriteTransaction,
  table: TableRecord,
  viewType: StreamViewType,
): TableRecord {
  return { ...table, stream: openStream(tx, table, viewType, cloud.clock.now()) };
}

/**
 * Switches a table's stream off, where one is on: its shard is closed, and can be read until its records are a day
 * old. Returns the table's record without it.
 */
export function switchStreamOff(cloud: Cloud, tx: WriteTransaction, table: Table): TableRecord {
  const { stream } = table;
  if (!stream?.enabled) return table;
  const now = cloud.clock.now();
  const key = streamKey({ ...table, label: stream.label });
  const record = tx.get<StreamRecord>(key);
  if (record) tx.put(key, { ...record, disabledAt: now });
  const { sequence } = cloud.derived(makeHeads).of(tx, stream.space);
  closeShard(tx, stream.space, sequence, now);
  tx.afterCommit(() => cloud.derived(makeRetention).expect(stream.space, now));
  return { ...table, stream: { ...stream, enabled: false } };
}
