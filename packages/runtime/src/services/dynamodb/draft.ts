import type { DeleteItemInput, PutItemInput, UpdateItemInput } from "@aws-sdk/client-dynamodb";
import { ServiceError } from "../../errors.ts";
import {
  applyUpdate,
  type Condition,
  type ConditionFields,
  checkKeyPaths,
  checkUpdateKeys,
  evaluateCondition,
  type Item,
  itemSizeBytes,
  keyOf,
  MAX_ITEM_SIZE_BYTES,
  onlyTakesAway,
  readCondition,
  readUpdate,
  refusal,
  type Update,
  validateIndexKeys,
  validateItem,
  validateItemKeys,
  validateKey,
} from "./engine/index.ts";
import type { ItemWrites } from "./item-writes.ts";
import { type ItemPlace, placeOf, type StoredItem, storedItem } from "./storage.ts";
import type { Table } from "./table.ts";

/**
 * A write of one item, checked and worked out as far as it can be without the item, so that little is left to do in the
 * transaction.
 */
export interface Draft {
  readonly kind: "put" | "delete" | "update" | "check";
  readonly table: Table;
  readonly key: Item;
  readonly place: ItemPlace;
  readonly condition: Condition | undefined;
  /** The item as it will be; undefined where there will be none. Throws ValidationException. */
  readonly change: (before: Item | undefined) => StoredItem | undefined;
  /** What an update does, which says what of the item `UPDATED_OLD` and `UPDATED_NEW` are. */
  readonly update?: Update | undefined;
  /** PartiQL inserts only what is not there, and updates only what is. */
  readonly requires?: "absence" | "presence" | undefined;
  /** Whether a failed condition brings the item back. */
  readonly returnsItemOnFailure: boolean;
}

export interface Written {
  readonly before: StoredItem | undefined;
  readonly after: StoredItem | undefined;
}

/** Two steps: what a request says by itself is checked before its table is looked up, what concerns the table after. */
export type DraftFor = (table: Table) => Draft;

type FailureFields = Pick<PutItemInput, "ReturnValuesOnConditionCheckFailure">;
type PutFields = ConditionFields & FailureFields & Pick<PutItemInput, "Item">;
type KeyFields = ConditionFields & FailureFields & Pick<DeleteItemInput, "Key">;

export function draftPut(input: PutFields): DraftFor {
  const item = validateItem(input.Item!);
  const { condition } = readCondition(input);
  return putOf(item, condition, input);
}

/** A put of an item that was validated. Throws ValidationException where the item is too large. */
export function putOf(
  item: Item,
  condition: Condition | undefined,
  terms: FailureFields & Pick<Draft, "requires"> = {},
): DraftFor {
  const stored = storedItem(item);
  if (stored[0] > MAX_ITEM_SIZE_BYTES)
    throw refusal("Item size has exceeded the maximum allowed size");
  return (table) => {
    validateItemKeys(item, table.key, table.indexes);
    checkKeyPaths({ condition }, table.key, table.indexes);
    return {
      kind: "put",
      ...common(table, item, terms, condition),
      requires: terms.requires,
      change: () => stored,
    };
  };
}

export function draftDelete(input: KeyFields): DraftFor {
  return draftOfKey("delete", input, () => undefined);
}

/** A condition on an item that is not written, as transactions have it. */
export function draftCheck(input: KeyFields): DraftFor {
  return draftOfKey("check", input, (before) => before && storedItem(before));
}

function draftOfKey(kind: "delete" | "check", input: KeyFields, change: Draft["change"]): DraftFor {
  const key = validateItem(input.Key!);
  const { condition } = readCondition(input);
  return (table) => keyDraft(kind, table, key, condition, input, change);
}

/** A delete of, or a look at, the item of this key. */
export function keyDraft(
  kind: "delete" | "check",
  table: Table,
  key: Item,
  condition: Condition | undefined,
  terms: FailureFields & Pick<Draft, "requires"> = {},
  change: Draft["change"] = () => undefined,
): Draft {
  validateKey(key, table.key);
  checkKeyPaths({ condition }, table.key, table.indexes);
  return { kind, ...common(table, key, terms, condition), requires: terms.requires, change };
}

export function draftUpdate(
  input: KeyFields & Pick<UpdateItemInput, "UpdateExpression" | "AttributeUpdates">,
): DraftFor {
  const key = validateItem(input.Key!);
  const { update, condition } = readUpdate(input);
  return (table) => updateDraft(table, key, update, condition, input);
}

/** An update of the item of this key. */
export function updateDraft(
  table: Table,
  key: Item,
  update: Update | undefined,
  condition: Condition | undefined,
  terms: FailureFields & Pick<Draft, "requires"> = {},
): Draft {
  validateKey(key, table.key);
  checkUpdateKeys(update, table.key, table.indexes);
  checkKeyPaths({ condition }, table.key, table.indexes);
  return {
    kind: "update",
    ...common(table, key, terms, condition),
    requires: terms.requires,
    update,
    change: (before) => updated(table, update, before, key),
  };
}

function updated(
  table: Table,
  update: Update | undefined,
  before: Item | undefined,
  key: Item,
): StoredItem | undefined {
  if (!before && update && onlyTakesAway(update)) return undefined;
  const item = before ?? key;
  const after = update ? applyUpdate(update, item, before !== undefined) : item;
  if (table.indexes.length > 0) validateIndexKeys(after, table.indexes);
  const sizeBytes = itemSizeBytes(after);
  if (sizeBytes > MAX_ITEM_SIZE_BYTES)
    throw refusal("Item size to update has exceeded the maximum allowed size");
  return [sizeBytes, after];
}

function common(
  table: Table,
  item: Item,
  input: FailureFields,
  condition: Condition | undefined,
): Pick<Draft, "table" | "key" | "place" | "condition" | "returnsItemOnFailure"> {
  const key = keyOf(item, table.key);
  return {
    table,
    key,
    place: placeOf(key, table.key),
    condition,
    returnsItemOnFailure: input.ReturnValuesOnConditionCheckFailure === "ALL_OLD",
  };
}

/**
 * Does what was drafted, in its transaction. Throws `ConditionalCheckFailedException`, with the item where that was
 * asked for, `DuplicateItemException`, and ValidationException where an update does not fit the item.
 */
export function carryOut(writes: ItemWrites, draft: Draft): Written {
  const { place, condition, requires } = draft;
  const before = writes.get(place);
  if (requires === "absence" && before) {
    throw new ServiceError("DuplicateItemException", "Duplicate primary key exists in table");
  }
  if (requires === "presence" && !before) throw conditionFailed(undefined);
  if (condition && !evaluateCondition(condition, before?.[1]))
    throw conditionFailed(draft.returnsItemOnFailure ? before?.[1] : undefined);
  const after = draft.change(before?.[1]);
  if (draft.kind === "check") writes.check(before);
  else writes.write(place, before, after);
  return { before, after };
}

export function conditionFailed(item: Item | undefined): ServiceError {
  return new ServiceError("ConditionalCheckFailedException", "The conditional request failed", {
    fields: item ? { Item: item } : {},
  });
}
