import type { ExecuteStatementInput } from "@aws-sdk/client-dynamodb";
import type { Call } from "../../../call.ts";
import { Consumption, consumedCapacity } from "../capacity.ts";
import {
  afterKey,
  type Condition,
  encodePartitionKey,
  type Item,
  type KeyConditions,
  type KeySchema,
  keyConditionOf,
  readsOfWhere,
  refusal,
  type SelectStatement,
  selectColumns,
} from "../engine/index.ts";
import { emitConsumed } from "../metrics.ts";
import { PAGE_BYTES_MAX, type Page, type Reading, readPage } from "../page.ts";
import { fetchesFromTable } from "../read-request.ts";
import { findIndex, type Index, requireTable, type Table } from "../table.ts";

/** Where a SELECT goes on: with which of its partitions, and behind which key. */
interface Position {
  readonly part: number;
  readonly startKey: Item | undefined;
}

/**
 * Runs a SELECT: a Query for each partition that its WHERE clause names, or a Scan where it names none.
 *
 * Throws ValidationException and `ResourceNotFoundException`.
 */
export function select(call: Call, statement: SelectStatement, input: ExecuteStatementInput) {
  const table = requireTable(call, statement.table);
  const index = indexOf(table, statement, input.ConsistentRead ?? false);
  const schema = index?.key ?? table.key;
  const { keyConditions, filter } = readsOfWhere(statement.where, schema);
  const reverse = descends(statement, schema, keyConditions !== undefined);
  const base = {
    table,
    index,
    reverse,
    filter,
    consistency: input.ConsistentRead ? ("strong" as const) : ("eventual" as const),
    fetches: fetchesFromTable(
      index,
      undefined,
      statement.columns?.map(({ path }) => path),
    ),
  };
  const parts = keyConditions?.map((conditions) => rangeOf(conditions, schema)) ?? [EVERYTHING];
  const { items, next, consumption } = readParts(call, base, parts, input);
  emitConsumed(call.cloud, table, consumption);
  const capacity = consumedCapacity(statement.table, consumption, input.ReturnConsumedCapacity);
  return {
    Items: items.map((item) => selectColumns(item, statement.columns)),
    ...(next && { NextToken: encodeToken(next) }),
    ...(next?.startKey && { LastEvaluatedKey: next.startKey }),
    ...(capacity && { ConsumedCapacity: capacity }),
  };
}

function indexOf(table: Table, { index: name }: SelectStatement, consistent: boolean) {
  if (name === undefined) return undefined;
  const index = findIndex(table, name);
  if (index?.status !== "ACTIVE") throw refusal("The table does not have the specified index");
  if (index.kind === "global" && consistent)
    throw refusal("Strongly consistent read is not supported on Global Secondary Indexes");
  return index;
}

type Range = Pick<Reading, "from" | "to">;

const EVERYTHING: Range = { from: [], to: undefined };

function rangeOf(conditions: KeyConditions, schema: KeySchema): Range {
  const { hash, range } = keyConditionOf(conditions, schema);
  const partition = encodePartitionKey(hash);
  return {
    from: range.from === undefined ? [partition] : [partition, range.from],
    to: range.to === undefined ? [afterKey(partition)] : [partition, range.to],
  };
}

/** Whether the order is the reverse one. Throws ValidationException where there is no such order. */
function descends({ orderBy }: SelectStatement, { hash, range }: KeySchema, keyed: boolean) {
  if (orderBy.length === 0) return false;
  if (!keyed) {
    throw refusal("Must have WHERE clause in the statement when using ORDER BY clause.");
  }
  for (const { attribute } of orderBy) {
    if (attribute !== hash.name && attribute !== range?.name)
      throw refusal(
        `Variable reference ${attribute} in ORDER BY clause must be part of the primary key`,
      );
  }
  return orderBy.find(({ attribute }) => attribute === range?.name)?.descending ?? false;
}

interface Base extends Omit<Reading, "from" | "to" | "startKey" | "limit"> {
  readonly index: Index | undefined;
  readonly filter: Condition | undefined;
}

/** Reads part after part, until the limit or the size of a page is reached. */
function readParts(
  call: Call,
  base: Base,
  parts: readonly Range[],
  { Limit, NextToken }: ExecuteStatementInput,
): { items: Item[]; next: Position | undefined; consumption: Consumption } {
  const start = NextToken === undefined ? undefined : decodeToken(NextToken);
  const consumption = new Consumption("read");
  const items: Item[] = [];
  let left = Limit;
  let bytes = 0;
  let { part, startKey }: Position = start ?? { part: 0, startKey: undefined };
  for (; part < parts.length; part += 1, startKey = undefined) {
    const reading: Reading = { ...base, ...parts[part]!, startKey, limit: left };
    const page: Page = call.cloud.store.read((tx) => readPage(tx, reading));
    items.push(...page.items);
    consumption.include(page.consumption);
    bytes += page.bytes;
    if (left !== undefined) left -= page.scannedCount;
    if (page.lastEvaluatedKey)
      return { items, next: { part, startKey: page.lastEvaluatedKey }, consumption };
    const full = left === 0 || bytes >= PAGE_BYTES_MAX;
    if (full && part + 1 < parts.length)
      return { items, next: { part: part + 1, startKey: undefined }, consumption };
  }
  return { items, next: undefined, consumption };
}

function encodeToken({ part, startKey }: Position): string {
  const key = startKey && Object.entries(startKey).map(([name, value]) => [name, shown(value)]);
  return Buffer.from(JSON.stringify([part, key ?? null])).toString("base64");
}

/** A key attribute's value in JSON, binary in base 64. */
function shown({ S, N, B }: Item[string]) {
  return B === undefined ? { S, N } : { B: Buffer.from(B).toString("base64") };
}

/** Throws ValidationException for what no answer had as its token. */
function decodeToken(token: string): Position {
  try {
    const [part, key] = JSON.parse(Buffer.from(token, "base64").toString()) as [
      number,
      [string, { S?: string; N?: string; B?: string }][] | null,
    ];
    if (!Number.isSafeInteger(part)) throw new TypeError("no part");
    const startKey =
      key &&
      Object.fromEntries(
        key.map(([name, { S, N, B }]): [string, Item[string]] => [
          name,
          S !== undefined ? { S } : N !== undefined ? { N } : { B: Buffer.from(B!, "base64") },
        ]),
      );
    return { part, startKey: startKey ?? undefined };
  } catch {
    throw refusal("Invalid NextToken");
  }
}
