import assert from "node:assert/strict";
import { test } from "node:test";
import { check, done, inner, jsonata, map, only, pass, SCHEMA, table, work } from "./testing.ts";

test("the query language of states (floci issue 2968, measured)", async (context) => {
  const wrong = (language: string, field: string, other: string): string =>
    `The QueryLanguage is set to '${language}', but field '${field}' is only supported for the '${other}' QueryLanguage`;
  const downgrade =
    "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
  const enumerated = "Value should be one of the following: [JSONPath, JSONata]";
  await table(context, [
    [
      "Output in JSONPath",
      only(pass({ Output: 1 })),
      [SCHEMA, wrong("JSONPath", "Output", "JSONata"), "/States/X"],
    ],
    [
      "InputPath in JSONata",
      only(pass({ InputPath: "$" }), jsonata),
      [SCHEMA, wrong("JSONata", "InputPath", "JSONPath"), "/States/X"],
    ],
    [
      "back to JSONPath",
      only(pass({ QueryLanguage: "JSONPath", Output: 1 }), jsonata),
      [SCHEMA, downgrade, "/States/X"],
    ],
    [
      "back to JSONPath, with a range of its own",
      only(map({ QueryLanguage: "JSONPath", MaxConcurrency: -1 }), jsonata),
      [SCHEMA, downgrade, "/States/X"],
      [SCHEMA, "Minimum value is 0", "/States/X/MaxConcurrency"],
    ],
    [
      "a Map's language is not its states'",
      only(
        map({
          QueryLanguage: "JSONata",
          ItemProcessor: { StartAt: "P", States: { P: pass({ Output: 1 }) } },
        }),
      ),
      [SCHEMA, wrong("JSONPath", "Output", "JSONata"), "/States/X/ItemProcessor/States/P"],
    ],
    [
      "a language of an ItemProcessor",
      only(map({ ItemProcessor: { ...inner, ...jsonata } })),
      [SCHEMA, "Field 'QueryLanguage' is not supported", "/States/X/ItemProcessor"],
    ],
    [
      "what is not exactly JSONPath is JSONata",
      only(pass({ QueryLanguage: "foo", InputPath: "$.a" })),
      [SCHEMA, wrong("JSONata", "InputPath", "JSONPath"), "/States/X"],
      [SCHEMA, enumerated, "/States/X/QueryLanguage"],
    ],
    ["Assign is for both", only(pass({ Assign: { n: 1 } }))],
    ["up to JSONata", only(pass({ ...jsonata, Output: "{% 1 %}" }))],
  ]);
});

test("JSONata expressions are parsed, and begin at $states or a variable (floci issues 2670, 2745)", async (context) => {
  const INVALID = "INVALID_JSONATA_EXPRESSION";
  const UNSUPPORTED = "UNSUPPORTED_JSONATA_EXPRESSION";
  const bare = (name: string) => `Reference to '${name}' at the top level is not supported.`;
  const rows: readonly [expression: string, code?: string, message?: string][] = [
    ["a[1,2)", INVALID, 'Expected "]", got ","'],
    ['"unterminated', INVALID, "String literal must be terminated by a matching quote"],
    ["1 +", INVALID, "Unexpected end of expression"],
    ['{"a":}', INVALID, 'The symbol "}" cannot be used as a unary operator'],
    ['$match("a", /abc', INVALID, "No terminating / in regular expression"],
    ["", INVALID, "Unexpected end of expression"],
    ["$$", UNSUPPORTED, "Reference to '$$' is not supported."],
    ["$states.errorOutput", UNSUPPORTED, "Field '$states.errorOutput' does not exist."],
    ["phone", UNSUPPORTED, bare("phone")],
    ["$map($states.input.a, function($x){ b })", UNSUPPORTED, bare("b")],
    ["($x := foo.bar; $x)", UNSUPPORTED, bare("foo")],
    ["{'k': v}", UNSUPPORTED, bare("v")],
    ["$states.input.items[value > 3]"],
    ["$states.input.items^(>price).name"],
    ["$states.input.items{name: $sum(price)}"],
    ["$states.input.a.(b + c)"],
    ["$states.input ~> |items|{'x': price}|"],
  ];
  for (const [expression, code, message] of rows) {
    await context.test(expression, () => {
      const definition = only(pass({ Output: { v: [`{% ${expression} %}`] } }), jsonata);
      assert.deepEqual(check(definition), code ? [[code, message, "/States/X/Output/v[0]"]] : []);
    });
  }
  await context.test("the error output is there in a catcher", () => {
    const catcher = { ErrorEquals: ["States.ALL"], Next: "D", Output: "{% $states.errorOutput %}" };
    const States = {
      X: work({ Catch: [{ ...catcher, Assign: { e: "{% $states.errorOutput.Error %}" } }] }),
      D: done,
    };
    assert.deepEqual(check({ ...jsonata, StartAt: "X", States }), []);
  });
  await context.test("an expression that does not end", () => {
    assert.deepEqual(check(only(pass({ Output: "{% 1" }), jsonata)), [
      [SCHEMA, "JSONata string must start with {% and end with %}", "/States/X/Output"],
    ]);
  });
});

test("paths and templates (cdk_preflight's pf-sfn-asl-jsonpath-syntax, measured)", async (context) => {
  const template = "must be a valid JSONPath or a valid intrinsic function call";
  await table(context, [
    [
      "no path",
      only(pass({ InputPath: "a" })),
      [SCHEMA, "Value must be a valid JSONPath.", "/States/X/InputPath"],
    ],
    [
      "a broken path",
      only(pass({ OutputPath: "$.[" })),
      [SCHEMA, "Value must be a valid JSONPath.", "/States/X/OutputPath"],
    ],
    [
      "a wildcard to write to",
      only(pass({ ResultPath: "$.a[*]" })),
      [SCHEMA, "Value is not a Reference Path", "/States/X/ResultPath"],
    ],
    ["null paths", only(work({ InputPath: null, OutputPath: null, ResultPath: null }))],
    ["a variable to read from", only(pass({ InputPath: "$order.items[0]" }))],
    [
      "a template",
      only(work({ Parameters: { deep: [{ "n.$": "name" }] } })),
      [SCHEMA, `The value for the field 'n.$' ${template}`, "/States/X/Parameters/deep[0]"],
    ],
    [
      "a function that there is not",
      only(work({ ResultSelector: { "n.$": "States.Nope($.a)" } })),
      [SCHEMA, `The value for the field 'n.$' ${template}`, "/States/X/ResultSelector"],
    ],
    [
      "a good template",
      only(work({ Parameters: { "a.$": "$$.Execution.Id", "b.$": "States.Array($.a, 1)", c: 1 } })),
    ],
    [
      "the reserved variable",
      only(pass({ Assign: { states: 1 } })),
      [
        "RESERVED_VARIABLE_NAME",
        "Cannot assign to reserved variable '$states'.",
        "/States/X/Assign/states",
      ],
    ],
    [
      "a variable's name",
      only(pass({ Assign: { "a-b.$": "$.x" } })),
      [
        "INVALID_VARIABLE_NAME",
        "Invalid variable name 'a-b': the variable name contains invalid characters.",
        "/States/X/Assign/a-b.$",
      ],
    ],
  ]);
});
