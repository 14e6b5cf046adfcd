import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { enter, type InvokedFunction } from "./enter.ts";
import type { Lineage } from "./lineage.ts";
import { PathOracle } from "./path-oracle.ts";

const ROUND = 32_767;
/** How many hops may lead into a loop with laps of so many, and how many have run at most when it is stopped. */
const BOUNDS = [
  { lap: 8, leadIn: 16, stoppedBy: 160 },
  { lap: 32, leadIn: 160, stoppedBy: 736 },
  { lap: 128, leadIn: 736, stoppedBy: 3_040 },
  { lap: 512, leadIn: 3_040, stoppedBy: 12_256 },
  { lap: 1_024, leadIn: 12_256, stoppedBy: 30_688 },
];

/** The longest path that may run before a loop of this lap is stopped, when so many hops led into it. */
function stoppedBy(leadIn: number, lap: number): number {
  const round = Math.floor(leadIn / ROUND) * ROUND;
  const bound = BOUNDS.find((row) => row.lap >= lap && round + row.leadIn >= leadIn);
  if (bound) return round + bound.stoppedBy;
  return round + ROUND + BOUNDS.find((row) => row.lap >= lap)!.stoppedBy;
}

function functions(names: number, isAllow: (i: number) => boolean = () => false) {
  return Array.from(
    { length: names },
    (_, i): InvokedFunction => ({
      functionArn: `f${i}`,
      recursiveLoop: isAllow(i) ? "Allow" : "Terminate",
    }),
  );
}

/** Goes round until a function is stopped, and says so if that was too late, or the wrong one. */
function assertStopped(path: PathOracle, lap: readonly InvokedFunction[], longest: number): void {
  const stopped = path.loop(lap, longest + 1);
  const named = `a lap of ${lap.length}, stopped after ${path.length} hops`;
  assert.ok(stopped, named);
  assert.equal(stopped.recursiveLoop, "Terminate", named);
  assert.ok(path.invocationsOf(stopped) >= 16, named);
  assert.ok(path.length <= longest, `${named}, not by ${longest}`);
}

const outside: InvokedFunction = { functionArn: "outside", recursiveLoop: "Terminate" };
const outsideAllow: InvokedFunction = { functionArn: "outside-allow", recursiveLoop: "Allow" };

/**
 * The largest number of times that `watched` can run before the loop is stopped, over all lead-ins of up to 16 hops
 * through functions of the loop and others. All that the past leaves behind is the lineage and how often `watched`
 * ran, and of two pasts with one lineage the one in which it ran oftener is the worse. So every lead-in is tried.
 */
function mostInvocations(lap: readonly InvokedFunction[], watched: InvokedFunction): number {
  const steps = [...lap, outside, outsideAllow];
  let pasts: { lineage: Lineage | undefined; invocations: number }[] = [
    { lineage: undefined, invocations: 0 },
  ];
  let most = 0;
  for (let leadIn = 0; leadIn <= 16; leadIn++) {
    const longer = new Map<string, { lineage: Lineage; invocations: number }>();
    for (const past of pasts) {
      most = Math.max(most, past.invocations + invocationsInLoop(past.lineage, lap, watched));
      for (const step of steps) {
        const { stop, lineage } = enter(past.lineage, step);
        if (stop) continue;
        const invocations = past.invocations + (step === watched ? 1 : 0);
        const key = `${lineage.hash}:${lineage.count}`;
        if ((longer.get(key)?.invocations ?? -1) < invocations) {
          longer.set(key, { lineage, invocations });
        }
      }
    }
    pasts = [...longer.values()];
  }
  return most;
}

function invocationsInLoop(
  past: Lineage | undefined,
  lap: readonly InvokedFunction[],
  watched: InvokedFunction,
): number {
  let lineage = past;
  let invocations = 0;
  for (let hop = 0; hop <= 160; hop++) {
    const invoked = lap[hop % lap.length]!;
    const entry = enter(lineage, invoked);
    if (entry.stop) return invocations;
    lineage = entry.lineage;
    if (invoked === watched) invocations++;
  }
  return Number.POSITIVE_INFINITY;
}

test("a loop of up to 8 functions is stopped before any ran more than 32 times, after every lead-in of up to 16 hops", () => {
  for (let length = 1; length <= 8; length++) {
    const lap = functions(length);
    for (const watched of lap) {
      const most = mostInvocations(lap, watched);
      assert.ok(most <= 32, `a loop of ${length}: ${watched.functionArn} runs ${most} times`);
    }
  }
});

test("so is one of which any functions but one are Allow, and no Terminate function of it runs more than 32 times", () => {
  for (let length = 2; length <= 5; length++) {
    for (let allowed = 1; allowed < 2 ** length - 1; allowed++) {
      const lap = functions(length, (i) => ((allowed >> i) & 1) === 1);
      for (const watched of lap.filter(({ recursiveLoop }) => recursiveLoop === "Terminate")) {
        const most = mostInvocations(lap, watched);
        assert.ok(most <= 32, `${length}, ${allowed.toString(2)}: runs ${most} times`);
      }
    }
  }
});

test("of a loop of up to 8 functions that the event starts, none runs more than 20 times", () => {
  for (let length = 1; length <= 8; length++) {
    const lap = functions(length);
    const path = new PathOracle();
    path.loop(lap, 200);
    for (const invoked of lap) assert.ok(path.invocationsOf(invoked) <= 20);
  }
});

test("loops of every length up to 1024 are stopped within their bound, and within 42 laps", () => {
  for (let length = 1; length <= 1_024; length += length < 130 ? 1 : 37) {
    const path = new PathOracle();
    assertStopped(path, functions(length), stoppedBy(0, length));
    assert.ok(path.length <= 42 * length, `${length}: ${path.length / length} laps`);
  }
  assertStopped(new PathOracle(), functions(1_024), stoppedBy(0, 1_024));
});

test("a loop with one Terminate function, wherever it stands among Allow ones, is stopped there", () => {
  for (const length of [2, 3, 7, 8, 9, 31, 32, 33, 128, 129]) {
    for (let terminate = 0; terminate < length; terminate += Math.ceil(length / 16)) {
      const lap = functions(length, (i) => i !== terminate);
      for (const leadIn of [0, 1, 5, 16]) {
        const path = new PathOracle();
        for (let hop = 0; hop < leadIn; hop++) path.invoke(outside);
        assertStopped(path, lap, stoppedBy(leadIn, length));
      }
    }
  }
});

test("two Terminate functions among Allow ones do not make each other's count forgotten for ever", () => {
  const length = 32;
  for (let one = 0; one < length; one++) {
    for (let other = 0; other < one; other++) {
      const path = new PathOracle();
      for (let hop = 0; hop < 160; hop++) path.invoke({ ...outside, functionArn: `lead-${hop}` });
      const lap = functions(length, (i) => i !== one && i !== other);
      assertStopped(path, lap, stoppedBy(160, length));
    }
  }
});

test("behind a long way on which nothing came back, a loop of up to 8 is stopped soon", () => {
  fc.assert(
    fc.property(fc.integer({ min: 736, max: 32_000 }), laps(8), (hops, lap) => {
      const path = new PathOracle();
      for (let hop = 0; hop < hops; hop++) path.invoke({ ...outside, functionArn: `lead-${hop}` });
      const window = hops < 3_040 ? 128 : hops < 12_256 ? 512 : 1_024;
      // At most two of the window's laps pass before what is tracked gives way. A new window may begin meanwhile,
      // and then the loop is found in that one.
      assertStopped(path, lap, hops + 2 * window + 2 * 17 * lap.length + 8);
    }),
    { numRuns: 100 },
  );
});

/** A lap of up to so many hops, which may come through one function several times; one at least can be stopped. */
const laps = (lengthMax: number) =>
  fc
    .tuple(
      fc.array(fc.tuple(fc.integer({ min: 0, max: lengthMax }), fc.boolean(), fc.boolean()), {
        minLength: 1,
        maxLength: lengthMax,
        size: "max",
      }),
      fc.nat(),
    )
    .map(([hops, terminate]) => {
      // A function's setting is one throughout the lap: a quarter of the names are Allow.
      const spared = hops[terminate % hops.length]![0];
      const allowed = new Set(hops.filter(([, a, b]) => a && b).map(([name]) => name));
      allowed.delete(spared);
      return hops.map(
        ([name]): InvokedFunction => ({
          functionArn: `f${name}`,
          recursiveLoop: allowed.has(name) ? "Allow" : "Terminate",
        }),
      );
    });

/** Goes through functions of the lap and others, as it comes, for so many hops; a stop on the way ends it. */
function lead(
  path: PathOracle,
  lap: readonly InvokedFunction[],
  steps: readonly number[],
  hops: number,
) {
  for (let hop = 0; hop < hops; hop++) {
    const step = steps[hop % steps.length]!;
    const invoked = lap[(step + hop) % (lap.length * 2)] ?? (step % 2 ? outside : outsideAllow);
    // On a real chain the stopped message is gone; here another one takes its turn.
    if (path.invoke(invoked).stop) path.invoke({ ...outsideAllow, functionArn: `detour-${step}` });
  }
}

test("a lap of up to 8 hops that comes through functions several times is stopped within 17 laps of the lead-in", () => {
  const leadIns = fc.array(fc.nat({ max: 15 }), { minLength: 1, maxLength: 16 });
  fc.assert(
    fc.property(laps(8), leadIns, (lap, steps) => {
      const path = new PathOracle();
      lead(path, lap, steps, steps.length);
      assertStopped(path, lap, 16 + 17 * lap.length);
    }),
    { numRuns: 2_000 },
  );
});

test("a lap of up to 1024 hops, after a lead-in of any length and kind, is stopped within its bound", () => {
  const steps = fc.array(fc.nat({ max: 5_000 }), { minLength: 1, maxLength: 60 });
  const leadIn = fc.oneof(fc.nat({ max: 800 }), fc.nat({ max: 70_000 }));
  const anyLap = fc.oneof(laps(8), laps(40), laps(1_024));
  fc.assert(
    fc.property(anyLap, steps, leadIn, (lap, through, hops) => {
      const path = new PathOracle();
      lead(path, lap, through, hops);
      assertStopped(path, lap, stoppedBy(path.length, lap.length));
    }),
    { numRuns: 60 },
  );
});

test("a loop that is entered at any depth, whatever is tracked there, is stopped within a round and its bound", () => {
  const incoming = fc.record({
    depth: fc.integer({ min: 1, max: ROUND }),
    hash: fc.constant("0a0a0a0a"),
    count: fc.integer({ min: 0, max: 15 }),
  });
  fc.assert(
    fc.property(incoming, laps(8), (lineage, lap) => {
      const path = new PathOracle(lineage);
      assertStopped(path, lap, stoppedBy(lineage.depth, lap.length) - lineage.depth);
    }),
    { numRuns: 200 },
  );
});
