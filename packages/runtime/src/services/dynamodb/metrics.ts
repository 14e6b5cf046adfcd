import type { Cloud } from "../../cloud.ts";
import type { ServiceMetric } from "../../metrics.ts";
import type { Consumption } from "./capacity.ts";
import type { Table } from "./table.ts";

/**
 * DynamoDB's metrics of what tables and indexes consume; request-metrics.ts has those that count requests. Source:
 * developer guide, "DynamoDB metrics and dimensions".
 */
const NAMESPACE = "AWS/DynamoDB";

/** Emits what was consumed: a table's own units under its name, an index's under both names. */
export function emitConsumed(cloud: Cloud, table: Table, consumption: Consumption): void {
  const name =
    consumption.kind === "read" ? "ConsumedReadCapacityUnits" : "ConsumedWriteCapacityUnits";
  if (consumption.table > 0) emit(cloud, table, name, consumption.table);
  for (const [index, units] of consumption.indexes)
    if (units > 0)
      emit(cloud, table, name, units, index.kind === "global" ? index.name : undefined);
}

export function emitConditionFailed(cloud: Cloud, table: Table): void {
  emit(cloud, table, "ConditionalCheckFailedRequests", 1);
}

export function emitExpired(cloud: Cloud, table: Table, items: number): void {
  if (items > 0) emit(cloud, table, "TimeToLiveDeletedItemCount", items);
}

function emit(cloud: Cloud, table: Table, name: string, value: number, indexName?: string): void {
  const dimensions: ServiceMetric["dimensions"] =
    indexName === undefined
      ? { TableName: table.name }
      : { TableName: table.name, GlobalSecondaryIndexName: indexName };
  emitIn(cloud, table, name, value, dimensions);
}

/** Emits a metric of an account and Region. */
export function emitIn(
  cloud: Cloud,
  { account, region }: { readonly account: string; readonly region: string },
  name: string,
  value: number,
  dimensions: ServiceMetric["dimensions"],
  unit: ServiceMetric["unit"] = "Count",
): void {
  cloud.metrics.emit({ account, region, namespace: NAMESPACE, name, dimensions, unit }, value);
}
