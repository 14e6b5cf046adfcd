import assert from "node:assert/strict";
import { test } from "node:test";
import { measure } from "./measure.ts";
import { OCR_TERMS } from "./ocr-service.ts";
import { runPipeline } from "./pipeline.ts";
import { reportOf } from "./report.ts";

/** Few and slow enough that a busy machine's hiccups are far from a second of the service's. */
const SMALL = { documents: 40, scale: 3, visibilityTimeoutSeconds: 6 };

test("without the semaphore the service falls over; with it, it does not, and every document is done", async () => {
  const without = measure(
    await runPipeline({ ...SMALL, withSemaphore: false }),
    OCR_TERMS.collapseSeconds,
  );
  const with_ = measure(
    await runPipeline({ ...SMALL, withSemaphore: true }),
    OCR_TERMS.collapseSeconds,
  );

  assert.ok(without.collapses.length > 0, "it stood");
  assert.ok(without.refused > 0, "nothing was refused");
  assert.equal(without.done + without.deadLetters, SMALL.documents);

  assert.deepEqual(with_.collapses, []);
  assert.deepEqual([with_.done, with_.deadLetters], [SMALL.documents, 0]);
  assert.ok(with_.inFlightMost <= OCR_TERMS.inFlightMax);
  assert.ok(with_.inFlightMost > OCR_TERMS.inFlightMax / 2, "it is made use of");

  const page = reportOf(without, with_, SMALL.scale);
  assert.equal(page.match(/<svg /g)?.length, 6);
  assert.match(page, new RegExp(`<td>${without.done} of 40</td><td>40 of 40</td>`));
  assert.doesNotMatch(page, /NaN|undefined|https?:|<script|<link/, "one page, whole in itself");
});
