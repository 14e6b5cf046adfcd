import { ServiceError } from "../../../errors.ts";
import type { AttributeType, AttributeValue, Item } from "./attribute-value.ts";
import { orderedSet, setAttribute, setOf } from "./attribute-value.ts";
import { normalizeNumber } from "./number.ts";
import { refusal } from "./refusal.ts";

/** Maps and lists may stand in one another this deep. Source: "Quotas", Nested attribute depth. */
export const MAX_NESTING_DEPTH = 32;

const INVALID = "One or more parameter values were invalid: ";
const EMPTY =
  "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
const SEVERAL =
  "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
const TOO_DEEP =
  "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";

/** How a refusal is worded where the value stands: some parameters put words around it. */
type Refuse = (message: string) => ServiceError;

/**
 * The value as DynamoDB keeps it: numbers in their canonical form. What needs no change is not copied.
 *
 * Throws ValidationException (in the words of `refuse`) where it isn't exactly one value, a number is none or out of
 * range, a set is empty or has an element twice, or documents are nested too deep.
 */
export function validateValue(value: AttributeValue, refuse: Refuse = refusal): AttributeValue {
  return validated(value, refuse, 0);
}

/** An item's or a key's values, each validated. Throws as {@link validateValue}. */
export function validateItem(item: Item): Item {
  return validatedMap(item, refusal, 0);
}

function validated(value: AttributeValue, refuse: Refuse, depth: number): AttributeValue {
  let type: AttributeType | undefined;
  let several = false;
  for (const member in value) {
    if (value[member as AttributeType] === undefined) continue;
    if (type !== undefined) several = true;
    // A number that is none is named first, whatever else is set.
    if (several && (member === "N" || member === "NS")) numbersOf(value, refuse);
    type ??= member as AttributeType;
  }
  if (type === undefined) throw refuse(EMPTY);
  const result = validatedAs(type, value, refuse, depth);
  if (several) throw refuse(SEVERAL);
  return result;
}

function validatedAs(
  type: AttributeType,
  value: AttributeValue,
  refuse: Refuse,
  depth: number,
): AttributeValue {
  switch (type) {
    case "N": {
      const number = numberOf(value.N!, refuse);
      return number === value.N ? value : { N: number };
    }
    case "NULL":
      if (value.NULL) return value;
      throw refuse(`${INVALID}Null attribute value types must have the value of true`);
    case "SS":
    case "NS":
    case "BS":
      return validatedSet(value, refuse);
    case "M": {
      if (depth >= MAX_NESTING_DEPTH) throw refuse(TOO_DEEP);
      const map = validatedMap(value.M!, refuse, depth + 1);
      return map === value.M ? value : { M: map };
    }
    case "L": {
      if (depth >= MAX_NESTING_DEPTH) throw refuse(TOO_DEEP);
      return { L: value.L!.map((element) => validated(element, refuse, depth + 1)) };
    }
    case "S":
    case "B":
    case "BOOL":
      return value;
    default:
      // The union's member for types that this version of the SDK doesn't know.
      throw refuse(EMPTY);
  }
}

/** How deep maps and lists stand in one another: 0 for any other value. */
export function nestingDepth(value: AttributeValue): number {
  const below = value.M !== undefined ? Object.values(value.M) : value.L;
  if (below === undefined) return 0;
  let deepest = 0;
  for (const element of below) deepest = Math.max(deepest, nestingDepth(element));
  return deepest + 1;
}

function validatedMap(map: Item, refuse: Refuse, depth: number): Item {
  let result = map;
  for (const name in map) {
    const value = map[name]!;
    const kept = validated(value, refuse, depth);
    if (kept === value) continue;
    if (result === map) result = { ...map };
    setAttribute(result, name, kept);
  }
  return result;
}

function validatedSet(value: AttributeValue, refuse: Refuse): AttributeValue {
  if (value.SS !== undefined) {
    if (value.SS.length === 0) throw refuse(`${INVALID}An string set  may not be empty`);
    if (setOf(value).size === value.SS.length) return orderedSet(value);
    throw refuse(`${INVALID}Input collection [${value.SS.join(", ")}] contains duplicates.`);
  }
  if (value.NS !== undefined) {
    if (value.NS.length === 0) throw refuse(`${INVALID}An number set  may not be empty`);
    const numbers = value.NS.map((number) => numberOf(number, refuse));
    if (new Set(numbers).size === numbers.length) return orderedSet({ NS: numbers });
    throw refuse("Input collection contains duplicates");
  }
  const blobs = value.BS ?? [];
  if (blobs.length === 0) throw refuse(`${INVALID}Binary sets should not be empty`);
  if (setOf(value).size === blobs.length) return orderedSet(value);
  const texts = blobs.map((blob) => Buffer.from(blob).toString("base64"));
  throw refuse(`${INVALID}Input collection [${texts.join(", ")}]of type BS contains duplicates.`);
}

function numbersOf(value: AttributeValue, refuse: Refuse): void {
  if (value.N !== undefined) numberOf(value.N, refuse);
  for (const number of value.NS ?? []) numberOf(number, refuse);
}

function numberOf(text: string, refuse: Refuse): string {
  try {
    return normalizeNumber(text);
  } catch (error) {
    if (refuse !== refusal && error instanceof ServiceError) throw refuse(error.message);
    throw error;
  }
}
