import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attemptsMax, matchError, retryDelayMs } from "./retry.ts";

const half = () => 0.5;

test("delays grow by the backoff rate up to the maximum (the States Language, Retry)", async (context) => {
  const any = { ErrorEquals: ["States.ALL"] };
  const table: readonly [string, Parameters<typeof retryDelayMs>[0], readonly number[]][] = [
    ["defaults: 1 s, doubled", any, [1000, 2000, 4000, 8000]],
    ["interval and rate", { ...any, IntervalSeconds: 3, BackoffRate: 1.5 }, [3000, 4500, 6750]],
    ["a maximum", { ...any, IntervalSeconds: 2, MaxDelaySeconds: 5 }, [2000, 4000, 5000, 5000]],
    ["an interval of nothing", { ...any, IntervalSeconds: 0 }, [0, 0, 0]],
    ["no jitter", { ...any, JitterStrategy: "NONE" }, [1000, 2000]],
    ["full jitter", { ...any, IntervalSeconds: 10, JitterStrategy: "FULL" }, [5000, 10_000]],
  ];
  for (const [name, retrier, delays] of table) {
    await context.test(name, () => {
      assert.deepEqual(
        delays.map((_, attempt) => retryDelayMs(retrier, attempt, half)),
        delays,
      );
    });
  }
});

test("a delay is a whole number of ms between 0 and the maximum, whatever the retrier", () => {
  const retriers = fc.record(
    {
      ErrorEquals: fc.constant(["States.ALL"]),
      IntervalSeconds: fc.nat(99_999_999),
      BackoffRate: fc.double({ min: 1, max: 100, noNaN: true }),
      MaxDelaySeconds: fc.integer({ min: 1, max: 31_622_400 }),
      JitterStrategy: fc.constantFrom("FULL" as const, "NONE" as const),
    },
    { requiredKeys: ["ErrorEquals"] },
  );
  const randomness = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(retriers, fc.nat(5000), randomness, (retrier, attempt, random) => {
      const delay = retryDelayMs(retrier, attempt, () => random);
      assert(Number.isSafeInteger(delay) && delay >= 0);
      if (retrier.MaxDelaySeconds !== undefined) assert(delay <= retrier.MaxDelaySeconds * 1000);
    }),
  );
});

test("three attempts by default, none where the definition says 0", () => {
  assert.equal(attemptsMax({ ErrorEquals: ["E"] }), 3);
  assert.equal(attemptsMax({ ErrorEquals: ["E"], MaxAttempts: 0 }), 0);
});

test("errors match as the developer guide and recorded histories say", async (context) => {
  const table: readonly [name: string, error: string, matches: boolean][] = [
    ["Custom", "Custom", true],
    ["Custom", "Other", false],
    ["States.ALL", "Custom", true],
    ["States.ALL", "States.Timeout", true],
    ["States.ALL", "States.TaskFailed", true],
    ["States.ALL", "States.QueryEvaluationError", true],
    ["States.ALL", "States.Runtime", false],
    ["States.ALL", "States.DataLimitExceeded", true],
    ["States.TaskFailed", "States.DataLimitExceeded", false],
    ["States.Runtime", "States.Runtime", false],
    ["States.DataLimitExceeded", "States.DataLimitExceeded", true],
    ["States.TaskFailed", "Lambda.TooManyRequestsException", true],
    ["States.TaskFailed", "States.Timeout", false],
    ["States.TaskFailed", "States.HeartbeatTimeout", false],
    ["States.TaskFailed", "States.Runtime", false],
    ["States.Timeout", "States.HeartbeatTimeout", true],
    ["States.HeartbeatTimeout", "States.Timeout", false],
  ];
  for (const [name, error, matches] of table) {
    await context.test(`${name} ${matches ? "takes" : "leaves"} ${error}`, () => {
      assert.equal(matchError([{ ErrorEquals: [name] }], error), matches ? 0 : undefined);
    });
  }
});

test("the first that matches takes the error", () => {
  const list = [
    { ErrorEquals: ["A", "B"] },
    { ErrorEquals: ["B"] },
    { ErrorEquals: ["States.ALL"] },
  ];
  assert.equal(matchError(list, "B"), 0);
  assert.equal(matchError(list, "C"), 2);
  assert.equal(matchError([], "C"), undefined);
});
