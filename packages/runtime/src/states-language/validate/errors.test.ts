import { test } from "node:test";
import type { JsonObject } from "../definition.ts";
import { only, SCHEMA, table, work } from "./testing.ts";

test("retriers and catchers (cdk_preflight's pf-sfn-asl-retry-catch, measured)", async (context) => {
  const retry = (...Retry: JsonObject[]) => only(work({ Retry }));
  const all = "States.ALL must appear alone and at end of list";
  const at = "/States/X/Retry[0]";
  const any = { ErrorEquals: ["States.ALL"] };
  await table(context, [
    ["no errors", retry({}), [SCHEMA, "These fields are required: [ErrorEquals]", at]],
    [
      "an empty list",
      retry({ ErrorEquals: [] }),
      [SCHEMA, "Value cannot be empty", `${at}/ErrorEquals`],
    ],
    [
      "States.ALL in company",
      retry({ ErrorEquals: ["A", "States.ALL"] }),
      [SCHEMA, all, `${at}/ErrorEquals`],
    ],
    [
      "States.ALL before others",
      retry(any, { ErrorEquals: ["A"] }),
      [SCHEMA, all, `${at}/ErrorEquals`],
    ],
    [
      "a rate",
      retry({ ...any, BackoffRate: 0.5 }),
      [SCHEMA, "Minimum value is 1.0", `${at}/BackoffRate`],
    ],
    [
      "jitter",
      retry({ ...any, JitterStrategy: "HALF" }),
      [SCHEMA, "Value should be one of the following: [NONE, FULL]", `${at}/JitterStrategy`],
    ],
    [
      "a longest delay",
      retry({ ...any, MaxDelaySeconds: 31_622_401 }),
      [SCHEMA, "Maximum value is 31622400", `${at}/MaxDelaySeconds`],
    ],
    ["no interval, no attempts", retry({ ...any, IntervalSeconds: 0, MaxAttempts: 0 })],
    [
      "a catcher that leads nowhere",
      only(work({ Catch: [any] })),
      [SCHEMA, "These fields are required: [Next]", "/States/X/Catch[0]"],
    ],
  ]);
});
