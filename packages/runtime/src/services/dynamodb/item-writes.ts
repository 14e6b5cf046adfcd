import type { Cloud } from "../../cloud.ts";
import type { Key, WriteTransaction } from "../../store/store.ts";
import { Consumption, writeUnits } from "./capacity.ts";
import { equalItems } from "./engine/index.ts";
import { scheduleExpiry } from "./expiry-schedule.ts";
import {
  entryKey,
  type ItemPlace,
  itemKey,
  projected,
  type StoredItem,
  storedItem,
} from "./storage.ts";
import { type Cause, recordChange } from "./stream/record-change.ts";
import type { Index, Table } from "./table.ts";
import { readTally, type Tally, writeTally } from "./tally.ts";

/**
 * One transaction's writes of one table's items. An item goes with its indexes' entries, its stream record, its expiry
 * and the table's count, or not at all. Call `finish` at the end.
 */
export class ItemWrites {
  readonly #cloud: Cloud;
  readonly tx: WriteTransaction;
  readonly #cause: Cause;
  readonly table: Table;
  /** Units of one write each, before a transaction doubles them. */
  readonly consumption = new Consumption("write");
  #tally: Tally | undefined;

  constructor(cloud: Cloud, tx: WriteTransaction, table: Table, cause: Cause) {
    this.#cloud = cloud;
    this.tx = tx;
    this.table = table;
    this.#cause = cause;
  }

  get(place: ItemPlace): StoredItem | undefined {
    return this.tx.get<StoredItem>(itemKey(this.table.space, place));
  }

  /** A look at an item that a transaction makes to check a condition: it costs what a write of it would. */
  check(item: StoredItem | undefined): void {
    this.consumption.add(writeUnits(item?.[0] ?? 0));
  }

  finish(): void {
    if (this.#tally) writeTally(this.tx, this.table.space, this.#tally);
  }

  /**
   * Puts `after` where `before` was; undefined stands for no item. Where nothing changes, it still costs what it would.
   */
  write(place: ItemPlace, before: StoredItem | undefined, after: StoredItem | undefined): void {
    this.consumption.add(writeUnits(Math.max(before?.[0] ?? 0, after?.[0] ?? 0)));
    if (!before && !after) return;
    if (before && after && equalItems(before[1], after[1])) return;
    const key = itemKey(this.table.space, place);
    if (after) this.tx.put(key, after);
    else this.tx.delete(key);
    this.#count(this.table.space, before, after);
    for (const index of this.table.indexes) this.#writeEntry(index, before, after);
    if (this.table.timeToLive)
      scheduleExpiry(this.#cloud, this.tx, this.table, place, before?.[1], after?.[1]);
    recordChange(this.#cloud, this.tx, this.table, before, after, this.#cause);
  }

  /**
   * Keeps an index's entry with its item. Source of the units: developer guide, "Using Global Secondary Indexes in
   * DynamoDB", Write capacity units: one write where an entry comes, goes or changes, two where its key changes, none
   * where nothing that it projects does.
   */
  #writeEntry(index: Index, before: StoredItem | undefined, after: StoredItem | undefined): void {
    if (index.status === "DELETING") return;
    const oldKey = before && entryKey(this.table, index, before[1]);
    const newKey = after && entryKey(this.table, index, after[1]);
    const old = oldKey && this.#oldEntry(index, oldKey, before);
    const entry = newKey && entryOf(index, after);
    if (oldKey && newKey && sameKey(oldKey, newKey)) {
      if (old && index.holds && equalItems(old[1], entry![1])) return;
      this.tx.put(newKey, entry);
      this.consumption.add(writeUnits(Math.max(old?.[0] ?? 0, entry![0])), index);
    } else {
      if (oldKey && old) {
        this.tx.delete(oldKey);
        this.consumption.add(writeUnits(old[0]), index);
      }
      if (newKey && entry) {
        this.tx.put(newKey, entry);
        this.consumption.add(writeUnits(entry[0]), index);
      }
    }
    this.#count(index.space, old, entry);
  }

  /** The entry of the item as it was. An index that is still built may not have it yet. */
  #oldEntry(index: Index, key: Key, before: StoredItem): StoredItem | undefined {
    return index.status === "CREATING" ? this.tx.get<StoredItem>(key) : entryOf(index, before);
  }

  #count(space: number, before: StoredItem | undefined, after: StoredItem | undefined): void {
    const items = (after ? 1 : 0) - (before ? 1 : 0);
    const bytes = (after?.[0] ?? 0) - (before?.[0] ?? 0);
    if (items === 0 && bytes === 0) return;
    this.#tally ??= readTally(this.tx, this.table.space);
    this.#tally.add(space, items, bytes);
  }
}

/** What an index holds of an item, with its size. */
export function entryOf(index: Index, stored: StoredItem): StoredItem {
  const item = projected(index, stored[1]);
  return item === stored[1] ? stored : storedItem(item);
}

function sameKey(a: Key, b: Key): boolean {
  return a.length === b.length && a.every((part, i) => part === b[i]);
}

/** Runs one transaction that writes items of one table, and keeps what belongs to them. */
export function writeItems<T>(
  cloud: Cloud,
  table: Table,
  cause: Cause,
  body: (writes: ItemWrites) => T,
): Promise<T> {
  return cloud.store.write((tx) => {
    const writes = new ItemWrites(cloud, tx, table, cause);
    const result = body(writes);
    writes.finish();
    return result;
  });
}
