import assert from "node:assert/strict";
import { test } from "node:test";
import { passesFilters } from "../../../event-sources/sqs-filter.ts";
import { compileFilters } from "./filter.ts";

const JSON_BODY = '{"kind":"order"}';
const PLAIN_BODY = "order";

const passes = (pattern: object, record: { body: string; [member: string]: unknown }) =>
  passesFilters(compileFilters([JSON.stringify(pattern)]), record);

// The table in the Lambda developer guide, "Using event filtering with an Amazon SQS event source".
for (const [body, pattern, passed] of [
  [PLAIN_BODY, { body: ["order"] }, true],
  [PLAIN_BODY, { body: ["offer"] }, false],
  [PLAIN_BODY, { body: { kind: ["order"] } }, false],
  [PLAIN_BODY, { awsRegion: ["eu-west-1"] }, true],
  [JSON_BODY, { body: [JSON_BODY] }, false],
  [JSON_BODY, { body: { kind: ["order"] } }, true],
  [JSON_BODY, { body: { kind: ["offer"] } }, false],
  [JSON_BODY, { awsRegion: ["eu-west-1"] }, true],
  [JSON_BODY, { awsRegion: ["us-east-1"] }, false],
] as const) {
  const verb = passed ? "passes" : "does not pass";
  test(`the body ${body} ${verb} the pattern ${JSON.stringify(pattern)}`, () => {
    assert.equal(passes(pattern, { body, awsRegion: "eu-west-1" }), passed);
  });
}

test("a message attribute can be matched", () => {
  const record = { body: "", messageAttributes: { colour: { stringValue: "red" } } };
  assert.equal(passes({ messageAttributes: { colour: { stringValue: ["red"] } } }, record), true);
  assert.equal(passes({ messageAttributes: { colour: { stringValue: ["blue"] } } }, record), false);
});
