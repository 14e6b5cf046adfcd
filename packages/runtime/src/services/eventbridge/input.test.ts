import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Target } from "@aws-sdk/client-eventbridge";
import fc from "fast-check";
import { writeEvent } from "./event.ts";
import { InvalidInput, inputFor } from "./input.ts";
import { isJsonText } from "./input-transformer.ts";
import { parsePath, valueAt } from "./json-path.ts";

const RULE_ARN = "arn:aws:events:eu-central-1:123456789012:rule/orders";
const WORLD = { account: "123456789012", region: "eu-central-1" };

function inputOf(detail: Record<string, unknown>, target: Partial<Target>): string {
  const content = {
    id: "e1",
    source: "shop",
    detailType: "order",
    time: Date.UTC(2026, 0, 15, 12),
    resources: [],
    detail: JSON.stringify(detail),
  };
  return inputFor(
    { Id: "t", Arn: "arn:aws:sqs:eu-central-1:123456789012:q", ...target },
    {
      written: writeEvent(WORLD, content, detail),
      ruleArn: RULE_ARN,
      ruleName: "orders",
      ingestedAt: Date.UTC(2026, 0, 15, 12, 0, 1),
    },
  );
}

function transformed(
  detail: Record<string, unknown>,
  template: string,
  paths: Record<string, string> = {},
): string {
  const InputTransformer = { InputPathsMap: paths, InputTemplate: template };
  return inputOf(detail, { InputTransformer });
}

describe("a target's input", () => {
  it("is its constant, whatever the event", () => {
    assert.equal(inputOf({ a: 1 }, { Input: '{"b":2}' }), '{"b":2}');
  });

  // As recorded on AWS in LocalStack's snapshots of test_events_inputs.py: a string keeps its quotes.
  it("is the part of the event at its path", () => {
    const detail = { a: { b: "baz", c: [1, { d: 2 }] } };
    assert.equal(inputOf(detail, { InputPath: "$.detail.a" }), JSON.stringify(detail.a));
    assert.equal(inputOf(detail, { InputPath: "$.detail.a.b" }), '"baz"');
    assert.equal(inputOf(detail, { InputPath: "$.detail.a.c[1].d" }), "2");
    assert.equal(inputOf(detail, { InputPath: "$.detail-type" }), '"order"');
    assert.equal(inputOf({ a: [{ b: 1 }, { b: 2 }] }, { InputPath: "$.detail.a[*].b" }), "[1,2]");
  });

  // EventBridge user guide, "Input transformation examples".
  it("of a transformer has its values as text between quotes", () => {
    const paths = { instance: "$.detail.instance", state: "$.detail.state" };
    const detail = { instance: "i-0123456789", state: 'RUN"NING' };
    assert.equal(
      transformed(detail, '"instance <instance> is in <state>"', paths),
      '"instance i-0123456789 is in RUN\\"NING"',
    );
    assert.equal(
      transformed({ state: { a: "b" }, instance: [1, "x"] }, '"<state> and <instance>"', paths),
      '"{a:b} and [1,x]"',
    );
  });

  it("of a transformer has its values as JSON outside of quotes", () => {
    const paths = { text: "$.detail.text", number: "$.detail.number", object: "$.detail.object" };
    const detail = { text: 'a "b"', number: 1.5, object: { c: [true, null] } };
    const template = '{"text": <text>, "number": <number>, "object": <object>, "in": "<text>!"}';
    assert.deepEqual(JSON.parse(transformed(detail, template, paths)), {
      ...detail,
      in: 'a "b"!',
    });
  });

  // As recorded on AWS in LocalStack's snapshot of test_put_events_with_input_transformer_input_template_json.
  it("of a transformer has an empty string where the event has nothing", () => {
    const paths = { missing: "$.detail.missing" };
    assert.equal(transformed({}, '{"a": <missing>}', paths), '{"a": ""}');
    assert.equal(transformed({}, '"a <missing>"', paths), '"a "');
  });

  it("of a transformer may be several lines of quoted text", () => {
    const template = '"<n> is one"\n"<n> is it"';
    assert.equal(transformed({ n: 1 }, template, { n: "$.detail.n" }), '"1 is one"\n"1 is it"');
  });

  it("of a transformer can have what EventBridge knows of the event and its rule", () => {
    const template =
      '{"rule": [<aws.events.rule-arn>, "<aws.events.rule-name>"], "at": <aws.events.event.ingestion-time>, "event": <aws.events.event>, "json": <aws.events.event.json>}';
    const event = {
      version: "0",
      id: "e1",
      source: "shop",
      account: WORLD.account,
      time: "2026-01-15T12:00:00Z",
      region: WORLD.region,
      resources: [],
    };
    assert.deepEqual(JSON.parse(transformed({ a: 1 }, template)), {
      rule: [RULE_ARN, "orders"],
      at: "2026-01-15T12:00:01Z",
      event: { ...event, detailType: "order" },
      json: { ...event, "detail-type": "order", detail: { a: 1 } },
    });
  });

  // API reference, PutEvents: integers reach from -9,223,372,036,854,775,808 to 9,223,372,036,854,775,807.
  it("has numbers with all their digits", () => {
    const content = {
      id: "e1",
      source: "shop",
      detailType: "order",
      time: 0,
      resources: [],
      detail: '{"least":-9223372036854775808,"most":[9223372036854775807]}',
    };
    const written = writeEvent(WORLD, content, {});
    const source = { written, ruleArn: RULE_ARN, ruleName: "orders", ingestedAt: 0 };
    const of = (target: Target) => inputFor(target, source);
    const target = { Id: "t", Arn: RULE_ARN };
    assert.equal(of({ ...target, InputPath: "$.detail.most" }), "[9223372036854775807]");
    const InputTransformer = {
      InputPathsMap: { least: "$.detail.least", most: "$.detail.most" },
      InputTemplate:
        '{"least": <least>, "text": "<least> <most>", "event": <aws.events.event.json>}',
    };
    const transformed = of({ ...target, InputTransformer });
    assert.match(
      transformed,
      /^{"least": -9223372036854775808, "text": "-9223372036854775808 \[9223372036854775807\]"/,
    );
    assert.ok(transformed.includes(content.detail));
  });

  it("that is no JSON after all is told", () => {
    assert.throws(() => transformed({}, "<a> is <a>", { a: "$.detail" }), InvalidInput);
  });

  it("of any event is JSON, and has every value as it was", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const detail = { value: JSON.parse(JSON.stringify(value)) };
        const template = '{"whole": <value>, "text": "it is <value>."}';
        const result = transformed(detail, template, { value: "$.detail.value" });
        assert.ok(isJsonText(result));
        assert.deepEqual(JSON.parse(result).whole, detail.value ?? "");
      }),
    );
  });
});

describe("a path", () => {
  it("is refused in anything but dot notation", () => {
    for (const path of [
      "",
      "detail",
      "$detail",
      "$.",
      "$..a",
      "$['a']",
      "$.a[b]",
      "$.a[-1]",
      "$.a b",
    ])
      assert.equal(parsePath(path), undefined, path);
  });

  it("finds the member that its steps lead to, in any object", () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_/-]{1,8}$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.jsonValue(), (names, leaf) => {
        const object = names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), leaf);
        const steps = parsePath(`$.${names.join(".")}`);
        assert.deepEqual(steps, names);
        assert.deepEqual(valueAt(object, steps ?? []), leaf);
      }),
    );
  });
});
