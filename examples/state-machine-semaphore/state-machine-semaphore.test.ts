import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT, runExecutions } from "./executions.ts";
import { measure } from "./measure.ts";
import { reportOf } from "./report.ts";

const EXECUTIONS = 24;

test("both keep to the limit; the original leaves slots empty while others wait, the leased one does not", async () => {
  const original = measure(await runExecutions({ variant: "original", executions: EXECUTIONS }));
  const leased = measure(await runExecutions({ variant: "leased", executions: EXECUTIONS }));

  for (const { atWorkMost, endings } of [original, leased]) {
    assert.equal(atWorkMost, LIMIT);
    assert.deepEqual(endings, { SUCCEEDED: 19, FAILED: 3, ABORTED: 2 });
  }
  assert.ok(original.emptySlotSeconds > 1, `${original.emptySlotSeconds}`);
  assert.ok(original.overtaken > 0, "nobody was overtaken");
  assert.ok(original.costs.functionInvocations >= EXECUTIONS);
  assert.deepEqual(
    [leased.emptySlotSeconds, leased.overtaken, leased.costs.functionInvocations],
    [0, 0, 0],
  );
  assert.ok(leased.longestWait < original.longestWait);

  const page = reportOf(original, leased);
  assert.equal(page.match(/<svg /g)?.length, 4);
  assert.match(page, /<h1>24 executions, 5 at a time<\/h1>/);
  assert.doesNotMatch(page, /NaN|undefined|https?:|<script|<link/, "one page, whole in itself");
});
