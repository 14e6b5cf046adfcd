import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttributeValueUpdate, ExpectedAttributeValue } from "@aws-sdk/client-dynamodb";
import type { Item } from "./attribute-value.ts";
import { evaluateCondition } from "./expression/condition.ts";
import { applyUpdate } from "./expression/update.ts";
import { keyConditionOf } from "./key-condition.ts";
import { readCondition, readProjection, readQuery, readScan, readUpdate } from "./request.ts";

const INVALID = "One or more parameter values were invalid: ";
const ITEM: Item = { s: { S: "hello" }, n: { N: "5" }, set: { SS: ["a", "b"] } };

function refuses(act: () => unknown, message: string, what?: string): void {
  assert.throws(act, { code: "ValidationException", message }, what);
}

test("Expected means what its documentation says", () => {
  const one = { N: "1" };
  const cases: [Record<string, ExpectedAttributeValue>, boolean][] = [
    [{ s: { Value: { S: "hello" } } }, true],
    [{ s: { Value: { S: "other" }, Exists: true } }, false],
    [{ q: { Exists: false } }, true],
    [{ s: { Exists: false } }, false],
    [{ n: { ComparisonOperator: "GT", AttributeValueList: [one] } }, true],
    [{ n: { ComparisonOperator: "LE", Value: one } }, false],
    [{ n: { ComparisonOperator: "NE", Value: one } }, true],
    [{ q: { ComparisonOperator: "NE", Value: one } }, true],
    [{ n: { ComparisonOperator: "BETWEEN", AttributeValueList: [one, { N: "5" }] } }, true],
    [{ n: { ComparisonOperator: "IN", AttributeValueList: [one, { N: "5" }] } }, true],
    [{ q: { ComparisonOperator: "NULL" } }, true],
    [{ s: { ComparisonOperator: "NOT_NULL" } }, true],
    [{ set: { ComparisonOperator: "CONTAINS", AttributeValueList: [{ S: "a" }] } }, true],
    [{ set: { ComparisonOperator: "NOT_CONTAINS", AttributeValueList: [{ S: "a" }] } }, false],
    [{ q: { ComparisonOperator: "NOT_CONTAINS", AttributeValueList: [{ S: "a" }] } }, false],
    [{ s: { ComparisonOperator: "BEGINS_WITH", AttributeValueList: [{ S: "he" }] } }, true],
    [{ s: { Value: { S: "hello" } }, q: { Exists: false } }, true],
    [{ s: { Value: { S: "hello" } }, n: { Exists: false } }, false],
  ];
  for (const [Expected, expected] of cases) {
    const { condition } = readCondition({ Expected });
    assert.equal(evaluateCondition(condition!, ITEM), expected, JSON.stringify(Expected));
  }
  const either = readCondition({
    Expected: { s: { Value: { S: "hello" } }, n: { Exists: false } },
    ConditionalOperator: "OR",
  });
  assert.equal(evaluateCondition(either.condition!, ITEM), true);
  assert.equal(readCondition({ Expected: {} }).condition, undefined);
});

test("Expected that makes no sense is refused in DynamoDB's words", () => {
  const x = { S: "x" };
  const cases: [ExpectedAttributeValue, string][] = [
    [{}, "Value must be provided when Exists is null for Attribute: a"],
    [{ Exists: true }, "Value must be provided when Exists is true for Attribute: a"],
    [{ Exists: false, Value: x }, "Value cannot be used when Exists is false for Attribute: a"],
    [
      { ComparisonOperator: "LT" },
      "Value or AttributeValueList must be used with ComparisonOperator: LT for Attribute: a",
    ],
    [
      { ComparisonOperator: "LT", Exists: true },
      "Exists and ComparisonOperator cannot be used together for Attribute: a",
    ],
    [
      { Value: x, AttributeValueList: [x] },
      "Value and AttributeValueList cannot be used together for Attribute: a",
    ],
    [
      { AttributeValueList: [x] },
      "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
    ],
    [
      { AttributeValueList: [x, x], ComparisonOperator: "EQ" },
      "Invalid number of argument(s) for the EQ ComparisonOperator",
    ],
    [
      { AttributeValueList: [x], ComparisonOperator: "NULL" },
      "Invalid number of argument(s) for the NULL ComparisonOperator",
    ],
    [
      { AttributeValueList: [], ComparisonOperator: "IN" },
      "Invalid number of argument(s) for the IN ComparisonOperator",
    ],
    [
      { Value: x, ComparisonOperator: "BETWEEN" },
      "Invalid number of argument(s) for the BETWEEN ComparisonOperator",
    ],
    [
      { AttributeValueList: [x, { N: "1" }], ComparisonOperator: "IN" },
      "AttributeValues inside AttributeValueList must be of same type",
    ],
    [
      { AttributeValueList: [{ SS: ["a"] }], ComparisonOperator: "LT" },
      "ComparisonOperator LT is not valid for SS AttributeValue type",
    ],
  ];
  for (const [a, message] of cases) {
    refuses(() => readCondition({ Expected: { a } }), INVALID + message, JSON.stringify(a));
  }
  const bounds = [{ N: "2" }, { N: "1" }];
  refuses(
    () =>
      readCondition({
        Expected: { a: { AttributeValueList: bounds, ComparisonOperator: "BETWEEN" } },
      }),
    "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
  );
});

test("ConditionalOperator needs two conditions to join", () => {
  const a = { Exists: false };
  refuses(
    () => readCondition({ ConditionalOperator: "AND" }),
    "ConditionalOperator cannot be used without Filter or Expected",
  );
  refuses(
    () => readUpdate({ ConditionalOperator: "OR", Expected: { a } }),
    "ConditionalOperator can only be used when Filter or Expected has two or more elements",
  );
  refuses(
    () => readScan({ ConditionalOperator: "OR", ScanFilter: {} }),
    "ConditionalOperator cannot be used without Filter or Expected",
  );
  readCondition({ ConditionalOperator: "AND", Expected: { a, b: a } });
});

test("AttributeUpdates change what their documentation says", () => {
  const cases: [Record<string, AttributeValueUpdate>, Item, Item][] = [
    [{ a: { Value: { S: "x" } } }, {}, { a: { S: "x" } }],
    [{ a: { Value: { S: "x" }, Action: "PUT" } }, { a: { N: "1" } }, { a: { S: "x" } }],
    [{ a: { Action: "DELETE" } }, { a: { N: "1" } }, {}],
    [
      { a: { Action: "DELETE", Value: { SS: ["x"] } } },
      { a: { SS: ["x", "y"] } },
      { a: { SS: ["y"] } },
    ],
    [{ a: { Action: "ADD", Value: { N: "2" } } }, { a: { N: "1" } }, { a: { N: "3" } }],
    [{ a: { Action: "ADD", Value: { N: "2" } } }, {}, { a: { N: "2" } }],
    [
      { a: { Action: "ADD", Value: { L: [{ S: "y" }] } } },
      { a: { L: [{ S: "x" }] } },
      { a: { L: [{ S: "x" }, { S: "y" }] } },
    ],
  ];
  for (const [AttributeUpdates, before, after] of cases) {
    const { update } = readUpdate({ AttributeUpdates });
    assert.deepEqual(applyUpdate(update!, before, true), after, JSON.stringify(AttributeUpdates));
  }
});

test("AttributeUpdates that make no sense are refused in DynamoDB's words", () => {
  const cases: [AttributeValueUpdate, string][] = [
    [{ Action: "PUT" }, "Only DELETE action is allowed when no attribute value is specified"],
    [
      { Action: "DELETE", Value: { S: "x" } },
      "DELETE action with value is not supported for the type S",
    ],
    [
      { Action: "ADD", Value: { B: Uint8Array.of(1) } },
      "ADD action is not supported for the type B",
    ],
  ];
  for (const [a, message] of cases) {
    refuses(() => readUpdate({ AttributeUpdates: { a } }), INVALID + message);
  }
  const { update } = readUpdate({ AttributeUpdates: { s: { Action: "ADD", Value: { N: "1" } } } });
  refuses(() => applyUpdate(update!, ITEM, true), "Type mismatch for attribute to update");
});

test("KeyConditions, filters and AttributesToGet mean the same as expressions", () => {
  const older = readQuery({
    KeyConditions: {
      p: { ComparisonOperator: "EQ", AttributeValueList: [{ S: "x" }] },
      r: { ComparisonOperator: "BEGINS_WITH", AttributeValueList: [{ S: "a" }] },
    },
    QueryFilter: { n: { ComparisonOperator: "GT", AttributeValueList: [{ N: "1" }] } },
    AttributesToGet: ["n", "s"],
  });
  const expressions = readQuery({
    KeyConditionExpression: "p = :p AND begins_with(r, :r)",
    FilterExpression: "n > :n",
    ProjectionExpression: "n, s",
    ExpressionAttributeValues: { ":p": { S: "x" }, ":r": { S: "a" }, ":n": { N: "1" } },
  });
  assert.deepEqual(older, expressions);
  const schema = { hash: { name: "p", type: "S" }, range: { name: "r", type: "S" } } as const;
  assert.throws(
    () =>
      keyConditionOf(
        readQuery({
          KeyConditions: { p: { ComparisonOperator: "NE", AttributeValueList: [{ S: "x" }] } },
        }).keyConditions,
        schema,
      ),
    { message: "Attempted conditional constraint is not an indexable operation" },
  );
  refuses(
    () => readProjection({ AttributesToGet: ["a", "b", "a"] }),
    `${INVALID}Duplicate value in attribute name: a`,
  );
  refuses(() => readQuery({ KeyConditions: {} }), "Conditions can be of length 1 or 2 only");
});
