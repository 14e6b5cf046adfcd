/**
 * What DynamoDB is without HTTP and without a store: values, keys, expressions. All of it is pure.
 *
 * A write, in order:
 * ```ts
 * const item = validateItem(input.Item);              // values in canonical form
 * const { condition } = readCondition(input);         // both forms: ConditionExpression and Expected
 * validateItemKeys(item, table.key, table.indexes);
 * if (itemSizeBytes(item) > MAX_ITEM_SIZE_BYTES) …    // an update's item: TOO_LARGE_AFTER_UPDATE
 * if (condition && !evaluateCondition(condition, old)) throw … ConditionalCheckFailedException
 * ```
 * An update:
 * ```ts
 * const key = validateItem(input.Key);
 * const { update, condition } = readUpdate(input);
 * validateKey(key, table.key);
 * checkUpdateKeys(update, table.key, table.indexes);
 * if (!old && update && onlyTakesAway(update)) return;  // nothing becomes of nothing
 * const after = update ? applyUpdate(update, old ?? key, old !== undefined) : (old ?? key);
 * validateIndexKeys(after, table.indexes);
 * const updatedNew = project(after, touchedPaths(update));
 * ```
 * A query: `readQuery(input)`, then `keyConditionOf(keyConditions, schema)` gives the partition's value and the bounds of
 * encoded sort keys. An item's place in the store is `[…, encodePartitionKey(hash), encodeKey(range)]`; an index's entry
 * `[…, encodePartitionKey(indexHash), encodeKey(indexRange), encodeIdentity(table's key values)]`. A Query's range is
 * `from: [partition, range.from]`, `to: [partition, range.to]`; a position behind a key is `afterKey(encoded)`.
 * A Scan goes in the order of partitions; `segmentRange` bounds the partitions of a segment.
 *
 * A PartiQL statement is `parseStatement(text, parameters)`: its update, condition and item are those of the other
 * requests. `keyOfWhere` finds the item that an UPDATE or DELETE means, `itemOfWhere` that of a SELECT in a batch or a
 * transaction, `readsOfWhere` the queries that a SELECT is; `selectColumns` is what it returns of each item.
 *
 * Everything that a user can do wrong throws `ServiceError("ValidationException", message)`.
 */
export * from "./attribute-value.ts";
export * from "./expression/condition.ts";
export { type DocumentPath, pathText, valueAt } from "./expression/path.ts";
export * from "./expression/projection.ts";
export * from "./expression/update.ts";
export * from "./item-size.ts";
export * from "./key.ts";
export * from "./key-checks.ts";
export * from "./key-condition.ts";
export * from "./key-encoding.ts";
export { addNumbers, compareNumbers, normalizeNumber, subtractNumbers } from "./number.ts";
export * from "./partiql/statement.ts";
export * from "./partiql/where-key.ts";
export * from "./refusal.ts";
export * from "./request.ts";
export * from "./validate.ts";
