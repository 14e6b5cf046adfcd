import type {
  ConsumedCapacity,
  Delete,
  ItemCollectionMetrics,
  Put,
  TransactWriteItem,
  TransactWriteItemsInput,
} from "@aws-sdk/client-dynamodb";
import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { cancelled, type Outcome, PASSED, reasonOf } from "./cancellation.ts";
import {
  type Consumption,
  consumedCapacity,
  itemCollectionMetrics,
  type Split,
} from "./capacity.ts";
import {
  carryOut,
  type Draft,
  type DraftFor,
  draftCheck,
  draftDelete,
  draftPut,
  draftUpdate,
} from "./draft.ts";
import { refusal } from "./engine/index.ts";
import { recallToken, rememberToken } from "./idempotency.ts";
import { ItemWrites } from "./item-writes.ts";
import { emitConditionFailed, emitConsumed } from "./metrics.ts";
import { readPlaces } from "./places.ts";
import { checkReturns, checkTableReference, shownList } from "./request-checks.ts";
import { requireTable, type Table } from "./table.ts";

/** Source of the limits: API reference of TransactWriteItems. */
const ACTIONS_MAX = 100;
const TRANSACTION_BYTES_MAX = 4 * 1024 * 1024;
const TOKEN_LENGTH = { min: 1, max: 36 };

/** An action of a transaction, as far as it could be checked without its table. */
export interface Action {
  /** The table as the request names it. */
  readonly tableName: string;
  readonly draftFor: DraftFor;
}

/**
 * TransactWriteItems: all of up to 100 writes and checks of items, or none. Writes are one after another here, so no
 * transaction conflicts with another, and none is cancelled for that.
 */
export const transactWriteItems: OperationOf<"dynamodb", "TransactWriteItems"> = async (
  call,
  input,
) => {
  checkMembers(input);
  const actions = input.TransactItems!.map(actionOf);
  const { consumptions, drafts } = await transact(call, actions, {
    token: input.ClientRequestToken,
    content: input.TransactItems,
  });
  const capacities = capacitiesOf(consumptions, input.ReturnConsumedCapacity);
  const metrics = collectionMetricsOf(actions, drafts, input);
  return {
    ...(capacities && { ConsumedCapacity: capacities }),
    ...(metrics && { ItemCollectionMetrics: metrics }),
  };
};

function checkMembers(input: TransactWriteItemsInput): void {
  const { TransactItems: items, ClientRequestToken } = input;
  const constraints = new Constraints().length(
    "clientRequestToken",
    ClientRequestToken,
    TOKEN_LENGTH,
  );
  checkReturns(constraints, input).required("transactItems", items);
  checkActionCount(constraints, items);
  for (const [i, item] of (items ?? []).entries()) checkAction(constraints, i + 1, item);
  constraints.check("ValidationException");
}

export function checkActionCount(
  constraints: Constraints,
  items: readonly unknown[] | undefined,
): void {
  if (items && items.length > ACTIONS_MAX) {
    throw refusal(
      `1 validation error detected: Value '${shownList(items)}' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to ${ACTIONS_MAX}`,
    );
  }
  constraints.length("transactItems", items, { min: 1 });
}

function checkAction(constraints: Constraints, position: number, item: TransactWriteItem): void {
  const path = `transactItems.${position}.member`;
  const { ConditionCheck: check, Put: put, Delete: remove, Update: update } = item;
  if ([check, put, remove, update].filter((action) => action !== undefined).length !== 1)
    throw refusal("TransactItems can only contain one of Check, Put, Update or Delete");
  if (put) {
    checkTableReference(constraints, `${path}.put.tableName`, put.TableName);
    constraints.required(`${path}.put.item`, put.Item);
  }
  if (remove) {
    checkTableReference(constraints, `${path}.delete.tableName`, remove.TableName);
    constraints.required(`${path}.delete.key`, remove.Key);
  }
  if (update) {
    checkTableReference(constraints, `${path}.update.tableName`, update.TableName);
    constraints
      .required(`${path}.update.key`, update.Key)
      .required(`${path}.update.updateExpression`, update.UpdateExpression);
  }
  if (check) {
    checkTableReference(constraints, `${path}.conditionCheck.tableName`, check.TableName);
    constraints
      .required(`${path}.conditionCheck.key`, check.Key)
      .required(`${path}.conditionCheck.conditionExpression`, check.ConditionExpression);
  }
}

function actionOf({ ConditionCheck, Put, Delete, Update }: TransactWriteItem): Action {
  if (Put) return { tableName: Put.TableName!, draftFor: draftPut(withUsablePlaceholders(Put)) };
  if (Delete)
    return { tableName: Delete.TableName!, draftFor: draftDelete(withUsablePlaceholders(Delete)) };
  if (Update) return { tableName: Update.TableName!, draftFor: draftUpdate(Update) };
  // checkAction saw that there is exactly one.
  return { tableName: ConditionCheck!.TableName!, draftFor: draftCheck(ConditionCheck!) };
}

/**
 * A put or delete of a transaction may have names and values that no expression could use, which PutItem and DeleteItem
 * refuse. Seen on DynamoDB: pull request 169 of ExtendDB.
 */
function withUsablePlaceholders<Fields extends Put | Delete>(fields: Fields): Fields {
  if (fields.ConditionExpression !== undefined) return fields;
  return {
    ...fields,
    ExpressionAttributeNames: undefined,
    ExpressionAttributeValues: undefined,
  };
}

export interface Identity {
  readonly token?: string | undefined;
  /** What the token stands for: the same token with another content is refused. */
  readonly content: unknown;
}

export interface Transacted {
  readonly drafts: readonly Draft[];
  /** By the table's name as the request has it. */
  readonly consumptions: ReadonlyMap<string, Consumption>;
}

/**
 * Carries actions out, all or none, at once. A token that was used before with the same content writes nothing again.
 *
 * Throws `TransactionCanceledException` with a reason for each action, `IdempotentParameterMismatchException`,
 * `ResourceNotFoundException`, and ValidationException.
 */
export async function transact(
  call: Call,
  actions: readonly Action[],
  identity: Identity,
): Promise<Transacted> {
  const tables = actions.map(({ tableName }) => requireTable(call, tableName));
  const drafts = draftAll(actions, tables);
  refuseDuplicates(drafts);
  const { cloud } = call;
  try {
    const consumptions = await cloud.store.write((tx) => {
      if (recallToken(call, tx, identity)) return readPlaces(tx, actions, drafts);
      const done = carryOutAll(call, tx, actions, drafts);
      rememberToken(call, tx, identity);
      return done;
    });
    for (const [i, { tableName }] of actions.entries()) {
      const first = actions.findIndex((action) => action.tableName === tableName) === i;
      if (first) emitConsumed(cloud, tables[i]!, consumptions.get(tableName)!);
    }
    return { drafts, consumptions };
  } catch (error) {
    for (const index of failedConditions(error)) emitConditionFailed(cloud, tables[index]!);
    throw error;
  }
}

/** Checks each action against its table. What is wrong with some cancels the transaction, but an empty key refuses it. */
function draftAll(actions: readonly Action[], tables: readonly Table[]): Draft[] {
  const drafts: Draft[] = [];
  const outcomes = actions.map(({ draftFor }, i): Outcome => {
    try {
      drafts.push(draftFor(tables[i]!));
      return PASSED;
    } catch (error) {
      return reasonOf(error);
    }
  });
  if (drafts.length < actions.length) throw cancelled(outcomes);
  return drafts;
}

function refuseDuplicates(drafts: readonly Draft[]): void {
  const seen = new Set<string>();
  for (const { table, place } of drafts) {
    const item = `${table.space}/${place.join("\0")}`;
    if (seen.has(item))
      throw refusal("Transaction request cannot include multiple operations on one item");
    seen.add(item);
  }
}

function carryOutAll(
  { cloud, caller }: Call,
  tx: WriteTransaction,
  actions: readonly Action[],
  drafts: readonly Draft[],
): Map<string, Consumption> {
  const { traceHeader } = caller;
  const writes = new Map<number, ItemWrites>();
  const names = new Map<string, ItemWrites>();
  let bytes = 0;
  const outcomes = drafts.map((draft, i): Outcome => {
    const { table } = draft;
    const ofTable = writes.get(table.space) ?? new ItemWrites(cloud, tx, table, { traceHeader });
    writes.set(table.space, ofTable);
    names.set(actions[i]!.tableName, ofTable);
    try {
      const { before, after } = carryOut(ofTable, draft);
      bytes += Math.max(before?.[0] ?? 0, after?.[0] ?? 0);
      return PASSED;
    } catch (error) {
      return reasonOf(error);
    }
  });
  if (outcomes.some((outcome) => outcome !== PASSED)) throw cancelled(outcomes);
  if (bytes > TRANSACTION_BYTES_MAX) {
    throw refusal("Transaction request cannot include items whose aggregate size exceeds 4 MB");
  }
  for (const ofTable of writes.values()) ofTable.finish();
  return new Map([...names].map(([name, { consumption }]) => [name, consumption.times(2)]));
}

function failedConditions(error: unknown): number[] {
  return cancelledReasons(error).flatMap(({ Code }, i) =>
    Code === "ConditionalCheckFailed" ? [i] : [],
  );
}

function cancelledReasons(error: unknown): readonly { readonly Code?: string }[] {
  // The fields of a TransactionCanceledException, as cancellation.ts makes them.
  const { fields } = error as { fields?: { CancellationReasons?: { Code?: string }[] } };
  return fields?.CancellationReasons ?? [];
}

export function capacitiesOf(
  consumptions: ReadonlyMap<string, Consumption>,
  wanted: TransactWriteItemsInput["ReturnConsumedCapacity"],
  split: Split = "split",
): ConsumedCapacity[] | undefined {
  const capacities = [...consumptions].flatMap(([tableName, consumption]) => {
    const capacity = consumedCapacity(tableName, consumption, wanted, split);
    return capacity ? [capacity] : [];
  });
  return capacities.length > 0 ? capacities : undefined;
}

function collectionMetricsOf(
  actions: readonly Action[],
  drafts: readonly Draft[],
  { ReturnItemCollectionMetrics: wanted }: TransactWriteItemsInput,
): Record<string, ItemCollectionMetrics[]> | undefined {
  const metrics: Record<string, ItemCollectionMetrics[]> = {};
  for (const [i, { table, key, kind }] of drafts.entries()) {
    const metric = kind === "check" ? undefined : itemCollectionMetrics(table, key, wanted);
    if (!metric) continue;
    const ofTable = metrics[actions[i]!.tableName] ?? [];
    metrics[actions[i]!.tableName] = [...ofTable, metric];
  }
  return Object.keys(metrics).length > 0 ? metrics : undefined;
}
