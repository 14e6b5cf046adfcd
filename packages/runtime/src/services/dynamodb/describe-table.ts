import type {
  GlobalSecondaryIndexDescription,
  IndexStatus,
  KeySchemaElement,
  LocalSecondaryIndexDescription,
  ProvisionedThroughputDescription,
  TableDescription,
  TableStatus,
} from "@aws-sdk/client-dynamodb";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import type { KeySchema } from "./engine/index.ts";
import {
  findTable,
  type Index,
  noSuchTable,
  streamArnOf,
  type Table,
  type Throughput,
} from "./table.ts";
import { checkTableName } from "./table-checks.ts";
import { readTally, type Tally } from "./tally.ts";

/** What a table on demand can take at once when it is new; here it is never less. Source: "Warm throughput". */
const WARM_READ_UNITS = 12_000;
const WARM_WRITE_UNITS = 4_000;

/** DescribeTable. Item counts are exact and of this moment; AWS's are up to six hours old. */
export const describeTable: OperationOf<"dynamodb", "DescribeTable"> = (call, input) => {
  checkTableName(input.TableName);
  const table = findTable(call, input.TableName!);
  if (!table) throw noSuchTable(input.TableName!);
  return { Table: call.cloud.store.read((tx) => describe(tx, table)) };
};

/** A table as it is shown. What has just been asked for is shown as under way; the next look finds it done. */
export function describe(
  tx: ReadTransaction,
  table: Table,
  status: TableStatus = "ACTIVE",
): TableDescription {
  const tally = readTally(tx, table.space);
  const { items, bytes } = tally.of(table.space);
  const local = table.indexes.filter(({ kind }) => kind === "local");
  const global = table.indexes.filter(({ kind }) => kind === "global");
  return {
    AttributeDefinitions: table.attributes.map(({ name, type }) => ({
      AttributeName: name,
      AttributeType: type,
    })),
    TableName: table.name,
    KeySchema: keySchemaOf(table.key),
    TableStatus: status,
    CreationDateTime: new Date(table.createdAt),
    ProvisionedThroughput: throughputOf(table.throughput),
    TableSizeBytes: bytes,
    ItemCount: items,
    TableArn: table.arn,
    TableId: table.id,
    ...billing(table, status),
    ...(local.length > 0 && {
      LocalSecondaryIndexes: local.map((index) => localIndexOf(table, index, tally)),
    }),
    ...(global.length > 0 && {
      GlobalSecondaryIndexes: global.map((index) => globalIndexOf(table, index, tally, status)),
    }),
    ...streamOf(table),
    ...(table.encryption && {
      SSEDescription: {
        Status: "ENABLED",
        SSEType: "KMS",
        KMSMasterKeyArn: table.encryption.keyArn,
      },
    }),
    ...(table.tableClass && {
      TableClassSummary: {
        TableClass: table.tableClass,
        ...(table.tableClassChangedAt !== undefined && {
          LastUpdateDateTime: new Date(table.tableClassChangedAt),
        }),
      },
    }),
    DeletionProtectionEnabled: table.deletionProtected,
    ...(table.onDemandThroughput && { OnDemandThroughput: { ...table.onDemandThroughput } }),
    // What a table that is being made can take is not known yet.
    ...(status !== "CREATING" && {
      WarmThroughput: { ...warmThroughputOf(table.throughput), Status: "ACTIVE" },
    }),
  };
}

function billing({ billingMode, payPerRequestAt }: Table, status: TableStatus): TableDescription {
  // A table that was always provisioned has no summary.
  if (billingMode === "PROVISIONED" && payPerRequestAt === undefined) return {};
  return {
    BillingModeSummary: {
      BillingMode: billingMode,
      ...(payPerRequestAt !== undefined &&
        status !== "CREATING" && {
          LastUpdateToPayPerRequestDateTime: new Date(payPerRequestAt),
        }),
    },
  };
}

function streamOf(table: Table): TableDescription {
  const { stream } = table;
  if (!stream) return {};
  return {
    ...(stream.enabled && {
      StreamSpecification: { StreamEnabled: true, StreamViewType: stream.viewType },
    }),
    LatestStreamLabel: stream.label,
    LatestStreamArn: streamArnOf(table, stream.label),
  };
}

function localIndexOf(table: Table, index: Index, tally: Tally): LocalSecondaryIndexDescription {
  const { items, bytes } = tally.of(index.space);
  return {
    IndexName: index.name,
    KeySchema: keySchemaOf(index.key),
    Projection: projectionOf(index),
    IndexSizeBytes: bytes,
    ItemCount: items,
    IndexArn: indexArn(table, index),
  };
}

function globalIndexOf(
  table: Table,
  index: Index,
  tally: Tally,
  tableStatus: TableStatus,
): GlobalSecondaryIndexDescription {
  const status: IndexStatus = tableStatus === "CREATING" ? "CREATING" : index.status;
  return {
    ...localIndexOf(table, index, tally),
    IndexStatus: status,
    ...(status === "CREATING" &&
      tableStatus !== "CREATING" && { Backfilling: tableStatus !== "UPDATING" }),
    ProvisionedThroughput: throughputOf(index.throughput ?? { readUnits: 0, writeUnits: 0 }),
    ...(index.onDemandThroughput && { OnDemandThroughput: { ...index.onDemandThroughput } }),
    WarmThroughput: { ...warmThroughputOf(index.throughput), Status: "ACTIVE" },
  };
}

export function indexArn(table: Table, { name }: Index): string {
  return `${table.arn}/index/${name}`;
}

function projectionOf({ projection }: Index) {
  return {
    ProjectionType: projection.type,
    ...(projection.nonKeyAttributes && { NonKeyAttributes: [...projection.nonKeyAttributes] }),
  };
}

function keySchemaOf({ hash, range }: KeySchema): KeySchemaElement[] {
  const hashElement = { AttributeName: hash.name, KeyType: "HASH" as const };
  return range
    ? [hashElement, { AttributeName: range.name, KeyType: "RANGE" as const }]
    : [hashElement];
}

function throughputOf(throughput: Throughput): ProvisionedThroughputDescription {
  const { readUnits, writeUnits, increasedAt, decreasedAt, decreasesToday = 0 } = throughput;
  return {
    ...(increasedAt !== undefined && { LastIncreaseDateTime: new Date(increasedAt) }),
    ...(decreasedAt !== undefined && { LastDecreaseDateTime: new Date(decreasedAt) }),
    NumberOfDecreasesToday: decreasesToday,
    ReadCapacityUnits: readUnits,
    WriteCapacityUnits: writeUnits,
  };
}

function warmThroughputOf(throughput: Throughput | undefined) {
  return {
    ReadUnitsPerSecond: throughput?.readUnits || WARM_READ_UNITS,
    WriteUnitsPerSecond: throughput?.writeUnits || WARM_WRITE_UNITS,
  };
}
