import type {
  CreateGlobalSecondaryIndexAction,
  ProvisionedThroughput,
  UpdateGlobalSecondaryIndexAction,
} from "@aws-sdk/client-dynamodb";
import type { Call } from "../../call.ts";
import { ServiceError } from "../../errors.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { indexMaker, throughputFrom } from "./create-table.ts";
import { invalidParameter, refusal } from "./engine/index.ts";
import { fillIndex, removeIndex } from "./index-build.ts";
import { changeIndex, withUsedAttributes } from "./index-record.ts";
import type { Index, TableRecord, Throughput } from "./table.ts";
import { checkIndexesTogether, checkIndexThroughput, type Definitions } from "./table-checks.ts";

const GLOBAL_INDEXES_MAX = 20;

/** Adds a global index to a table: it is kept from now on, and filled with what was there before, behind the answer. */
export function createIndex(
  call: Call,
  tx: WriteTransaction,
  table: TableRecord,
  input: CreateGlobalSecondaryIndexAction,
  definitions: Definitions,
): TableRecord {
  const name = input.IndexName!;
  const global = table.indexes.filter(({ kind }) => kind === "global");
  if (table.indexes.some((index) => index.name === name))
    throw refusal(`Attempting to create an index which already exists: ${name}`);
  if (global.length >= GLOBAL_INDEXES_MAX) {
    throw invalidParameter(
      `GlobalSecondaryIndex count exceeds the per-table limit of ${GLOBAL_INDEXES_MAX}`,
    );
  }
  refuseWhileBusy(table);
  checkIndexThroughput(name, table.billingMode, input.ProvisionedThroughput);
  const index = indexMaker("global", input, table.key, definitions).make(tx, "CREATING");
  checkIndexesTogether([...table.indexes.map(asInput), input]);
  fillIndex(call, tx, table, index);
  return withUsedAttributes({ ...table, indexes: [...table.indexes, index] }, definitions);
}

/** Takes a global index away: it can't be read from now on, and is cleared away behind the answer. */
export function deleteIndex(
  call: Call,
  tx: WriteTransaction,
  table: TableRecord,
  name: string,
): TableRecord {
  const index = requireGlobal(table, name);
  refuseWhileBusy(table);
  removeIndex(call, tx, table, index);
  return changeIndex(table, { ...index, status: "DELETING" });
}

export function updateIndex(
  table: TableRecord,
  { IndexName, ProvisionedThroughput }: UpdateGlobalSecondaryIndexAction,
  changed: (before: Throughput, wanted: ProvisionedThroughput) => Throughput,
): TableRecord {
  const index = requireGlobal(table, IndexName!);
  checkIndexThroughput(IndexName!, table.billingMode, ProvisionedThroughput);
  const wanted = ProvisionedThroughput!;
  const throughput = index.throughput ? changed(index.throughput, wanted) : throughputFrom(wanted);
  return changeIndex(table, { ...index, throughput });
}

function requireGlobal(table: TableRecord, name: string): Index {
  const index = table.indexes.find((one) => one.name === name && one.kind === "global");
  if (!index) {
    throw new ServiceError(
      "ResourceNotFoundException",
      `Requested resource not found: Table: ${table.name}, Index: ${name} not found`,
    );
  }
  return index;
}

function refuseWhileBusy(table: TableRecord): void {
  const busy = table.indexes.find(({ status }) => status !== "ACTIVE");
  if (!busy) return;
  throw new ServiceError(
    "LimitExceededException",
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
  );
}

function asInput({ name, projection }: Index) {
  return {
    IndexName: name,
    Projection: {
      ProjectionType: projection.type,
      ...(projection.nonKeyAttributes && { NonKeyAttributes: [...projection.nonKeyAttributes] }),
    },
  };
}
