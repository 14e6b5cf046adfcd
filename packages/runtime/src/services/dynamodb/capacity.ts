import type {
  Capacity,
  ConsumedCapacity,
  ItemCollectionMetrics,
  ReturnConsumedCapacity,
  ReturnItemCollectionMetrics,
} from "@aws-sdk/client-dynamodb";
import { type Item, keyOf } from "./engine/index.ts";
import type { Index, Table } from "./table.ts";

/**
 * Capacity units, whichever way a table is billed. Source: developer guide, "DynamoDB read and write operations" and
 * "Read and write capacity mode": a strongly consistent read of up to 4 KB is one unit, an eventually consistent one
 * half, a write of up to 1 KB one; in a transaction each counts twice.
 */
const READ_UNIT_BYTES = 4 * 1024;
const WRITE_UNIT_BYTES = 1024;

export type Consistency = "eventual" | "strong" | "transaction";

const UNITS_OF_READ: Readonly<Record<Consistency, number>> = {
  eventual: 0.5,
  strong: 1,
  transaction: 2,
};

/** The units of reading so many bytes at one go; nothing read costs as much as the least. */
export function readUnits(bytes: number, consistency: Consistency): number {
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * UNITS_OF_READ[consistency];
}

/** The units of a write; the larger of the item's sizes before and after it counts. */
export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
}

/** What an operation consumed of one table and its indexes. */
export class Consumption {
  readonly kind: "read" | "write";
  table = 0;
  readonly indexes = new Map<Index, number>();

  constructor(kind: "read" | "write") {
    this.kind = kind;
  }

  add(units: number, index?: Index): void {
    if (index === undefined) this.table += units;
    else this.indexes.set(index, (this.indexes.get(index) ?? 0) + units);
  }

  include(other: Consumption): void {
    this.table += other.table;
    for (const [index, units] of other.indexes) this.add(units, index);
  }

  times(factor: number): Consumption {
    const multiple = new Consumption(this.kind);
    multiple.table = this.table * factor;
    for (const [index, units] of this.indexes) multiple.indexes.set(index, units * factor);
    return multiple;
  }

  get total(): number {
    let total = this.table;
    for (const units of this.indexes.values()) total += units;
    return total;
  }
}

/** Whether units are told apart by reads and writes: transactions and PartiQL do. */
export type Split = "split" | "together";

/**
 * `ConsumedCapacity` as the caller wants it; undefined where it doesn't. The table is called what the caller called
 * it, name or ARN.
 */
export function consumedCapacity(
  tableName: string | undefined,
  consumption: Consumption,
  wanted: ReturnConsumedCapacity | undefined,
  split: Split = "together",
): ConsumedCapacity | undefined {
  if (wanted !== "TOTAL" && wanted !== "INDEXES") return undefined;
  const capacity = { TableName: tableName, ...unitsOf(consumption, consumption.total, split) };
  if (wanted === "TOTAL") return capacity;
  const local = byName(consumption, "local", split);
  const global = byName(consumption, "global", split);
  return {
    ...capacity,
    Table: unitsOf(consumption, consumption.table, split),
    ...(local && { LocalSecondaryIndexes: local }),
    ...(global && { GlobalSecondaryIndexes: global }),
  };
}

function unitsOf({ kind }: Consumption, units: number, split: Split): Capacity {
  if (split === "together") return { CapacityUnits: units };
  return kind === "read"
    ? { CapacityUnits: units, ReadCapacityUnits: units }
    : { CapacityUnits: units, WriteCapacityUnits: units };
}

function byName(
  consumption: Consumption,
  kind: Index["kind"],
  split: Split,
): Record<string, Capacity> | undefined {
  const entries = [...consumption.indexes]
    .filter(([index]) => index.kind === kind)
    .map(([index, units]) => [index.name, unitsOf(consumption, units, split)] as const);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/**
 * `ItemCollectionMetrics`, which only tables with local indexes have. The estimate is a range of whole gigabytes, and
 * no collection here comes near one. Source: API reference of ItemCollectionMetrics.
 */
export function itemCollectionMetrics(
  table: Table,
  key: Item,
  wanted: ReturnItemCollectionMetrics | undefined,
): ItemCollectionMetrics | undefined {
  if (wanted !== "SIZE" || !table.hasLocalIndexes) return undefined;
  return {
    ItemCollectionKey: keyOf(key, { hash: table.key.hash }),
    SizeEstimateRangeGB: [0, 1],
  };
}
