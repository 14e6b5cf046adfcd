import {
  type AttributeValue,
  attributeOf,
  bytesText,
  type Item,
  orderedSet,
  setAttribute,
  setOf,
  typeOf,
} from "../attribute-value.ts";
import { addNumbers, subtractNumbers } from "../number.ts";
import { refusal } from "../refusal.ts";
import { Draft } from "./draft.ts";
import { type DocumentPath, valueAt } from "./path.ts";

/** What SET assigns. */
export type SetValue =
  | { readonly kind: "path"; readonly path: DocumentPath }
  | { readonly kind: "value"; readonly value: AttributeValue }
  | {
      readonly kind: "plus" | "minus" | "listAppend";
      readonly left: SetValue;
      readonly right: SetValue;
    }
  | { readonly kind: "ifNotExists"; readonly path: DocumentPath; readonly otherwise: SetValue };

export type UpdateAction =
  | { readonly kind: "set"; readonly path: DocumentPath; readonly value: SetValue }
  | { readonly kind: "remove"; readonly path: DocumentPath }
  | {
      readonly kind: "add" | "delete";
      readonly path: DocumentPath;
      readonly value: AttributeValue;
    };

/** An update, its names and values put in: what UpdateExpression and AttributeUpdates both become. */
export interface Update {
  readonly actions: readonly UpdateAction[];
  /** The older form has another message for a type that doesn't fit. */
  readonly form: "expression" | "attributeUpdates";
}

const NO_SUCH_ATTRIBUTE =
  "The provided expression refers to an attribute that does not exist in the item";
const WRONG_TYPE = {
  expression: "An operand in the update expression has an incorrect data type",
  attributeUpdates: "Type mismatch for attribute to update",
};

/** The paths that an update touches: what `UPDATED_OLD` and `UPDATED_NEW` return of the item before and after. */
export function touchedPaths(update: Update): DocumentPath[] {
  return update.actions.map((action) => action.path);
}

/**
 * Whether an update does nothing but take attributes, or elements of sets, away. Where there is no item, such an update
 * makes none, while one of no actions at all does. Source: API reference of AttributeValueUpdate, Action ("DELETE -
 * Nothing happens; there is no attribute to delete"); seen on DynamoDB: scylladb issue 5862.
 */
export function onlyTakesAway({ actions }: Update): boolean {
  return actions.length > 0 && actions.every(({ kind }) => kind === "remove" || kind === "delete");
}

/**
 * The item after the update. `item` is the item before it, or the key alone where there was none (then `exists` is
 * false); it is left as it is, and what doesn't change is shared. Every value is read from the item before.
 *
 * Throws ValidationException, as DynamoDB does where a path leads nowhere, a value is missing or a type does not fit.
 */
export function applyUpdate(update: Update, item: Item, exists: boolean): Item {
  const { actions, form } = update;
  const values = actions.map((action) => valueAfter(action, item, form));
  let draft: Draft | undefined;
  const result = { ...item };
  for (const [i, { path, kind }] of actions.entries()) {
    const value = values[i];
    if (path.length === 1) {
      if (value !== undefined) setAttribute(result, path[0], value);
      else delete result[path[0]];
    } else if (kind === "remove" && !exists) {
      // Seen on DynamoDB: nothing is refused where there is no item (Scylla's test_nested_attribute_remove_from_missing_item).
    } else {
      draft ??= new Draft(result);
      draft.put(path, value);
    }
  }
  draft?.finish();
  return result;
}

/** What stands at the action's path afterwards; undefined: nothing. */
function valueAfter(
  action: UpdateAction,
  item: Item,
  form: Update["form"],
): AttributeValue | undefined {
  if (action.kind === "remove") return undefined;
  if (action.kind === "set") return assignedValue(action.value, item);
  const { kind, path, value } = action;
  const before = path.length === 1 ? attributeOf(item, path[0]) : valueAt(item, path);
  if (before === undefined) return kind === "add" ? value : undefined;
  if (typeOf(before) !== typeOf(value)) throw refusal(WRONG_TYPE[form]);
  return kind === "add" ? added(before, value) : without(before, value);
}

function assignedValue(source: SetValue, item: Item): AttributeValue {
  switch (source.kind) {
    case "value":
      return source.value;
    case "path": {
      const value = valueAt(item, source.path);
      if (value === undefined) throw refusal(NO_SUCH_ATTRIBUTE);
      return value;
    }
    case "ifNotExists":
      return valueAt(item, source.path) ?? assignedValue(source.otherwise, item);
    case "plus":
    case "minus": {
      const left = assignedValue(source.left, item).N;
      const right = assignedValue(source.right, item).N;
      if (left === undefined || right === undefined) throw refusal(WRONG_TYPE.expression);
      return { N: source.kind === "plus" ? addNumbers(left, right) : subtractNumbers(left, right) };
    }
    case "listAppend": {
      const left = assignedValue(source.left, item).L;
      const right = assignedValue(source.right, item).L;
      if (left === undefined || right === undefined) throw refusal(WRONG_TYPE.expression);
      return { L: [...left, ...right] };
    }
  }
}

/** A sum, a union of sets, or (in the older form) a longer list. */
function added(before: AttributeValue, value: AttributeValue): AttributeValue {
  if (before.N !== undefined) return { N: addNumbers(before.N, value.N!) };
  if (before.L !== undefined) return { L: [...before.L, ...value.L!] };
  if (before.SS !== undefined)
    return orderedSet({ SS: [...new Set([...before.SS, ...value.SS!])] });
  if (before.NS !== undefined)
    return orderedSet({ NS: [...new Set([...before.NS, ...value.NS!])] });
  const blobs = before.BS!;
  const known = setOf(before);
  return orderedSet({
    BS: [...blobs, ...value.BS!.filter((blob) => !known.has(bytesText(blob)))],
  });
}

/** A set without another's elements; undefined where none is left, since no set is empty. */
function without(before: AttributeValue, value: AttributeValue): AttributeValue | undefined {
  const gone = setOf(value);
  if (before.SS !== undefined)
    return nonEmpty(
      "SS",
      before.SS.filter((text) => !gone.has(text)),
    );
  if (before.NS !== undefined)
    return nonEmpty(
      "NS",
      before.NS.filter((text) => !gone.has(text)),
    );
  const left = before.BS!.filter((blob) => !gone.has(bytesText(blob)));
  return left.length === 0 ? undefined : { BS: left };
}

function nonEmpty(type: "SS" | "NS", left: string[]): AttributeValue | undefined {
  if (left.length === 0) return undefined;
  return type === "SS" ? { SS: left } : { NS: left };
}
