import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf, runSchedule } from "./testing/schedule.ts";

const SCHEDULES = Number(process.env.SEMAPHORE_SCHEDULES ?? 2_000);
const FIRST_SEED = Number(process.env.SEMAPHORE_SEED ?? 1);

test("whatever crashes, repeats, pauses or lies about its clock: the limit, the rate, the order and the tokens hold, and all get in", async () => {
  const sum = { leases: 0, lost: 0, crashes: 0, requests: 0 };
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed += 1) {
    const plan = planOf(seed);
    try {
      const outcome = await runSchedule(plan);
      sum.leases += outcome.leases;
      sum.lost += outcome.lost;
      sum.crashes += outcome.crashes;
      sum.requests += outcome.requests;
    } catch (error) {
      throw new Error(`SEMAPHORE_SEED=${seed} SEMAPHORE_SCHEDULES=1: ${JSON.stringify(plan)}`, {
        cause: error,
      });
    }
  }
  if (process.env.SEMAPHORE_SCHEDULES) console.log(sum);
  if (SCHEDULES < 500) return;
  // The schedules are worth something: much of what they are to show has happened.
  assert.ok(sum.leases > 2 * SCHEDULES && sum.crashes > SCHEDULES / 4 && sum.lost > SCHEDULES / 50);
});
