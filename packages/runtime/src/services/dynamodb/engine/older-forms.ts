import type {
  AttributeValueUpdate,
  ConditionalOperator,
  ExpectedAttributeValue,
  Condition as OlderCondition,
} from "@aws-sdk/client-dynamodb";
import {
  type AttributeType,
  type AttributeValue,
  compareValues,
  typeOf,
} from "./attribute-value.ts";
import type { Condition, Operand } from "./expression/condition.ts";
import type { Projection } from "./expression/projection.ts";
import type { Update, UpdateAction } from "./expression/update.ts";
import type { ComparisonOperator, KeyConditions } from "./key-condition.ts";
import { invalidParameter, refusal } from "./refusal.ts";
import { validateValue } from "./validate.ts";

/** How many values a comparison operator takes: least and most. */
const VALUE_COUNTS: Readonly<Record<ComparisonOperator, readonly [number, number]>> = {
  NULL: [0, 0],
  NOT_NULL: [0, 0],
  EQ: [1, 1],
  NE: [1, 1],
  LE: [1, 1],
  LT: [1, 1],
  GE: [1, 1],
  GT: [1, 1],
  CONTAINS: [1, 1],
  NOT_CONTAINS: [1, 1],
  BEGINS_WITH: [1, 1],
  IN: [1, Number.POSITIVE_INFINITY],
  BETWEEN: [2, 2],
};
const ORDERED: readonly AttributeType[] = ["S", "N", "B"];
/** Types of values that an operator takes. Source: API reference, Condition, ComparisonOperator. */
const VALUE_TYPES: Readonly<Partial<Record<ComparisonOperator, readonly AttributeType[]>>> = {
  LE: ORDERED,
  LT: ORDERED,
  GE: ORDERED,
  GT: ORDERED,
  BETWEEN: ORDERED,
  IN: ORDERED,
  CONTAINS: ORDERED,
  NOT_CONTAINS: ORDERED,
  BEGINS_WITH: ["S", "B"],
};
const COMPARATORS = { EQ: "=", NE: "<>", LE: "<=", LT: "<", GE: ">=", GT: ">" } as const;
const SETS: readonly AttributeType[] = ["SS", "NS", "BS"];
const ADDABLE: readonly AttributeType[] = ["N", "L", "SS", "NS", "BS"];

/** What of an item `AttributesToGet` means. Throws ValidationException for names given twice. */
export function projectionOfNames(names: readonly string[]): Projection {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw invalidParameter(`Duplicate value in attribute name: ${name}`);
    }
    seen.add(name);
  }
  return names.map((name) => [name] as const);
}

/** The update that `AttributeUpdates` means. Throws ValidationException for actions without the value they need. */
export function updateOfAttributes(updates: Record<string, AttributeValueUpdate>): Update {
  const actions = Object.entries(updates).map(([name, update]) => actionOf(name, update));
  return { form: "attributeUpdates", actions };
}

function actionOf(name: string, { Action = "PUT", Value }: AttributeValueUpdate): UpdateAction {
  const path = [name] as const;
  if (Value === undefined) {
    if (Action === "DELETE") return { kind: "remove", path };
    throw invalidParameter("Only DELETE action is allowed when no attribute value is specified");
  }
  const value = validateValue(Value);
  if (Action === "PUT") return { kind: "set", path, value: { kind: "value", value } };
  const type = typeOf(value);
  if (Action === "DELETE" && !SETS.includes(type)) {
    throw invalidParameter(`DELETE action with value is not supported for the type ${type}`);
  }
  if (Action === "ADD" && !ADDABLE.includes(type)) {
    throw invalidParameter(`ADD action is not supported for the type ${type}`);
  }
  return { kind: Action === "ADD" ? "add" : "delete", path, value };
}

/** The condition that `QueryFilter` or `ScanFilter` means; undefined where it is empty. Throws ValidationException. */
export function conditionOfFilter(
  filter: Record<string, OlderCondition>,
  operator: ConditionalOperator | undefined,
): Condition | undefined {
  const parts = Object.entries(filter).map(([name, { ComparisonOperator, AttributeValueList }]) =>
    comparison(name, ...checkedComparison(ComparisonOperator, AttributeValueList)),
  );
  return joined(parts, operator);
}

/** The key conditions that `KeyConditions` means. Throws ValidationException. */
export function keyConditionsOfOlder(conditions: Record<string, OlderCondition>): KeyConditions {
  const entries = Object.entries(conditions).map(
    ([name, { ComparisonOperator, AttributeValueList }]) => {
      const [operator, values] = checkedComparison(ComparisonOperator, AttributeValueList);
      return [name, { operator, values }] as const;
    },
  );
  if (entries.length !== 1 && entries.length !== 2) {
    throw refusal("Conditions can be of length 1 or 2 only");
  }
  return new Map(entries);
}

/** The condition that `Expected` means; undefined where it is empty. Throws ValidationException. */
export function conditionOfExpected(
  expected: Record<string, ExpectedAttributeValue>,
  operator: ConditionalOperator | undefined,
): Condition | undefined {
  return joined(
    Object.entries(expected).map(([name, expectation]) => expectationOf(name, expectation)),
    operator,
  );
}

function expectationOf(name: string, expectation: ExpectedAttributeValue): Condition {
  const { Value, AttributeValueList, ComparisonOperator, Exists } = expectation;
  const wrong = (message: string) => invalidParameter(`${message} for Attribute: ${name}`);
  if (AttributeValueList !== undefined && Value !== undefined) {
    throw wrong("Value and AttributeValueList cannot be used together");
  }
  if (ComparisonOperator !== undefined) {
    if (Exists !== undefined) {
      throw wrong("Exists and ComparisonOperator cannot be used together");
    }
    const values = AttributeValueList ?? (Value === undefined ? undefined : [Value]);
    if (values === undefined && !ComparisonOperator.endsWith("NULL")) {
      throw wrong(
        `Value or AttributeValueList must be used with ComparisonOperator: ${ComparisonOperator}`,
      );
    }
    return comparison(name, ...checkedComparison(ComparisonOperator, values));
  }
  if (AttributeValueList !== undefined) {
    throw wrong("AttributeValueList can only be used with a ComparisonOperator");
  }
  if (Exists === false) {
    if (Value !== undefined) throw wrong("Value cannot be used when Exists is false");
    return { kind: "exists", path: [name], expected: false };
  }
  if (Value === undefined) {
    throw wrong(`Value must be provided when Exists is ${Exists ?? null}`);
  }
  return comparison(name, "EQ", [validateValue(Value)]);
}

function checkedComparison(
  operator: string | undefined,
  values: readonly AttributeValue[] = [],
): [ComparisonOperator, readonly AttributeValue[]] {
  if (operator === undefined || !isComparisonOperator(operator)) {
    throw refusal(
      `1 validation error detected: Value '${operator ?? null}' at 'comparisonOperator' failed to satisfy constraint: ${
        operator === undefined
          ? "Member must not be null"
          : `Member must satisfy enum value set: [${Object.keys(VALUE_COUNTS).join(", ")}]`
      }`,
    );
  }
  const checked = values.map((value) => validateValue(value));
  const [least, most] = VALUE_COUNTS[operator];
  if (checked.length < least || checked.length > most) {
    throw invalidParameter(`Invalid number of argument(s) for the ${operator} ComparisonOperator`);
  }
  const types = new Set(checked.map(typeOf));
  if (types.size > 1) {
    throw invalidParameter("AttributeValues inside AttributeValueList must be of same type");
  }
  for (const type of types) {
    if (VALUE_TYPES[operator]?.includes(type) ?? true) continue;
    throw invalidParameter(
      `ComparisonOperator ${operator} is not valid for ${type} AttributeValue type`,
    );
  }
  if (operator === "BETWEEN" && compareValues(checked[0]!, checked[1]!)! > 0) {
    throw refusal(
      "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
    );
  }
  return [operator, checked];
}

function isComparisonOperator(operator: string): operator is ComparisonOperator {
  return Object.hasOwn(VALUE_COUNTS, operator);
}

function comparison(
  name: string,
  operator: ComparisonOperator,
  values: readonly AttributeValue[],
): Condition {
  const path = [name] as const;
  const operand: Operand = { kind: "path", path };
  const [first, second] = values.map((value): Operand => ({ kind: "value", value }));
  switch (operator) {
    case "NULL":
    case "NOT_NULL":
      return { kind: "exists", path, expected: operator === "NOT_NULL" };
    case "CONTAINS":
      return { kind: "contains", operand, part: first! };
    case "NOT_CONTAINS":
      // False for an attribute that isn't there (Scylla's test_expected.py, run against DynamoDB).
      return {
        kind: "and",
        left: { kind: "exists", path, expected: true },
        right: { kind: "not", condition: { kind: "contains", operand, part: first! } },
      };
    case "BEGINS_WITH":
      return { kind: "beginsWith", operand, part: first! };
    case "IN":
      return {
        kind: "in",
        operand,
        candidates: values.map((value) => ({ kind: "value", value })),
      };
    case "BETWEEN":
      return { kind: "between", operand, low: first!, high: second! };
    default:
      return { kind: "compare", operator: COMPARATORS[operator], left: operand, right: first! };
  }
}

function joined(
  parts: readonly Condition[],
  operator: ConditionalOperator | undefined,
): Condition | undefined {
  if (parts.length === 0) return undefined;
  const kind = operator === "OR" ? "or" : "and";
  return parts.reduce((left, right) => ({ kind, left, right }));
}
