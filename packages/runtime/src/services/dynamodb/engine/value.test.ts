import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type AttributeValue, compareStrings, equalValues, type Item } from "./attribute-value.ts";
import { itemSizeBytes, valueSizeBytes } from "./item-size.ts";
import { validateItem, validateValue } from "./validate.ts";

const INVALID = "One or more parameter values were invalid: ";

/** Requests can carry what the types rule out: no type, or several. */
function wireValue(value: object): AttributeValue {
  return value as AttributeValue;
}

test("values that are none are refused in DynamoDB's words", () => {
  const bytes = (...numbers: number[]) => Uint8Array.from(numbers);
  const several =
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
  const cases: [object, string][] = [
    [{}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"],
    [
      { S: undefined },
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    ],
    [{ S: "a", N: "1" }, several],
    [{ L: [{ S: "a", N: "1" }] }, several],
    [{ S: "a", N: "b" }, "The parameter cannot be converted to a numeric value: b"],
    [{ NULL: false }, `${INVALID}Null attribute value types must have the value of true`],
    [{ SS: [] }, `${INVALID}An string set  may not be empty`],
    [{ NS: [] }, `${INVALID}An number set  may not be empty`],
    [{ BS: [] }, `${INVALID}Binary sets should not be empty`],
    [{ M: { x: { SS: [] } } }, `${INVALID}An string set  may not be empty`],
    [{ SS: ["a", "a"] }, `${INVALID}Input collection [a, a] contains duplicates.`],
    [{ NS: ["1", "1.0"] }, "Input collection contains duplicates"],
    [
      { BS: [bytes(98), bytes(98)] },
      `${INVALID}Input collection [Yg==, Yg==]of type BS contains duplicates.`,
    ],
  ];
  for (const [value, message] of cases) {
    assert.throws(() => validateValue(wireValue(value)), { code: "ValidationException", message });
  }
});

test("documents nest 32 levels deep, and no deeper", () => {
  const nested = (depth: number): AttributeValue =>
    depth === 0 ? { S: "x" } : { M: { a: nested(depth - 1) } };
  assert.deepEqual(validateItem({ a: nested(32) }), { a: nested(32) });
  assert.throws(() => validateItem({ a: nested(33) }), {
    message:
      "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
  });
});

test("numbers are kept in their canonical form, at every depth, and the input is left alone", () => {
  const item: Item = {
    a: { N: "01.50" },
    b: { L: [{ M: { c: { NS: ["1e2", "2"] } } }] },
    d: { S: "" },
  };
  const before = structuredClone(item);
  assert.deepEqual(validateItem(item), {
    a: { N: "1.5" },
    b: { L: [{ M: { c: { NS: ["2", "100"] } } }] },
    d: { S: "" },
  });
  assert.deepEqual(item, before);
});

test("an attribute may have any name", () => {
  const item: Item = JSON.parse('{"__proto__":{"N":"01"},"constructor":{"S":"x"}}');
  const kept = validateItem(item);
  assert.deepEqual(Object.keys(kept), ["__proto__", "constructor"]);
  assert.deepEqual(Object.getOwnPropertyDescriptor(kept, "__proto__")?.value, { N: "1" });
});

test("values are equal by what they mean", () => {
  const equal: [AttributeValue, AttributeValue][] = [
    [{ N: "1" }, { N: "1.0" }],
    [{ SS: ["a", "b"] }, { SS: ["b", "a"] }],
    [{ BS: [Uint8Array.of(1), Uint8Array.of(2)] }, { BS: [Uint8Array.of(2), Uint8Array.of(1)] }],
    [{ M: { a: { N: "1" }, b: { L: [] } } }, { M: { b: { L: [] }, a: { N: "1" } } }],
    [{ B: Uint8Array.of(1) }, { B: Buffer.from([1]) }],
  ];
  for (const [a, b] of equal) assert.ok(equalValues(a, b), JSON.stringify([a, b]));
  const unequal: [AttributeValue, AttributeValue][] = [
    [{ S: "1" }, { N: "1" }],
    [{ SS: ["1"] }, { NS: ["1"] }],
    [{ L: [{ S: "a" }, { S: "b" }] }, { L: [{ S: "b" }, { S: "a" }] }],
    [{ M: { a: { S: "x" } } }, { M: { a: { S: "x" }, b: { S: "x" } } }],
    [{ M: {} }, { L: [] }],
    [{ BOOL: true }, { BOOL: false }],
  ];
  for (const [a, b] of unequal) assert.ok(!equalValues(a, b), JSON.stringify([a, b]));
});

test("strings are ordered by UTF-8", () => {
  const wellFormed = fc.string({
    unit: fc.constantFrom("a", "ü", "\ue000", "\uffff", "\u{10000}"),
  });
  fc.assert(
    fc.property(wellFormed, wellFormed, (a, b) => {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
      assert.equal(Math.sign(compareStrings(a, b)), expected);
    }),
  );
});

test("sizes follow the developer guide's rules", () => {
  const cases: [AttributeValue, number][] = [
    [{ S: "abc" }, 3],
    [{ S: "ü€" }, 5],
    [{ B: Uint8Array.of(1, 2) }, 2],
    [{ BOOL: true }, 1],
    [{ NULL: true }, 1],
    [{ N: "0" }, 1],
    [{ N: "1" }, 2],
    [{ N: "10" }, 2],
    [{ N: "100" }, 2],
    [{ N: "12" }, 2],
    [{ N: "123" }, 3],
    [{ N: "12.3" }, 3],
    [{ N: "-12" }, 3],
    [{ N: "1.2" }, 3],
    [{ L: [] }, 3],
    [{ L: [{ S: "ab" }, { BOOL: true }] }, 3 + 1 + 2 + 1 + 1],
    [{ M: { ab: { S: "c" } } }, 3 + 1 + 2 + 1],
    [{ SS: ["ab", "c"] }, 3],
    [{ NS: ["1", "123"] }, 5],
  ];
  for (const [value, size] of cases) {
    assert.equal(valueSizeBytes(value), size, JSON.stringify(value));
    assert.equal(itemSizeBytes({ näme: value }), 5 + size);
  }
});
