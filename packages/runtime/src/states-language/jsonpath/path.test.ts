import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "../definition.ts";
import type { Scope } from "../scope.ts";
import { compilePath, exists, PathError, PathNotFound, readPath } from "./path.ts";

const scope: Scope = {
  context: { Execution: { Id: "arn:x", Input: { n: 7 } }, Map: { Item: { Index: 2 } } },
  variables: { price: 5, order: { lines: [{ sku: "a" }, { sku: "b" }] }, größe: "L" },
};

function read(path: string, input: Json = null): Json {
  return readPath(path, input, scope);
}

function reasonOf(path: string, input: Json): string {
  try {
    read(path, input);
  } catch (error) {
    if (error instanceof PathNotFound) return `${error.error}: ${error.cause}`;
    throw error;
  }
  return assert.fail(`${path} found something`);
}

/** The document that Jayway's README asks its questions of, with other books. */
const books: Json[] = [
  { category: "reference", author: "Ada", title: "Engines", price: 8.95 },
  { category: "fiction", author: "Bea", title: "Sword", price: 12.99 },
  { category: "fiction", author: "Cyd", title: "Whale", isbn: "0-1", price: 8.99 },
  { category: "fiction", author: "Dee", title: "Rings", isbn: "0-2", price: 22.99 },
];
const [engines, sword, whale, rings] = books as [Json, Json, Json, Json];
const bicycle: Json = { color: "red", price: 19.95 };
const store: Json = { store: { book: books, bicycle }, expensive: 10 };

describe("a path over Jayway's store (github.com/json-path/JsonPath, README, path examples)", () => {
  const examples: [path: string, found: Json][] = [
    ["$.store.book[*].author", ["Ada", "Bea", "Cyd", "Dee"]],
    ["$..author", ["Ada", "Bea", "Cyd", "Dee"]],
    ["$.store.*", [books, bicycle]],
    ["$.store..price", [8.95, 12.99, 8.99, 22.99, 19.95]],
    ["$..book[2]", [whale]],
    ["$..book[-2]", [whale]],
    ["$..book[0,1]", [engines, sword]],
    ["$..book[:2]", [engines, sword]],
    ["$..book[1:2]", [sword]],
    ["$..book[-2:]", [whale, rings]],
    ["$..book[2:]", [whale, rings]],
    ["$..book[?(@.isbn)]", [whale, rings]],
    ["$.store.book[?(@.price < 10)]", [engines, whale]],
    ["$..book[?(@.price <= $['expensive'])]", [engines, whale]],
    ["$..book[?(@.author =~ /.*EE/i)]", [rings]],
    ["$.store.book[0].title", "Engines"],
    ["$['store']['book'][0]['title']", "Engines"],
    ["$.store.book[?(@.category == 'fiction' && @.price > 20)].title", ["Rings"]],
    ["$.store.book[?(@.category == 'reference' || @.price > 20)].title", ["Engines", "Rings"]],
    [
      "$.store.book[?(!(@.price < 10 && @.category == 'fiction'))].title",
      ["Engines", "Sword", "Rings"],
    ],
    ["$.store.book[?(!@.isbn)].title", ["Engines", "Sword"]],
    ["$..[?(@.isbn)].title", ["Whale", "Rings"]],
  ];
  for (const [path, found] of examples)
    test(`finds what ${path} says`, () => assert.deepEqual(read(path, store), found));

  test("finds all members and all lists below `..*`", () => {
    assert.equal((read("$..*", store) as Json[]).length, 2 + 2 + 4 + 18 + 2);
  });
});

describe("the operators of a filter (README, Filter Operators)", () => {
  const items: Json[] = [
    { k: 1, s: "abc", l: ["a", "b"], n: null, o: {} },
    { k: 2, s: "", l: [], b: true },
    { k: "2", s: "xyz", l: ["c"] },
  ];
  const examples: [filter: string, keys: Json[]][] = [
    ["@.k == 1", [1]],
    ["@.k == 2", [2, "2"]],
    ["@.k === 2", [2]],
    ["@.k !== 2", [1, "2"]],
    ["@.k != 2", [1]],
    ["@.k > 1", [2]],
    ["@.k >= 1", [1, 2]],
    ["@.s < 'b'", [1, 2]],
    ["@.s =~ /a.c/", [1]],
    ["@.s =~ /b/", []],
    ["/ABC/i =~ @.s", [1]],
    ["@.l =~ /[bc]/", [1, "2"]],
    ["@.k in [1, 'x']", [1]],
    ["@.k nin [1, 'x']", [2, "2"]],
    ["@.l subsetof ['a','b','z']", [1, 2]],
    ["@.l anyof ['b','c']", [1, "2"]],
    ["@.l noneof ['b','c']", [2]],
    ["@.l all ['a','b']", [1]],
    ["@.l contains 'c'", ["2"]],
    ["@.s contains 'y'", ["2"]],
    ["@.l size 2", [1]],
    ["@.s SIZE 3", [1, "2"]],
    ["@.s empty true", [2]],
    ["@.l empty false", [1, "2"]],
    ["@.n", [1]],
    ["@.n == null", [1]],
    ["@.missing == null", []],
    ["@.b == true", [2]],
    ["@.l == ['a', 'b']", [1]],
    ["@.o == {}", [1]],
    ["@['s'] == \"abc\"", [1]],
    ["@.l[0] == 'a'", [1]],
    ["@.k < $price", [1, 2]],
    ["@.k == $$.Map.Item.Index", [2, "2"]],
    ["true", [1, 2, "2"]],
  ];
  for (const [filter, keys] of examples)
    test(`picks by ${filter}`, () => assert.deepEqual(read(`$[?(${filter})].k`, items), keys));

  test("lets an object pass or not, and knows no scalars", () => {
    assert.deepEqual(read("$.o[?(@.a == 1)].b", { o: { a: 1, b: 2 } }), [2]);
    // developer guide, "Paths": the @ operator "does not match scalar values. It only matches objects."
    assert.deepEqual(read("$[?(@ > 1)]", [1, 2, 3]), []);
  });

  test("takes several filters together", () => {
    assert.deepEqual(read("$[?(@.k), ?(@.b)].k", items), [2]);
  });
});

describe("a definite path", () => {
  const input = {
    "a b": 1,
    é: { "x-y:z": 2 },
    list: [10, 20, [30]],
    nil: null,
    "it's": 3,
    "a\\": 4,
  };
  const examples: [path: string, found: Json][] = [
    ["$", input],
    ["$['a b']", 1],
    ['$["a b"]', 1],
    ["$.é.x-y:z", 2],
    ["$.['é'].['x-y:z']", 2],
    ["$.list[0]", 10],
    ["$.list[ -1 ][0]", 30],
    ["$.nil", null],
    ["$['it\\'s']", 3],
    ["$['a\\\\']", 4],
    ["$['a b','nil','missing']", { "a b": 1, nil: null }],
  ];
  for (const [path, found] of examples)
    test(`gives the value of ${path}`, () => assert.deepEqual(read(path, input), found));

  test("finds a field whose name has a backslash and double quotes, as AWS does", () => {
    // localstack test_base_scenarios.snapshot.json: test_escape_sequence_parsing[ESCAPE_SEQUENCES_JSONPATH]
    assert.equal(read('$[\'Test\\""Name"\']', { 'Test\\""Name"': "v" }), "v");
  });

  test("sees names that objects inherit as any others", () => {
    assert.equal(read("$.__proto__", JSON.parse('{"__proto__":1}')), 1);
    assert.deepEqual(
      read("$['__proto__','a']", JSON.parse('{"__proto__":1}')),
      JSON.parse('{"__proto__":1}'),
    );
    assert.equal(exists("$.constructor", {}, scope), false);
  });

  test("says in Jayway's words why it finds nothing", () => {
    // localstack test_base_scenarios.snapshot.json (recorded on AWS)
    assert.equal(
      reasonOf("$.NoSuchInputPath", {}),
      "States.Runtime: Invalid path '$.NoSuchInputPath' : No results for path: $['NoSuchInputPath']",
    );
    assert.equal(
      reasonOf("$.no.such.result.path", {}),
      "States.Runtime: Invalid path '$.no.such.result.path' : Missing property in path $['no']",
    );
    // aws-step-functions-developer-guide pull request 5: functions are names of fields
    assert.equal(
      reasonOf("$.list.length()", { list: [1] }),
      "States.Runtime: Invalid path '$.list.length()' : Property ['length()'] not found in path $['list']",
    );
    assert.match(reasonOf("$.list[5]", { list: [1] }), /No results for path: \$\['list'\]\[5\]$/);
    assert.match(reasonOf("$.nil[0]", { nil: null }), /The path \$\['nil'\] is null$/);
    assert.match(reasonOf("$.o[0]", { o: {} }), /Filter: \[0\] can only be applied to arrays/);
  });
});

describe("an indefinite path", () => {
  // localstack test_base.snapshot.json: test_json_path_array_wildcard_or_slice_with_no_input (recorded on AWS)
  for (const path of [
    "$[*]",
    "$.items[*]",
    "$.items[1:]",
    "$.items[:1]",
    "$.item.items[*]",
    "$.item.items[1:5]",
    "$.items[*].itemValue",
    "$.item.items[1:5].itemValue",
  ])
    test(`is the empty list where ${path} has nothing to look at`, () =>
      assert.deepEqual(read(path, {}), []));

  test("fails where it cuts what is no array", () => {
    for (const path of ["$[1:5]", "$[1:]", "$[:1]"])
      assert.match(reasonOf(path, {}), /can only be applied to arrays/);
  });

  test("leaves out the elements that lack the field", () => {
    assert.deepEqual(read("$[*].a", [{ a: 1 }, { b: 2 }, 3, { a: null }]), [1, null]);
  });

  test("cuts as Jayway does", () => {
    const list = [0, 1, 2, 3, 4];
    const cuts: [slice: string, found: number[]][] = [
      ["1:3", [1, 2]],
      ["3:", [3, 4]],
      ["-2:", [3, 4]],
      [":2", [0, 1]],
      [":-2", [0, 1, 2]],
      ["-3:-1", [2, 3]],
      ["1:-1", []],
      ["3:1", []],
      ["7:9", []],
      ["0:99", list],
      ["-99:", list],
    ];
    for (const [slice, found] of cuts) assert.deepEqual(read(`$[${slice}]`, list), found, slice);
  });
});

describe("the roots", () => {
  test("are the Context object and variables too", () => {
    assert.equal(read("$$.Execution.Id"), "arn:x");
    assert.deepEqual(read("$$"), scope.context);
    assert.equal(read("$price"), 5);
    assert.deepEqual(read("$order.lines[*].sku"), ["a", "b"]);
    assert.equal(read("$order['lines'][1].sku"), "b");
    assert.equal(read("$größe"), "L");
    assert.match(reasonOf("$nothing.x", {}), /Invalid path '\$nothing\.x'/);
  });
});

test("tells what exists, be it null", () => {
  const input = { a: null, l: [] };
  const answers = ["$.a", "$.b", "$.b.c", "$.l[0]", "$$.Map", "$price", "$cost", "$.l[*]"].map(
    (path) => exists(path, input, scope),
  );
  assert.deepEqual(answers, [true, false, false, false, true, true, false, false]);
});

test("knows what can be written to", () => {
  const references = [
    "$",
    "$.a.b",
    "$['a'][0]",
    "$.a[*]",
    "$..a",
    "$.a[0,1]",
    "$['a','b']",
    "$.a[1:]",
  ];
  assert.deepEqual(
    references.map((path) => compilePath(path).isReference),
    [true, true, true, false, false, false, false, false],
  );
});

describe("a text that is no path is refused:", () => {
  const nonsense = [
    "",
    "a",
    "x.y",
    "$.",
    "$..",
    "$.a b",
    "$.a.",
    "$[",
    "$[]",
    "$['a",
    "$['a'",
    "$[a]",
    "$[1",
    "$[:]",
    "$[1;2]",
    "$[99999999999]",
    "$[?]",
    "$[?()]",
    "$[?(@.a ==)]",
    "$[?(@.a == 1]",
    "$[?(@.a like 1)]",
    "$[?(@.a =~ /(/)]",
    "$[?(1)]",
    "$[(@.length-1)]",
    "$$$",
    "$.a]",
    `$[?(${"(".repeat(200)}@.a${")".repeat(200)})]`,
    `$[?(@.a == ${"[".repeat(200)}${"]".repeat(200)})]`,
    `$${".a".repeat(40_000)}`,
  ];
  for (const text of nonsense)
    test(text.length > 40 ? `${text.slice(0, 40)}… (${text.length})` : `'${text}'`, () => {
      assert.throws(() => compilePath(text), PathError);
    });
});

test("a pattern that would match for ever is given up", () => {
  const input = { a: [{ b: `${"a".repeat(40)}!` }] };
  assert.throws(() => read("$.a[?(@.b =~ /(a+)+/)]", input), {
    error: "States.Runtime",
    cause: "Matching /^(?:(a+)+)$/ takes too long.",
  });
});

test("a deep document and a long path exhaust no stack", () => {
  const depth = 20_000;
  const deep = JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`) as Json;
  assert.equal(read(`$${".a".repeat(depth)}`, deep), 1);
  assert.equal((read("$..a", deep) as Json[]).length, depth);
  assert.deepEqual(read("$..[?(@.b)]", deep), []);
  assert.match(reasonOf("$[0]", deep), /can only be applied to arrays/);
  const wide = Array.from({ length: 300_000 }, (_, at) => at);
  assert.equal((read("$..[*]", wide) as Json[]).length, wide.length);
});
