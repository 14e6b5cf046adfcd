import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AttributeValue, Item } from "../attribute-value.ts";
import { evaluateCondition } from "../expression/condition.ts";
import { applyUpdate } from "../expression/update.ts";
import type { KeySchema } from "../key.ts";
import { keyConditionOf } from "../key-condition.ts";
import { parseStatement, selectColumns } from "./statement.ts";
import { itemOfWhere, keyOfWhere, readsOfWhere } from "./where-key.ts";

const SCHEMA: KeySchema = { hash: { name: "pk", type: "S" }, range: { name: "sk", type: "S" } };

function refuses(act: () => unknown, message: string): void {
  assert.throws(act, { code: "ValidationException", message });
}

function where(condition: string, ...parameters: AttributeValue[]) {
  const statement = parseStatement(`SELECT * FROM "t" WHERE ${condition}`, parameters);
  assert.ok(statement.kind === "select");
  return statement.where!;
}

test("SELECT names a table, an index, columns, a condition and an order", () => {
  const statement = parseStatement(
    `select a.b[2].c, "d-e", tags[1] FROM "my-table"."by.colour" -- the index
     WHERE pk = 'it''s' ORDER BY sk DESC, pk;`,
  );
  assert.deepEqual(statement, {
    kind: "select",
    table: "my-table",
    index: "by.colour",
    columns: [
      { path: ["a", "b", 2, "c"], name: "c" },
      { path: ["d-e"], name: "d-e" },
      { path: ["tags", 1], name: "tags[1]" },
    ],
    where: {
      kind: "compare",
      operator: "=",
      left: { kind: "path", path: ["pk"] },
      right: { kind: "value", value: { S: "it's" } },
    },
    orderBy: [
      { attribute: "sk", descending: true },
      { attribute: "pk", descending: false },
    ],
  });
});

test("a selected column comes back under the last name of its path", () => {
  const statement = parseStatement(`SELECT profile.sub, tags[1], gone FROM "t"`);
  assert.ok(statement.kind === "select");
  const item: Item = {
    profile: { M: { sub: { S: "deep" } } },
    tags: { L: [{ S: "a" }, { S: "b" }] },
  };
  assert.deepEqual(selectColumns(item, statement.columns), {
    sub: { S: "deep" },
    "tags[1]": { S: "b" },
  });
});

test("INSERT takes an item of literals and parameters", () => {
  const text = `INSERT INTO "t" VALUE {'pk': ?, "n": -1.50, 'l': [1, 'x', {'a': null}], 's': <<'a', 'b'>>, 'ns': <<1, 10>>, 'ok': true}`;
  assert.deepEqual(parseStatement(text, [{ S: "key" }]), {
    kind: "insert",
    table: "t",
    item: {
      pk: { S: "key" },
      n: { N: "-1.5" },
      l: { L: [{ N: "1" }, { S: "x" }, { M: { a: { NULL: true } } }] },
      s: { SS: ["a", "b"] },
      ns: { NS: ["1", "10"] },
      ok: { BOOL: true },
    },
  });
});

test("UPDATE sets, removes, counts, appends, and adds to sets", () => {
  const statement = parseStatement(
    `UPDATE "t" SET n=n-1 SET l = list_append(l, ?) REMOVE gone, m.x SET s = set_add(s, <<'b'>>), r = set_delete(r, <<1>>)
     WHERE pk = 'a' AND sk = 'b' RETURNING MODIFIED NEW *`,
    [{ L: [{ S: "z" }] }],
  );
  assert.ok(statement.kind === "update");
  assert.equal(statement.returning, "UPDATED_NEW");
  assert.deepEqual(
    applyUpdate(
      statement.update,
      {
        n: { N: "5" },
        l: { L: [] },
        gone: { S: "x" },
        m: { M: { x: { S: "x" }, y: { S: "y" } } },
        s: { SS: ["a"] },
        r: { NS: ["1", "2"] },
      },
      true,
    ),
    {
      n: { N: "4" },
      l: { L: [{ S: "z" }] },
      m: { M: { y: { S: "y" } } },
      s: { SS: ["a", "b"] },
      r: { NS: ["2"] },
    },
  );
});

test("DELETE and EXISTS name what they mean", () => {
  const removal = parseStatement(`DELETE FROM "t" WHERE pk = 'a' RETURNING ALL OLD *`);
  assert.ok(removal.kind === "delete");
  assert.equal(removal.returning, "ALL_OLD");
  const check = parseStatement(`EXISTS(SELECT * FROM "t" WHERE pk = 'a' AND flag IS MISSING)`);
  assert.ok(check.kind === "exists");
  assert.equal(check.select.table, "t");
});

test("conditions hold as they are written", () => {
  const item: Item = {
    n: { N: "1" },
    flag: { S: "right" },
    nil: { NULL: true },
    m: { M: { x: { S: "y" } } },
    l: { L: [{ S: "a" }] },
    s: { SS: ["a", "b"] },
  };
  const cases: [string, boolean][] = [
    ["n = - - 1", true],
    ["n > -5", true],
    ["n BETWEEN - 2 AND +5 AND n IN [- 1, 1]", true],
    ["n IN (2, 3)", false],
    ["1 < n", false],
    ["n != 2 AND n <> 3", true],
    ["NOT begins_with(flag, 'r')", false],
    ["contains(s, 'a') AND size(s) >= 2", true],
    ["attribute_type(m, 'M')", true],
    ["attribute_exists(m.x) AND ATTRIBUTE_NOT_EXISTS (nope) AND attribute_exists(l[0])", true],
    ["nope IS MISSING AND n IS NOT MISSING", true],
    ["nil IS NULL AND n IS NOT NULL", true],
    ["flag = 'wrong' OR (n = 1 AND m.x = 'y')", true],
    ["s = <<'b', 'a'>>", true],
    ["flag/* comment */= 'right' -- the end", true],
  ];
  for (const [text, expected] of cases) {
    assert.equal(evaluateCondition(where(text), item), expected, text);
  }
});

test("statements that are wrong are refused in DynamoDB's words", () => {
  // Answers of DynamoDB as floci's DynamoDbPartiQLEdgeCaseIntegrationTest records them, and DynamoDB local's messages.
  const malformed = "Statement wasn't well formed, can't be processed: ";
  const cases: [string, string][] = [
    ["SELECTT * FROM t", `${malformed}Expected data manipulation`],
    ["", `${malformed}Expected data manipulation`],
    [`UPDATE "t" SET a=1 WHERE pk='x' garbage`, `${malformed}Unexpected token after expression`],
    [
      `SELECT l[-1] FROM "t"`,
      "List index is not within the allowable range; index: [-1] at 1:11:1",
    ],
    [
      `SELECT l[2147483648] FROM "t"`,
      "List index is not within the allowable range; index: [2147483648] at 1:10:10",
    ],
    [`SELECT pk, COUNT(*) FROM "t"`, "Unexpected path component at 1:12:5"],
    [
      `SELECT *, a FROM "t"`,
      "Other attributes should not be present in the projection when '*' is used.",
    ],
    [`SELECT a, b.a FROM "t"`, "Duplicate identifiers in select clause: a"],
    [`SELECT * FROM ""`, "Path component cannot be an empty string"],
    [`SELECT * FROM "t"."i"."x"`, "A path may contain at most 2 components in the FROM clause"],
    [
      `SELECT * FROM "t" WHERE attribute_type(l, 1)`,
      "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N",
    ],
    [
      `SELECT * FROM "t" WHERE a < true`,
      "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
    ],
    [
      `SELECT * FROM "t" WHERE a BETWEEN true AND false`,
      "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: BOOL",
    ],
    [
      `SELECT * FROM "t" WHERE a IN [${Array(101).fill("1").join(",")}]`,
      "The IN operator is provided with too many operands; number of operands: 101",
    ],
    [`SELECT * FROM "t" WHERE a = <<>>`, "Empty bags are not supported"],
    [
      `SELECT * FROM "t" WHERE a = <<1, 'x'>>`,
      "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags",
    ],
    [
      `SELECT * FROM "t" WHERE s = <<'a','a'>>`,
      "One or more parameter values were invalid: Input collection [a, a] contains duplicates.",
    ],
    [`INSERT INTO "t"."i" VALUE {'pk': 'x'}`, "FROM clause may only contain a single table name"],
    [
      `INSERT INTO "t" VALUE [1]`,
      "Unsupported format in item expression. Please use struct format {...} to express item values for insert statement.",
    ],
    [`UPDATE "t"."i" SET a = 1 WHERE pk = 'x'`, "This operation is not supported on an index"],
    [`DELETE FROM "t"."i" WHERE pk = 'x'`, "This operation is not supported on an index"],
    [
      `UPDATE "t" SET n = 'a' + 1 WHERE pk = 'x'`,
      "Incorrect operand type for operator or function; operator or function: +, operand type: S",
    ],
    [
      `UPDATE "t"\nSET BandMembers = set_add(BandMembers, 'x')\nWHERE pk = 'x'`,
      "The second argument to SET_ADD must be a value with type SET at 2:27:11",
    ],
    [
      `UPDATE "t" SET a = 1, a = 2 WHERE pk = 'x'`,
      "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]",
    ],
    [
      `DELETE FROM "t" WHERE pk = 'x' RETURNING MODIFIED OLD *`,
      "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
    ],
    [
      `UPDATE "t" SET d = ${"{'a':".repeat(32)}1${"}".repeat(32)} WHERE pk = 'x'`,
      `Nesting Levels have exceeded supported limits under root${".a".repeat(32)}`,
    ],
    [`SELECT * FROM "t" WHERE a = ?`, "Number of parameters in request and statement don't match."],
  ];
  for (const [text, message] of cases) refuses(() => parseStatement(text), message);
  refuses(
    () => parseStatement(`SELECT * FROM "t"`, [{ S: "x" }]),
    "Number of parameters in request and statement don't match.",
  );
  refuses(
    () => parseStatement(`UPDATE "t" SET x = [?] WHERE pk = 'x'`, [{ S: "v" }]),
    "Unsupported data type: Parameter under key root[0] at 1:21:1",
  );
  refuses(
    () => parseStatement("nonsense", [{ SS: ["a", "a"] }]),
    "One or more parameter values were invalid: Input collection [a, a] contains duplicates.",
  );
});

test("whatever the text, a statement is parsed or refused", () => {
  const pieces = fc.constantFrom(
    ..."SELECT * FROM \"t\" WHERE a = 'x' AND ( ) [ ] { } << >> , . ? - 1 IN BETWEEN size( EXISTS( INSERT INTO VALUE UPDATE SET REMOVE IS NOT MISSING ' /* --".split(
      " ",
    ),
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      try {
        parseStatement(parts.join(" "));
      } catch (error) {
        assert.equal((error as { code?: string }).code, "ValidationException");
      }
    }),
    { numRuns: 500 },
  );
  assert.throws(() => parseStatement(`SELECT * FROM t WHERE ${"(".repeat(8000)}`), {
    code: "ValidationException",
  });
});

test("a write means one item by its whole key, and the rest is its condition", () => {
  const { key, rest } = keyOfWhere(where("(pk = 'a' AND 'b' = sk) AND flag = 'x'"), SCHEMA);
  assert.deepEqual(key, { pk: { S: "a" }, sk: { S: "b" } });
  assert.equal(evaluateCondition(rest!, { flag: { S: "x" } }), true);
  assert.equal(keyOfWhere(where("pk = 'a' AND sk = 'b' AND pk = 'a'"), SCHEMA).rest, undefined);
  refuses(
    () => keyOfWhere(where("pk = 'a' AND flag = 'x'"), SCHEMA),
    "Where clause does not contain a mandatory equality on all key attributes",
  );
  refuses(
    () => keyOfWhere(where("pk = 'a' AND sk = 'b' AND pk = 'c'"), SCHEMA),
    "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported",
  );
  assert.deepEqual(itemOfWhere(where("pk IN ['a'] AND sk = 'b'"), SCHEMA)?.key, key);
  assert.equal(itemOfWhere(where("pk = 'a' OR sk = 'b'"), SCHEMA), undefined);
});

test("a SELECT reads the partitions that it names, or the table", () => {
  const reads = (text: string) => {
    const { keyConditions, filter } = readsOfWhere(where(text), SCHEMA);
    return {
      partitions: keyConditions?.map((conditions) => {
        const { hash, range } = keyConditionOf(conditions, SCHEMA);
        return [hash.S, range.from, range.to];
      }),
      filtered: filter !== undefined,
    };
  };
  assert.deepEqual(reads("pk = 'a'"), {
    partitions: [["a", undefined, undefined]],
    filtered: false,
  });
  assert.deepEqual(reads("sk > 'b' AND pk = 'a' AND n = 1"), {
    partitions: [["a", "b\x05", undefined]],
    filtered: true,
  });
  assert.deepEqual(reads("pk IN ['a', 'b'] AND begins_with(sk, 'x')"), {
    partitions: [
      ["a", "x", "y"],
      ["b", "x", "y"],
    ],
    filtered: false,
  });
  assert.deepEqual(reads("pk > 'a'"), { partitions: undefined, filtered: true });
  assert.deepEqual(reads("pk = 'a' OR n = 1"), { partitions: undefined, filtered: true });
  refuses(
    () => reads("pk IN ['a', 'a']"),
    "Overlapping conditions with range keys are not supported in where clause",
  );
  refuses(
    () => reads("pk = 1"),
    "Key attribute's data type should match its data type in table's schema: Key pk",
  );
});
