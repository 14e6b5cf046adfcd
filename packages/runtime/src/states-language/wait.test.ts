import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject, QueryLanguage } from "./definition.ts";
import { failsWith, moment } from "./testing.ts";
import { waitUntil } from "./wait.ts";

test("a Wait ends when its seconds have passed or its timestamp has come", async (context) => {
  const now = Date.UTC(2026, 0, 1);
  const input = { s: 30, t: "2026-01-01T02:00:00+01:00", past: "2020-01-01T00:00:00Z" };
  const table: readonly [JsonObject, QueryLanguage, number][] = [
    [{ Seconds: 10 }, "JSONPath", now + 10_000],
    [{ SecondsPath: "$.s" }, "JSONPath", now + 30_000],
    [{ Timestamp: "2026-01-01T00:00:01.5Z" }, "JSONPath", now + 1500],
    [{ TimestampPath: "$.t" }, "JSONPath", now + 3_600_000],
    [{ TimestampPath: "$.past" }, "JSONPath", now],
    [{ Seconds: "{% $states.input.s * 2 %}" }, "JSONata", now + 60_000],
    [{ Timestamp: "{% $states.input.t %}" }, "JSONata", now + 3_600_000],
  ];
  for (const [fields, language, expected] of table) {
    await context.test(JSON.stringify(fields), async () => {
      const state = { Type: "Wait", End: true, ...fields } as never;
      assert.equal(await waitUntil(state, language, moment(input), now), expected);
    });
  }
});

test("a Wait that can't be read fails in AWS's words (LocalStack's snapshot tests)", async (context) => {
  const input = {
    text: "soon",
    half: 1.5,
    negative: -1,
    long: 31_536_001,
    t: "2016-12-05 21:29:29Z",
  };
  const iso = "ISO-8601 extended offset date-time format string";
  const table: readonly [JsonObject, string][] = [
    [{ SecondsPath: "$.no" }, "The SecondsPath parameter does not reference an input value: $.no"],
    [
      { SecondsPath: "$.text" },
      "The SecondsPath parameter cannot be parsed as a long value: $.text == soon",
    ],
    [
      { SecondsPath: "$.half" },
      "The SecondsPath parameter cannot be parsed as a long value: $.half == 1.5",
    ],
    [
      { SecondsPath: "$.negative" },
      "The SecondsPath parameter references a negative value: $.negative == -1",
    ],
    [{ SecondsPath: "$.long" }, "Wait state delay is too long."],
    [
      { TimestampPath: "$.t" },
      `The TimestampPath parameter does not reference a valid ${iso}: $.t == 2016-12-05 21:29:29Z`,
    ],
  ];
  for (const [fields, cause] of table) {
    await context.test(JSON.stringify(fields), () => {
      const state = { Type: "Wait", End: true, ...fields } as never;
      return failsWith(waitUntil(state, "JSONPath", moment(input), 0), "States.Runtime", cause);
    });
  }
  for (const wrong of [
    "2016-13-05T21:29:29Z",
    "2016-12-05T25:29:29Z",
    "2016-12-05T21:29:29",
    "05-12-2016T21:29:29Z",
  ]) {
    await context.test(wrong, () => {
      const state = { Type: "Wait", End: true, Timestamp: `{% '${wrong}' %}` } as never;
      const cause = `The Timestamp field cannot be parsed as an ${iso}: ${wrong}`;
      return failsWith(waitUntil(state, "JSONata", moment({}), 0), "States.Runtime", cause);
    });
  }
});
