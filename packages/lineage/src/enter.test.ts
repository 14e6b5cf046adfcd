import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { enter, type InvokedFunction } from "./enter.ts";
import { functionHash, type RecursiveLoop } from "./function-hash.ts";
import type { Lineage } from "./lineage.ts";
import { PathOracle } from "./path-oracle.ts";
import { formatTraceHeader, parseTraceHeader } from "./trace-header.ts";

const terminate = (functionArn: string): InvokedFunction => ({
  functionArn,
  recursiveLoop: "Terminate",
});
const allow = (functionArn: string): InvokedFunction => ({ functionArn, recursiveLoop: "Allow" });

/** The lineage after a path through functions, none of which may be stopped. */
function lineageOf(...path: InvokedFunction[]): string {
  let lineage: Lineage | undefined;
  for (const invoked of path) {
    const entry = enter(lineage, invoked);
    assert.equal(entry.stop, false);
    lineage = entry.lineage;
  }
  return formatTraceHeader({ lineage });
}

test("lineages are those seen on AWS: a first invocation, chains through two and three functions, a self-invocation", () => {
  const hash = functionHash("a", "Terminate");
  assert.equal(lineageOf(terminate("a")), `Lineage=1:${hash}:0`);
  assert.equal(lineageOf(terminate("a"), terminate("b")), `Lineage=2:${hash}:0`);
  const [, depth, , count] =
    /^Lineage=(\d+):([0-9a-f]{8}):(\d+)$/.exec(
      lineageOf(terminate("a"), terminate("b"), terminate("c")),
    ) ?? [];
  assert.deepEqual([depth, count], ["3", "0"]);
  assert.equal(lineageOf(...Array(15).fill(terminate("a"))), `Lineage=15:${hash}:14`);
});

test("a function that the event starts and that invokes itself runs 16 times, and its 17th invocation is stopped", () => {
  const path = new PathOracle();
  assert.deepEqual(path.loop([terminate("a")], 100), terminate("a"));
  assert.equal(path.invocationsOf(terminate("a")), 16);
});

test("so it is with two functions that invoke each other, and behind a function that allows loops", () => {
  const two = new PathOracle();
  assert.deepEqual(two.loop([terminate("a"), terminate("b")], 100), terminate("a"));
  assert.equal(two.invocationsOf(terminate("a")), 16);
  const behind = new PathOracle();
  behind.invoke(allow("a"));
  assert.deepEqual(behind.loop([terminate("b")], 100), terminate("b"));
  assert.equal(behind.invocationsOf(terminate("b")), 16);
});

test("what the refused invocation would have been given says that the function had come back 16 times", () => {
  const hash = functionHash("a", "Terminate");
  assert.deepEqual(enter({ depth: 16, hash, count: 15 }, terminate("a")), {
    stop: true,
    lineage: { depth: 17, hash, count: 16 },
  });
});

const settings = fc.constantFrom<RecursiveLoop>("Terminate", "Terminate", "Terminate", "Allow");
const anyFunction = fc.record({
  functionArn: fc.integer({ min: 0, max: 24 }).map((i) => `f${i}`),
  recursiveLoop: settings,
});
/** Paths that wander and go round: each leg is repeated. A function's setting may differ from hop to hop. */
const anyPath = fc
  .array(
    fc.record({
      leg: fc.array(anyFunction, { minLength: 1, maxLength: 30 }),
      times: fc.integer({ min: 1, max: 20 }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((legs) =>
    legs.flatMap(({ leg, times }) => Array<InvokedFunction[]>(times).fill(leg).flat()),
  );

test("nothing is stopped but a Terminate function that was invoked 16 times on its path, by whatever path", () => {
  let stops = 0;
  fc.assert(
    fc.property(anyPath, (functions) => {
      const path = new PathOracle();
      for (const invoked of functions) {
        if (!path.invoke(invoked).stop) continue;
        stops++;
        assert.equal(invoked.recursiveLoop, "Terminate");
        assert.ok(path.invocationsOf(invoked) >= 16);
        return;
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(stops > 50, "the paths are such that many are stopped");
});

test("a path on which each function comes up to 16 times is never stopped, however they are mixed", () => {
  const mixed = fc
    .array(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 60 })
    .map((times) => times.flatMap((n, i) => Array<InvokedFunction>(n).fill(terminate(`f${i}`))))
    .chain((path) => fc.shuffledSubarray(path, { minLength: path.length }));
  fc.assert(
    fc.property(mixed, (functions) => {
      const path = new PathOracle();
      for (const invoked of functions) assert.equal(path.invoke(invoked).stop, false);
    }),
  );
});

test("an event that fans out to hundreds of messages, level after level, is no loop", () => {
  const event = new PathOracle();
  event.invoke(terminate("split"));
  for (let i = 0; i < 300; i++) {
    const message = event.fork();
    assert.equal(message.invoke(terminate("work")).stop, false);
    for (let j = 0; j < 30; j++) {
      const part = message.fork();
      assert.equal(part.invoke(terminate("store")).stop, false);
      assert.equal(part.invoke(terminate("split")).stop, false);
      assert.equal(part.length, 4);
    }
  }
});

test("in a tree, a branch that loops is stopped and its siblings are not", () => {
  const event = new PathOracle();
  event.invoke(terminate("split"));
  const looping = event.fork();
  const lap = [terminate("a"), terminate("split")];
  assert.ok(looping.loop(lap, 100));
  for (let i = 0; i < 100; i++) assert.equal(event.fork().invoke(terminate("a")).stop, false);
});

test("functions that all allow loops are never stopped, and their count stays at 255", () => {
  const path = new PathOracle();
  assert.equal(path.loop([allow("a"), allow("b"), allow("a")], 70_000), undefined);
  assert.equal(path.lineage?.count, 255);
});

test("a function that is set to Terminate in the middle of a chain is judged by what it did before", () => {
  const path = new PathOracle();
  assert.equal(path.loop([allow("a")], 10), undefined);
  assert.deepEqual(path.loop([terminate("a")], 10), terminate("a"));
  assert.equal(path.invocationsOf(terminate("a")), 16);
});

test("a function that is set to Allow in the middle of a chain runs on, and is stopped when it is set back", () => {
  const path = new PathOracle();
  for (let i = 0; i < 16; i++) path.invoke(terminate("a"));
  assert.equal(path.loop([allow("a")], 500), undefined);
  assert.equal(path.invoke(terminate("a")).stop, true);
});

test("an Allow function that comes where the tracked function gives way does not make its count forgotten", () => {
  const path = new PathOracle();
  const lap = [allow("a"), terminate("t")];
  assert.deepEqual(path.loop(lap, 100), terminate("t"));
  assert.equal(path.invocationsOf(terminate("t")), 16);
});

test("behind depth 32767 the depth begins again", () => {
  const { lineage, stop } = enter({ depth: 32_767, hash: "00000000", count: 7 }, terminate("a"));
  assert.equal(stop, false);
  assert.deepEqual(lineage, { depth: 1, hash: functionHash("a", "Terminate"), count: 0 });
});

test("whatever lineage comes in, a well-formed one goes out that is one deeper", () => {
  const incoming = fc.record({
    depth: fc.integer({ min: 1, max: 32_767 }),
    hash: fc.oneof(
      fc.integer({ min: 0, max: 0xffff_ffff }).map((bits) => bits.toString(16).padStart(8, "0")),
      fc.constantFrom(functionHash("f1", "Terminate"), functionHash("f1", "Allow")),
    ),
    count: fc.integer({ min: 0, max: 255 }),
  });
  fc.assert(
    fc.property(incoming, anyFunction, (lineage, invoked) => {
      const entry = enter(lineage, invoked);
      assert.deepEqual(parseTraceHeader(formatTraceHeader(entry)).lineage, entry.lineage);
      assert.equal(entry.lineage.depth, (lineage.depth % 32_767) + 1);
    }),
    { numRuns: 1_000 },
  );
});
