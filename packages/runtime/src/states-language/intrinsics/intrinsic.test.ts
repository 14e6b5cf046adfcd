import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Json } from "../definition.ts";
import { PathError } from "../jsonpath/path.ts";
import type { Scope } from "../scope.ts";
import { StatesError } from "../states-error.ts";
import { callIntrinsic, compileIntrinsic } from "./intrinsic.ts";
import type { Randomness } from "./randomness.ts";

const scope: Scope = {
  context: { StateMachine: { Id: "arn:s", Name: "a-b-c" } },
  variables: { who: "Ada" },
};
const randomness: Randomness = { uuid: () => "u-1", integer: (start, end) => end - start };

function call(text: string, input: Json = null): Json {
  return callIntrinsic(text, input, scope, randomness);
}

function failureOf(text: string, input: Json = null): string {
  try {
    call(text, input);
  } catch (error) {
    if (error instanceof StatesError) return `${error.error}: ${error.cause}`;
    throw error;
  }
  return assert.fail(`${text} gave a value`);
}

function refuses(text: string, input: Json = null): void {
  const name = text.slice(0, text.indexOf("("));
  assert.equal(failureOf(text, input), `States.Runtime: Invalid arguments in ${name}`, text);
}

/** Calls, their input and what they give. */
type Cases = readonly (readonly [text: string, input: Json, result: Json])[];

function gives(cases: Cases): void {
  for (const [text, input, result] of cases) assert.deepEqual(call(text, input), result, text);
}

describe("the functions of Appendix B of the specification and of the developer guide", () => {
  test("States.Format fills its places, showing values as Java writes them", () => {
    // localstack test_generic.snapshot.json: test_format_1, test_format_2 (recorded on AWS)
    gives([
      [
        "States.Format('Your name is {}, we are in the year {}', $.n, 2020)",
        { n: "Foo" },
        "Your name is Foo, we are in the year 2020",
      ],
      [
        "States.Format($.t, $.n)",
        { t: "Hello, my name is {}.", n: "Arnav" },
        "Hello, my name is Arnav.",
      ],
      ["States.Format('{}', $.a)", { a: null }, "null"],
      ["States.Format('{} {}', $.a, true)", { a: 1.1 }, "1.1 true"],
      ["States.Format('fst={}.', $)", { Arg1: 1, Arg2: [] }, "fst={Arg1=1, Arg2=[]}."],
      ["States.Format('{}', $)", ["a", { b: [null, "c"] }], "[a, {b=[null, c]}]"],
      [
        "States.Format('{} {} {}', 12345678.5, 0.00012, 9007199254740991)",
        null,
        "1.23456785E7 1.2E-4 9007199254740991",
      ],
      ["States.Format('no places')", null, "no places"],
      ["States.Format('')", null, ""],
    ]);
  });

  test("States.Format keeps what is escaped, and refuses braces and arguments that do not pair", () => {
    gives([
      ["States.Format('\\{\\} \\'{}\\' \\\\', $.a)", { a: "x" }, "{} 'x' \\"],
      ["States.Format('{}', $.a)", { a: "{}" }, "{}"],
    ]);
    for (const text of [
      "States.Format('{} {}', 1)",
      "States.Format('{}', 1, 2)",
      "States.Format('Hello {', 1)",
      "States.Format('Hello {{}}', 1)",
      "States.Format('}')",
      "States.Format(1)",
      "States.Format()",
    ])
      refuses(text);
  });

  test("States.StringToJson parses, and takes blanks for null", () => {
    // localstack test_json_manipulation.snapshot.json: test_string_to_json (recorded on AWS)
    gives([
      ["States.StringToJson($)", '{"number": 20}', { number: 20 }],
      ["States.StringToJson('[1, \"a\"]')", null, [1, "a"]],
      ['States.StringToJson(\'{"a": "b"}\')', null, { a: "b" }],
      ["States.StringToJson($)", "", null],
      ["States.StringToJson($)", " ", null],
      ["States.StringToJson($)", "null", null],
      ["States.StringToJson($)", "1.1", 1.1],
    ]);
    for (const input of ["{bad}", '{"a":1', "undefined", 1, { a: 1 }, [1]])
      refuses("States.StringToJson($)", input);
  });

  test("States.JsonToString writes JSON without blanks", () => {
    gives([
      ["States.JsonToString($)", { name: "Foo", year: 2020 }, '{"name":"Foo","year":2020}'],
      ["States.JsonToString($)", "Hi", '"Hi"'],
      ["States.JsonToString($)", null, "null"],
      ["States.JsonToString('x')", null, '"x"'],
    ]);
  });

  test("States.Array, ArrayLength and ArrayContains", () => {
    gives([
      ["States.Array('Foo', 2020, $, null)", { a: 1 }, ["Foo", 2020, { a: 1 }, null]],
      ["States.Array()", null, []],
      ["States.ArrayLength($)", [1, 2, 3], 3],
      ["States.ArrayContains($.l, $.v)", { l: [1, 2, 3], v: 5 }, false],
      ["States.ArrayContains($.l, $.v)", { l: [{ a: 1, b: [] }], v: { b: [], a: 1 } }, true],
      ["States.ArrayContains($.l, $.v)", { l: [], v: [] }, false],
      ["States.ArrayContains($.l, $.v)", { l: [1], v: "1" }, false],
    ]);
    refuses("States.ArrayLength($)", "abc");
    refuses("States.ArrayContains($, 1)", {});
  });

  test("States.ArrayPartition cuts into parts, without the size's fraction", () => {
    gives([
      [
        "States.ArrayPartition($, 4)",
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
        [[1, 2, 3, 4], [5, 6, 7, 8], [9]],
      ],
      ["States.ArrayPartition($, 2.6)", [1, 2, 3], [[1, 2], [3]]],
      ["States.ArrayPartition($, 2147483647)", [1], [[1]]],
      ["States.ArrayPartition($, 3)", [], []],
    ]);
    for (const size of ["0", "-1", "0.6", "'2'", "null", "2147483648"])
      refuses(`States.ArrayPartition($, ${size})`, [1]);
  });

  test("States.ArrayRange counts up or down, to 1,000 elements", () => {
    gives([
      ["States.ArrayRange(1, 9, 2)", null, [1, 3, 5, 7, 9]],
      ["States.ArrayRange(5, 1, -2)", null, [5, 3, 1]],
      ["States.ArrayRange(3, 3, -1)", null, [3]],
      ["States.ArrayRange(5, 1, 1)", null, []],
      ["States.ArrayRange(1.6, 1.4, 1)", null, [1]],
      ["States.ArrayRange(5.4, -0.6, -2.4)", null, [5, 3, 1]],
    ]);
    assert.equal((call("States.ArrayRange(1000, 1, -1)") as Json[]).length, 1000);
    for (const bad of ["1, 1001, 1", "1001, 1, -1", "1, 10, 0", "1, 10, 0.49", "'a', 5, 1", "1, 5"])
      refuses(`States.ArrayRange(${bad})`);
  });

  test("States.ArrayGetItem counts from 0", () => {
    gives([
      ["States.ArrayGetItem($.a, $.i)", { a: [1, 2, 3, 4, 5, 6, 7, 8, 9], i: 5 }, 6],
      ["States.ArrayGetItem($, 1.2)", [10, 20], 20],
      ["States.ArrayGetItem($, 999)", [], null],
      ["States.ArrayGetItem($, 0)", [null], null],
    ]);
    for (const index of ["2", "-1", "'1'"]) refuses(`States.ArrayGetItem($, ${index})`, [1, 2]);
  });

  test("States.ArrayUnique gives what differs in the order of Java's sets", () => {
    gives([
      ["States.ArrayUnique($)", [1, 2, 3, 3, 3, 3, 3, 3, 4], [1, 2, 3, 4]],
      ["States.ArrayUnique($)", [true, false, true], [false, true]],
      [
        "States.ArrayUnique($)",
        [
          [1, 2],
          [1, 2],
          [2, 1],
        ],
        [
          [2, 1],
          [1, 2],
        ],
      ],
      ["States.ArrayUnique($)", [null, null, 1, null], [null, 1]],
      ["States.ArrayUnique($)", [1, "1", "01"], [1, "1", "01"]],
      [
        "States.ArrayUnique($)",
        [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
        [{ a: 1, b: 2 }],
      ],
    ]);
    refuses("States.ArrayUnique($)", { a: 1 });
  });

  test("States.Base64Encode and Base64Decode take 10,000 characters", () => {
    gives([
      ["States.Base64Encode($)", "Data to encode", "RGF0YSB0byBlbmNvZGU="],
      ["States.Base64Decode($)", "RGF0YSB0byBlbmNvZGU=", "Data to encode"],
      ["States.Base64Decode('4pyT')", null, "✓"],
      ["States.Base64Decode(' YWJjZA ')", null, "abcd"],
    ]);
    assert.equal((call("States.Base64Encode($)", "a".repeat(10_000)) as string).length, 13_336);
    refuses("States.Base64Encode($)", "a".repeat(10_001));
    refuses("States.Base64Decode($)", "a".repeat(10_001));
    refuses("States.Base64Encode($)", 1);
  });

  test("States.Hash knows five algorithms by their exact names", () => {
    gives([
      ["States.Hash('input data', $)", "MD5", "812f45842bc6d66ee14572ce20db8e86"],
      ["States.Hash('input data', $)", "SHA-1", "aaff4a450a104cd177d28d18d74485e8cae074b7"],
      [
        "States.Hash('input data', $)",
        "SHA-256",
        "b4a697a057313163aee33cd8d40c66e9f0f177e00cac2de32475ffff6169c3e3",
      ],
      [
        "States.Hash('input data', $)",
        "SHA-384",
        "d28a7d5cf25a74f11a50a18452b75e04bb3d70c9dd0510d6123aa008c756511b87525bdc835ebb27e1fb9e9374a15562",
      ],
      [
        "States.Hash('input data', $)",
        "SHA-512",
        "6ce4adb348546d4f449c4d25aad9a7c9cb711d9e91982d3f0b29ca2f3f47d4ce2deba23bf2954f0f1d593fc50283731a533d30d425402d4f91316d871303aac4",
      ],
    ]);
    for (const name of ["sha-256", "SHA256", "MD-5", ""]) refuses("States.Hash('x', $)", name);
    refuses("States.Hash($, 'MD5')", "a".repeat(10_001));
  });

  test("States.JsonMerge merges shallowly only", () => {
    gives([
      [
        "States.JsonMerge($.json1, $.json2, false)",
        { json1: { a: { a1: 1, a2: 2 }, b: 2 }, json2: { a: { a3: 1, a4: 2 }, c: 3 } },
        { a: { a3: 1, a4: 2 }, b: 2, c: 3 },
      ],
    ]);
    refuses("States.JsonMerge($, $, true)", {});
    refuses("States.JsonMerge($, $, false)", []);
    refuses("States.JsonMerge($, $)", {});
  });

  test("States.MathAdd rounds, a half upwards, and stays within 32 bits", () => {
    // localstack test_math_operations.snapshot.json: test_math_add (recorded on AWS)
    const sums = [
      [111, -1, 110],
      [1.49, 1.5, 3],
      [1.5, 1.51, 4],
      [-1.49, -1.5, -2],
      [-1.5, -1.51, -3],
      [-1.5, 0, -1],
      [-1.51, 0, -2],
      [0.5, 0, 1],
      [-0.5, 0, 0],
      [-2.5, 0, -2],
      [2_147_483_646, 1, 2_147_483_647],
    ] as const;
    for (const [a, b, sum] of sums) gives([[`States.MathAdd(${a}, ${b})`, null, sum]]);
    for (const bad of [
      "2147483647, 1",
      "-2147483648, -1",
      "3000000000, 1",
      "'1', 2",
      "true, 1",
      "null, 1",
      "1",
    ])
      refuses(`States.MathAdd(${bad})`);
  });

  test("States.MathRandom draws from the start to before the end, the same for a seed", () => {
    assert.equal(call("States.MathRandom(1, 999)"), 998);
    for (const bad of ["1, 1", "10, 5", "1.4, 1.6", "'a', 10", "1, 10, 'seed'", "1, 10, null", "1"])
      refuses(`States.MathRandom(${bad})`);
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.integer(),
        (start, size, seed) => {
          const text = `States.MathRandom(${start}, ${start + size}, ${seed})`;
          const drawn = call(text) as number;
          assert.ok(Number.isInteger(drawn) && drawn >= start && drawn < start + size, text);
          assert.equal(call(text), drawn);
        },
      ),
    );
  });

  test("States.StringSplit splits at each of the characters, and leaves empty parts out", () => {
    // localstack test_string_operations.snapshot.json: test_string_split (recorded on AWS)
    gives([
      ["States.StringSplit($, ',')", "1,2,3", ["1", "2", "3"]],
      [
        "States.StringSplit($, '.+,=')",
        "This.is+a,test=string",
        ["This", "is", "a", "test", "string"],
      ],
      ["States.StringSplit($, ',')", ", , ,", [" ", " "]],
      ["States.StringSplit($, ',')", ",,,,", []],
      ["States.StringSplit($, ',')", "", []],
      ["States.StringSplit('Hello\nWorld', '\n')", null, ["Hello", "World"]],
      ["States.StringSplit($, '')", "abc", ["abc"]],
    ]);
    refuses("States.StringSplit($, ',')", 1);
    refuses("States.StringSplit($, null)", "a");
  });

  test("States.UUID takes no arguments", () => {
    assert.equal(call("States.UUID()"), "u-1");
    assert.match(
      callIntrinsic("States.UUID()", null, scope) as string,
      /^[0-9a-f]{8}-[0-9a-f]{4}-4/,
    );
    refuses("States.UUID(1)");
  });
});

test("functions nest, and read the Context object and variables", () => {
  gives([
    [
      "States.ArrayGetItem(States.StringSplit($$.StateMachine.Name, '-'), States.MathAdd(States.ArrayLength(States.StringSplit($$.StateMachine.Name, '-')), -1))",
      null,
      "c",
    ],
    ["States.Format('{} {}', $who, $$.StateMachine)", null, "Ada {Id=arn:s, Name=a-b-c}"],
    ["States.Array( $.a[?(@.b > 1)] )", { a: [{ b: 1 }, { b: 2 }] }, [[{ b: 2 }]]],
    ["States.ArrayLength($.items[*].id)", { items: [{ id: 1 }, {}, { id: 3 }] }, 2],
  ]);
});

test("a path that finds nothing fails as AWS words it", () => {
  assert.equal(
    failureOf("States.Format('{}', $.nope)", { other: 1 }),
    "States.Runtime: The function 'States.Format('{}', $.nope)' had the following error: The JsonPath argument for the field '$.nope' could not be found in the input '{\"other\":1}'",
  );
});

test("a value that nests deeper than the stack is an argument that does not fit", () => {
  const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) as Json;
  for (const name of ["JsonToString", "ArrayUnique"]) refuses(`States.${name}($)`, deep);
  refuses("States.Format('{}', $)", deep);
});

describe("a text that is no call is refused:", () => {
  const nested = (depth: number) => `${"States.Array(".repeat(depth)}1${")".repeat(depth)}`;
  for (const text of [
    "States.Nothing()",
    "States.Format",
    "States.Format(",
    "States.Format('a'",
    "States.Format('a)",
    "States.Format('a',)",
    "States.Format(,'a')",
    "States.Format('a') x",
    'States.Format("a")',
    "States.Format(a)",
    "States.Array(1 2)",
    // localstack test_base_scenarios.snapshot.json: test_illegal_escapes (recorded on AWS)
    'States.StringToJson(\'{"text":"An \\"escaped double quote\\" here"}\')',
    "States.Base64Decode('YWJj\\nZA==')",
    nested(11),
  ])
    test(text.slice(0, 40), () => assert.throws(() => compileIntrinsic(text), PathError));

  test("but ten may nest", () => assert.doesNotThrow(() => compileIntrinsic(nested(10))));
});

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;

test("what one function does another undoes", () => {
  fc.assert(
    fc.property(json, fc.string({ unit: "grapheme" }), (value, text) => {
      // JSON has no -0
      const plain = JSON.parse(JSON.stringify(value)) as Json;
      assert.deepEqual(call("States.StringToJson(States.JsonToString($))", plain), plain);
      assert.equal(call("States.Base64Decode(States.Base64Encode($))", text), text);
    }),
  );
});

test("the parts of an array are the array", () => {
  fc.assert(
    fc.property(fc.array(json), fc.integer({ min: 1, max: 10 }), (array, size) => {
      const parts = call(`States.ArrayPartition($, ${size})`, array) as Json[][];
      assert.deepEqual(parts.flat(), array);
      assert.ok(parts.slice(0, -1).every((part) => part.length === size));
      const unique = call("States.ArrayUnique($)", array) as Json[];
      assert.ok(
        array.every((each) => call("States.ArrayContains($.u, $.e)", { u: unique, e: each })),
      );
      assert.deepEqual(call("States.ArrayLength(States.ArrayUnique($))", unique), unique.length);
    }),
  );
});

test("any text, escaped, is itself in a format", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const escaped = text.replace(/['{}\\]/g, "\\$&");
      assert.equal(call(`States.Format('${escaped}')`), text);
      assert.equal(call("States.Format('<{}>', $)", text), `<${text}>`);
    }),
  );
});

test("any text is a call or refused as none", () => {
  const pieces = fc.array(
    fc.constantFrom(
      "States.",
      "Format",
      "Array",
      "UUID",
      "(",
      ")",
      ",",
      "'",
      "\\",
      "{}",
      "$",
      ".a",
      "[0]",
      "1",
      "-",
      "null",
      " ",
    ),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        pieces.map((all) => `States.Array(${all.join("")})`),
      ),
      json,
      (text, input) => {
        try {
          call(text, input);
        } catch (error) {
          assert.ok(error instanceof PathError || error instanceof StatesError, String(error));
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
