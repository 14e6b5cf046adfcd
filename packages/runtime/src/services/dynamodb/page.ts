import type { KeyPart, ReadTransaction } from "../../store/store.ts";
import { type Consistency, Consumption, readUnits } from "./capacity.ts";
import { afterKey, type Condition, evaluateCondition, type Item, keyOf } from "./engine/index.ts";
import { read } from "./get-item.ts";
import { entryKey, itemKey, placeOf, type StoredItem, spaceKey } from "./storage.ts";
import type { Index, Table } from "./table.ts";

/** A page ends with the item that brings it to this size. Source: API reference of Query and Scan, 1 MB. */
export const PAGE_BYTES_MAX = 1024 * 1024;

/** What a Query and a Scan have in common: a range of a table's or an index's keys, read a page at a time. */
export interface Reading {
  readonly table: Table;
  readonly index: Index | undefined;
  /** The range, by partition and sort. `to` is exclusive. */
  readonly from: readonly string[];
  readonly to: readonly string[] | undefined;
  readonly reverse: boolean;
  /** The key behind which the page begins. */
  readonly startKey: Item | undefined;
  /** Items to evaluate at most. */
  readonly limit: number | undefined;
  readonly filter: Condition | undefined;
  readonly consistency: Consistency;
  /** Whether the table's item is to be read for each entry of a local index. */
  readonly fetches: boolean;
}

export interface Page {
  /** What passed the filter, whole. */
  readonly items: Item[];
  readonly scannedCount: number;
  /** Of what was evaluated. */
  readonly bytes: number;
  readonly lastEvaluatedKey: Item | undefined;
  readonly consumption: Consumption;
}

/** Reads one page: no more of the store than it evaluates. */
export function readPage(tx: ReadTransaction, reading: Reading): Page {
  const { table, index, limit, filter } = reading;
  const consumption = new Consumption("read");
  const items: Item[] = [];
  let scannedCount = 0;
  let bytes = 0;
  let entryBytes = 0;
  let lastEvaluatedKey: Item | undefined;
  for (const { value } of tx.range<StoredItem>(rangeOf(reading))) {
    const fetched = reading.fetches ? fetch(tx, reading, value[1], consumption) : undefined;
    const item = fetched?.item ?? value[1];
    scannedCount += 1;
    entryBytes += value[0];
    bytes += fetched?.sizeBytes ?? value[0];
    if (!filter || evaluateCondition(filter, item)) items.push(item);
    if (scannedCount === limit || bytes >= PAGE_BYTES_MAX) {
      lastEvaluatedKey = positionOf(table, index, item);
      break;
    }
  }
  // What is fetched from the table is counted one by one; what is read in a range, together.
  consumption.add(readUnits(entryBytes, reading.consistency), index);
  return { items, scannedCount, bytes, lastEvaluatedKey, consumption };
}

function fetch(tx: ReadTransaction, reading: Reading, entry: Item, consumption: Consumption) {
  const { table, consistency } = reading;
  const place = placeOf(entry, table.key);
  return read(tx, { table, place, projection: undefined }, consistency, consumption);
}

function rangeOf(reading: Reading) {
  const { table, index, from, to, reverse, startKey } = reading;
  const prefix = spaceKey(index?.space ?? table.space);
  const start = startKey && positionIn(table, index, startKey).slice(prefix.length);
  if (!start) return { prefix, from, ...(to && { to }), reverse };
  if (reverse) return { prefix, from, to: start, reverse };
  return { prefix, from: behind(start), ...(to && { to }), reverse };
}

/** The first place behind a key. */
function behind(key: readonly KeyPart[]): KeyPart[] {
  // A partition, a sort and an identity are strings.
  return [...key.slice(0, -1), afterKey(key.at(-1) as string)];
}

function positionIn(table: Table, index: Index | undefined, key: Item): readonly KeyPart[] {
  const entry = index && entryKey(table, index, key);
  return entry ?? itemKey(table.space, placeOf(key, table.key));
}

/** `LastEvaluatedKey`: the keys of the index that is read, and of the table. */
function positionOf(table: Table, index: Index | undefined, item: Item): Item {
  const key = keyOf(item, table.key);
  return index ? { ...keyOf(item, index.key), ...key } : key;
}
