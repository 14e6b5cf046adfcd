import type { Call } from "../../call.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import { type Consistency, Consumption, consumedCapacity, readUnits } from "./capacity.ts";
import {
  checkKeyPaths,
  type Item,
  type Projection,
  type ProjectionFields,
  project,
  readProjection,
  validateItem,
  validateKey,
} from "./engine/index.ts";
import { emitConsumed } from "./metrics.ts";
import { itemRequestChecks } from "./request-checks.ts";
import { type ItemPlace, itemKey, placeOf, type StoredItem } from "./storage.ts";
import { requireTable, type Table } from "./table.ts";

/** GetItem. Every read sees all that was acknowledged before it; whether it is `ConsistentRead` decides its price. */
export const getItem: OperationOf<"dynamodb", "GetItem"> = (call: Call, input) => {
  itemRequestChecks(input).required("key", input.Key).check("ValidationException");
  const key = validateItem(input.Key!);
  const { projection } = readProjection(input);
  const table = requireTable(call, input.TableName!);
  const get = getOf(table, key, projection);
  const consumption = new Consumption("read");
  const { item } = call.cloud.store.read((tx) =>
    read(tx, get, input.ConsistentRead ? "strong" : "eventual", consumption),
  );
  emitConsumed(call.cloud, table, consumption);
  const capacity = consumedCapacity(input.TableName, consumption, input.ReturnConsumedCapacity);
  return { ...(item && { Item: item }), ...(capacity && { ConsumedCapacity: capacity }) };
};

/** One item to read. */
export interface Get {
  readonly table: Table;
  readonly place: ItemPlace;
  readonly projection: Projection | undefined;
}

/** Checks key and projection against the table. Throws ValidationException. */
export function getOf(table: Table, key: Item, projection: Projection | undefined): Get {
  validateKey(key, table.key);
  checkKeyPaths({ projection }, table.key, table.indexes);
  return { table, place: placeOf(key, table.key), projection };
}

export function projectionOf(fields: ProjectionFields): Projection | undefined {
  return readProjection(fields).projection;
}

/** Reads an item, and adds what that consumes. `sizeBytes` is that of the whole item. */
export function read(
  tx: ReadTransaction,
  { table, place, projection }: Get,
  consistency: Consistency,
  consumption: Consumption,
): { item: Item | undefined; sizeBytes: number } {
  const stored = tx.get<StoredItem>(itemKey(table.space, place));
  const sizeBytes = stored?.[0] ?? 0;
  consumption.add(readUnits(sizeBytes, consistency));
  const item = stored && projection ? project(stored[1], projection) : stored?.[1];
  return { item, sizeBytes };
}
