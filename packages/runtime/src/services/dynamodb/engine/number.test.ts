import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addNumbers, compareNumbers, normalizeNumber, subtractNumbers } from "./number.ts";

const OVERFLOW =
  "Number overflow. Attempting to store a number with magnitude larger than supported range";
const UNDERFLOW =
  "Number underflow. Attempting to store a number with magnitude smaller than supported range";
const TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number";

/** Exact integers with a scale, the oracle: value = coefficient × 10^scale. */
const scaled = fc.record({
  coefficient: fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }),
  scale: fc.integer({ min: -15, max: 15 }),
});

/** The same number over 10^-15, so that two can be compared and added as integers. */
function integerOf({ coefficient, scale }: { coefficient: bigint; scale: number }): bigint {
  return coefficient * 10n ** BigInt(scale + 15);
}

function textOf({ coefficient, scale }: { coefficient: bigint; scale: number }): string {
  return `${coefficient}e${scale}`;
}

test("numbers come back as DynamoDB writes them", () => {
  const cases: [string, string][] = [
    ["1", "1"],
    ["+1", "1"],
    ["-0", "0"],
    ["0e1000", "0"],
    ["0001.2300", "1.23"],
    [".5", "0.5"],
    ["5.", "5"],
    ["1e3", "1000"],
    ["1E+3", "1000"],
    ["-17.4E3", "-17400"],
    ["12.5e-4", "0.00125"],
    ["1e125", `1${"0".repeat(125)}`],
    ["1e-130", `0.${"0".repeat(129)}1`],
    ["12345678901234567890123456789012345678", "12345678901234567890123456789012345678"],
  ];
  for (const [written, kept] of cases) assert.equal(normalizeNumber(written), kept, written);
});

test("what is no number, or none that DynamoDB can hold, is refused in its words", () => {
  const cases: [string, string][] = [
    ["", "The parameter cannot be converted to a numeric value"],
    ["b", "The parameter cannot be converted to a numeric value: b"],
    ["NaN", "The parameter cannot be converted to a numeric value: NaN"],
    [" 1", "The parameter cannot be converted to a numeric value:  1"],
    ["1e126", OVERFLOW],
    ["-11e125", OVERFLOW],
    [`1e${"9".repeat(400)}`, OVERFLOW],
    ["1e-131", UNDERFLOW],
    ["0.9e-130", UNDERFLOW],
    ["123456789012345678901234567890123456789", TOO_PRECISE],
    ["-1.23456789012345678901234567890123456789", TOO_PRECISE],
  ];
  for (const [written, message] of cases) {
    assert.throws(() => normalizeNumber(written), { code: "ValidationException", message });
  }
});

test("addition and subtraction are exact", () => {
  fc.assert(
    fc.property(scaled, scaled, (a, b) => {
      const sum = { coefficient: integerOf(a) + integerOf(b), scale: -15 };
      const difference = { coefficient: integerOf(a) - integerOf(b), scale: -15 };
      // A sum of more than 38 digits is the next test's.
      fc.pre(digits(sum.coefficient) <= 38 && digits(difference.coefficient) <= 38);
      assert.equal(addNumbers(textOf(a), textOf(b)), normalizeNumber(textOf(sum)));
      assert.equal(subtractNumbers(textOf(a), textOf(b)), normalizeNumber(textOf(difference)));
    }),
  );
});

function digits(integer: bigint): number {
  return String(integer < 0n ? -integer : integer).replace(/0+$/, "").length;
}

test("a sum that cannot be held exactly is refused, not rounded", () => {
  // Scylla's test_number.py, run against DynamoDB: test_update_expression_plus_overflow and …_plus_imprecise.
  assert.throws(() => addNumbers("9e125", "9e125"), { message: OVERFLOW });
  assert.throws(() => addNumbers("1e50", "1"), { message: OVERFLOW });
  assert.throws(() => subtractNumbers("1e50", "1"), { message: OVERFLOW });
  assert.equal(addNumbers("1", "10000000000000000000000"), "10000000000000000000001");
});

test("numbers compare by value, however they are written", () => {
  fc.assert(
    fc.property(scaled, scaled, (a, b) => {
      const expected = Number(integerOf(a) > integerOf(b)) - Number(integerOf(a) < integerOf(b));
      assert.equal(Math.sign(compareNumbers(textOf(a), textOf(b))), expected);
      assert.equal(compareNumbers(textOf(a), normalizeNumber(textOf(a))), 0);
    }),
  );
});
