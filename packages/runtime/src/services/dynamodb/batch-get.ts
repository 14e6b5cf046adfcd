import type { BatchGetItemInput, KeysAndAttributes } from "@aws-sdk/client-dynamodb";
import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { type Consistency, Consumption, consumedCapacity } from "./capacity.ts";
import { type Item, type Projection, refusal, validateItem } from "./engine/index.ts";
import { type Get, getOf, projectionOf, read } from "./get-item.ts";
import { emitConsumed } from "./metrics.ts";
import { checkBatchTables, checkReturns } from "./request-checks.ts";
import { requireTable, type Table } from "./table.ts";

/** Source of the limits: API reference of BatchGetItem. */
const KEYS_MAX = 100;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** What is asked of one table, checked by itself. */
interface Asked {
  readonly tableName: string;
  readonly fields: KeysAndAttributes;
  readonly keys: readonly Item[];
  readonly projection: Projection | undefined;
}

/** BatchGetItem: up to 100 items of any tables. What does not fit into 16 MB is left for another call. */
export const batchGetItem: OperationOf<"dynamodb", "BatchGetItem"> = (call, input) => {
  const asked = checked(input);
  const readings = asked.map((ask) => readingOf(call, ask));
  const responses: Record<string, Item[]> = {};
  const unprocessed: Record<string, KeysAndAttributes> = {};
  let bytes = 0;
  call.cloud.store.read((tx) => {
    for (const { ask, gets, consistency, consumption } of readings) {
      const items: Item[] = [];
      responses[ask.tableName] = items;
      for (const [i, get] of gets.entries()) {
        if (bytes >= ANSWER_BYTES_MAX) {
          unprocessed[ask.tableName] = { ...ask.fields, Keys: ask.fields.Keys!.slice(i) };
          break;
        }
        const { item, sizeBytes } = read(tx, get, consistency, consumption);
        bytes += sizeBytes;
        if (item) items.push(item);
      }
    }
  });
  const capacities = readings.flatMap(({ ask, table, consumption }) => {
    emitConsumed(call.cloud, table, consumption);
    return consumedCapacity(ask.tableName, consumption, input.ReturnConsumedCapacity) ?? [];
  });
  return {
    Responses: responses,
    UnprocessedKeys: unprocessed,
    ...(capacities.length > 0 && { ConsumedCapacity: capacities }),
  };
};

function checked(input: BatchGetItemInput): Asked[] {
  const constraints = checkReturns(new Constraints(), input);
  checkBatchTables(
    constraints,
    "BatchGetItem",
    input.RequestItems,
    (asked) => asked.Keys,
    KEYS_MAX,
  );
  constraints.check("ValidationException");
  const asked = Object.entries(input.RequestItems!).map(([tableName, fields]) => ({
    tableName,
    fields,
    projection: projectionOf(fields),
    keys: fields.Keys!.map((key) => validateItem(key)),
  }));
  if (asked.reduce((count, { keys }) => count + keys.length, 0) > KEYS_MAX)
    throw refusal("Too many items requested for the BatchGetItem call");
  for (const { keys } of asked) refuseDuplicates(keys);
  return asked;
}

/** Before any table is looked up: seen on DynamoDB, pull request 192 of ExtendDB. */
function refuseDuplicates(keys: readonly Item[]): void {
  const texts = keys.map((key) =>
    JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
  if (new Set(texts).size < texts.length)
    throw refusal("Provided list of item keys contains duplicates");
}

interface TableReading {
  readonly ask: Asked;
  readonly table: Table;
  readonly gets: readonly Get[];
  readonly consistency: Consistency;
  readonly consumption: Consumption;
}

function readingOf(call: Call, ask: Asked): TableReading {
  const table = requireTable(call, ask.tableName);
  const gets = ask.keys.map((key) => getOf(table, key, ask.projection));
  const consistency = ask.fields.ConsistentRead ? "strong" : "eventual";
  return { ask, table, gets, consistency, consumption: new Consumption("read") };
}
