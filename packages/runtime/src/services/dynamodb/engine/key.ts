import {
  type AttributeValue,
  attributeOf,
  type Item,
  type ScalarType,
  typeOf,
} from "./attribute-value.ts";
import { utf8Bytes } from "./item-size.ts";
import { invalidParameter, refusal } from "./refusal.ts";

/** Key sizes in bytes. Source: "Quotas", Partition key length and Sort key length. */
export const MAX_HASH_KEY_BYTES = 2048;
export const MAX_RANGE_KEY_BYTES = 1024;

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

/** Key attributes, hash first. */
export function keyAttributes({ hash, range }: KeySchema): KeyAttribute[] {
  return range === undefined ? [hash] : [hash, range];
}

/** Checks the `Key` of a request against the table's key. Throws ValidationException. */
export function validateKey(key: Item, schema: KeySchema): void {
  const attributes = keyAttributes(schema);
  const fits =
    Object.keys(key).length === attributes.length &&
    attributes.every(({ name, type }) => attributeOf(key, name)?.[type] !== undefined);
  if (!fits) throw refusal("The provided key element does not match the schema");
  for (const { name, type } of attributes) {
    if (isEmpty(key[name]!)) {
      throw refusal(
        `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${emptyName(type)} value. Key: ${name}`,
      );
    }
  }
  checkKeySizes(key, schema);
}

/** Checks the key attributes of an item that is to be stored, those of indexes too. Throws ValidationException. */
export function validateItemKeys(
  item: Item,
  schema: KeySchema,
  indexes: readonly IndexKeys[],
): void {
  for (const { name, type } of keyAttributes(schema)) {
    const value = attributeOf(item, name);
    if (value === undefined) throw invalidParameter(`Missing the key ${name} in the item`);
    if (value[type] === undefined) {
      throw invalidParameter(
        `Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`,
      );
    }
    if (isEmpty(value)) {
      throw refusal(
        `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${emptyName(type)} value. Key: ${name}`,
      );
    }
  }
  checkKeySizes(item, schema);
  validateIndexKeys(item, indexes);
}

/**
 * Checks the attributes of an item, to be put or updated, that are keys of indexes: where they are there they have the
 * key's type, aren't empty and aren't too long. Throws ValidationException.
 */
export function validateIndexKeys(item: Item, indexes: readonly IndexKeys[]): void {
  for (const { name: index, key } of indexes) {
    for (const { name, type } of keyAttributes(key)) {
      const value = attributeOf(item, name);
      if (value === undefined) continue;
      if (value[type] === undefined) {
        throw invalidParameter(
          `Type mismatch for Index Key ${name} Expected: ${type} Actual: ${typeOf(value)} IndexName: ${index}`,
        );
      }
      if (isEmpty(value)) {
        throw refusal(
          `One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty ${emptyName(type)} value. IndexName: ${index}, IndexKey: ${name}`,
        );
      }
    }
    checkKeySizes(item, key);
  }
}

function checkKeySizes(item: Item, { hash, range }: KeySchema): void {
  if (keyBytes(attributeOf(item, hash.name)) > MAX_HASH_KEY_BYTES) {
    throw invalidParameter(
      `Size of hashkey has exceeded the maximum size limit of${MAX_HASH_KEY_BYTES} bytes`,
    );
  }
  if (range !== undefined && keyBytes(attributeOf(item, range.name)) > MAX_RANGE_KEY_BYTES) {
    throw invalidParameter(
      `Aggregated size of all range keys has exceeded the size limit of ${MAX_RANGE_KEY_BYTES} bytes`,
    );
  }
}

/** Numbers are never too long. */
function keyBytes(value: AttributeValue | undefined): number {
  if (value?.S !== undefined) return utf8Bytes(value.S);
  return value?.B?.byteLength ?? 0;
}

function isEmpty(value: AttributeValue): boolean {
  return value.S === "" || value.B?.byteLength === 0;
}

function emptyName(type: ScalarType): string {
  return type === "B" ? "binary" : "string";
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
  const complete = keyAttributes(schema).every(
    ({ name, type }) => attributeOf(item, name)?.[type] !== undefined,
  );
  return complete ? keyOf(item, schema) : undefined;
}

/** The values of a key, hash first. */
export function keyValues(key: Item, { hash, range }: KeySchema): AttributeValue[] {
  return range === undefined ? [key[hash.name]!] : [key[hash.name]!, key[range.name]!];
}
