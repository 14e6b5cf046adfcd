import assert from "node:assert/strict";
import { test } from "node:test";
import { type Circumstances, decide, type Wants } from "./decide.ts";
import type { View } from "./item.ts";

const NOTHING: Wants = { joining: [], giving: [], starting: [], calling: false };
const TERMS = { limit: 3, startGap: undefined };

function viewOf(parts: Partial<View>): View {
  return {
    count: 0,
    nextAvailable: 0,
    head: 100,
    waiting: 0,
    sequence: 0,
    leaseMs: 1_000,
    limit: undefined,
    slots: [],
    executions: [],
    executionsWaiting: 0,
    ...parts,
  };
}

function circumstancesOf(view: View, parts: Partial<Circumstances> = {}): Circumstances {
  let names = 0;
  const newSlotName = () => {
    names += 1;
    return `fb#${names}`;
  };
  const { waiting: waitingExpected } = view;
  return {
    view,
    waitingExpected,
    refusals: 0,
    now: 0,
    doubt: 0,
    trip: 0,
    stale: false,
    newSlotName,
    ...parts,
  };
}

const own = { name: "fb#own", ticket: 99 };

test("where there is room and nobody waits, a request gets in with one write", () => {
  const decision = decide(
    { ...NOTHING, joining: [1, 1] },
    circumstancesOf(viewOf({ count: 1 })),
    TERMS,
  );
  assert.equal(decision?.moves.join, 2);
  assert.equal(decision?.moves.admit.length, 2);
  assert.equal(decision?.moves.alone, true);
});

test("where it is full, a request only takes a ticket", () => {
  const view = viewOf({ count: 3 });
  const decision = decide({ ...NOTHING, joining: [1] }, circumstancesOf(view), TERMS);
  assert.deepEqual([decision?.moves.join, decision?.moves.admit], [1, []]);
});

test("nobody passes those who wait, even where there is room", () => {
  const view = viewOf({ count: 1, waiting: 4 });
  const decision = decide({ ...NOTHING, joining: [1] }, circumstancesOf(view), TERMS);
  assert.deepEqual([decision?.moves.join, decision?.moves.admit], [1, []]);
});

test("a unit that is given up goes to the line, or out of use where nobody is thought to wait", () => {
  const wants = { ...NOTHING, giving: [own] };
  const view = viewOf({ count: 3, waiting: 2 });
  assert.deepEqual(decide(wants, circumstancesOf(view), TERMS)?.moves.pass, [own]);
  const drained = circumstancesOf(view, { waitingExpected: 0 });
  assert.deepEqual(decide(wants, drained, TERMS)?.moves.free, [own]);
});

test("above a limit that was lowered, units go out of use though many wait", () => {
  const view = viewOf({ count: 5, waiting: 9 });
  const decision = decide({ ...NOTHING, giving: [own] }, circumstancesOf(view), TERMS);
  assert.deepEqual(decision?.moves.free, [own]);
});

test("whose turn it is calls as many as there is room for", () => {
  const view = viewOf({ count: 1, waiting: 9 });
  const decision = decide({ ...NOTHING, calling: true }, circumstancesOf(view), TERMS);
  assert.equal(decision?.moves.admit.length, 2);
  const full = circumstancesOf(viewOf({ count: 3, waiting: 9 }));
  assert.equal(decide({ ...NOTHING, calling: true }, full, TERMS), undefined);
});

test("starts are reserved behind one another, no further ahead than there are units", () => {
  const terms = { limit: 10, startGap: 1 };
  const wants = { ...NOTHING, starting: [[own]] };
  const from = (nextAvailable: number) =>
    decide(wants, circumstancesOf(viewOf({ nextAvailable }), { now: 1_000 }), terms)?.moves;
  assert.equal(from(900)?.startMove?.from, "now");
  assert.equal(from(1_004)?.startMove?.from, "there");
  assert.equal(from(1_012), undefined);
  assert.equal(from(1_300)?.startMove?.from, "lie");
});

test("start times far ahead are a lie for whose own clock is sure, and waited for by whose is not", () => {
  const terms = { limit: 2, startGap: 0.2 };
  const view = viewOf({ nextAvailable: 106 });
  const wants = { ...NOTHING, joining: [1] };
  const sure = decide(wants, circumstancesOf(view, { now: 100, doubt: 0.1 }), terms);
  assert.equal(sure?.moves.startMove?.from, "lie");
  const unsure = decide(wants, circumstancesOf(view, { now: 100, doubt: 6 }), terms);
  assert.equal(unsure?.moves.startMove, undefined);
});
