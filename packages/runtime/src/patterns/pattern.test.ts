import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compilePattern, type Dialect, PatternError } from "./pattern.ts";

type Case = readonly [what: string, pattern: unknown, event: unknown, matches: boolean];

const event = {
  "detail-type": "EC2 Instance State-change Notification",
  source: "aws.ec2",
  time: "2017-10-02T16:24:49Z",
  resources: ["arn:aws:ec2:us-east-1:123456789012:instance/i-0aaa", "arn:b"],
  detail: {
    "c-count": 5,
    "d-count": 3,
    "x-limit": 301.8,
    "source-ip": "10.0.0.33",
    state: "running",
    nothing: null,
    empty: "",
    ok: true,
  },
};

// EventBridge user guide, "Comparison operators for use in event patterns", and event-ruler's README.
const EVENTBRIDGE: readonly Case[] = [
  ["all fields named", { source: ["aws.ec2"], detail: { state: ["running", "x"] } }, event, true],
  ["one field of two", { source: ["aws.ec2"], detail: { state: ["stopped"] } }, event, false],
  ["intersection of arrays", { resources: ["arn:b", "arn:c"] }, event, true],
  ["arrays without intersection", { resources: ["arn:c"] }, event, false],
  ["null", { detail: { nothing: [null] } }, event, true],
  ["null and empty differ", { detail: { empty: [null] } }, event, false],
  ["empty", { detail: { empty: [""] } }, event, true],
  ["boolean", { detail: { ok: [true] } }, event, true],
  ["a number is not its text", { detail: { "c-count": ["5"] } }, event, false],
  ["number", { detail: { "c-count": [5.0] } }, event, true],
  ["prefix", { time: [{ prefix: "2017-10-02" }] }, event, true],
  [
    "prefix, ignoring case",
    { source: [{ prefix: { "equals-ignore-case": "AWS." } }] },
    event,
    true,
  ],
  ["suffix", { source: [{ suffix: ".ec2" }] }, event, true],
  ["suffix, ignoring case", { source: [{ suffix: { "equals-ignore-case": "EC2" } }] }, event, true],
  ["equals-ignore-case", { source: [{ "equals-ignore-case": "AWS.EC2" }] }, event, true],
  ["anything-but", { detail: { state: [{ "anything-but": "initializing" }] } }, event, true],
  ["anything-but itself", { detail: { state: [{ "anything-but": "running" }] } }, event, false],
  [
    "anything-but list",
    { detail: { state: [{ "anything-but": ["a", "running"] }] } },
    event,
    false,
  ],
  [
    "anything-but numbers",
    { detail: { "x-limit": [{ "anything-but": [100, 200] }] } },
    event,
    true,
  ],
  [
    "anything-but of a missing field",
    { detail: { none: [{ "anything-but": "a" }] } },
    event,
    false,
  ],
  [
    "anything-but prefix",
    { detail: { state: [{ "anything-but": { prefix: "run" } }] } },
    event,
    false,
  ],
  [
    "anything-but suffix list",
    { source: [{ "anything-but": { suffix: [".s3", ".sqs"] } }] },
    event,
    true,
  ],
  [
    "anything-but ignoring case",
    { source: [{ "anything-but": { "equals-ignore-case": ["AWS.EC2"] } }] },
    event,
    false,
  ],
  ["anything-but wildcard", { source: [{ "anything-but": { wildcard: "*.e*2" } }] }, event, false],
  ["numeric range", { detail: { "c-count": [{ numeric: [">", 0, "<=", 5] }] } }, event, true],
  ["numeric above", { detail: { "c-count": [{ numeric: [">", 5] }] } }, event, false],
  ["numeric equality", { detail: { "x-limit": [{ numeric: ["=", 3.018e2] }] } }, event, true],
  ["numeric of a text", { source: [{ numeric: ["<", 10] }] }, event, false],
  ["cidr", { detail: { "source-ip": [{ cidr: "10.0.0.0/24" }] } }, event, true],
  ["cidr elsewhere", { detail: { "source-ip": [{ cidr: "10.0.1.0/24" }] } }, event, false],
  ["cidr of IPv6", { ip: [{ cidr: "2001:db8::/32" }] }, { ip: "2001:db8::1" }, true],
  ["cidr of no address", { source: [{ cidr: "10.0.0.0/8" }] }, event, false],
  ["exists", { detail: { state: [{ exists: true }] } }, event, true],
  ["exists with null", { detail: { nothing: [{ exists: true }] } }, event, true],
  ["exists not", { detail: { none: [{ exists: false }] } }, event, true],
  ["exists not, though it does", { detail: { state: [{ exists: false }] } }, event, false],
  ["exists not, in a missing object", { none: { at: { all: [{ exists: false }] } } }, event, true],
  ["exists works on leaves only", { detail: [{ exists: true }] }, event, false],
  ["absent or a value", { detail: { state: ["running", { exists: false }] } }, event, true],
  ["wildcard", { source: [{ wildcard: "a*.e*2" }] }, event, true],
  ["wildcard at both ends", { source: [{ wildcard: "*ws*" }] }, event, true],
  ["wildcards don't overlap", { a: [{ wildcard: "ab*ba" }] }, { a: "aba" }, false],
  ["escaped wildcard", { a: [{ wildcard: "a\\*\\\\*" }] }, { a: "a*\\b" }, true],
  ["escaped wildcard is literal", { a: [{ wildcard: "a\\*" }] }, { a: "ab" }, false],
  [
    "$or",
    { source: ["aws.ec2"], $or: [{ x: [1] }, { detail: { state: ["running"] } }] },
    event,
    true,
  ],
  ["$or with none", { $or: [{ x: [1] }, { y: [1] }] }, event, false],
  [
    "$or nested",
    { detail: { $or: [{ x: [1] }, { $or: [{ y: [1] }, { ok: [true] }] }] } },
    event,
    true,
  ],
  ["$or as a field's name", { $or: { a: [1] } }, { $or: { a: 1 } }, true],
  ["one element of an array of objects", { a: { b: [1], c: [2] } }, { a: [{ b: 1, c: 2 }] }, true],
  ["two elements don't add up", { a: { b: [1], c: [2] } }, { a: [{ b: 1 }, { c: 2 }] }, false],
  ["absent in no element", { a: { b: [{ exists: false }] } }, { a: [{ b: 1 }, { c: 2 }] }, false],
  ["a field of the prototype", { toString: [{ exists: true }] }, event, false],
];

// SNS developer guide, "String value matching", "Numeric value matching", "Attribute key matching", "And/Or logic".
const SNS: readonly Case[] = [
  ["the empty policy", {}, { a: 1 }, true],
  ["exact", { customer_interests: ["rugby", "tennis"] }, { customer_interests: "rugby" }, true],
  [
    "exact in an array",
    { customer_interests: ["rugby"] },
    { customer_interests: ["x", "rugby"] },
    true,
  ],
  ["exact, another", { customer_interests: ["rugby"] }, { customer_interests: "baseball" }, false],
  [
    "anything-but in an array",
    { i: [{ "anything-but": ["rugby", "tennis"] }] },
    { i: ["rugby", "baseball"] },
    true,
  ],
  [
    "anything-but with all excluded",
    { i: [{ "anything-but": ["rugby"] }] },
    { i: ["rugby"] },
    false,
  ],
  [
    "anything-but prefix",
    { event: [{ "anything-but": { prefix: "order-" } }] },
    { event: "data-entry" },
    true,
  ],
  [
    "anything-but prefix, excluded",
    { event: [{ "anything-but": { prefix: "order-" } }] },
    { event: "order-return" },
    false,
  ],
  ["equals-ignore-case", { i: [{ "equals-ignore-case": "tennis" }] }, { i: "TENNIS" }, true],
  ["cidr", { source_ip: [{ cidr: "10.0.0.0/24" }] }, { source_ip: "10.0.0.255" }, true],
  ["prefix", { i: [{ prefix: "bas" }] }, { i: "basketball" }, true],
  ["suffix", { i: [{ suffix: "ball" }] }, { i: "baseball" }, true],
  ["numeric", { price_usd: [{ numeric: ["=", 301.5] }] }, { price_usd: 3.015e2 }, true],
  ["numeric anything-but", { price: [{ "anything-but": [100, 500] }] }, { price: 101 }, true],
  ["numeric range", { price: [{ numeric: [">", 0, "<=", 150] }] }, { price: 150 }, true],
  ["no exists", { store: [{ exists: false }] }, { a: 1 }, true],
  [
    "$or",
    { source: ["aws.cloudwatch"], $or: [{ metricName: ["CPU"] }, { namespace: ["EC2", "ES"] }] },
    { source: "aws.cloudwatch", namespace: "ES" },
    true,
  ],
  ["a dotted name", { "a.b": ["x"] }, { "a.b": "x" }, true],
  ["a dotted name as a path", { "a.b": ["x"] }, { a: { b: "x" } }, true],
];

for (const [dialect, cases] of [
  ["eventbridge", EVENTBRIDGE],
  ["sns", SNS],
] as const)
  describe(`a pattern of ${dialect}`, () => {
    for (const [what, pattern, given, expected] of cases)
      it(`${expected ? "matches" : "does not match"}: ${what}`, () => {
        assert.equal(compilePattern(pattern, dialect).matches(given), expected);
      });
  });

const REFUSED: readonly [Dialect, unknown, string][] = [
  ["eventbridge", "text", "Filter is not an object at $"],
  ["eventbridge", {}, "Empty patterns are not allowed at $"],
  ["eventbridge", { a: {} }, "Empty objects are not allowed at $.a"],
  ["eventbridge", { a: [] }, "Empty arrays are not allowed at $.a"],
  ["eventbridge", { a: { b: 1 } }, '"b" must be an object or an array at $.a.b'],
  ["eventbridge", { a: [1, { nope: 1 }] }, "Unrecognized match type nope at $.a[1]"],
  ["eventbridge", { a: [{ prefix: 1 }] }, "prefix match pattern must be a string at $.a[0]"],
  [
    "eventbridge",
    { a: [{ prefix: "a", suffix: "b" }] },
    "Only one key allowed in match expression at $.a[0]",
  ],
  [
    "eventbridge",
    { a: [[1]] },
    "Match value must be String, number, true, false, or null at $.a[0]",
  ],
  [
    "eventbridge",
    { a: [{ exists: "yes" }] },
    "exists match pattern must be either true or false. at $.a[0]",
  ],
  ["eventbridge", { a: [{ numeric: [">", 5, "<", 5] }] }, "Bottom must be less than top at $.a[0]"],
  [
    "eventbridge",
    { a: [{ numeric: ["<", 5, ">", 1] }] },
    "Too many elements in numeric expression at $.a[0]",
  ],
  [
    "eventbridge",
    { a: [{ numeric: ["!", 5] }] },
    "Unrecognized numeric range operator: ! at $.a[0]",
  ],
  ["eventbridge", { a: [{ numeric: ["="] }] }, "Value of equals must be numeric at $.a[0]"],
  [
    "eventbridge",
    { a: [{ numeric: [">", 6e9] }] },
    "Value must be between -5.0E9 and 5.0E9, inclusive at $.a[0]",
  ],
  [
    "eventbridge",
    { a: [{ wildcard: "a**" }] },
    "Consecutive wildcard characters at pos 1 at $.a[0]",
  ],
  ["eventbridge", { a: [{ wildcard: "a\\b" }] }, "Invalid escape character at pos 1 at $.a[0]"],
  ["eventbridge", { a: [{ cidr: "10.0.0.0" }] }, "Malformed CIDR, one '/' required at $.a[0]"],
  [
    "sns",
    { a: [1], b: [1], c: [1], d: [1], e: [1], f: [1] },
    "Filter policy can not have more than 5 keys at $",
  ],
  ["sns", { a: Array(13).fill("x"), b: Array(12).fill("x") }, "Filter policy is too complex at $"],
];

describe("a pattern that AWS refuses", () => {
  for (const [dialect, pattern, message] of REFUSED)
    it(`is refused: ${message}`, () => {
      assert.throws(
        () => compilePattern(pattern, dialect),
        (error) => error instanceof PatternError && error.message === message,
      );
    });
});

describe("properties of patterns", () => {
  const scalar = fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));

  it("match every event that has one of their values", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(scalar, { minLength: 1 }), fc.nat(), (name, values, at) => {
        fc.pre(name !== "$or" && name !== "__proto__");
        const pattern = compilePattern({ [name]: values }, "eventbridge");
        assert(pattern.matches({ [name]: values[at % values.length], other: 1 }));
        assert(pattern.matches({ [name]: [values[at % values.length]] }));
      }),
    );
  });

  it("exists and its negation divide all events between them", () => {
    const there = compilePattern({ a: { b: [{ exists: true }] } }, "eventbridge");
    const absent = compilePattern({ a: { b: [{ exists: false }] } }, "eventbridge");
    const inner = fc.oneof(
      scalar,
      fc.array(fc.record({ b: scalar, c: scalar }, { requiredKeys: [] })),
      fc.record({ b: fc.oneof(scalar, fc.array(scalar)) }, { requiredKeys: [] }),
    );
    fc.assert(
      fc.property(fc.record({ a: inner }, { requiredKeys: [] }), (given) => {
        assert.notEqual(there.matches(given), absent.matches(given));
      }),
    );
  });

  it("a wildcard pattern matches what a regular expression does", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (wildcard, given) => {
        fc.pre(!wildcard.includes("**"));
        const expected = new RegExp(`^${wildcard.replaceAll("*", ".*")}$`).test(given);
        const pattern = compilePattern({ a: [{ wildcard }] }, "eventbridge");
        assert.equal(pattern.matches({ a: given }), expected);
      }),
    );
  });

  it("compiling anything either works or throws a PatternError", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (pattern, given) => {
        try {
          compilePattern(pattern, "eventbridge").matches(given);
        } catch (error) {
          assert(error instanceof PatternError);
        }
      }),
    );
  });
});
