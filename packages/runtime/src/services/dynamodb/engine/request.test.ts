import assert from "node:assert/strict";
import { test } from "node:test";
import type { Condition } from "@aws-sdk/client-dynamodb";
import type { AttributeValue } from "./attribute-value.ts";
import { readCondition, readProjection, readQuery, readScan, readUpdate } from "./request.ts";

/** Values under every placeholder that the texts below use; only those in a text are given with it. */
const VALUES: Record<string, AttributeValue> = {
  ":s": { S: "b" },
  ":t": { S: "a" },
  ":n": { N: "1" },
  ":b": { B: Uint8Array.of(98) },
  ":o": { BOOL: true },
  ":z": { NULL: true },
  ":l": { L: [] },
  ":m": { M: {} },
  ":ss": { SS: ["a"] },
  ":ns": { NS: ["1"] },
};
const NAMES: Record<string, string> = { "#a": "a", "#b": "b", "#r": "name" };

function usedOf<T>(text: string, all: Record<string, T>): Record<string, T> | undefined {
  const used = Object.entries(all).filter(([key]) => new RegExp(`${key}(?!\\w)`).test(text));
  return used.length === 0 ? undefined : Object.fromEntries(used);
}

function placeholders(text: string) {
  const names = usedOf(text, NAMES);
  const values = usedOf(text, VALUES);
  return {
    ...(names && { ExpressionAttributeNames: names }),
    ...(values && { ExpressionAttributeValues: values }),
  };
}

function refuses(read: () => unknown, message: string, what: string): void {
  assert.throws(read, { code: "ValidationException", message }, what);
}

// Messages: dynalite's tests (checked against DynamoDB), Scylla's alternator tests (run against DynamoDB), and
// answers of DynamoDB in bug reports (truora/minidyn 21, floci 1512, ServiceStack.Aws 5, architect/dynalite 147).
const CONDITION_ERRORS: [string, string][] = [
  ["", "The expression can not be empty;"],
  ["a-b", 'Syntax error; token: "-", near: "a-b"'],
  ["foo", 'Syntax error; token: "<EOF>", near: "foo"'],
  ["attribute_exists(a) AND NOT #a", 'Syntax error; token: "<EOF>", near: "#a"'],
  ["begins_with()", 'Syntax error; token: ")", near: "()"'],
  ["__x = :s", 'Syntax error; token: "_", near: "__"'],
  ["a = :s a", 'Syntax error; token: "a", near: ":s a"'],
  ["a == :s", 'Syntax error; token: "=", near: "== :s"'],
  ["a != :s", 'Syntax error; token: "!", near: "a !="'],
  ["a[:n] = :s", 'Syntax error; token: ":n", near: "[:n]"'],
  ["((a = :s))", "The expression has redundant parentheses;"],
  ["a = :s AND ((b = :s))", "The expression has redundant parentheses;"],
  ["((a)) = :s", "The expression has redundant parentheses;"],
  ["name = :s", "Attribute name is a reserved keyword; reserved keyword: name"],
  ["a.Status = :s", "Attribute name is a reserved keyword; reserved keyword: Status"],
  ["foo(a)", "Invalid function name; function: foo"],
  ["ATTRIBUTE_EXISTS(a)", "Invalid function name; function: ATTRIBUTE_EXISTS"],
  [
    "if_not_exists(a, :s)",
    "The function is not allowed in a condition expression; function: if_not_exists",
  ],
  ["size(a)", "The function is not allowed to be used this way in an expression; function: size"],
  [
    "attribute_exists(a) = :o",
    "The function is not allowed to be used this way in an expression; function: attribute_exists",
  ],
  [
    "size(contains(a, :s)) = :n",
    "The function is not allowed to be used this way in an expression; function: contains",
  ],
  [
    "attribute_exists(a, b)",
    "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2",
  ],
  [
    "size(a, b) = :n",
    "Incorrect number of operands for operator or function; operator or function: size, number of operands: 2",
  ],
  [
    "attribute_exists(:s)",
    "Operator or function requires a document path; operator or function: attribute_exists",
  ],
  [
    "begins_with(a, :n)",
    "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
  ],
  [
    "begins_with(a, size(b))",
    "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
  ],
  [
    "attribute_type(a, :n)",
    "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N",
  ],
  [
    "attribute_type(a, b)",
    "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}",
  ],
  [
    "attribute_type(a, :s)",
    "Invalid attribute type name found; type: b, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
  ],
  [
    "size(:n) = :n",
    "Incorrect operand type for operator or function; operator or function: size, operand type: N",
  ],
  [
    "a < :o",
    "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
  ],
  [
    ":l >= a",
    "Incorrect operand type for operator or function; operator or function: >=, operand type: L",
  ],
  [
    "a BETWEEN :ss AND :ss",
    "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: SS",
  ],
  [
    "a BETWEEN :s AND :n",
    "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {N:1}",
  ],
  [
    "a BETWEEN :s AND :t",
    "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}",
  ],
  [
    "a.b[1] = a.b[1]",
    "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a, b, [1]]",
  ],
  [
    "contains(a, #a)",
    "The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [a]",
  ],
  [
    "a IN (:s, a)",
    "The first operand must be distinct from the remaining operands for this operator or function; operator: IN, first operand: [a]",
  ],
  [
    `a IN (${Array(101).fill(":s").join(",")})`,
    "The IN operator is provided with too many operands; number of operands: 101",
  ],
  [
    "#x = :s",
    "An expression attribute name used in the document path is not defined; attribute name: #x",
  ],
  [
    "a = :x",
    "An expression attribute value used in expression is not defined; attribute value: :x",
  ],
  ["a[2147483648] = :s", "List index is not within the allowable range; index: [2147483648]"],
  [`a${".b".repeat(32)} = :s`, "The document path has too many nesting levels; nesting levels: 33"],
];

test("conditions that are wrong are refused in DynamoDB's words", () => {
  for (const [text, message] of CONDITION_ERRORS) {
    const fields = { ConditionExpression: text, ...placeholders(text) };
    refuses(() => readCondition(fields), `Invalid ConditionExpression: ${message}`, text);
    const filter = { FilterExpression: text, ...placeholders(text) };
    refuses(() => readScan(filter), `Invalid FilterExpression: ${message}`, text);
  }
});

test("conditions that DynamoDB takes are taken", () => {
  const texts = [
    "a = b",
    "(a) = (:s)",
    "(a = :s)",
    "(a = :s AND (b = :s))",
    "not a = :s or b <> :s and c < :n",
    "NOT (a BETWEEN :t AND :s) AND b IN (:s, :n)",
    "a between :t AND :s AND b = :s",
    "( ( size ( a )) < b.Maximum ) AND ( c > :n )",
    "attribute_type(a, :type)",
    "contains(a, :ss) OR begins_with(:s, a)",
    "a.b[0][1].c = :l AND #r.#a[0] <> :m",
    "a=:s AND b=:o",
  ];
  for (const text of texts) {
    const fields = placeholders(text);
    const values = { ...fields.ExpressionAttributeValues };
    if (text.includes(":type")) values[":type"] = { S: "SS" };
    const given = Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values };
    readCondition({ ...fields, ...given, ConditionExpression: text });
  }
});

const UPDATE_ERRORS: [string, string][] = [
  ["", "The expression can not be empty;"],
  ["INVALID SYNTAX HERE", 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'],
  ["SET a = :n + :n + :n", 'Syntax error; token: "+", near: ":n + :n"'],
  ["SET a = 1", 'Syntax error; token: "1", near: "= 1"'],
  ["SET a = VALUE 1", 'Syntax error; token: "1", near: "VALUE 1"'],
  ["SET a", 'Syntax error; token: "<EOF>", near: "a"'],
  ["ADD a b", 'Syntax error; token: "b", near: "a b"'],
  ["SET a = if_not_exists(a, :n + :n)", 'Syntax error; token: "+", near: ":n + :n"'],
  ["SET name = :s", "Attribute name is a reserved keyword; reserved keyword: name"],
  ["REMOVE a.Name", "Attribute name is a reserved keyword; reserved keyword: Name"],
  ["SET a = f123_hi(b, c)", "Invalid function name; function: f123_hi"],
  ["SET a = size(b)", "The function is not allowed in an update expression; function: size"],
  [
    "SET a = list_append(list_append(:l, :l), :l)",
    "The function is not allowed to be used this way in an expression; function: list_append",
  ],
  ["SET a = :s SET b = :s", 'The "SET" section can only be used once in an update expression;'],
  [
    "REMOVE a ADD b :n REMOVE c",
    'The "REMOVE" section can only be used once in an update expression;',
  ],
  [
    "SET #x = :s",
    "An expression attribute name used in the document path is not defined; attribute name: #x",
  ],
  [
    "SET a = :x",
    "An expression attribute value used in expression is not defined; attribute value: :x",
  ],
  [
    "SET a = :s REMOVE #a",
    "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]",
  ],
  [
    "SET a.b = :s, a = :s",
    "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]",
  ],
  [
    "SET a[1] = :s, a[1][2] = :s",
    "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, [1]], path two: [a, [1], [2]]",
  ],
  [
    "SET a.b = :s, a[1] = :s",
    "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, [1]]",
  ],
  [
    "SET a = list_append(:l)",
    "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1",
  ],
  [
    "SET a = if_not_exists(:s, :s)",
    "Operator or function requires a document path; operator or function: if_not_exists",
  ],
  [
    "SET a = list_append(a, :s)",
    "Incorrect operand type for operator or function; operator or function: list_append, operand type: S",
  ],
  [
    "SET a = a + :s",
    "Incorrect operand type for operator or function; operator or function: +, operand type: S",
  ],
  [
    "SET a = :l - a",
    "Incorrect operand type for operator or function; operator or function: -, operand type: L",
  ],
  [
    "ADD a :s",
    "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
  ],
  [
    "DELETE a :n",
    "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND",
  ],
];

test("updates that are wrong are refused in DynamoDB's words", () => {
  for (const [text, message] of UPDATE_ERRORS) {
    const fields = { UpdateExpression: text, ...placeholders(text) };
    refuses(() => readUpdate(fields), `Invalid UpdateExpression: ${message}`, text);
  }
});

test("expressions have their limits, counted in bytes of their own text", () => {
  const long = "a".repeat(4097);
  const exceeded = "Expression size has exceeded the maximum allowed size;";
  refuses(
    () => readProjection({ ProjectionExpression: long }),
    `Invalid ProjectionExpression: ${exceeded}`,
    "projection",
  );
  refuses(
    () => readUpdate({ UpdateExpression: `REMOVE ${long}` }),
    `Invalid UpdateExpression: ${exceeded}`,
    "update",
  );
  refuses(
    () => readCondition({ ConditionExpression: `attribute_exists(${long})` }),
    `Invalid ConditionExpression: ${exceeded} expression size: 4115`,
    "condition",
  );
  readProjection({ ProjectionExpression: "a".repeat(4096) });
  const comparisons = (count: number) => Array(count).fill("a = :s").join(" AND ");
  const ExpressionAttributeValues = { ":s": { S: "x" } };
  refuses(
    () => readScan({ FilterExpression: comparisons(151), ExpressionAttributeValues }),
    "Invalid FilterExpression: The expression contains too many operators; operator count: 301",
    "filter",
  );
  readScan({ FilterExpression: comparisons(150), ExpressionAttributeValues });
  const sums = (count: number) =>
    `SET ${Array.from({ length: count }, (_, i) => `a${i}=b+c`).join(",")}`;
  refuses(
    () => readUpdate({ UpdateExpression: sums(301) }),
    "Invalid UpdateExpression: The expression contains too many operators; operator count: 301",
    "update",
  );
  readUpdate({ UpdateExpression: sums(300) });
  assert.throws(() => readCondition({ ConditionExpression: "(".repeat(4096) }), {
    code: "ValidationException",
  });
});

test("names and values have to be well formed, and used", () => {
  const value = { S: "x" };
  const cases: [Parameters<typeof readCondition>[0], string][] = [
    [
      { ConditionExpression: "attribute_exists(a)", ExpressionAttributeNames: {} },
      "ExpressionAttributeNames must not be empty",
    ],
    [
      { ConditionExpression: "attribute_exists(a)", ExpressionAttributeValues: {} },
      "ExpressionAttributeValues must not be empty",
    ],
    [
      { ConditionExpression: "attribute_exists(a)", ExpressionAttributeNames: { a: "a" } },
      'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
    ],
    [
      { ConditionExpression: "attribute_exists(a)", ExpressionAttributeValues: { b: value } },
      'ExpressionAttributeValues contains invalid key: Syntax error; key: "b"',
    ],
    [
      { ConditionExpression: "a = :b", ExpressionAttributeValues: { ":b": { SS: [] } } },
      "ExpressionAttributeValues contains invalid value: One or more parameter values were invalid: An string set  may not be empty for key :b",
    ],
    [
      { ConditionExpression: "a = :b", ExpressionAttributeValues: { ":b": { N: "b" } } },
      "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: b for key :b",
    ],
    [
      {
        ConditionExpression: "attribute_exists(#a)",
        ExpressionAttributeNames: { "#a": "a", "#b": "b", "#c": "c" },
      },
      "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b, #c}",
    ],
    [
      {
        ConditionExpression: "a = :a",
        ExpressionAttributeValues: { ":a": value, ":b": value },
      },
      "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}",
    ],
    [
      { ExpressionAttributeNames: { "#a": "a" } },
      "ExpressionAttributeNames can only be specified when using expressions",
    ],
    [
      { ExpressionAttributeValues: { ":a": value } },
      "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
    ],
  ];
  for (const [fields, message] of cases) {
    refuses(() => readCondition(fields), message, JSON.stringify(fields));
  }
  refuses(
    () => readUpdate({ ExpressionAttributeValues: { ":a": value } }),
    "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null",
    "update",
  );
});

test("names and values are used when any of a request's expressions uses them", () => {
  readUpdate({
    UpdateExpression: "SET #a = :a",
    ConditionExpression: "#b <> :b",
    ExpressionAttributeNames: { "#a": "a", "#b": "b" },
    ExpressionAttributeValues: { ":a": { S: "x" }, ":b": { S: "x" } },
  });
});

test("both forms in one request are refused, each parameter named", () => {
  const EQ: Condition = { ComparisonOperator: "EQ", AttributeValueList: [{ S: "x" }] };
  const mixed = (older: string, expressions: string) =>
    `Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {${older}} Expression parameters: {${expressions}}`;
  refuses(
    () =>
      readUpdate({
        UpdateExpression: "",
        ConditionExpression: "",
        AttributeUpdates: {},
        Expected: {},
        ConditionalOperator: "AND",
      }),
    mixed(
      "AttributeUpdates, Expected, ConditionalOperator",
      "UpdateExpression, ConditionExpression",
    ),
    "update",
  );
  refuses(
    () =>
      readQuery({
        KeyConditions: { a: EQ },
        QueryFilter: { a: EQ },
        AttributesToGet: ["a"],
        ConditionalOperator: "AND",
        KeyConditionExpression: "a = :a",
        FilterExpression: "b = :a",
        ProjectionExpression: "b",
      }),
    mixed(
      "AttributesToGet, QueryFilter, ConditionalOperator, KeyConditions",
      "ProjectionExpression, FilterExpression, KeyConditionExpression",
    ),
    "query",
  );
  // KeyConditions may stand beside other expressions.
  readQuery({ KeyConditions: { a: EQ }, ProjectionExpression: "b" });
  refuses(
    () => readScan({ ScanFilter: { a: EQ }, ProjectionExpression: "b" }),
    mixed("ScanFilter", "ProjectionExpression"),
    "scan",
  );
});

test("projections that are wrong are refused in DynamoDB's words", () => {
  const cases: [string, string][] = [
    ["", "The expression can not be empty;"],
    ["!!!", 'Syntax error; token: "!", near: "!!"'],
    ["a b", 'Syntax error; token: "b", near: "a b"'],
    ["a,", 'Syntax error; token: "<EOF>", near: ","'],
    ["a, name", "Attribute name is a reserved keyword; reserved keyword: name"],
    [
      "#u",
      "An expression attribute name used in the document path is not defined; attribute name: #u",
    ],
    [
      "a, a.b",
      "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]",
    ],
    [
      "a[0], a.b",
      "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, [0]], path two: [a, b]",
    ],
  ];
  for (const [text, message] of cases) {
    const fields = { ProjectionExpression: text, ...placeholders(text) };
    refuses(() => readProjection(fields), `Invalid ProjectionExpression: ${message}`, text);
  }
});
