import type { AttributeValue, Item, ScalarType } from "./attribute-value.ts";

/** An attribute that is part of a key. */
export interface KeyAttribute {
  readonly name: string;
  readonly type: ScalarType;
}

/** The primary key of a table or an index: a hash (partition) attribute, perhaps a range (sort) attribute. */
export interface KeySchema {
  readonly hash: KeyAttribute;
  readonly range?: KeyAttribute | undefined;
}

/** A secondary index, as far as its keys go. */
export interface IndexKeys {
  readonly name: string;
  readonly key: KeySchema;
}

/** Checks the `Key` of a request against the table's key. Throws ValidationException. */
export function validateKey(key: Item, schema: KeySchema): void {
  void key;
  void schema;
}

/** Checks the key attributes of an item that is to be stored, those of indexes too. Throws ValidationException. */
export function validateItemKeys(
  item: Item,
  schema: KeySchema,
  indexes: readonly IndexKeys[],
): void {
  void item;
  void schema;
  void indexes;
}

/** The item's key attributes, hash first. The item has been validated. */
export function keyOf(item: Item, schema: KeySchema): Item {
  const { hash, range } = schema;
  const key: Item = { [hash.name]: item[hash.name]! };
  if (range !== undefined) key[range.name] = item[range.name]!;
  return key;
}

/** The item's key attributes where it has all of them (it stands in the index), else undefined. */
export function indexKeyOf(item: Item, schema: KeySchema): Item | undefined {
  const { hash, range } = schema;
  if (item[hash.name]?.[hash.type] === undefined) return undefined;
  if (range !== undefined && item[range.name]?.[range.type] === undefined) return undefined;
  return keyOf(item, schema);
}

/** The values of a key, hash first. */
export function keyValues(key: Item, { hash, range }: KeySchema): AttributeValue[] {
  return range === undefined ? [key[hash.name]!] : [key[hash.name]!, key[range.name]!];
}
