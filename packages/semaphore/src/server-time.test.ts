import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerTime } from "./server-time.ts";
import { Machine, randomFrom, VirtualTime, WORLD_BEGAN } from "./testing/virtual-time.ts";

const MINUTES_MS = 60_000;

/** Answers every 100 ms, with `Date` headers in whole seconds and a trip of 4 ms. */
function answer(time: VirtualTime, machine: Machine, serverTime: ServerTime, untilMs: number) {
  for (; time.now < untilMs; time.now += 96) {
    const sentAt = machine.monotonic();
    time.now += 2;
    const date = Math.floor((WORLD_BEGAN + time.now) / 1000) * 1000;
    time.now += 2;
    serverTime.answered(date, sentAt, machine.monotonic());
  }
}

function errorMs(time: VirtualTime, serverTime: ServerTime): number {
  return Math.abs(serverTime.now() - WORLD_BEGAN - time.now);
}

test("a clock that is minutes off is overruled: within a second at the first answer, within a trip once a second has changed", () => {
  for (const skewMs of [7 * MINUTES_MS, -3 * MINUTES_MS]) {
    const time = new VirtualTime();
    const machine = new Machine(time, { random: randomFrom(1), skewMs });
    const serverTime = new ServerTime(machine);
    answer(time, machine, serverTime, 90);
    assert.ok(errorMs(time, serverTime) <= 1_000, `${errorMs(time, serverTime)} ms at first`);
    answer(time, machine, serverTime, 60_000);
    serverTime.now();
    time.now += 40_000;
    assert.ok(errorMs(time, serverTime) <= 110, `${errorMs(time, serverTime)} ms in the end`);
  }
});

test("a clock that is right is believed to the millisecond", () => {
  const time = new VirtualTime();
  const machine = new Machine(time, { random: randomFrom(1) });
  const serverTime = new ServerTime(machine);
  answer(time, machine, serverTime, 20_000);
  assert.ok(errorMs(time, serverTime) < 1);
});

test("a correction is let in slowly, so that it bunches no starts", () => {
  const time = new VirtualTime();
  const machine = new Machine(time, { random: randomFrom(1), skewMs: -MINUTES_MS });
  const serverTime = new ServerTime(machine);
  answer(time, machine, serverTime, 90);
  let before = serverTime.now();
  for (let step = 0; step < 300; step += 1) {
    const from = time.now;
    answer(time, machine, serverTime, time.now + 90);
    const passed = serverTime.now() - before;
    assert.ok(passed <= (time.now - from) * 1.051, `${passed} ms in ${time.now - from} ms`);
    before = serverTime.now();
  }
});
