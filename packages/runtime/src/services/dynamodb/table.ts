import type {
  BillingMode,
  IndexStatus,
  ProjectionType,
  ScalarAttributeType,
  StreamViewType,
  TableClass,
} from "@aws-sdk/client-dynamodb";
import { arn, parseArn } from "../../arn.ts";
import type { Call } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import type { Key, ReadTransaction, Store, WriteTransaction } from "../../store/store.ts";
import type { KeySchema } from "./engine/index.ts";

export interface TableName {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export interface Throughput {
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly increasedAt?: number;
  readonly decreasedAt?: number;
  readonly decreasesToday?: number;
}

export interface Projection {
  readonly type: ProjectionType;
  readonly nonKeyAttributes?: readonly string[];
}

/** A secondary index as its table's record has it. */
export interface Index {
  readonly name: string;
  readonly kind: "global" | "local";
  readonly key: KeySchema;
  readonly projection: Projection;
  /** The names of what an entry can hold, the keys included; undefined where that is all that the item has. */
  readonly holds?: readonly string[];
  /** Where its entries lie; see storage.ts. */
  readonly space: number;
  readonly status: IndexStatus;
  readonly throughput?: Throughput;
  readonly onDemandThroughput?: OnDemandThroughput;
}

export interface OnDemandThroughput {
  readonly MaxReadRequestUnits?: number | undefined;
  readonly MaxWriteRequestUnits?: number | undefined;
}

/** A stream that a table writes, or wrote last. */
export interface TableStream {
  /** The time at which it was switched on, in ISO 8601 without its zone: the last part of the stream's ARN. */
  readonly label: string;
  /** Where its records lie; see storage.ts. */
  readonly space: number;
  readonly viewType: StreamViewType;
  readonly enabled: boolean;
}

export interface TimeToLive {
  readonly attributeName: string;
  /** False while the items that were there before are looked through. */
  readonly ready: boolean;
}

/** A table as the store has it, under {@link tableKey}. */
export interface TableRecord extends TableName {
  /** A UUID: a table made again under an old name is another table. */
  readonly id: string;
  /** Where its items lie; see storage.ts. */
  readonly space: number;
  readonly createdAt: number;
  readonly attributes: readonly { readonly name: string; readonly type: ScalarAttributeType }[];
  readonly key: KeySchema;
  readonly indexes: readonly Index[];
  readonly billingMode: BillingMode;
  /** Since when the table is billed by request, milliseconds; undefined where it never was. */
  readonly payPerRequestAt?: number;
  readonly throughput: Throughput;
  readonly onDemandThroughput?: OnDemandThroughput;
  readonly stream?: TableStream;
  readonly timeToLive?: TimeToLive;
  readonly deletionProtected: boolean;
  readonly tableClass?: TableClass;
  readonly tableClassChangedAt?: number;
  readonly encryption?: { readonly type: string; readonly keyArn: string };
  readonly tags: Readonly<Record<string, string>>;
  /** For how many days the table could be restored, and since when (milliseconds). */
  readonly pointInTimeRecovery?: { readonly days: number; readonly since: number };
}

/** A table, with what follows from its record. */
export interface Table extends TableRecord {
  readonly arn: string;
  /** The ARN of the stream that its writes go to; undefined while none is switched on. */
  readonly streamArn: string | undefined;
  readonly hasLocalIndexes: boolean;
}

const TABLE_RESOURCE = /^table\/([a-zA-Z0-9_.-]{1,255})$/;

/** Before the keys of all tables of all accounts and Regions. */
export const EVERY_TABLE: Key = ["dynamodb", "table"];

export function tablesPrefix({ account, region }: { account: string; region: string }): Key {
  return [...EVERY_TABLE, account, region];
}

export function tableKey(name: TableName): Key {
  return [...tablesPrefix(name), name.name];
}

export function tableArn({ account, region, name }: TableName): string {
  return arn("dynamodb", region, account, `table/${name}`);
}

/** The table that an ARN names; undefined where it is no table's. */
export function parseTableArn(text: string): TableName | undefined {
  const { service, region, account, resource = "" } = parseArn(text) ?? {};
  const [, name] = TABLE_RESOURCE.exec(resource) ?? [];
  return service === "dynamodb" && region && account && name
    ? { account, region, name }
    : undefined;
}

export function streamArnOf(table: TableName, label: string): string {
  return `${tableArn(table)}/stream/${label}`;
}

export function tableOf(record: TableRecord): Table {
  const { stream } = record;
  return {
    ...record,
    arn: tableArn(record),
    streamArn: stream?.enabled ? streamArnOf(record, stream.label) : undefined,
    hasLocalIndexes: record.indexes.some(({ kind }) => kind === "local"),
  };
}

export function readTable(tx: ReadTransaction, name: TableName): Table | undefined {
  const record = tx.get<TableRecord>(tableKey(name));
  return record && tableOf(record);
}

/** Writes a table, and has the memory of it renewed. */
export function putTable(cloud: Cloud, tx: WriteTransaction, record: TableRecord): Table {
  const table = tableOf(record);
  const { arn: _arn, streamArn: _streamArn, hasLocalIndexes: _local, ...stored } = table;
  tx.put(tableKey(record), stored);
  tx.afterCommit(() => cloud.derived(makeTables).forget(record));
  return table;
}

export function removeTable(cloud: Cloud, tx: WriteTransaction, table: TableName): void {
  tx.delete(tableKey(table));
  tx.afterCommit(() => cloud.derived(makeTables).forget(table));
}

/**
 * Changes a table in a transaction. Returns the table as it is now; undefined when it has gone, or another one has its
 * name.
 */
export function changeTable(
  cloud: Cloud,
  tx: WriteTransaction,
  table: TableName & { readonly id: string },
  change: (table: Table) => TableRecord,
): Table | undefined {
  const now = readTable(tx, table);
  return now?.id === table.id ? putTable(cloud, tx, change(now)) : undefined;
}

/** Tables as they were last written, so that a request does not decode its table anew. */
class Tables {
  readonly #known = new Map<string, Table>();
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(account: string, region: string, name: string): Table | undefined {
    const key = `${region}/${account}/${name}`;
    const known = this.#known.get(key);
    if (known) return known;
    const table = this.#store.read((tx) => readTable(tx, { account, region, name }));
    if (table) this.#known.set(key, table);
    return table;
  }

  forget({ account, region, name }: TableName): void {
    this.#known.delete(`${region}/${account}/${name}`);
  }
}

export function makeTables(cloud: Cloud): Tables {
  return new Tables(cloud.store);
}

/** The table that a request names, by its name or its ARN; undefined where there is none. */
export function findTable({ cloud, caller }: Call, nameOrArn: string): Table | undefined {
  const tables = cloud.derived(makeTables);
  if (!nameOrArn.includes(":")) return tables.get(caller.account, caller.region, nameOrArn);
  const named = parseTableArn(nameOrArn);
  // Another account's table would need a resource policy, and another Region's is never reached.
  if (named?.account !== caller.account || named.region !== caller.region) return undefined;
  return tables.get(named.account, named.region, named.name);
}

/** As {@link findTable}; throws `ResourceNotFoundException` as operations on items do. */
export function requireTable(call: Call, nameOrArn: string): Table {
  const table = findTable(call, nameOrArn);
  if (!table) throw new ServiceError("ResourceNotFoundException", "Requested resource not found");
  return table;
}

/** The refusal of operations on tables, which name the table that is not there. */
export function noSuchTable(nameOrArn: string): ServiceError {
  const name = parseTableArn(nameOrArn)?.name ?? nameOrArn;
  return new ServiceError(
    "ResourceNotFoundException",
    `Requested resource not found: Table: ${name} not found`,
  );
}

/** The index of this name, where it can be read. */
export function findIndex(table: Table, name: string): Index | undefined {
  return table.indexes.find((index) => index.name === name);
}
