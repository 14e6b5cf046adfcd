import type {
  BatchWriteItemInput,
  ItemCollectionMetrics,
  WriteRequest,
} from "@aws-sdk/client-dynamodb";
import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { isServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import { consumedCapacity, itemCollectionMetrics } from "./capacity.ts";
import { carryOut, type Draft, type DraftFor, draftDelete, draftPut } from "./draft.ts";
import { keyAttributes, refusal } from "./engine/index.ts";
import { ItemWrites } from "./item-writes.ts";
import { emitConsumed } from "./metrics.ts";
import { checkBatchTables, checkReturns } from "./request-checks.ts";
import { requireTable, type Table } from "./table.ts";

/** Source: API reference of BatchWriteItem. Its 16 MB are kept by the gateway, which takes no larger body. */
const REQUESTS_MAX = 25;

interface Asked {
  readonly tableName: string;
  readonly draftsFor: readonly DraftFor[];
}

/** BatchWriteItem: up to 25 puts and deletes in any tables. All of them are done, so nothing is left unprocessed. */
export const batchWriteItem: OperationOf<"dynamodb", "BatchWriteItem"> = async (call, input) => {
  const asked = checked(input);
  const batches = asked.map((ask) => batchOf(call, ask));
  const { cloud, caller } = call;
  const consumptions = await cloud.store.write((tx) =>
    batches.map(({ table, drafts }) => {
      const writes = new ItemWrites(cloud, tx, table, { traceHeader: caller.traceHeader });
      for (const draft of drafts) carryOut(writes, draft);
      writes.finish();
      return writes.consumption;
    }),
  );
  const metrics: Record<string, ItemCollectionMetrics[]> = {};
  const capacities = batches.flatMap(({ ask, table, drafts }, i) => {
    const consumption = consumptions[i]!;
    emitConsumed(cloud, table, consumption);
    for (const { key } of drafts) {
      const metric = itemCollectionMetrics(table, key, input.ReturnItemCollectionMetrics);
      if (metric) metrics[ask.tableName] = [...(metrics[ask.tableName] ?? []), metric];
    }
    return consumedCapacity(ask.tableName, consumption, input.ReturnConsumedCapacity) ?? [];
  });
  return {
    UnprocessedItems: {},
    ...(Object.keys(metrics).length > 0 && { ItemCollectionMetrics: metrics }),
    ...(capacities.length > 0 && { ConsumedCapacity: capacities }),
  };
};

function checked(input: BatchWriteItemInput): Asked[] {
  const constraints = checkReturns(new Constraints(), input);
  checkBatchTables(
    constraints,
    "BatchWriteItem",
    input.RequestItems,
    (requests) => requests,
    REQUESTS_MAX,
  );
  constraints.check("ValidationException");
  const asked = Object.entries(input.RequestItems!).map(([tableName, requests]) => ({
    tableName,
    draftsFor: requests.map(draftOf),
  }));
  if (asked.reduce((count, { draftsFor }) => count + draftsFor.length, 0) > REQUESTS_MAX)
    throw refusal("Too many items requested for the BatchWriteItem call");
  return asked;
}

function draftOf({ PutRequest, DeleteRequest }: WriteRequest): DraftFor {
  if (PutRequest && !DeleteRequest) return draftPut({ Item: PutRequest.Item });
  if (DeleteRequest && !PutRequest) return draftDelete({ Key: DeleteRequest.Key });
  throw refusal(
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
  );
}

function batchOf(call: Call, ask: Asked): { ask: Asked; table: Table; drafts: readonly Draft[] } {
  const table = requireTable(call, ask.tableName);
  const drafts = ask.draftsFor.map((draftFor) => draftWithin(table, draftFor));
  if (new Set(drafts.map(({ place }) => place.join("\0"))).size < drafts.length)
    throw refusal("Provided list of item keys contains duplicates");
  return { ask, table, drafts };
}

/** A batch says of an item's key what it says of a key to delete, whichever is wrong with its type or presence. */
function draftWithin(table: Table, draftFor: DraftFor): Draft {
  try {
    return draftFor(table);
  } catch (error) {
    if (!isServiceError(error, "ValidationException")) throw error;
    const ofKey = keyAttributes(table.key).some(
      ({ name }) =>
        error.message.includes(`Missing the key ${name} in the item`) ||
        error.message.includes(`Type mismatch for key ${name} `),
    );
    throw ofKey ? refusal("The provided key element does not match the schema") : error;
  }
}
