import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttributeValue, Item } from "./attribute-value.ts";
import {
  type IndexKeys,
  indexKeyOf,
  type KeySchema,
  validateIndexKeys,
  validateItemKeys,
  validateKey,
} from "./key.ts";
import { checkKeyPaths, checkQueryFilter, checkUpdateKeys } from "./key-checks.ts";
import { keyConditionOf } from "./key-condition.ts";
import { encodeKey } from "./key-encoding.ts";
import { readCondition, readProjection, readQuery, readUpdate } from "./request.ts";

const SCHEMA: KeySchema = { hash: { name: "p", type: "S" }, range: { name: "r", type: "N" } };
const HASH_ONLY: KeySchema = { hash: { name: "p", type: "S" } };
const STRINGS: KeySchema = { hash: { name: "p", type: "S" }, range: { name: "r", type: "S" } };
const INDEXES: IndexKeys[] = [{ name: "byColour", key: { hash: { name: "c", type: "S" } } }];
const INVALID = "One or more parameter values were invalid: ";

function refuses(act: () => unknown, message: string): void {
  assert.throws(act, { code: "ValidationException", message });
}

test("a request's key has exactly the table's key attributes", () => {
  validateKey({ p: { S: "x" }, r: { N: "1" } }, SCHEMA);
  const mismatch = "The provided key element does not match the schema";
  const wrong: Item[] = [
    {},
    { p: { S: "x" } },
    { p: { S: "x" }, r: { S: "1" } },
    { p: { S: "x" }, q: { N: "1" } },
    { p: { S: "x" }, r: { N: "1" }, q: { N: "1" } },
  ];
  for (const key of wrong) refuses(() => validateKey(key, SCHEMA), mismatch);
  refuses(
    () => validateKey({ p: { S: "" } }, HASH_ONLY),
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p",
  );
  refuses(
    () => validateKey({ p: { S: "ü".repeat(1025) } }, HASH_ONLY),
    `${INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes`,
  );
  refuses(
    () => validateKey({ p: { S: "x" }, r: { S: "x".repeat(1025) } }, STRINGS),
    `${INVALID}Aggregated size of all range keys has exceeded the size limit of 1024 bytes`,
  );
});

test("a stored item has its keys, and its indexes' keys in their types", () => {
  const key: Item = { p: { S: "x" }, r: { N: "1" } };
  validateItemKeys({ ...key, c: { S: "red" } }, SCHEMA, INDEXES);
  validateItemKeys(key, SCHEMA, INDEXES);
  const cases: [Item, string][] = [
    [{ r: { N: "1" } }, `${INVALID}Missing the key p in the item`],
    [{ ...key, p: { N: "1" } }, `${INVALID}Type mismatch for key p expected: S actual: N`],
    [
      { ...key, c: { N: "1" } },
      `${INVALID}Type mismatch for Index Key c Expected: S Actual: N IndexName: byColour`,
    ],
    [
      { ...key, c: { S: "" } },
      "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: byColour, IndexKey: c",
    ],
  ];
  for (const [item, message] of cases) {
    refuses(() => validateItemKeys(item, SCHEMA, INDEXES), message);
  }
});

test("an item without an index's key attributes isn't in the index", () => {
  const index: KeySchema = { hash: { name: "c", type: "S" }, range: { name: "r", type: "N" } };
  const item: Item = { p: { S: "x" }, r: { N: "1" }, c: { S: "red" } };
  assert.deepEqual(indexKeyOf(item, index), { c: { S: "red" }, r: { N: "1" } });
  assert.equal(indexKeyOf({ p: { S: "x" }, r: { N: "1" } }, index), undefined);
});

function updateOf(text: string, values: Record<string, AttributeValue> = {}) {
  return readUpdate({
    UpdateExpression: text,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  }).update;
}

test("updates leave keys alone", () => {
  const partOfKey = (name: string) =>
    `${INVALID}Cannot update attribute ${name}. This attribute is part of the key`;
  const one = { ":v": { N: "1" } };
  const check = (update: ReturnType<typeof updateOf>) => () =>
    checkUpdateKeys(update, SCHEMA, INDEXES);
  refuses(check(updateOf("SET p = :v", one)), partOfKey("p"));
  refuses(check(updateOf("REMOVE r")), partOfKey("r"));
  refuses(check(updateOf("ADD a :v, r :v", one)), partOfKey("r"));
  refuses(
    check(readUpdate({ AttributeUpdates: { p: { Value: { S: "x" } } } }).update),
    partOfKey("p"),
  );
  refuses(
    check(updateOf("SET c = :v", one)),
    `${INVALID}Type mismatch for Index Key c Expected: S Actual: N IndexName: byColour`,
  );
  refuses(
    check(updateOf("SET a = c.b")),
    "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: c",
  );
  check(updateOf("SET c = a, b = p REMOVE d"))();
  refuses(
    () => validateIndexKeys({ c: { N: "1" } }, INDEXES),
    `${INVALID}Type mismatch for Index Key c Expected: S Actual: N IndexName: byColour`,
  );
});

test("no expression reaches into a key", () => {
  const scalar = (what: string) =>
    `Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: ${what}`;
  const condition = readCondition({ ConditionExpression: "attribute_exists(p.a)" });
  refuses(() => checkKeyPaths(condition, SCHEMA, INDEXES), scalar("Key: p"));
  const projection = readProjection({ ProjectionExpression: "a, c[0]" });
  refuses(() => checkKeyPaths(projection, SCHEMA, INDEXES), scalar("IndexKey: c"));
  checkKeyPaths(readProjection({ ProjectionExpression: "p, c" }), SCHEMA, INDEXES);
});

test("a query's filter names no key", () => {
  const { condition } = readCondition({ ConditionExpression: "size(r) = a" });
  const suffix = "can only contain non-primary key attributes: Primary key attribute: r";
  refuses(() => checkQueryFilter(condition, SCHEMA), `Filter Expression ${suffix}`);
  refuses(() => checkQueryFilter(condition, SCHEMA, "QueryFilter"), `QueryFilter ${suffix}`);
  checkQueryFilter(condition, HASH_ONLY);
});

const VALUES: Record<string, AttributeValue> = {
  ":p": { S: "x" },
  ":r": { N: "5" },
  ":q": { N: "7" },
  ":s": { S: "ab" },
  ":e": { S: "" },
};

function keyCondition(text: string, schema: KeySchema) {
  const used = Object.entries(VALUES).filter(([key]) => text.includes(key));
  const { keyConditions } = readQuery({
    KeyConditionExpression: text,
    ...(used.length > 0 && { ExpressionAttributeValues: Object.fromEntries(used) }),
  });
  return keyConditionOf(keyConditions, schema);
}

test("a key condition is a partition and a range of it", () => {
  const at = (n: string) => encodeKey({ N: n });
  const after = (n: string) => `${encodeKey({ N: n })}\x05`;
  const cases: [string, string | undefined, string | undefined][] = [
    ["p = :p", undefined, undefined],
    ["p = :p AND r = :r", at("5"), after("5")],
    [":r = r AND :p = p", at("5"), after("5")],
    ["p = :p AND r < :r", undefined, at("5")],
    ["p = :p AND r <= :r", undefined, after("5")],
    ["p = :p AND r > :r", after("5"), undefined],
    ["p = :p AND :r < r", after("5"), undefined],
    ["p = :p AND r >= :r", at("5"), undefined],
    ["p = :p AND r BETWEEN :r AND :q", at("5"), after("7")],
    ["((r = :r) AND (p = :p))", at("5"), after("5")],
  ];
  for (const [text, from, to] of cases) {
    assert.deepEqual(keyCondition(text, SCHEMA), { hash: { S: "x" }, range: { from, to } }, text);
  }
  assert.deepEqual(keyCondition("p = :p AND begins_with(r, :s)", STRINGS).range, {
    from: "ab",
    to: "ac",
  });
});

test("key conditions that are none are refused in DynamoDB's words", () => {
  const cases: [string, string, KeySchema?][] = [
    ["p = :p OR r = :r", "Invalid operator used in KeyConditionExpression: OR"],
    ["NOT p = :p", "Invalid operator used in KeyConditionExpression: NOT"],
    ["p = :p AND r <> :r", "Invalid operator used in KeyConditionExpression: <>"],
    ["p = :p AND r IN (:r)", "Invalid operator used in KeyConditionExpression: IN"],
    ["attribute_exists(p)", "Invalid operator used in KeyConditionExpression: attribute_exists"],
    ["contains(p, :p)", "Invalid operator used in KeyConditionExpression: contains"],
    ["p = :p AND size(r) = :r", "KeyConditionExpressions cannot contain nested operations"],
    ["p = :p AND r.a = :r", "KeyConditionExpressions cannot have conditions on nested attributes"],
    [
      "p = r",
      "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
    ],
    [":p = :p", "Invalid condition in KeyConditionExpression: No key attribute specified"],
    [
      "p = :p AND :r BETWEEN r AND :q",
      "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand",
    ],
    [
      "p = :p AND begins_with(:s, r)",
      "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand",
    ],
    [
      "p = :p AND p = :p",
      "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
    ],
    [
      "p = :p AND r = :r AND q = :q",
      "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)",
    ],
    [
      "p = :p AND begins_with(r, :r)",
      "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
    ],
    ["p > :p", "Query key condition not supported"],
    ["r = :r", "Query condition missed key schema element: p"],
    ["p = :p AND q = :q", "Query condition missed key schema element: r"],
    ["p = :p AND r = :r", "Query key condition not supported", HASH_ONLY],
    ["p = :r", `${INVALID}Condition parameter type does not match schema type`],
    [
      "p = :e",
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p",
    ],
  ];
  for (const [text, message, schema] of cases) {
    assert.throws(
      () => keyCondition(text, schema ?? SCHEMA),
      { code: "ValidationException", message },
      text,
    );
  }
  refuses(
    () => readQuery({}),
    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
  );
});
