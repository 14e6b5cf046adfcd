import assert from "node:assert";
import { once } from "node:events";
import { mock, test } from "node:test";
import fc from "fast-check";
import { Activity } from "./activity.ts";
import { sleepUntil } from "./clock.ts";
import { SystemClock } from "./system.ts";
import { type Due, TimerHeap } from "./timer-heap.ts";
import { VirtualClock } from "./virtual.ts";

const START = 1_000_000;
const DAY_MS = 86_400_000;

function virtual() {
  const activity = new Activity();
  return { activity, clock: new VirtualClock(activity, START) };
}

test("Timers fire in the order of their instants, at one instant in the order in which they were set, and not when cancelled", async () => {
  const timers = fc.array(fc.record({ in: fc.nat(20), cancelled: fc.boolean() }), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(timers, fc.array(fc.nat(10), { maxLength: 4 }), async (timers, advances) => {
      const { clock } = virtual();
      const fired: { index: number; at: number }[] = [];
      const set = timers.map((timer, index) =>
        clock.setTimer(START + 1 + timer.in, () => fired.push({ index, at: clock.now() })),
      );
      for (const [index, { cancelled }] of timers.entries()) if (cancelled) set[index]!.cancel();
      for (const milliseconds of advances) await clock.advance(milliseconds);
      const end = START + advances.reduce((sum, milliseconds) => sum + milliseconds, 0);
      const expected = timers
        .map((timer, index) => ({ index, at: START + 1 + timer.in, cancelled: timer.cancelled }))
        .filter(({ at, cancelled }) => at <= end && !cancelled)
        .sort((left, right) => left.at - right.at || left.index - right.index)
        .map(({ index, at }) => ({ index, at }));
      assert.deepEqual(fired, expected);
      assert.equal(clock.now(), end);
    }),
    { numRuns: 100 },
  );
});

test("The heap gives what is due next, whatever was added and taken out", () => {
  const steps = fc.array(
    fc.oneof(fc.record({ add: fc.nat(50) }), fc.record({ remove: fc.nat(20) })),
  );
  fc.assert(
    fc.property(steps, (steps) => {
      const heap = new TimerHeap();
      let held: Due[] = [];
      for (const [order, step] of steps.entries()) {
        if ("add" in step) {
          const due: Due = { at: step.add, order, fire: () => {}, place: -1 };
          heap.add(due);
          held.push(due);
        } else {
          const due = held[step.remove];
          if (!due) continue;
          assert.equal(heap.remove(due), true);
          assert.equal(heap.remove(due), false, "only once");
          held = held.filter((other) => other !== due);
        }
        const first = [...held].sort((a, b) => a.at - b.at || a.order - b.order)[0];
        assert.equal(heap.peek(), first);
        assert.equal(heap.size, held.length);
      }
    }),
  );
});

test("What a timer starts is settled before the next one fires: chained work and timers set on the way", async () => {
  const { clock, activity } = virtual();
  const told: string[] = [];
  clock.setTimer(START + 10, () => {
    void activity.track(
      (async () => {
        for (let step = 0; step < 20; step += 1)
          await new Promise((resolve) => setImmediate(resolve));
        told.push(`worked at ${clock.now() - START}`);
        clock.setTimer(START + 15, () => told.push(`chained at ${clock.now() - START}`));
        clock.setTimer(START + 1, () => told.push(`late at ${clock.now() - START}`));
      })(),
    );
  });
  clock.setTimer(START + 20, () => told.push(`next at ${clock.now() - START}`));
  await clock.advance(30);
  assert.deepEqual(told, ["worked at 10", "late at 10", "chained at 15", "next at 20"]);
});

test("A timer of the past fires soon, though time stands still, and not synchronously", async () => {
  const { clock } = virtual();
  let fired = false;
  clock.setTimer(START - 1, () => {
    fired = true;
  });
  assert.equal(fired, false);
  await new Promise((resolve) => setImmediate(resolve));
  assert(fired);
  const cancelled = clock.setTimer(START, () => assert.fail("it was cancelled"));
  cancelled.cancel();
  cancelled.cancel();
  await new Promise((resolve) => setImmediate(resolve));
});

test("Advances that are asked for together are done one after the other", async () => {
  const { clock } = virtual();
  const seen: number[] = [];
  clock.setTimer(START + 5, () => seen.push(clock.now()));
  clock.setTimer(START + 15, () => seen.push(clock.now()));
  await Promise.all([clock.advance(10), clock.advance(10)]);
  assert.deepEqual(seen, [START + 5, START + 15]);
  assert.equal(clock.now(), START + 20);
  assert.throws(() => clock.advance(-1), /forward/);
});

test("The next of a hundred thousand timers is found without looking at the others", {
  timeout: 20_000,
}, () => {
  const heap = new TimerHeap();
  const dues = Array.from({ length: 100_000 }, (_, order) => ({
    at: (order * 7_919) % 100_000,
    order,
    fire: () => {},
    place: -1,
  }));
  for (const due of dues) heap.add(due);
  for (const due of dues) if (due.at % 2 === 1) heap.remove(due);
  for (let at = 0; at < 100_000; at += 2) {
    const due = heap.peek()!;
    assert.equal(due.at, at);
    heap.remove(due);
  }
  assert.equal(heap.size, 0);
});

test("Many timers at many instants fire in order", async () => {
  const { clock } = virtual();
  let last = 0;
  let fired = 0;
  for (let index = 0; index < 2_000; index += 1) {
    const at = START + 1 + ((index * 7_919) % 2_000);
    clock.setTimer(at, () => {
      assert(at > last);
      last = at;
      fired += 1;
    });
  }
  await clock.advance(2_000);
  assert.equal(fired, 2_000);
});

test("Who sleeps wakes at the instant, or is told that it was stopped", async () => {
  const { clock } = virtual();
  const stop = new AbortController();
  const asleep = sleepUntil(clock, START + 10, stop.signal).then(() => clock.now());
  await clock.advance(9);
  await clock.advance(1);
  assert.equal(await asleep, START + 10);
  const stopped = sleepUntil(clock, START + 99, stop.signal);
  stop.abort(new Error("enough"));
  await assert.rejects(stopped, /enough/);
  await assert.rejects(sleepUntil(clock, START + 99, stop.signal), /enough/);
});

test("The system's timers last longer than Node's own can, fire by the wall clock, and notice when it jumps", async (t) => {
  // The mock's `Date` moves with its timers; setting its time jumps the wall clock alone.
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: START });
  const clock = new SystemClock();
  const fired: number[] = [];
  clock.setTimer(START + 40 * DAY_MS, () => fired.push(Date.now()));
  const cancelled = clock.setTimer(START + DAY_MS, () => assert.fail("it was cancelled"));
  cancelled.cancel();
  for (let day = 0; day < 40; day += 1) {
    assert.deepEqual(fired, []);
    for (let minute = 0; minute < 1_440; minute += 1) t.mock.timers.tick(60_000);
  }
  assert.deepEqual(fired, [START + 40 * DAY_MS]);

  const now = mock.method(Date, "now");
  const before = Date.now();
  const jumped: string[] = [];
  clock.setTimer(before + DAY_MS, () => jumped.push("forwards"));
  now.mock.mockImplementation(() => before + 2 * DAY_MS);
  t.mock.timers.tick(60_000);
  assert.deepEqual(jumped, ["forwards"], "a laptop that slept is late by a minute at most");
  clock.setTimer(before + 2 * DAY_MS + 30_000, () => jumped.push("backwards"));
  now.mock.mockImplementation(() => before);
  t.mock.timers.tick(60_000);
  assert.deepEqual(jumped, ["forwards"], "time that went back is waited for again");
  now.mock.restore();
});

test("The system's clock calls no timer synchronously", async () => {
  const clock = new SystemClock();
  const events = new EventTarget();
  let fired = false;
  clock.setTimer(clock.now() - 5, () => {
    fired = true;
    events.dispatchEvent(new Event("fired"));
  });
  assert.equal(fired, false);
  await once(events, "fired");
});
