import type { ItemResponse, TransactGetItemsInput } from "@aws-sdk/client-dynamodb";
import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { cancelled, type Outcome, PASSED, reasonOf } from "./cancellation.ts";
import { Consumption } from "./capacity.ts";
import { type Item, type Projection, refusal, validateItem } from "./engine/index.ts";
import { type Get, getOf, projectionOf, read } from "./get-item.ts";
import { emitConsumed } from "./metrics.ts";
import { checkReturns, checkTableReference } from "./request-checks.ts";
import { requireTable } from "./table.ts";
import { capacitiesOf, checkActionCount } from "./transact-write.ts";

/** Bytes of all items together. Source: API reference of TransactGetItems. */
const TRANSACTION_BYTES_MAX = 4 * 1024 * 1024;

/** TransactGetItems: up to 100 items, all of one moment. */
export const transactGetItems: OperationOf<"dynamodb", "TransactGetItems"> = (call, input) => {
  checkMembers(input);
  const wanted = input.TransactItems!.map(({ Get }) => ({
    tableName: Get!.TableName!,
    key: validateItem(Get!.Key!),
    // Names are taken without a projection too: pull request 169 of ExtendDB saw it on DynamoDB.
    projection: Get!.ProjectionExpression === undefined ? undefined : projectionOf(Get!),
  }));
  const { responses, consumptions } = readAll(call, wanted);
  const capacities = capacitiesOf(consumptions, input.ReturnConsumedCapacity);
  return { Responses: responses, ...(capacities && { ConsumedCapacity: capacities }) };
};

function checkMembers(input: TransactGetItemsInput): void {
  const constraints = new Constraints();
  const items = input.TransactItems;
  checkReturns(constraints, input).required("transactItems", items);
  checkActionCount(constraints, items);
  for (const [i, { Get }] of (items ?? []).entries()) {
    const path = `transactItems.${i + 1}.member.get`;
    constraints.required(path, Get);
    if (!Get) continue;
    checkTableReference(constraints, `${path}.tableName`, Get.TableName);
    constraints.required(`${path}.key`, Get.Key);
  }
  constraints.check("ValidationException");
}

export interface Wanted {
  readonly tableName: string;
  readonly key: Item;
  readonly projection: Projection | undefined;
}

/** Reads items, all of one moment. Throws as {@link transactGetItems}. */
export function readAll(
  call: Call,
  wanted: readonly Wanted[],
): { responses: ItemResponse[]; consumptions: Map<string, Consumption> } {
  const gets = getsOf(call, wanted);
  const consumptions = new Map(
    wanted.map(({ tableName }) => [tableName, new Consumption("read")] as const),
  );
  let bytes = 0;
  const responses = call.cloud.store.read((tx) =>
    gets.map((get, i): ItemResponse => {
      const consumption = consumptions.get(wanted[i]!.tableName)!;
      const { item, sizeBytes } = read(tx, get, "transaction", consumption);
      bytes += sizeBytes;
      // A projection of nothing is no item here, as it is in GetItem: seen on DynamoDB, issue 74 of ExtendDB.
      return item && Object.keys(item).length > 0 ? { Item: item } : {};
    }),
  );
  if (bytes > TRANSACTION_BYTES_MAX)
    throw refusal("Transaction request cannot include items whose aggregate size exceeds 4 MB");
  for (const [tableName, consumption] of consumptions)
    emitConsumed(call.cloud, requireTable(call, tableName), consumption);
  return { responses, consumptions };
}

function getsOf(call: Call, wanted: readonly Wanted[]): Get[] {
  const tables = wanted.map(({ tableName }) => requireTable(call, tableName));
  const gets: Get[] = [];
  const outcomes = wanted.map(({ key, projection }, i): Outcome => {
    try {
      gets.push(getOf(tables[i]!, key, projection));
      return PASSED;
    } catch (error) {
      return reasonOf(error);
    }
  });
  if (gets.length < wanted.length) throw cancelled(outcomes);
  refuseDuplicates(gets);
  return gets;
}

function refuseDuplicates(gets: readonly Get[]): void {
  const seen = new Set<string>();
  for (const { table, place } of gets) {
    const item = `${table.space}/${place.join("\0")}`;
    if (seen.has(item))
      throw refusal("Transaction request cannot include multiple operations on one item");
    seen.add(item);
  }
}
