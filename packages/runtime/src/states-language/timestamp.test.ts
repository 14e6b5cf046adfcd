import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instantOf } from "./timestamp.ts";

test("a timestamp of the States Language's profile is a moment", () => {
  // states-language.net/spec.html, "Timestamps"
  assert.deepEqual(instantOf("2016-03-14T01:59:00Z"), {
    ms: Date.UTC(2016, 2, 14, 1, 59),
    subMs: 0,
  });
  assert.deepEqual(instantOf("2016-03-14T01:59:00.1234567+01:30"), {
    ms: Date.UTC(2016, 2, 14, 0, 29, 0, 123),
    subMs: 456_700,
  });
  assert.equal(instantOf("0099-01-01T00:00:00Z")?.ms, Date.parse("0099-01-01T00:00:00Z"));
});

test("all else is none", () => {
  // localstack test_wait.snapshot.json has the first five refused by AWS
  for (const text of [
    "05-12-2016T21:29:29Z",
    "2016-12-05 21:29:29Z",
    "2016-12-05T21:29:29",
    "2016-12-05T25:29:29Z",
    "2016-13-05T21:29:29Z",
    "2016-12-05t21:29:29z",
    "2016-12-05",
    "2023-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2016-04-31T00:00:00Z",
    "2016-12-00T00:00:00Z",
    "2016-12-05T21:60:29Z",
    "2016-12-05T21:29:60Z",
    "2016-12-05T21:29:29+19:00",
    "2016-12-05T21:29:29.Z",
    " 2016-12-05T21:29:29Z",
    "",
    1,
    null,
  ])
    assert.equal(instantOf(text), undefined, String(text));
});

test("it agrees with ISO 8601 as the engine writes it", () => {
  const years = {
    min: new Date("0001-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  };
  fc.assert(
    fc.property(fc.date(years), (date) => {
      assert.deepEqual(instantOf(date.toISOString()), { ms: date.getTime(), subMs: 0 });
    }),
  );
});
