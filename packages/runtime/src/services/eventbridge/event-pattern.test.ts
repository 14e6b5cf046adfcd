import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseEventPattern } from "./event-pattern.ts";

function refusal(text: string): string {
  try {
    parseEventPattern(text);
  } catch (error) {
    return (error as Error).message;
  }
  return assert.fail(`${text} was taken`);
}

describe("a pattern that is refused", () => {
  // As AWS answered: aws-deployment-framework issue 455, cloud-custodian issue 6507, LocalStack's test_event_patterns.
  it("is told with the reason and the place, as AWS tells it", () => {
    const text = '{"source":["test.event-pattern"],"detail":{"lenderId":"LenderA"}}';
    assert.equal(
      refusal(text),
      `Event pattern is not valid. Reason: "lenderId" must be an object or an array\n at [Source: (String)"${text}"; line: 1, column: 56]`,
    );
    assert.equal(
      refusal('{"source": ["aws.health"], "detail": {}}'),
      'Event pattern is not valid. Reason: Empty objects are not allowed\n at [Source: (String)"{"source": ["aws.health"], "detail": {}}"; line: 1, column: 40]',
    );
    assert.equal(
      refusal("[]"),
      'Event pattern is not valid. Reason: Filter is not an object\n at [Source: (String)"[]"; line: 1, column: 2]',
    );
  });

  it("is told by line and column, and shown with 500 characters at most", () => {
    assert.match(
      refusal('{\n  "detail": {\n    "slug": "some-pipeline"\n  }\n}'),
      /line: 3, column: 14\]$/,
    );
    const long = `{"source": ["${"x".repeat(600)}"], "detail": 1}`;
    const shown = `"${long.slice(0, 500)}"[truncated ${long.length - 500} chars]; line: 1`;
    assert.ok(refusal(long).includes(shown));
  });

  it("is told in every other case too, whatever was given", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          parseEventPattern(text);
        } catch (error) {
          assert.match((error as Error).message, /^Event pattern is not valid\. Reason: ./);
        }
      }),
      { numRuns: 500 },
    );
  });
});
