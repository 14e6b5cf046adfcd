import type { QueryInput, Select } from "@aws-sdk/client-dynamodb";
import type { Constraints } from "../../constraints.ts";
import { type Consistency, consumedCapacity } from "./capacity.ts";
import {
  type Item,
  invalidParameter,
  type Projection,
  project,
  refusal,
  validateItem,
} from "./engine/index.ts";
import type { Page } from "./page.ts";
import { itemRequestChecks } from "./request-checks.ts";
import { namesOf } from "./storage.ts";
import { findIndex, type Index, type Table } from "./table.ts";
import { NAME_PATTERN } from "./table-checks.ts";

/** The members that Query and Scan have in common. */
export type ReadFields = Pick<
  QueryInput,
  | "TableName"
  | "IndexName"
  | "Select"
  | "Limit"
  | "ConsistentRead"
  | "ExclusiveStartKey"
  | "ReturnConsumedCapacity"
  | "ProjectionExpression"
  | "AttributesToGet"
>;

export function readRequestChecks(input: ReadFields): Constraints {
  return itemRequestChecks(input)
    .pattern("indexName", input.IndexName, NAME_PATTERN)
    .length("indexName", input.IndexName, { min: 3, max: 255 })
    .oneOf("select", input.Select, [
      "SPECIFIC_ATTRIBUTES",
      "COUNT",
      "ALL_ATTRIBUTES",
      "ALL_PROJECTED_ATTRIBUTES",
    ]);
}

/** Checks what is asked for against how much of it is asked for. Throws ValidationException. */
export function checkSelect(input: ReadFields): void {
  const { Select: select, IndexName, ProjectionExpression, AttributesToGet } = input;
  const form =
    ProjectionExpression !== undefined
      ? "ProjectionExpression"
      : AttributesToGet !== undefined
        ? "AttributesToGet"
        : undefined;
  if (form && select !== undefined && select !== "SPECIFIC_ATTRIBUTES") {
    const what = select === "COUNT" ? "only the Count" : select;
    throw refusal(`Cannot specify the ${form} when choosing to get ${what}`);
  }
  if (!form && select === "SPECIFIC_ATTRIBUTES") {
    throw refusal(
      "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
    );
  }
  if (select === "ALL_PROJECTED_ATTRIBUTES" && IndexName === undefined)
    throw refusal("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
}

export function consistencyOf({ ConsistentRead }: ReadFields): Consistency {
  return ConsistentRead ? "strong" : "eventual";
}

/** The index that is to be read. Throws ValidationException. */
export function requireIndex(table: Table, input: ReadFields): Index | undefined {
  const { IndexName: name } = input;
  if (name === undefined) return undefined;
  const index = findIndex(table, name);
  if (!index) throw refusal(`The table does not have the specified index: ${name}`);
  if (index.status === "CREATING")
    throw refusal(`Cannot read from backfilling global secondary index: ${name}`);
  if (index.status === "DELETING")
    throw refusal(`The table does not have the specified index: ${name}`);
  if (index.kind === "global" && input.ConsistentRead)
    throw refusal("Consistent reads are not supported on global secondary indexes");
  return index;
}

/**
 * Whether the table's items have to be fetched for an index's entries: a local index does so for what it does not
 * project, a global one refuses. Throws ValidationException.
 */
export function fetchesFromTable(
  index: Index | undefined,
  select: Select | undefined,
  projection: Projection | undefined,
): boolean {
  if (!index?.holds) return false;
  if (select === "ALL_ATTRIBUTES") {
    if (index.kind === "local") return true;
    throw invalidParameter(
      `Select type ALL_ATTRIBUTES is not supported for global secondary index ${index.name} because its projection type is not ALL`,
    );
  }
  const held = new Set(index.holds);
  const missing = [...new Set(projection?.map(([name]) => name))].filter((name) => !held.has(name));
  if (missing.length === 0) return false;
  if (index.kind === "local") return true;
  throw invalidParameter(
    `Global secondary index ${index.name} does not project [${missing.join(", ")}]`,
  );
}

const STARTING_KEY = "The provided starting key is invalid";

/**
 * `ExclusiveStartKey`, against the keys of what is read: it has to hold the table's and the index's keys, nothing else.
 * Throws ValidationException.
 */
export function checkedStartKey(table: Table, index: Index | undefined, key: Item): Item {
  const validated = validateItem(key);
  const names = new Set([...namesOf(table.key), ...(index ? namesOf(index.key) : [])]);
  const given = Object.keys(validated);
  if (given.length !== names.size || !given.every((name) => names.has(name))) {
    throw refusal(
      index ? STARTING_KEY : `${STARTING_KEY}: The provided key element does not match the schema`,
    );
  }
  for (const schema of [table.key, ...(index ? [index.key] : [])]) {
    for (const { name, type } of [schema.hash, ...(schema.range ? [schema.range] : [])]) {
      if (validated[name]?.[type] === undefined)
        throw refusal(`${STARTING_KEY}: The provided key element does not match the schema`);
    }
  }
  return validated;
}

/** The answer of a Query or a Scan. */
export function pageAnswer(
  input: ReadFields,
  { items, scannedCount, lastEvaluatedKey, consumption }: Page,
  projection: Projection | undefined,
) {
  const capacity = consumedCapacity(input.TableName, consumption, input.ReturnConsumedCapacity);
  const shown = projection ? items.map((item) => project(item, projection)) : items;
  return {
    ...(input.Select !== "COUNT" && { Items: shown }),
    Count: items.length,
    ScannedCount: scannedCount,
    ...(lastEvaluatedKey && { LastEvaluatedKey: lastEvaluatedKey }),
    ...(capacity && { ConsumedCapacity: capacity }),
  };
}
