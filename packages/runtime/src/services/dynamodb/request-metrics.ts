import type { Call } from "../../call.ts";
import { ServiceError } from "../../errors.ts";
import type { EndedCall } from "../../service.ts";
import { type AttributeValue, parseStatement, type Statement } from "./engine/index.ts";
import { emitIn } from "./metrics.ts";
import { tableNameOf } from "./partiql/write.ts";
import { decodeIterator } from "./stream/iterator.ts";
import { parseStreamArn } from "./stream/stream.ts";
import { parseTableArn } from "./table.ts";

/**
 * Metrics that count requests, by table and operation. Source: developer guide, "DynamoDB metrics and dimensions", which
 * has these operations as the values of the dimension Operation; operations on tables are in none of them.
 */
const READS: ReadonlySet<string> = new Set([
  "BatchGetItem",
  "GetItem",
  "Query",
  "Scan",
  "TransactGetItems",
]);
const MEASURED: ReadonlySet<string> = new Set([
  ...READS,
  "BatchExecuteStatement",
  "BatchWriteItem",
  "DeleteItem",
  "ExecuteStatement",
  "ExecuteTransaction",
  "PutItem",
  "TransactWriteItems",
  "UpdateItem",
]);
const COUNTS_ITEMS: ReadonlySet<string> = new Set(["ExecuteStatement", "Query", "Scan"]);

/** Errors that throughput is exceeded, which only a fault makes here. Source: developer guide, "Error handling". */
const THROTTLED: ReadonlySet<string> = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
]);
const SERVER_ERROR_STATUS = 500;
/** Latencies are told in steps of so much, so that a second has few different ones. */
const LATENCY_STEP_MS = 0.1;

/** Counts a request of DynamoDB. */
export function countRequest({ cloud, caller }: Call, ended: EndedCall): void {
  const { operation, outcome } = ended;
  if ("error" in outcome) {
    countFailure({ cloud, caller }, ended, outcome.error);
    return;
  }
  if (!MEASURED.has(operation)) return;
  const latencyMs = latencyOf(ended);
  for (const TableName of tablesOf(ended.input)) {
    const dimensions = { TableName, Operation: operation };
    emitIn(cloud, caller, "SuccessfulRequestLatency", latencyMs, dimensions, "Milliseconds");
    const items = COUNTS_ITEMS.has(operation) ? itemsIn(ended.input, outcome.output) : 0;
    if (items > 0) emitIn(cloud, caller, "ReturnedItemCount", items, dimensions);
  }
}

/** Counts a request of DynamoDB Streams. */
export function countStreamRequest({ cloud, caller }: Call, ended: EndedCall): void {
  const { operation, outcome } = ended;
  if ("error" in outcome) {
    countFailure({ cloud, caller }, ended, outcome.error);
    return;
  }
  if (operation !== "GetRecords") return;
  // What GetRecords takes and gives: it has succeeded.
  const { ShardIterator } = ended.input as { ShardIterator: string };
  const { Records } = outcome.output as { Records: { dynamodb: { SizeBytes: number } }[] };
  const stream = parseStreamArn(decodeIterator(ShardIterator)!.streamArn);
  if (!stream) return;
  const dimensions = {
    TableName: stream.name,
    StreamLabel: stream.label,
    Operation: operation,
  };
  const latencyMs = latencyOf(ended);
  emitIn(cloud, caller, "SuccessfulRequestLatency", latencyMs, dimensions, "Milliseconds");
  if (Records.length === 0) return;
  const bytes = Records.reduce((sum, { dynamodb }) => sum + dynamodb.SizeBytes, 0);
  emitIn(cloud, caller, "ReturnedRecordsCount", Records.length, dimensions);
  emitIn(cloud, caller, "ReturnedBytes", bytes, dimensions, "Bytes");
}

function countFailure(
  { cloud, caller }: Pick<Call, "cloud" | "caller">,
  { operation, input }: EndedCall,
  error: unknown,
): void {
  const code = error instanceof ServiceError ? error.code : "InternalServerError";
  // A failed condition has a metric of its own.
  if (code === "ConditionalCheckFailedException") return;
  if (THROTTLED.has(code)) {
    const event = READS.has(operation) ? "ReadThrottleEvents" : "WriteThrottleEvents";
    for (const TableName of tablesOf(input)) {
      emitIn(cloud, caller, "ThrottledRequests", 1, { TableName, Operation: operation });
      emitIn(cloud, caller, event, 1, { TableName });
    }
  } else if (isServersFault(error)) {
    for (const TableName of tablesOf(input))
      emitIn(cloud, caller, "SystemErrors", 1, { TableName, Operation: operation });
  } else {
    // Of the whole account in the Region.
    emitIn(cloud, caller, "UserErrors", 1, {});
  }
}

function isServersFault(error: unknown): boolean {
  if (!(error instanceof ServiceError)) return true;
  const { code, httpStatus = code === "InternalServerError" ? SERVER_ERROR_STATUS : 400 } = error;
  return httpStatus >= SERVER_ERROR_STATUS;
}

function latencyOf({ tookMs }: EndedCall): number {
  const steps = Math.max(1, Math.round(tookMs / LATENCY_STEP_MS));
  return steps / (1 / LATENCY_STEP_MS);
}

/** Where the inputs of operations name tables, and what they are looked into for. */
interface Named {
  readonly TableName?: unknown;
  readonly Statement?: unknown;
  readonly Parameters?: readonly AttributeValue[] | undefined;
}
interface Naming extends Named {
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly TransactItems?: readonly Readonly<Record<string, Named | undefined>>[];
  readonly Statements?: readonly Named[];
  readonly TransactStatements?: readonly Named[];
}

/** The tables that a request is about, each once, by name. A request that was refused may name none. */
function tablesOf(input: unknown): Iterable<string> {
  // Of any operation; what of these it has is looked at before it is used.
  const naming = input as Naming;
  if (typeof naming.TableName === "string") return [nameOf(naming.TableName)];
  if (naming.RequestItems) return Object.keys(naming.RequestItems).map(nameOf);
  const named = naming.TransactItems
    ? naming.TransactItems.flatMap((action) => Object.values(action))
    : (naming.Statements ?? naming.TransactStatements ?? [naming]);
  return new Set(named.flatMap((one) => (one ? tableOf(one) : [])));
}

function tableOf(named: Named): string[] {
  if (typeof named.TableName === "string") return [nameOf(named.TableName)];
  const statement = statementOf(named);
  return statement ? [nameOf(tableNameOf(statement))] : [];
}

/** Undefined where it is none: a request that was refused may hold anything. */
function statementOf({ Statement, Parameters }: Named): Statement | undefined {
  if (typeof Statement !== "string") return undefined;
  try {
    return parseStatement(Statement, Parameters);
  } catch {
    return undefined;
  }
}

function nameOf(nameOrArn: string): string {
  return nameOrArn.startsWith("arn:") ? (parseTableArn(nameOrArn)?.name ?? nameOrArn) : nameOrArn;
}

/** How many items a Query, a Scan or a SELECT returned. */
function itemsIn(input: unknown, output: unknown): number {
  // As these operations answer, of which one succeeded.
  const { Count, Items } = output as { Count?: number; Items?: unknown[] };
  if (Count !== undefined) return Count;
  return statementOf(input as Named)?.kind === "select" ? (Items?.length ?? 0) : 0;
}
