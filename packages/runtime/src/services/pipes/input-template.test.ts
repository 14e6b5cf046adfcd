import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { transform } from "./input-template.ts";
import type { Pipe } from "./pipe.ts";
import { ACCOUNT, PIPE, REGION, ROLE, SOURCE, START } from "./testing.ts";

const pipe: Pipe = {
  account: ACCOUNT,
  region: REGION,
  name: "flow",
  settings: {
    desiredState: "RUNNING",
    source: SOURCE,
    sourceParameters: {},
    target: "target",
    roleArn: ROLE,
  },
  currentState: "RUNNING",
  tags: {},
  createdAt: 0,
  modifiedAt: 0,
};

const event = {
  messageId: "m",
  body: '{"id":7,"name":"Ann \\"A\\"","list":[{"n":1},{"n":2}],"text":"{\\"deep\\":true}"}',
};
const made = (template: string) => transform(pipe, template, event, START);

// EventBridge user guide, "Amazon EventBridge Pipes input transformation".
for (const [template, expected] of [
  ["Hello", "Hello"],
  ["Hello <$.messageId>", "Hello m"],
  ["<$.messageId>", "m"],
  ["<$.body.id>", 7],
  ["<$.body.list>", [{ n: 1 }, { n: 2 }]],
  ["<$.body.list[1].n>", 2],
  ["<$.body.list[*].n>", [1, 2]],
  ["<$.body.text.deep>", ""],
  ['{"body": <$.body>}', { body: JSON.parse(event.body) }],
  ['{"a": <$.body.id>, "b": "<$.body.id>"}', { a: 7, b: "7" }],
  ['{"name": "<$.body.name>", "same": <$.body.name>}', { name: 'Ann "A"', same: 'Ann "A"' }],
  ['{"list": <$.body.list>}', { list: [{ n: 1 }, { n: 2 }] }],
  ['{"missing": <$.nothing>, "text": "<$.nothing>"}', { missing: "", text: "" }],
  ['"<$.messageId> of <aws.pipes.source-arn>"', `m of ${SOURCE}`],
  ['{"arn": "<aws.pipes.pipe-arn>"}', { arn: PIPE }],
  [
    '{"name": <aws.pipes.pipe-name>, "to": "<aws.pipes.target-arn>"}',
    { name: "flow", to: "target" },
  ],
  ['{"at": "<aws.pipes.event.ingestion-time>"}', { at: "2026-01-15T12:00:00.000Z" }],
  ['{"less": "1 < 2 > 0"}', { less: "1 < 2 > 0" }],
] as const)
  test(`${template} makes ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(made(template), expected);
  });

test("the event is there as it came, and with its body parsed", () => {
  assert.deepEqual(made("<aws.pipes.event>"), event);
  assert.deepEqual(made('{"event": <aws.pipes.event.json>}'), {
    event: { ...event, body: JSON.parse(event.body) },
  });
});

test("without a template an event stays as it is", () => {
  assert.equal(transform(pipe, undefined, event, START), event);
  assert.equal(transform(pipe, "", event, START), event);
});

test("whatever JSON stands at a path, it comes through a template whole", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (value, text) => {
      const template = '{"value": <$.value>, "text": "<$.text>"}';
      const expected = JSON.parse(JSON.stringify({ value, text }));
      assert.deepEqual(transform(pipe, template, { value, text }, START), expected);
    }),
  );
});
