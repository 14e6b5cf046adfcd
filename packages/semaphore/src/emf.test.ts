import assert from "node:assert/strict";
import { test } from "node:test";
import { emfMetrics } from "./emf.ts";

test("what a semaphore does becomes lines of the embedded metric format", () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const tell = emfMetrics({ semaphore: "ocr", write, now: () => 1_700_000_000_000 });
  tell({ type: "acquired", units: 1, token: 7, waitedMs: 12.5, held: 3, waiting: 9 });
  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    _aws: {
      Timestamp: 1_700_000_000_000,
      CloudWatchMetrics: [
        {
          Namespace: "Flyball/Semaphore",
          Dimensions: [["Semaphore"]],
          Metrics: [
            { Name: "Held", Unit: "Count" },
            { Name: "Waiting", Unit: "Count" },
            { Name: "WaitTime", Unit: "Milliseconds" },
          ],
        },
      ],
    },
    Semaphore: "ocr",
    Held: 3,
    Waiting: 9,
    WaitTime: 12.5,
  });
  tell({ type: "refused", units: 2 });
  assert.equal(JSON.parse(lines[1] ?? "").Refusals, 1);
});
