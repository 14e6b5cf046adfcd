import type { Key, WriteTransaction } from "../../store/store.ts";
import {
  encodeIdentity,
  encodeKey,
  encodePartitionKey,
  type Item,
  indexKeyOf,
  itemSizeBytes,
  type KeySchema,
  keyValues,
} from "./engine/index.ts";
import type { Index, Table } from "./table.ts";

/**
 * Where DynamoDB's state lies in the store.
 *
 * | key, behind `"dynamodb"` | value |
 * | --- | --- |
 * | `"table"`, account, Region, name | the table's record (table.ts) |
 * | `"stream"`, account, Region, table, label | the stream's record (stream/stream.ts) |
 * | `"token"`, account, Region, token | what a transaction with a client's token did (idempotency.ts) |
 * | `"item"`, space, partition, sort | an item of a table |
 * | `"item"`, space, partition, sort, identity | an item's entry in an index |
 * | `"tally"`, space of the table | how many items and bytes the table and its indexes hold |
 * | `"expiry"`, space of the table, second, partition, sort | nothing: the item expires then (time-to-live.ts) |
 * | `"change"`, space of the stream, sequence | a stream's record |
 * | `"shard"`, space of the stream, number | a shard |
 *
 * A *space* is a number that was never given before, for each table, index and stream ever made: a table that is
 * deleted leaves its space at once, and the space is emptied behind it, some hundred entries at a time.
 *
 * A *partition* begins with four hexadecimal digits of the hash of the partition key, so a Scan goes in the order of
 * hashes and a segment of it is a range. A *sort* orders as the sort key does, so a Query is a range, and reads what it
 * returns and nothing else. Both come from the engine's key encoding. Keys of tables without a sort key end at the
 * partition. An index's entry holds a copy of what the index projects, as on AWS: a Query of it reads one range too,
 * and a write that changes nothing of the projection does not touch it.
 *
 * An item is `[size in bytes, item]`: its size is asked for at each read, and computed once.
 *
 * Tables and streams begin with their noun and not with their account: what goes by the clock (expiry, retention) has to
 * find all of them at the start without walking through items.
 *
 * Reckoned for a conditional UpdateItem of an item of 200 bytes: get 2 µs, evaluate and apply 5 µs, put 4 µs, tally 4 µs
 * (only when the size changes), its share of the commit 5 µs; a stream's record 5 µs; each index that it touches 4 µs.
 * Nothing depends on how many items there are but the depth of the B+ tree. Nothing is read when a table is opened.
 */
const ITEM = ["dynamodb", "item"] as const;
const NEXT_SPACE: Key = ["dynamodb", "next-space"];

/** An item with its size, as the store has it. */
export type StoredItem = readonly [sizeBytes: number, item: Item];

/** The place of an item in its table. */
export type ItemPlace = readonly [partition: string] | readonly [partition: string, sort: string];

/** A number that was never given before. */
export function nextSpace(tx: WriteTransaction): number {
  const space = tx.get<number>(NEXT_SPACE) ?? 1;
  tx.put(NEXT_SPACE, space + 1);
  return space;
}

export function spaceKey(space: number): Key {
  return [...ITEM, space];
}

/** Where the item of this key lies in its table. `key` holds the key's attributes, others do no harm. */
export function placeOf(key: Item, schema: KeySchema): ItemPlace {
  const [hash, range] = keyValues(key, schema);
  const partition = encodePartitionKey(hash!);
  return range === undefined ? [partition] : [partition, encodeKey(range)];
}

export function itemKey(space: number, place: ItemPlace): Key {
  return [...ITEM, space, ...place];
}

/** Where the item's entry lies in an index; undefined where the item lacks a key of the index. */
export function entryKey(table: Table, index: Index, item: Item): Key | undefined {
  const key = indexKeyOf(item, index.key);
  if (!key) return undefined;
  return [
    ...ITEM,
    index.space,
    ...placeOf(key, index.key),
    encodeIdentity(keyValues(item, table.key)),
  ];
}

export function storedItem(item: Item): StoredItem {
  return [itemSizeBytes(item), item];
}

/** What an index holds of an item: the item itself where it projects all. */
export function projected({ holds }: Index, item: Item): Item {
  if (holds === undefined) return item;
  const copy: Item = {};
  for (const name of holds) if (Object.hasOwn(item, name)) copy[name] = item[name]!;
  return copy;
}

export function namesOf({ hash, range }: KeySchema): string[] {
  return range === undefined ? [hash.name] : [hash.name, range.name];
}
