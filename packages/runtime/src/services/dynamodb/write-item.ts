import type {
  PutItemInput,
  ReturnConsumedCapacity,
  ReturnItemCollectionMetrics,
  ReturnValue,
} from "@aws-sdk/client-dynamodb";
import type { Call } from "../../call.ts";
import { isServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import { type Consumption, consumedCapacity, itemCollectionMetrics } from "./capacity.ts";
import {
  carryOut,
  type Draft,
  type DraftFor,
  draftDelete,
  draftPut,
  draftUpdate,
  type Written,
} from "./draft.ts";
import { type Item, project, refusal, touchedPaths } from "./engine/index.ts";
import { writeItems } from "./item-writes.ts";
import { emitConditionFailed, emitConsumed } from "./metrics.ts";
import { itemRequestChecks } from "./request-checks.ts";
import { requireTable } from "./table.ts";

/** PutItem: an item in place of the one with its key, if there is one. */
export const putItem: OperationOf<"dynamodb", "PutItem"> = (call, input) => {
  itemRequestChecks(input).required("item", input.Item).check("ValidationException");
  const draft = draftPut(input);
  checkReturnsOld(input.ReturnValues);
  return write(call, input, draft);
};

/** DeleteItem. Nothing happens where there is none. */
export const deleteItem: OperationOf<"dynamodb", "DeleteItem"> = (call, input) => {
  itemRequestChecks(input).required("key", input.Key).check("ValidationException");
  const draft = draftDelete(input);
  checkReturnsOld(input.ReturnValues);
  return write(call, input, draft);
};

/** UpdateItem: changes attributes of an item, or makes it. */
export const updateItem: OperationOf<"dynamodb", "UpdateItem"> = (call, input) => {
  itemRequestChecks(input).required("key", input.Key).check("ValidationException");
  return write(call, input, draftUpdate(input));
};

function checkReturnsOld(returnValues: PutItemInput["ReturnValues"]): void {
  if (returnValues !== undefined && returnValues !== "ALL_OLD" && returnValues !== "NONE")
    throw refusal("ReturnValues can only be ALL_OLD or NONE");
}

interface Wishes {
  readonly TableName: string | undefined;
  readonly ReturnValues?: ReturnValue | undefined;
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
  readonly ReturnItemCollectionMetrics?: ReturnItemCollectionMetrics | undefined;
}

async function write(call: Call, input: Wishes, draftFor: DraftFor) {
  const { draft, written, consumption } = await writeDraft(call, input.TableName!, draftFor);
  const attributes = returned(draft, written, input.ReturnValues);
  const capacity = consumedCapacity(input.TableName, consumption, input.ReturnConsumedCapacity);
  const collection = itemCollectionMetrics(
    draft.table,
    draft.key,
    input.ReturnItemCollectionMetrics,
  );
  return {
    ...(attributes && { Attributes: attributes }),
    ...(capacity && { ConsumedCapacity: capacity }),
    ...(collection && { ItemCollectionMetrics: collection }),
  };
}

/** Carries a draft out in a transaction of its own. */
export async function writeDraft(
  call: Call,
  tableName: string,
  draftFor: DraftFor,
): Promise<{ draft: Draft; written: Written; consumption: Consumption }> {
  const { cloud, caller } = call;
  const table = requireTable(call, tableName);
  const draft = draftFor(table);
  const { traceHeader } = caller;
  try {
    const done = await writeItems(cloud, table, { traceHeader }, (writes) => ({
      written: carryOut(writes, draft),
      consumption: writes.consumption,
    }));
    emitConsumed(cloud, table, done.consumption);
    return { draft, ...done };
  } catch (error) {
    if (isServiceError(error, "ConditionalCheckFailedException")) emitConditionFailed(cloud, table);
    throw error;
  }
}

/** `Attributes` as `ReturnValues` wants them; undefined where there are none. */
export function returned(
  { update }: Draft,
  { before, after }: Written,
  wanted: ReturnValue | undefined,
): Item | undefined {
  switch (wanted) {
    case "ALL_OLD":
      return before?.[1];
    case "ALL_NEW":
      return after?.[1];
    case "UPDATED_OLD":
      return touched(update, before?.[1]);
    case "UPDATED_NEW":
      return touched(update, after?.[1]);
    default:
      return undefined;
  }
}

function touched(update: Draft["update"], item: Item | undefined): Item | undefined {
  if (!update || !item) return undefined;
  const attributes = project(item, touchedPaths(update));
  return Object.keys(attributes).length > 0 ? attributes : undefined;
}
