import type { QueryInput } from "@aws-sdk/client-dynamodb";
import { SENSITIVE, violation } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import {
  afterKey,
  checkKeyPaths,
  checkQueryFilter,
  encodeKey,
  encodePartitionKey,
  equalValues,
  type Item,
  type KeyCondition,
  type KeySchema,
  keyConditionOf,
  type QueryExpressions,
  readQuery,
  refusal,
} from "./engine/index.ts";
import { emitConsumed } from "./metrics.ts";
import { type Reading, readPage } from "./page.ts";
import {
  checkedStartKey,
  checkSelect,
  consistencyOf,
  fetchesFromTable,
  pageAnswer,
  readRequestChecks,
  requireIndex,
} from "./read-request.ts";
import { requireTable, type Table } from "./table.ts";

/** Query: the items of one partition of a table or an index, in the order of their sort keys. */
export const query: OperationOf<"dynamodb", "Query"> = (call, input) => {
  readRequestChecks(input).check("ValidationException");
  checkLimit(input.Limit);
  checkSelect(input);
  const expressions = readQuery(input);
  const table = requireTable(call, input.TableName!);
  const reading = readingOf(table, input, expressions);
  const page = call.cloud.store.read((tx) => readPage(tx, reading));
  emitConsumed(call.cloud, table, page.consumption);
  return pageAnswer(input, page, expressions.projection);
};

/** In the words of Query, where Scan has others. Source: dynamodb-conformance (nubo-db), tier 3, error messages. */
function checkLimit(limit: number | undefined): void {
  if (limit === undefined || limit >= 1) return;
  throw violation(
    "ValidationException",
    "Limit",
    SENSITIVE,
    "Member must have value greater than or equal to 1",
  );
}

function readingOf(table: Table, input: QueryInput, expressions: QueryExpressions): Reading {
  const index = requireIndex(table, input);
  const schema = index?.key ?? table.key;
  const { projection, filter } = expressions;
  const startKey =
    input.ExclusiveStartKey && checkedStartKey(table, index, input.ExclusiveStartKey);
  const condition = keyConditionOf(expressions.keyConditions, schema);
  if (startKey) checkStartsWithin(startKey, condition, schema, index === undefined);
  checkQueryFilter(filter, schema, input.QueryFilter ? "QueryFilter" : "Filter Expression");
  checkKeyPaths({ condition: filter, projection }, table.key, table.indexes);
  const partition = encodePartitionKey(condition.hash);
  const { from, to } = condition.range;
  return {
    table,
    index,
    from: from === undefined ? [partition] : [partition, from],
    to: to === undefined ? [afterKey(partition)] : [partition, to],
    reverse: input.ScanIndexForward === false,
    startKey,
    limit: input.Limit,
    filter,
    consistency: consistencyOf(input),
    fetches: fetchesFromTable(index, input.Select, projection),
  };
}

/** Checks that a page could have ended with this key. The words are those that AWS was recorded with by dynalite. */
function checkStartsWithin(
  startKey: Item,
  { hash, range }: KeyCondition,
  schema: KeySchema,
  ofTable: boolean,
): void {
  if (!equalValues(startKey[schema.hash.name]!, hash)) {
    throw refusal(
      "The provided starting key is outside query boundaries based on provided conditions",
    );
  }
  if (!schema.range) {
    if (!ofTable) return;
    throw refusal("The query can return at most one row and cannot be restarted");
  }
  const sort = encodeKey(startKey[schema.range.name]!);
  if (
    (range.from !== undefined && sort < range.from) ||
    (range.to !== undefined && sort >= range.to)
  )
    throw refusal("The provided starting key does not match the range key predicate");
}
