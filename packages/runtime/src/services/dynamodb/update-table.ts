import type {
  GlobalSecondaryIndexUpdate,
  ProvisionedThroughput,
  TableDescription,
  UpdateTableInput,
} from "@aws-sdk/client-dynamodb";
import type { Call } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { streamViewOf, throughputFrom } from "./create-table.ts";
import { describe } from "./describe-table.ts";
import { encryptionOf } from "./encryption.ts";
import { invalidParameter, refusal } from "./engine/index.ts";
import { createIndex, deleteIndex, updateIndex } from "./index-update.ts";
import { switchStreamOff, switchStreamOn } from "./stream/switch.ts";
import {
  findTable,
  noSuchTable,
  putTable,
  readTable,
  type Table,
  type TableRecord,
  type Throughput,
  tableOf,
} from "./table.ts";
import {
  checkDefinitionMembers,
  checkIndexMembers,
  checkStreamMembers,
  checkTableName,
  checkThroughputMembers,
  checkUnits,
  definitionsOf,
} from "./table-checks.ts";

const NOTHING_ASKED =
  "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required";

/**
 * UpdateTable. The answer says `UPDATING`; all but the making and removing of an index is done by then. A new index is
 * filled behind the answer.
 */
export const updateTable: OperationOf<"dynamodb", "UpdateTable"> = async (call, input) => {
  checkTableName(input.TableName);
  checkMembers(input);
  checkAsked(input);
  const named = findTable(call, input.TableName!);
  if (!named) throw noSuchTable(input.TableName!);
  const TableDescription = await call.cloud.store.write((tx) => {
    const table = readTable(tx, named);
    if (!table) throw noSuchTable(input.TableName!);
    return update(call, tx, table, input);
  });
  return { TableDescription };
};

function checkMembers(input: UpdateTableInput): void {
  const constraints = new Constraints()
    .oneOf("billingMode", input.BillingMode, ["PROVISIONED", "PAY_PER_REQUEST"])
    .oneOf("tableClass", input.TableClass, ["STANDARD", "STANDARD_INFREQUENT_ACCESS"]);
  checkDefinitionMembers(constraints, input.AttributeDefinitions);
  checkThroughputMembers(constraints, "provisionedThroughput", input.ProvisionedThroughput);
  for (const [i, { Update, Create, Delete }] of indexUpdates(input).entries()) {
    const path = `globalSecondaryIndexUpdates.${i + 1}.member`;
    if (Update) {
      constraints
        .required(`${path}.update.indexName`, Update.IndexName)
        .required(`${path}.update.provisionedThroughput`, Update.ProvisionedThroughput);
      checkThroughputMembers(
        constraints,
        `${path}.update.provisionedThroughput`,
        Update.ProvisionedThroughput,
      );
    }
    if (Create) {
      checkIndexMembers(constraints, `${path}.create`, Create);
      checkThroughputMembers(
        constraints,
        `${path}.create.provisionedThroughput`,
        Create.ProvisionedThroughput,
      );
    }
    if (Delete) constraints.required(`${path}.delete.indexName`, Delete.IndexName);
  }
  checkStreamMembers(constraints, input.StreamSpecification);
  constraints.check("ValidationException");
}

function indexUpdates(input: UpdateTableInput): GlobalSecondaryIndexUpdate[] {
  return input.GlobalSecondaryIndexUpdates ?? [];
}

function checkAsked(input: UpdateTableInput): void {
  const asked = [
    input.ProvisionedThroughput,
    input.BillingMode,
    input.StreamSpecification,
    input.SSESpecification,
    input.TableClass,
    input.DeletionProtectionEnabled,
    input.OnDemandThroughput,
    indexUpdates(input)[0],
  ];
  if (asked.every((part) => part === undefined)) throw refusal(NOTHING_ASKED);
  if (input.BillingMode === "PROVISIONED" && !input.ProvisionedThroughput) {
    throw invalidParameter(
      "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
    );
  }
  if (input.ProvisionedThroughput) checkUnits(input.ProvisionedThroughput);
  const seen = new Set<string>();
  for (const { Update, Create, Delete } of indexUpdates(input)) {
    const name = (Update ?? Create ?? Delete)?.IndexName;
    if (name === undefined) {
      throw invalidParameter(
        "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null",
      );
    }
    if (seen.has(name)) {
      throw invalidParameter(
        `Only one global secondary index update per index is allowed simultaneously. Index: ${name}`,
      );
    }
    seen.add(name);
  }
  streamViewOf(input.StreamSpecification);
}

function update(
  call: Call,
  tx: WriteTransaction,
  table: Table,
  input: UpdateTableInput,
): TableDescription {
  const { cloud } = call;
  const now = cloud.clock.now();
  const changes: ((record: TableRecord) => TableRecord)[] = [
    (record) => withBilling(record, input, now),
    (record) => withStream(cloud, tx, record, input),
    (record) => withProperties(record, input, now),
    (record) => withIndexes(call, tx, record, input),
  ];
  const record = changes.reduce<TableRecord>((before, change) => change(before), table);
  return describe(tx, putTable(cloud, tx, record), "UPDATING");
}

function withBilling(record: TableRecord, input: UpdateTableInput, now: number): TableRecord {
  const billingMode = input.BillingMode ?? record.billingMode;
  const wanted = input.ProvisionedThroughput;
  if (billingMode === "PAY_PER_REQUEST") {
    if (wanted) {
      throw invalidParameter(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
      );
    }
    if (record.billingMode === billingMode) return record;
    return {
      ...record,
      billingMode,
      payPerRequestAt: now,
      throughput: { readUnits: 0, writeUnits: 0 },
      indexes: record.indexes.map(({ throughput: _throughput, ...index }) => index),
    };
  }
  if (record.billingMode === "PROVISIONED")
    return wanted ? { ...record, throughput: changed(record.throughput, wanted, now) } : record;
  const updated = new Set(indexUpdates(input).map(({ Update }) => Update?.IndexName));
  const left = record.indexes.filter(({ kind, name }) => kind === "global" && !updated.has(name));
  if (left.length > 0) {
    const names = left.map(({ name }) => name).join(",");
    throw invalidParameter(`ProvisionedThroughput must be specified for index: ${names}`);
  }
  return { ...record, billingMode, throughput: throughputFrom(wanted!) };
}

/** Throws ValidationException where nothing changes, as AWS does. */
function changed(before: Throughput, wanted: ProvisionedThroughput, now: number): Throughput {
  const { readUnits, writeUnits } = throughputFrom(wanted);
  if (readUnits === before.readUnits && writeUnits === before.writeUnits) {
    throw refusal(
      `The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: ${readUnits}. Requested ReadCapacityUnits: ${readUnits}. Current WriteCapacityUnits provisioned for the table: ${writeUnits}. Requested WriteCapacityUnits: ${writeUnits}. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.`,
    );
  }
  const more = readUnits > before.readUnits || writeUnits > before.writeUnits;
  const less = readUnits < before.readUnits || writeUnits < before.writeUnits;
  return {
    ...before,
    readUnits,
    writeUnits,
    ...(more && { increasedAt: now }),
    ...(less && {
      decreasedAt: now,
      decreasesToday: sameDay(before.decreasedAt, now) ? (before.decreasesToday ?? 0) + 1 : 1,
    }),
  };
}

/** Decreases are counted by days in UTC. */
function sameDay(at: number | undefined, now: number): boolean {
  const DAY_MS = 24 * 60 * 60 * 1000;
  return at !== undefined && Math.floor(at / DAY_MS) === Math.floor(now / DAY_MS);
}

function withStream(
  cloud: Cloud,
  tx: WriteTransaction,
  record: TableRecord,
  { StreamSpecification: wanted }: UpdateTableInput,
): TableRecord {
  if (!wanted) return record;
  const table = tableOf(record);
  if (!wanted.StreamEnabled) {
    if (!table.streamArn)
      throw refusal("Table already has stream disabled, hence the update is a no-op.");
    return switchStreamOff(cloud, tx, table);
  }
  if (table.streamArn) {
    throw new ServiceError(
      "ValidationException",
      `Table already has an enabled stream: TableName: ${table.name}`,
      { httpStatus: 400 },
    );
  }
  return switchStreamOn(cloud, tx, record, wanted.StreamViewType!);
}

function withProperties(record: TableRecord, input: UpdateTableInput, now: number): TableRecord {
  const encryption = encryptionOf(input.SSESpecification);
  const { encryption: before, ...rest } = record;
  const kept = input.SSESpecification
    ? encryption && { encryption: encryption(record) }
    : before && { encryption: before };
  return {
    ...rest,
    ...kept,
    ...(input.DeletionProtectionEnabled !== undefined && {
      deletionProtected: input.DeletionProtectionEnabled,
    }),
    ...(input.TableClass && { tableClass: input.TableClass, tableClassChangedAt: now }),
    ...(input.OnDemandThroughput && { onDemandThroughput: input.OnDemandThroughput }),
  };
}

function withIndexes(
  call: Call,
  tx: WriteTransaction,
  record: TableRecord,
  input: UpdateTableInput,
): TableRecord {
  const updates = indexUpdates(input);
  if (updates.filter(({ Create, Delete }) => Create ?? Delete).length > 1) {
    throw new ServiceError(
      "LimitExceededException",
      "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    );
  }
  const definitions = definitionsOf([
    ...record.attributes.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    ...(input.AttributeDefinitions ?? []),
  ]);
  return updates.reduce((before, { Create, Update, Delete }) => {
    if (Create) return createIndex(call, tx, before, Create, definitions);
    if (Delete) return deleteIndex(call, tx, before, Delete.IndexName!);
    return updateIndex(before, Update!, (throughput, wanted) =>
      changed(throughput, wanted, call.cloud.clock.now()),
    );
  }, record);
}
