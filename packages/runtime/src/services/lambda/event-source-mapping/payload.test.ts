import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toRecord } from "../../../event-sources/sqs-record.ts";
import { cutByPayload, PAYLOAD_BYTES_MAX } from "./payload.ts";

test("every event that is cut stays within the limit, and all records are there, in order", () => {
  // "é" weighs two bytes and "\u0000" six in JSON, so a count of characters would not do.
  const body = fc
    .tuple(fc.constantFrom("x", "é", "\u0000"), fc.integer({ min: 0, max: 900_000 }))
    .map(([character, length]) => character.repeat(length));
  fc.assert(
    fc.property(fc.array(body, { maxLength: 20 }), (bodies) => {
      const records = bodies.map((Body, number) =>
        toRecord({ MessageId: String(number), ReceiptHandle: "r", Body }, "arn", "eu-west-1"),
      );
      const cuts = cutByPayload(records);
      assert.deepEqual(cuts.flat(), records);
      for (const Records of cuts)
        assert.ok(Buffer.byteLength(JSON.stringify({ Records })) <= PAYLOAD_BYTES_MAX);
    }),
    { numRuns: 20 },
  );
});
