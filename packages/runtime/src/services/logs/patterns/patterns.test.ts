import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { compilePattern } from "./pattern.ts";

// The tables are the examples of https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html,
// each with what it says of it.

const matches = (pattern: string, message: string) =>
  compilePattern(pattern).match(message) !== undefined;

const REQUESTS = [
  "[ERROR 400] BAD REQUEST",
  "[ERROR 401] UNAUTHORIZED REQUEST",
  "[ERROR 419] MISSING ARGUMENTS",
  "[ERROR 420] INVALID ARGUMENTS",
  "[ERROR 500] INTERNAL SERVER ERROR",
  "[INFO] REQUEST FAILED",
];

const TERMS: [pattern: string, matched: number[]][] = [
  ["", [0, 1, 2, 3, 4, 5]],
  ['" "', [0, 1, 2, 3, 4, 5]],
  ["ERROR", [0, 1, 2, 3, 4]],
  ["error", []],
  ["ERROR ARGUMENTS", [2, 3]],
  ["?MISSING ?INVALID", [2, 3]],
  ["?ERROR ?ARGUMENTS REQUEST", [0, 1, 5]],
  ["?ERROR -ARGUMENTS", [0, 1, 4, 5]],
  ['"INTERNAL SERVER ERROR"', [4]],
  ["ERROR -ARGUMENTS", [0, 1, 4]],
  ['"ERROR" - "ARGUMENTS"', [0, 1, 4]],
  ["AUTHORIZED", [1]],
  ["%AUTHORIZED%", [1]],
  ["%ERROR\\s4\\d{2}%", [0, 1, 2, 3]],
  ["%FAILED$%", [5]],
  ["%^.ERROR% -REQUEST", [2, 3, 4]],
];

for (const [pattern, matched] of TERMS)
  test(`the terms ${pattern || "(none)"} match as AWS documents`, () => {
    const found = REQUESTS.flatMap((message, index) => (matches(pattern, message) ? [index] : []));
    assert.deepStrictEqual(found, matched);
  });

const REGULAR_EXPRESSIONS: [pattern: string, matching: string[], other: string[]][] = [
  ["%^[hc]at%", ["hat", "cats"], ["the cat"]],
  ["%[hc]at$%", ["the hat"], ["cats"]],
  ["%colou?r%", ["color", "colour"], ["colr"]],
  ["%a{3,5}%", ["aaa"], ["aa"]],
  ["%^ba{,2}$%", ["b", "baa"], ["baaa"]],
  ["%gray|grey%", ["gray", "grey"], ["gravy"]],
  ["%^starting|^initializing|^shutting down%", ["shutting down"], ["skipping initializing"]],
  ["%\\[.\\]%", ["[7]", "[ ]"], ["7"]],
  ["%10\\.10\\.0\\.1%", ["10.10.0.1"], ["10010,051"]],
  ["%ab*c%", ["ac", "abbbc"], ["adc"]],
  ["%\\x28\\w+\\x29%", ["call(me)"], ["call me"]],
];

for (const [pattern, matching, other] of REGULAR_EXPRESSIONS)
  test(`the regular expression ${pattern} matches as AWS documents`, () => {
    for (const message of matching) assert.ok(matches(pattern, message), message);
    for (const message of other) assert.ok(!matches(pattern, message), message);
  });

const TRAIL = JSON.stringify({
  eventType: "UpdateTrail",
  sourceIPAddress: "111.111.111.111",
  arrayKey: ["value", "another value"],
  objectList: [
    { name: "a", id: 1 },
    { name: "b", id: 2 },
  ],
  SomeObject: null,
  "cluster.name": "c",
  ThisFlag: true,
  "detail-type": "Order Placed",
});
const USERS = JSON.stringify({
  user: { id: 1, email: "John.Stiles@example.com" },
  users: [
    { id: 2, email: "John.Doe@example.com" },
    { id: 3, email: "Jane.Doe@example.com" },
  ],
  actions: ["GET", "PUT", "DELETE"],
  coordinates: [
    [0, 1, 2],
    [4, 5, 6],
    [7, 8, 9],
  ],
});
const NUMBERS = JSON.stringify({ latency: 50, code: "400", number: [1000, 0.001], below: -3 });

const JSON_PATTERNS: [pattern: string, message: string, expected: boolean][] = [
  ['{ $.eventType = "UpdateTrail" }', TRAIL, true],
  ['{ $.eventType = "Update*" }', TRAIL, true],
  ["{ $.eventType = *Trail }", TRAIL, true],
  ["{ $.eventType = *date* }", TRAIL, true],
  ["{ $.eventType = Up*ail }", TRAIL, false],
  ["{ $.sourceIPAddress != 123.123.* }", TRAIL, true],
  ["{ $.sourceIPAddress = 111.111.* }", TRAIL, true],
  ['{ $.arrayKey[0] = "value" }', TRAIL, true],
  ['{ $.arrayKey[2] = "value" }', TRAIL, false],
  ["{ $.objectList[1].id = 2 }", TRAIL, true],
  ["{ $.eventType = %Trail% }", TRAIL, true],
  ["{ $.arrayKey[*] = %val.{2}% }", TRAIL, true],
  ["{ $.* = %111\\.111\\.111\\.1[0-9]{1,2}% }", TRAIL, true],
  ["{ $.objectList[*].id = 2 }", TRAIL, true],
  ["{ $.['cluster.name'] = \"c\" }", TRAIL, true],
  ['{ $.detail-type = "Order Placed" }', TRAIL, true],
  ["{ $.SomeObject IS NULL }", TRAIL, true],
  ["{ $.eventType IS NULL }", TRAIL, false],
  ["{ $.SomeOtherObject IS NULL }", TRAIL, false],
  ["{ $.SomeOtherObject NOT EXISTS }", TRAIL, true],
  ["{ $.SomeObject NOT EXISTS }", TRAIL, false],
  ["{ $.ThisFlag IS TRUE }", TRAIL, true],
  ["{ $.ThisFlag IS FALSE }", TRAIL, false],
  // "If it points to an array or object, the filter will not be applied because the log format doesn't match."
  ["{ $.arrayKey = 1 }", TRAIL, false],
  ["{ $.arrayKey != 1 }", TRAIL, false],
  ["{ $.SomeOtherObject != 1 }", TRAIL, false],
  ["{ $.latency = * }", NUMBERS, true],
  ["{ $.missing = * }", NUMBERS, false],
  ["{ $.latency > 49.5 }", NUMBERS, true],
  ["{ $.latency > +50 }", NUMBERS, false],
  ["{ $.latency >= 50 && $.latency <= 5e1 }", NUMBERS, true],
  ["{ $.latency < 50 }", NUMBERS, false],
  ["{ $.code = 400}", NUMBERS, true],
  ["{ $.code != 500 }", NUMBERS, true],
  ["{ $.number[0] = 1e+3 }", NUMBERS, true],
  ["{ $.number[1] != 1e-3 }", NUMBERS, false],
  ["{ $.below < -2 }", NUMBERS, true],
  ['{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', USERS, true],
  [
    '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }',
    USERS,
    true,
  ],
  [
    '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") && $.actions[2] = "nonmatch" }',
    USERS,
    false,
  ],
  ['{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', USERS, false],
  ["{ $.eventType = * }", "no JSON at all", false],
  ["{ $.constructor NOT EXISTS }", "{}", true],
];

for (const [pattern, message, expected] of JSON_PATTERNS)
  test(`the JSON pattern ${pattern} ${expected ? "matches" : "does not match"} ${message.slice(0, 24)}…`, () => {
    assert.strictEqual(matches(pattern, message), expected);
  });

const ACCESS =
  '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';
const LEVELS = [
  "INFO 09/25/2014 12:00:00 GET /service/resource/67 1200",
  "INFO 09/25/2014 12:00:01 POST /service/resource/67/part/111 1310",
  "WARNING 09/25/2014 12:00:02 Invalid user request",
  "ERROR 09/25/2014 12:00:02 Failed to process request",
];

const FIELD_PATTERNS: [pattern: string, expected: boolean][] = [
  ["[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", true],
  [
    "[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]",
    true,
  ],
  ["[..., request =*.html*, status_code = 4*, bytes]", true],
  ["[..., request =*.html*, status_code = 4*,]", true],
  ["[ip, user, ..., status_code, bytes]", true],
  ["[ip != 10.*, ...]", true],
  ["[ip, user, username, timestamp, request, status_code = 404 || status_code = 410, bytes]", true],
  [
    "[ip, user, username, timestamp, request, status_code = 4* && status_code != 404, bytes]",
    false,
  ],
  ["[ip, user, username, timestamp, request, status_code, bytes > 1000]", true],
  ["[ip, user, username, timestamp, request, status_code, bytes > 1534]", false],
  ["[..., a, b, c, d, e, f, g, h]", false],
];

for (const [pattern, expected] of FIELD_PATTERNS)
  test(`the fields ${pattern} ${expected ? "match" : "do not match"} a line of an access log`, () => {
    assert.strictEqual(matches(pattern, ACCESS), expected);
  });

test("the first word of a message is found by conditions on it, the last field takes the rest", () => {
  const found = (pattern: string) =>
    LEVELS.flatMap((message, index) => (matches(pattern, message) ? [index] : []));
  assert.deepStrictEqual(found("[w1=ERROR, w2]"), [3]);
  assert.deepStrictEqual(found("[w1=ERROR || w1=WARNING, w2]"), [2, 3]);
  assert.deepStrictEqual(found("[w1!=ERROR && w1!=WARNING, w2]"), [0, 1]);
  const top = "[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]";
  assert.deepStrictEqual(found(top), [0]);
  const child =
    "[logLevel, date, time, method, url=%/service/resource/[0-9]+/part/[0-9]+$%, response_time]";
  assert.deepStrictEqual(found(child), [1]);
});

test("fields are extracted by their names, or by their places where they have none", () => {
  const { extractedValues } = compilePattern("[..., request=*.html*, status_code=4*,]").match(
    ACCESS,
  )!;
  assert.deepStrictEqual(extractedValues, {
    $1: "127.0.0.1",
    $2: "Prod",
    $3: "frank",
    $4: "10/Oct/2000:13:25:15 -0700",
    $request: "GET /index.html HTTP/1.0",
    $status_code: "404",
    $7: "1534",
  });
});

// Messages as reported in aws/aws-toolkit-jetbrains 3219, jorgebastida/awslogs 210 and others.
const REFUSED: [pattern: string, message: string][] = [
  ["Status: timeout", "Invalid character(s) in term ':'"],
  ["foo-bar", "Invalid character(s) in term '-'"],
  ["{ $.a = 1", "If a filter pattern starts with '{' it must end with '}'"],
  ["[a, b", "If a filter pattern starts with '[' it must end with ']'"],
  ["%some(thing)%", "Invalid character(s) in term '('"],
  ["%something!%", "Invalid character(s) in term '!'"],
  ['"open', "Invalid filter pattern"],
  ["{ $.a > b }", "Invalid filter pattern"],
  ["{ $.a IS NOT NULL }", "Invalid character(s) in term 'I'"],
  ["{ $.a EXISTS }", "Invalid character(s) in term 'E'"],
  ["{ $.*.b[*] = 1 }", "Invalid filter pattern"],
  ["[a = 1 && b = 2]", "Invalid filter pattern"],
  ["{}", "Invalid filter pattern"],
];

for (const [pattern, message] of REFUSED)
  test(`the pattern ${pattern} is refused`, () => {
    assert.throws(() => compilePattern(pattern), { code: "InvalidParameterException", message });
  });

test("any quoted phrase is found in exactly the messages that contain it", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", '"', "\\", " ", "{", "%", "é") });
  fc.assert(
    fc.property(text, text, text, (before, phrase, after) => {
      const pattern = `"${phrase.replaceAll(/["\\]/g, "\\$&")}"`;
      assert.ok(matches(pattern, before + phrase + after));
      if (phrase.trim() !== "")
        assert.strictEqual(matches(pattern, before), before.includes(phrase));
    }),
  );
});

test("conditions joined by && and || hold as they do in JavaScript", () => {
  const leaf = fc.record({ field: fc.constantFrom("a", "b", "c"), value: fc.nat(2) });
  const { tree } = fc.letrec<{ tree: [pattern: string, script: string] }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf.map(({ field, value }): [string, string] => [
        `$.${field} = ${value}`,
        `e.${field}===${value}`,
      ]),
      fc
        .tuple(tie("tree"), fc.constantFrom("&&", "||"), tie("tree"), fc.boolean())
        .map(([left, sign, right, nested]): [string, string] => {
          const join = (a: string, b: string) =>
            nested ? `(${a} ${sign} ${b})` : `${a} ${sign} ${b}`;
          return [join(left[0], right[0]), join(left[1], right[1])];
        }),
    ),
  }));
  const event = fc.record({ a: fc.nat(2), b: fc.nat(2), c: fc.nat(2) });
  fc.assert(
    fc.property(tree, event, ([pattern, script], fields) => {
      const expected = new Function("e", `return ${script}`)(fields);
      assert.strictEqual(matches(`{ ${pattern} }`, JSON.stringify(fields)), expected);
    }),
  );
});

test("any text is either compiled or refused, and never breaks anything", () => {
  const alphabet = [..."ab$.[]{}()\"'%?-*=!<>&| ,0\\"];
  const text = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 24 });
  const shape = fc.oneof(
    text,
    text.map((inner) => `{${inner}}`),
    text.map((inner) => `[${inner}]`),
  );
  fc.assert(
    fc.property(shape, text, (pattern, message) => {
      try {
        compilePattern(pattern).match(message);
      } catch (error) {
        assert.strictEqual((error as { code?: string }).code, "InvalidParameterException");
      }
    }),
    { numRuns: 2_000 },
  );
});
