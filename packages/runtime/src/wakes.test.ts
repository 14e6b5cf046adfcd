import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { Activity } from "./clock/activity.ts";
import { VirtualClock } from "./clock/virtual.ts";
import { Wakes } from "./wakes.ts";

function waking() {
  const clock = new VirtualClock(new Activity(), 0);
  return { clock, wakes: new Wakes(clock) };
}

test("A wake between listening and waiting is not lost", async () => {
  const { wakes } = waking();
  const listener = wakes.listen("queue");
  wakes.wake("queue");
  assert.equal(await listener.woken(Number.MAX_SAFE_INTEGER), "woken");
});

test("All who wait on a channel are woken, and nobody on another", async () => {
  const { clock, wakes } = waking();
  const waiting = ["a", "a", "b"].map((channel) => wakes.listen(channel).woken(10));
  wakes.wake("a");
  assert.deepEqual(await Promise.all(waiting.slice(0, 2)), ["woken", "woken"]);
  await clock.advance(10);
  assert.equal(await waiting[2], "timeout");
});

test("Who waits is told when its time is over, or it is stopped", async () => {
  const { clock, wakes } = waking();
  const late = wakes.listen("a").woken(5);
  await clock.advance(5);
  assert.equal(await late, "timeout");
  const stop = new AbortController();
  const stopped = wakes.listen("a").woken(50, stop.signal);
  stop.abort(new Error("gone"));
  await assert.rejects(stopped, /gone/);
  await assert.rejects(wakes.listen("a").woken(50, stop.signal), /gone/);
  const closed = wakes.listen("a");
  closed.close();
  wakes.wake("a");
});

test("Whatever happens in which order, an item that was put is found by a consumer that looks again when woken", async () => {
  const puts = fc.array(fc.nat(3), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(puts, fc.integer({ min: 1, max: 4 }), async (gaps, consumers) => {
      const { wakes } = waking();
      const items: number[] = [];
      const found: number[] = [];
      const stop = new AbortController();
      const consume = async () => {
        for (;;) {
          const listener = wakes.listen("items");
          const item = items.shift();
          if (item === undefined) await listener.woken(Number.MAX_SAFE_INTEGER, stop.signal);
          else {
            listener.close();
            found.push(item);
            await Promise.resolve();
          }
        }
      };
      const running = Array.from({ length: consumers }, consume);
      for (const [item, gap] of gaps.entries()) {
        for (let turn = 0; turn < gap; turn += 1) await Promise.resolve();
        items.push(item);
        wakes.wake("items");
      }
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(
        found.sort((a, b) => a - b),
        gaps.map((_, item) => item),
      );
      stop.abort(new Error("over"));
      await Promise.allSettled(running);
    }),
    { numRuns: 100 },
  );
});
