import type { Call } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import type { OwedHandler } from "../../owed.ts";
import type { KeyPart, WriteTransaction } from "../../store/store.ts";
import { bySteps } from "./by-steps.ts";
import { emptySpaces } from "./empty-space.ts";
import { changeIndex, withUsedAttributes } from "./index-record.ts";
import { entryOf } from "./item-writes.ts";
import { entryKey, type StoredItem, spaceKey } from "./storage.ts";
import {
  changeTable,
  type Index,
  putTable,
  readTable,
  type Table,
  type TableName,
  type TableRecord,
} from "./table.ts";
import { readTally, writeTally } from "./tally.ts";

/** Items looked at in one transaction while an index is filled. */
const ITEMS_MAX = 500;

export const FILL = "dynamodb:fill";
export const REMOVE = "dynamodb:remove-index";

interface OfIndex extends TableName {
  readonly id: string;
  readonly indexName: string;
}

function payloadOf({ account, region, name, id }: TableRecord, index: Index): OfIndex {
  return { account, region, name, id, indexName: index.name };
}

export function fillIndex(
  { cloud, caller }: Call,
  tx: WriteTransaction,
  table: TableRecord,
  index: Index,
): void {
  cloud.owed.add(tx, { kind: FILL, caller, payload: payloadOf(table, index) });
}

export function removeIndex(
  { cloud, caller }: Call,
  tx: WriteTransaction,
  table: TableRecord,
  index: Index,
): void {
  cloud.owed.add(tx, { kind: REMOVE, caller, payload: payloadOf(table, index) });
}

/**
 * Fills a new index with the items that were there before it. Writes keep it meanwhile, and an entry that one of them
 * made is left alone; so the filling can begin anew after a crash.
 */
export const fill: OwedHandler = (cloud, { payload }) =>
  // Only fillIndex owes this kind.
  bySteps(cloud, (tx, from) => fillSome(cloud, tx, payload as OfIndex, from));

/** Returns where to go on; undefined when the index is filled, and then it is `ACTIVE`. */
function fillSome(
  cloud: Cloud,
  tx: WriteTransaction,
  of: OfIndex,
  from: readonly KeyPart[],
): readonly KeyPart[] | undefined {
  const table = readTable(tx, of);
  const index = table && building(table, of);
  if (!table || !index) return undefined;
  const prefix = spaceKey(table.space);
  const tally = readTally(tx, table.space);
  const some = [...tx.range<StoredItem>({ prefix, from, limit: ITEMS_MAX })];
  for (const { value } of some) {
    const key = entryKey(table, index, value[1]);
    if (!key || tx.get(key)) continue;
    const entry = entryOf(index, value);
    tx.put(key, entry);
    tally.add(index.space, 1, entry[0]);
  }
  writeTally(tx, table.space, tally);
  if (some.length === ITEMS_MAX) {
    // The last one is looked at twice, which does no harm.
    return some.at(-1)!.key.slice(prefix.length);
  }
  putTable(cloud, tx, changeIndex(table, { ...index, status: "ACTIVE" }));
  return undefined;
}

function building(table: Table, { id, indexName }: OfIndex): Index | undefined {
  if (table.id !== id) return undefined;
  return table.indexes.find(({ name, status }) => name === indexName && status === "CREATING");
}

/** Takes an index that can't be read any more off its table, and has its entries cleared away. */
export const removeFromTable: OwedHandler = async (cloud, { payload, caller }) => {
  // Only removeIndex owes this kind.
  const of = payload as OfIndex;
  const commit = (tx: WriteTransaction) => {
    changeTable(cloud, tx, of, (table) => {
      const index = table.indexes.find(({ name }) => name === of.indexName);
      if (index?.status !== "DELETING") return table;
      emptySpaces(cloud, tx, caller, { spaces: [index.space] });
      const tally = readTally(tx, table.space);
      tally.forget(index.space);
      writeTally(tx, table.space, tally);
      const left = { ...table, indexes: table.indexes.filter((one) => one !== index) };
      return withUsedAttributes(
        left,
        new Map(table.attributes.map(({ name, type }) => [name, type])),
      );
    });
  };
  return { done: true, commit };
};
