import { randomUUID } from "node:crypto";
import type {
  BillingMode,
  CreateTableInput,
  GlobalSecondaryIndex,
  LocalSecondaryIndex,
  Projection as ProjectionInput,
  ProvisionedThroughput,
} from "@aws-sdk/client-dynamodb";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { describe } from "./describe-table.ts";
import { encryptionOf } from "./encryption.ts";
import { invalidParameter, type KeySchema } from "./engine/index.ts";
import { namesOf, nextSpace } from "./storage.ts";
import { openStream } from "./stream/stream.ts";
import {
  type Index,
  type Projection,
  putTable,
  readTable,
  type TableRecord,
  type Throughput,
} from "./table.ts";
import {
  checkCreateTableMembers,
  checkDefinitionsUsed,
  checkGlobalIndexes,
  checkIndexesTogether,
  checkLocalIndexes,
  checkProjection,
  checkTableName,
  checkThroughput,
  type Definitions,
  definitionsOf,
  readKeySchema,
} from "./table-checks.ts";
import { checkTags, tagsOf } from "./tags.ts";

/**
 * CreateTable. The answer says `CREATING`, and the table can be used as soon as it is there: what looks next finds it
 * `ACTIVE`, so that a waiter, which looks every 20 seconds, looks once.
 */
export const createTable: OperationOf<"dynamodb", "CreateTable"> = async (call, input) => {
  const { cloud, caller } = call;
  const name = checkTableName(input.TableName);
  const make = checked(input);
  const { account, region } = caller;
  const now = cloud.clock.now();
  const TableDescription = await cloud.store.write((tx) => {
    if (readTable(tx, { account, region, name }))
      throw new ServiceError("ResourceInUseException", `Table already exists: ${name}`);
    const record = make(tx, { account, region, name }, now);
    const view = streamViewOf(input.StreamSpecification);
    const stream = view && openStream(tx, record, view, now);
    return describe(tx, putTable(cloud, tx, stream ? { ...record, stream } : record), "CREATING");
  });
  return { TableDescription };
};

type TableMaker = (
  tx: WriteTransaction,
  name: { account: string; region: string; name: string },
  now: number,
) => TableRecord;

/** Checks all that can be checked without the store; returns how to make the table. */
function checked(input: CreateTableInput): TableMaker {
  checkCreateTableMembers(input);
  const billingMode = input.BillingMode ?? "PROVISIONED";
  checkThroughput(billingMode, input.ProvisionedThroughput);
  const definitions = definitionsOf(input.AttributeDefinitions!);
  const key = readKeySchema(input.KeySchema!, definitions);
  const { LocalSecondaryIndexes: local, GlobalSecondaryIndexes: global } = input;
  if (local) checkLocalIndexes(local, key);
  if (global) checkGlobalIndexes(global, billingMode);
  const makers = [
    ...(local ?? []).map((index) => indexMaker("local", index, key, definitions)),
    ...(global ?? []).map((index) => indexMaker("global", index, key, definitions)),
  ];
  checkIndexesTogether([...(local ?? []), ...(global ?? [])]);
  checkDefinitionsUsed(definitions, [key, ...makers.map((maker) => maker.key)]);
  streamViewOf(input.StreamSpecification);
  if (input.Tags) checkTags(input.Tags);
  const encryption = encryptionOf(input.SSESpecification);
  return (tx, name, now) => ({
    ...name,
    id: randomUUID(),
    space: nextSpace(tx),
    createdAt: now,
    attributes: [...definitions].map(([attribute, type]) => ({ name: attribute, type })),
    key,
    indexes: makers.map((maker) => maker.make(tx, "ACTIVE")),
    ...billingOf(billingMode, input.ProvisionedThroughput, now),
    ...(input.OnDemandThroughput && { onDemandThroughput: input.OnDemandThroughput }),
    deletionProtected: input.DeletionProtectionEnabled ?? false,
    ...(input.TableClass && { tableClass: input.TableClass }),
    ...(encryption && { encryption: encryption(name) }),
    tags: tagsOf(input.Tags ?? []),
  });
}

function billingOf(
  billingMode: BillingMode,
  throughput: ProvisionedThroughput | undefined,
  now: number,
): Pick<TableRecord, "billingMode" | "throughput" | "payPerRequestAt"> {
  return billingMode === "PAY_PER_REQUEST"
    ? { billingMode, throughput: { readUnits: 0, writeUnits: 0 }, payPerRequestAt: now }
    : { billingMode, throughput: throughputFrom(throughput!) };
}

export function throughputFrom(throughput: ProvisionedThroughput): Throughput {
  return {
    readUnits: throughput.ReadCapacityUnits!,
    writeUnits: throughput.WriteCapacityUnits!,
  };
}

/** The view that a stream is to have; undefined where none is wanted. Throws ValidationException. */
export function streamViewOf(specification: CreateTableInput["StreamSpecification"]) {
  if (!specification) return undefined;
  const { StreamEnabled, StreamViewType } = specification;
  if (StreamEnabled && !StreamViewType)
    throw invalidParameter("StreamViewType must be specified when StreamEnabled is true");
  if (!StreamEnabled && StreamViewType)
    throw invalidParameter("StreamViewType cannot be specified when StreamEnabled is false");
  return StreamEnabled ? StreamViewType : undefined;
}

export interface IndexMaker {
  readonly key: KeySchema;
  readonly make: (tx: WriteTransaction, status: Index["status"]) => Index;
}

/** Checks an index that is to be made, of a table with this key. */
export function indexMaker(
  kind: Index["kind"],
  input: LocalSecondaryIndex &
    Pick<GlobalSecondaryIndex, "ProvisionedThroughput" | "OnDemandThroughput">,
  tableKey: KeySchema,
  definitions: Definitions,
): IndexMaker {
  const key = readKeySchema(input.KeySchema!, definitions);
  checkProjection(input.Projection!);
  const projection = projectionFrom(input.Projection!);
  const holds = heldBy(projection, tableKey, key);
  return {
    key,
    make: (tx, status) => ({
      name: input.IndexName!,
      kind,
      key,
      projection,
      ...(holds && { holds }),
      space: nextSpace(tx),
      status,
      ...(input.ProvisionedThroughput && {
        throughput: throughputFrom(input.ProvisionedThroughput),
      }),
      ...(input.OnDemandThroughput && { onDemandThroughput: input.OnDemandThroughput }),
    }),
  };
}

function projectionFrom({ ProjectionType, NonKeyAttributes }: ProjectionInput): Projection {
  return {
    type: ProjectionType!,
    ...(NonKeyAttributes && { nonKeyAttributes: NonKeyAttributes }),
  };
}

function heldBy(
  { type, nonKeyAttributes = [] }: Projection,
  tableKey: KeySchema,
  key: KeySchema,
): string[] | undefined {
  if (type === "ALL") return undefined;
  return [...new Set([...namesOf(tableKey), ...namesOf(key), ...nonKeyAttributes])];
}
