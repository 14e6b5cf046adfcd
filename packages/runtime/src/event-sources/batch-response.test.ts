import assert from "node:assert/strict";
import { test } from "node:test";
import { reportedFailures } from "./batch-response.ts";

const BATCH = new Set(["a", "b"]);
const report = (response: string | undefined) =>
  reportedFailures(response === undefined ? undefined : Buffer.from(response), BATCH);

// Lambda developer guide, "Handling errors for an SQS event source in Lambda", success and failure conditions.
for (const response of [
  undefined,
  "",
  "null",
  "{}",
  '{"batchItemFailures": null}',
  '{"batchItemFailures": []}',
  '{"statusCode": 200}',
]) {
  test(`all of the batch went well when the function answers ${response}`, () => {
    assert.deepEqual(report(response), new Set());
  });
}

for (const response of [
  '{"batchItemFailures": [',
  '"done"',
  "[]",
  '{"batchItemFailures": "a"}',
  '{"batchItemFailures": [{"itemIdentifier": ""}]}',
  '{"batchItemFailures": [{"itemIdentifier": null}]}',
  '{"batchItemFailures": [{"foo": "a"}]}',
  '{"batchItemFailures": [null]}',
  '{"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "nobody"}]}',
]) {
  test(`all of the batch failed when the function answers ${response}`, () => {
    assert.equal(report(response), "all");
  });
}

test("what is named failed, the rest went well", () => {
  assert.deepEqual(report('{"batchItemFailures": [{"itemIdentifier": "b"}]}'), new Set(["b"]));
});
