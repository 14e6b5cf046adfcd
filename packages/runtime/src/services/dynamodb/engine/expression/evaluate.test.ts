import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AttributeValue, Item } from "../attribute-value.ts";
import { readCondition, readProjection, readUpdate } from "../request.ts";
import { evaluateCondition } from "./condition.ts";
import { project } from "./projection.ts";
import { applyUpdate, touchedPaths } from "./update.ts";

const ITEM: Item = {
  id: { S: "x" },
  count_: { N: "5" },
  txt: { S: "hello" },
  blob_: { B: Uint8Array.from([1, 2, 3]) },
  list_: { L: [{ S: "a" }, { N: "2" }, { SS: ["p", "q"] }] },
  map_: { M: { a: { N: "1" }, "b.c": { S: "dot" } } },
  tags: { SS: ["red", "blue"] },
  sizes: { NS: ["1", "2.5"] },
  yes: { BOOL: true },
  nothing: { NULL: true },
};

function holds(
  text: string,
  values: Record<string, AttributeValue> = {},
  item: Item | undefined = ITEM,
  names?: Record<string, string>,
): boolean {
  const { condition } = readCondition({
    ConditionExpression: text,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ...(names && { ExpressionAttributeNames: names }),
  });
  return evaluateCondition(condition!, item);
}

test("conditions hold as DynamoDB's do", () => {
  const cases: [string, Record<string, AttributeValue>, boolean][] = [
    ["count_ = :v", { ":v": { N: "5.0" } }, true],
    ["count_ = :v", { ":v": { S: "5" } }, false],
    ["count_ <> :v", { ":v": { S: "5" } }, true],
    ["count_ < :v", { ":v": { S: "9" } }, false],
    ["count_ BETWEEN :a AND :b", { ":a": { N: "5" }, ":b": { N: "6" } }, true],
    [":a BETWEEN count_ AND :b", { ":a": { N: "7" }, ":b": { N: "10" } }, true],
    ["count_ IN (:a, :b)", { ":a": { S: "5" }, ":b": { N: "5" } }, true],
    ["begins_with(txt, :v)", { ":v": { S: "he" } }, true],
    ["begins_with(txt, :v)", { ":v": { S: "lo" } }, false],
    ["begins_with(blob_, :v)", { ":v": { B: Uint8Array.of(1, 2) } }, true],
    ["begins_with(count_, :v)", { ":v": { S: "5" } }, false],
    ["contains(txt, :v)", { ":v": { S: "ell" } }, true],
    ["contains(blob_, :v)", { ":v": { B: Uint8Array.of(2, 3) } }, true],
    ["contains(tags, :v)", { ":v": { S: "red" } }, true],
    ["contains(tags, :v)", { ":v": { S: "re" } }, false],
    ["contains(sizes, :v)", { ":v": { N: "2.50" } }, true],
    ["contains(list_, :v)", { ":v": { N: "2" } }, true],
    ["contains(list_, :v)", { ":v": { SS: ["q", "p"] } }, true],
    ["attribute_type(nothing, :v)", { ":v": { S: "NULL" } }, true],
    ["attribute_type(yes, :v)", { ":v": { S: "S" } }, false],
    ["size(txt) = :v", { ":v": { N: "5" } }, true],
    ["size(blob_) = :v AND size(list_) = :v", { ":v": { N: "3" } }, true],
    ["size(map_) = :v AND size(tags) = :v", { ":v": { N: "2" } }, true],
    ["size(count_) = :v", { ":v": { N: "1" } }, false],
    ["size(txt) = count_", {}, true],
    ["map_.a = :v", { ":v": { N: "1" } }, true],
    ["list_[1] = :v", { ":v": { N: "2" } }, true],
    ["attribute_exists(list_[3])", {}, false],
    ["attribute_not_exists(map_.a.b)", {}, true],
    ["attribute_exists(hasOwnProperty)", {}, false],
    [
      "NOT yes = :v OR count_ = :n AND txt = :t",
      { ":v": { BOOL: true }, ":n": { N: "5" }, ":t": { S: "hello" } },
      true,
    ],
    ["NOT (yes = :v OR count_ = :n)", { ":v": { BOOL: true }, ":n": { N: "5" } }, false],
  ];
  for (const [text, values, expected] of cases) assert.equal(holds(text, values), expected, text);
  assert.equal(
    holds("#m.#d = :v", { ":v": { S: "dot" } }, ITEM, { "#m": "map_", "#d": "b.c" }),
    true,
  );
});

test("a missing attribute is unequal to everything, and in no order with anything", () => {
  const value = { ":v": { N: "1" } };
  for (const item of [ITEM, undefined]) {
    for (const operator of ["=", "<", "<=", ">", ">="]) {
      assert.equal(holds(`absent ${operator} :v`, value, item), false, operator);
      assert.equal(holds(`absent ${operator} gone`, {}, item), false, operator);
    }
    assert.equal(holds("absent <> :v", value, item), true);
    assert.equal(holds("absent <> gone", {}, item), true);
    assert.equal(holds("absent BETWEEN :v AND :v", value, item), false);
    assert.equal(holds("attribute_not_exists(absent)", {}, item), true);
  }
});

interface Tree {
  readonly text: string;
  readonly holds: (item: Record<string, number>) => boolean;
}

/** Conditions over small integers, written out with their meaning beside them: an oracle that knows no parser. */
const leaf: fc.Arbitrary<Tree> = fc
  .record({
    name: fc.constantFrom("a", "b", "c"),
    operator: fc.constantFrom("=", "<>", "<", "<=", ">", ">="),
    value: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ name, operator, value }) => ({
    text: `${name} ${operator} :v${value}`,
    holds: (item) => {
      const found = item[name];
      if (found === undefined) return operator === "<>";
      const order = Math.sign(found - value);
      return { "=": [0], "<>": [-1, 1], "<": [-1], "<=": [-1, 0], ">": [1], ">=": [0, 1] }[
        operator
      ]!.includes(order);
    },
  }));
const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.tuple(tie("tree"), tie("tree")).map(([x, y]) => ({
      text: `${part(x)} AND ${part(y)}`,
      holds: (item: Record<string, number>) => x.holds(item) && y.holds(item),
    })),
    fc.tuple(tie("tree"), tie("tree")).map(([x, y]) => ({
      text: `${part(x)} or ${part(y)}`,
      holds: (item: Record<string, number>) => x.holds(item) || y.holds(item),
    })),
    tie("tree").map((x) => ({
      text: `NOT ${part(x)}`,
      holds: (item: Record<string, number>) => !x.holds(item),
    })),
  ),
})).tree;

function part({ text }: Tree): string {
  return / (AND|or) |^NOT/.test(text) ? `(${text})` : text;
}

test("a condition means what an oracle says that it means", () => {
  const values: Record<string, AttributeValue> = {};
  for (let i = 0; i <= 3; i++) values[`:v${i}`] = { N: String(i) };
  const items = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(tree, items, (condition, numbers) => {
      fc.pre(condition.text.length < 4000);
      const item = Object.fromEntries(
        Object.entries(numbers).map(([name, value]) => [name, { N: String(value) }]),
      );
      const used = Object.entries(values).filter(([key]) => condition.text.includes(key));
      const result = holds(condition.text, Object.fromEntries(used), item);
      assert.equal(result, condition.holds(numbers), condition.text);
    }),
    { numRuns: 500 },
  );
});

test("AND binds closer than OR, NOT closer than AND", () => {
  const value = { ":y": { S: "y" } };
  const item: Item = { a: { S: "y" }, b: { S: "n" }, c: { S: "n" } };
  assert.equal(holds("a = :y OR b = :y AND c = :y", value, item), true);
  assert.equal(holds("(a = :y OR b = :y) AND c = :y", value, item), false);
  assert.equal(holds("NOT b = :y AND a = :y", value, item), true);
});

function updated(
  text: string,
  values: Record<string, AttributeValue>,
  item: Item,
  exists = true,
): Item {
  const { update } = readUpdate({
    UpdateExpression: text,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  });
  return applyUpdate(update!, item, exists);
}

test("updates change what DynamoDB's change", () => {
  const s = (text: string): AttributeValue => ({ S: text });
  const n = (text: string): AttributeValue => ({ N: text });
  const l = (...texts: string[]): AttributeValue => ({ L: texts.map(s) });
  const cases: [string, Record<string, AttributeValue>, Item, Item][] = [
    ["SET a = :v", { ":v": s("x") }, {}, { a: s("x") }],
    ["SET a = b, b = a", {}, { a: s("x"), b: s("y") }, { a: s("y"), b: s("x") }],
    ["REMOVE a SET b = a", {}, { a: s("x") }, { b: s("x") }],
    ["SET a = a + :v", { ":v": n("0.1") }, { a: n("0.2") }, { a: n("0.3") }],
    ["SET a = :v - a", { ":v": n("1") }, { a: n("3") }, { a: n("-2") }],
    ["SET a = (a + :v)", { ":v": n("1") }, { a: n("3") }, { a: n("4") }],
    ["SET a = if_not_exists(a, :v) + :v", { ":v": n("2") }, {}, { a: n("4") }],
    ["SET a = if_not_exists(b, :v)", { ":v": n("2") }, { b: s("x") }, { a: s("x"), b: s("x") }],
    ["SET a = list_append(a, :v)", { ":v": l("z") }, { a: l("x") }, { a: l("x", "z") }],
    ["SET a = list_append(:v, a)", { ":v": l("z") }, { a: l("x") }, { a: l("z", "x") }],
    [
      "SET a = list_append(if_not_exists(a, :e), :v)",
      { ":e": l(), ":v": l("z") },
      {},
      { a: l("z") },
    ],
    [
      "SET a.b.c = :v",
      { ":v": n("1") },
      { a: { M: { b: { M: {} } } } },
      { a: { M: { b: { M: { c: n("1") } } } } },
    ],
    ["REMOVE a.b", {}, { a: { M: { b: n("1") } } }, { a: { M: {} } }],
    ["REMOVE a[0], a[2]", {}, { a: l("x", "y", "z") }, { a: l("y") }],
    ["REMOVE a[17], q", {}, { a: l("x") }, { a: l("x") }],
    // Scylla's test_update_expression_nested_remove_list_item_original_number and …_update_array_out_of_bounds.
    [
      "REMOVE a[1] SET a[3] = :v",
      { ":v": s("!") },
      { a: l("0", "1", "2", "3", "4") },
      { a: l("0", "2", "!", "4") },
    ],
    [
      "SET a[84] = :a, a[37] = :b, a[17] = :c",
      { ":a": s("1"), ":b": s("2"), ":c": s("3") },
      { a: l("x") },
      { a: l("x", "3", "2", "1") },
    ],
    ["ADD a :v", { ":v": n("7") }, {}, { a: n("7") }],
    ["ADD a :v", { ":v": n("7") }, { a: n("-8") }, { a: n("-1") }],
    ["ADD a.b :v", { ":v": n("7") }, { a: { M: {} } }, { a: { M: { b: n("7") } } }],
    [
      "ADD a :v",
      { ":v": { SS: ["y", "z"] } },
      { a: { SS: ["x", "y"] } },
      { a: { SS: ["x", "y", "z"] } },
    ],
    ["ADD a :v", { ":v": { NS: ["1.0", "2"] } }, { a: { NS: ["1"] } }, { a: { NS: ["1", "2"] } }],
    ["DELETE a :v", { ":v": { SS: ["y", "q"] } }, { a: { SS: ["x", "y"] } }, { a: { SS: ["x"] } }],
    ["DELETE a :v", { ":v": { SS: ["x", "y"] } }, { a: { SS: ["x", "y"] } }, {}],
    ["DELETE a :v", { ":v": { SS: ["x"] } }, {}, {}],
  ];
  for (const [text, values, before, after] of cases) {
    const kept = structuredClone(before);
    assert.deepEqual(updated(text, values, before), after, text);
    assert.deepEqual(before, kept, `${text} changed the item before`);
  }
});

test("updates that the item does not allow are refused in DynamoDB's words", () => {
  const noAttribute =
    "The provided expression refers to an attribute that does not exist in the item";
  const badPath = "The document path provided in the update expression is invalid for update";
  const badType = "An operand in the update expression has an incorrect data type";
  const item: Item = { s: { S: "x" }, n: { N: "1" }, l: { L: [] }, ss: { SS: ["x"] } };
  const one = { ":v": { N: "1" } };
  const cases: [string, Record<string, AttributeValue>, string][] = [
    ["SET a = b", {}, noAttribute],
    ["SET a = a + :v", one, noAttribute],
    ["SET a = list_append(a, :v)", { ":v": { L: [] } }, noAttribute],
    ["SET a.b = :v", one, badPath],
    ["SET s.b = :v", one, badPath],
    ["SET l.b = :v", one, badPath],
    ["SET n[0] = :v", one, badPath],
    ["SET l[0].b = :v", one, badPath],
    ["REMOVE a.b", {}, badPath],
    ["REMOVE s.b", {}, badPath],
    ["DELETE a.b :v", { ":v": { SS: ["x"] } }, badPath],
    ["SET a = s + :v", one, badType],
    ["SET a = list_append(n, :v)", { ":v": { L: [] } }, badType],
    ["ADD s :v", one, badType],
    ["ADD ss :v", { ":v": { NS: ["1"] } }, badType],
    ["DELETE n :v", { ":v": { NS: ["1"] } }, badType],
  ];
  for (const [text, values, message] of cases) {
    assert.throws(
      () => updated(text, values, item),
      { code: "ValidationException", message },
      text,
    );
  }
  // Nothing to remove it from: Scylla's test_nested_attribute_remove_from_missing_item.
  assert.deepEqual(updated("REMOVE a.b", {}, { id: { S: "k" } }, false), { id: { S: "k" } });
});

test("what an update touches can be shown of the item before and after", () => {
  const { update } = readUpdate({
    UpdateExpression: "SET a.b = :v REMOVE c ADD n :v",
    ExpressionAttributeValues: { ":v": { N: "1" } },
  });
  const before: Item = { a: { M: { b: { S: "x" }, z: { S: "z" } } }, c: { S: "c" }, n: { N: "1" } };
  const after = applyUpdate(update!, before, true);
  const touched = touchedPaths(update!);
  assert.deepEqual(project(before, touched), {
    a: { M: { b: { S: "x" } } },
    c: { S: "c" },
    n: { N: "1" },
  });
  assert.deepEqual(project(after, touched), { a: { M: { b: { N: "1" } } }, n: { N: "2" } });
});

test("updates of different attributes do the same in any order", () => {
  const actions = ["SET a = :n", "REMOVE b", "ADD c :n", "DELETE d :s"];
  const values = { ":n": { N: "1" }, ":s": { SS: ["x"] } };
  const item: Item = { a: { S: "a" }, b: { S: "b" }, c: { N: "1" }, d: { SS: ["x", "y"] } };
  const expected = updated(actions.join(" "), values, item);
  fc.assert(
    fc.property(fc.shuffledSubarray(actions, { minLength: 4 }), (shuffled) => {
      assert.deepEqual(updated(shuffled.join(" "), values, item), expected);
    }),
  );
});

test("ADD and then DELETE of the same elements leaves what was not among them", () => {
  const sets = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 1 });
  fc.assert(
    fc.property(sets, sets, (before, change) => {
      const values = { ":v": { SS: change } };
      const added = updated("ADD a :v", values, { a: { SS: before } });
      assert.deepEqual(new Set(added.a!.SS), new Set([...before, ...change]));
      // A set is kept in its own order.
      const left = before.filter((text) => !change.includes(text)).sort();
      assert.deepEqual(
        updated("DELETE a :v", values, added),
        left.length === 0 ? {} : { a: { SS: left } },
      );
    }),
  );
});

test("a projection keeps the documents around what it takes", () => {
  const item: Item = {
    a: {
      M: {
        b: { S: "b" },
        c: { L: [{ S: "0" }, { M: { x: { S: "x" }, y: { S: "y" } } }, { S: "2" }] },
      },
    },
    s: { S: "s" },
  };
  const cases: [string, Item][] = [
    ["s, q", { s: { S: "s" } }],
    ["a.b", { a: { M: { b: { S: "b" } } } }],
    ["a.c[2], a.c[0]", { a: { M: { c: { L: [{ S: "0" }, { S: "2" }] } } } }],
    ["a.c[1].y, a.c[1].x", { a: { M: { c: { L: [{ M: { y: { S: "y" }, x: { S: "x" } } }] } } } }],
    ["a.c[7], a.q, s.b", {}],
  ];
  for (const [text, expected] of cases) {
    const { projection } = readProjection({ ProjectionExpression: text });
    assert.deepEqual(project(item, projection!), expected, text);
  }
});
