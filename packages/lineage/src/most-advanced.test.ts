import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { enter } from "./enter.ts";
import { functionHash } from "./function-hash.ts";
import type { Lineage } from "./lineage.ts";
import { mostAdvanced } from "./most-advanced.ts";
import { formatTraceHeader, parseTraceHeader } from "./trace-header.ts";

const here = functionHash("here", "Terminate");
const hereAllowed = functionHash("here", "Allow");
const there = functionHash("there", "Terminate");
const ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793";

test("of a batch's headers the one that counted this function oftenest is chosen", () => {
  const batch = [`Lineage=9:${here}:3`, `Lineage=5:${here}:4`, `Lineage=900:${there}:15`];
  assert.equal(mostAdvanced(batch, "here"), batch[1]);
});

test("among headers that don't track this function the deepest is chosen, and the first of equals", () => {
  const batch = [
    ROOT,
    `Lineage=5:${there}:4`,
    `Lineage=6:${there}:0`,
    `${ROOT};Lineage=6:${there}:9`,
  ];
  assert.equal(mostAdvanced(batch, "here"), batch[2]);
});

test("a count that can stop nothing, since the function was allowed to loop, counts for nothing", () => {
  const batch = [`Lineage=9:${there}:3`, `Lineage=8:${hereAllowed}:200`];
  assert.equal(mostAdvanced(batch, "here"), batch[0]);
});

test("headers without a lineage leave the first, garbage is one of them, and no header is none", () => {
  assert.equal(mostAdvanced([ROOT, "garbage"], "here"), ROOT);
  assert.equal(mostAdvanced(["garbage", `Lineage=1:${there}:0`], "here"), `Lineage=1:${there}:0`);
  assert.equal(mostAdvanced([], "here"), undefined);
});

test("a loop whose messages are batched with new ones at every hop is stopped all the same", () => {
  const arrivals = fc.record({
    depth: fc.integer({ min: 1, max: 140 }),
    hash: fc.constantFrom(there, functionHash("elsewhere", "Allow")),
    count: fc.integer({ min: 0, max: 15 }),
  });
  const batches = fc.array(fc.array(arrivals, { maxLength: 9 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), batches, (length, arrivalsAtHops) => {
      let own: Lineage | undefined;
      // Once it is deeper than any new message it keeps its own header, and the window at depth 161 finds it.
      for (let hop = 0; hop <= 160 + 17 * length; hop++) {
        const functionArn = `loop-${hop % length}`;
        const arrived = arrivalsAtHops[hop % arrivalsAtHops.length] ?? [];
        const batch = [...arrived, own].map((lineage) =>
          formatTraceHeader(lineage === undefined ? {} : { lineage }),
        );
        const chosen = parseTraceHeader(mostAdvanced(batch, functionArn) ?? "");
        const entry = enter(chosen.lineage, { functionArn, recursiveLoop: "Terminate" });
        if (entry.stop) return;
        own = entry.lineage;
      }
      assert.fail("the loop runs on");
    }),
  );
});
