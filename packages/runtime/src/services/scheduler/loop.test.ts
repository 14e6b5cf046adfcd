import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../call.ts";
import type { LoopingChain } from "../../chains/looping-chain.ts";
import { defineService } from "../../service.ts";
import { arnOf, CALLER, inputOf, START, TestCloud } from "./testing.ts";

const MINUTE = 60_000;
const FUNCTION = arnOf("lambda", "function:again");

/** A function that makes a new schedule for itself, or sets its own one anew, each time that it is invoked. */
function openWorld(
  goOn: (world: TestCloud, caller: Caller, round: number) => Promise<unknown>,
  stopUncoveredLoops = false,
) {
  let rounds = 0;
  const lambda = defineService({
    name: "lambda",
    operations: {
      Invoke: async ({ cloud, caller }) => {
        const { traceHeader, stopped } = await cloud.chains.enter(caller, FUNCTION, "Terminate");
        if (stopped) return { StatusCode: 202 };
        rounds += 1;
        await goOn(world, { ...CALLER, traceHeader }, rounds);
        return { StatusCode: 202 };
      },
    },
  });
  const world = new TestCloud({ services: [lambda], stopUncoveredLoops });
  const loops: LoopingChain[] = [];
  world.cloud.notices.on("loop", (loop) => loops.push(loop));
  return { world, loops, rounds: () => rounds };
}

function inAMinute(world: TestCloud): string {
  const at = new Date(world.cloud.clock.now() + MINUTE).toISOString().slice(0, 19);
  return `at(${at})`;
}

const target = { Arn: FUNCTION, Input: "{}" };

for (const [name, goOn] of [
  [
    "sets its schedule anew",
    (world: TestCloud, caller: Caller) =>
      world.cloud.call(
        caller,
        "scheduler",
        "UpdateSchedule",
        inputOf(inAMinute(world), { target }),
      ),
  ],
  [
    "makes another schedule",
    (world: TestCloud, caller: Caller, round: number) =>
      world.schedule(inAMinute(world), { caller, Name: `round-${round}`, target }),
  ],
] as const)
  test(`a function that ${name} whenever it runs is reported as a loop that AWS would let run`, async () => {
    const { world, loops, rounds } = openWorld(goOn);
    await using _ = world;
    await world.schedule(inAMinute(world), { target });
    await world.advance(30 * MINUTE);
    assert.equal(rounds(), 30, "nothing is stopped");
    assert.equal(loops.length, 1);
    const [loop] = loops;
    assert.equal(loop?.covered, false);
    assert.equal(loop?.stopped, false);
    assert(loop?.cycle.includes(FUNCTION), "the path tells of the function");
    assert(loop?.cycle.some((arn) => arn.startsWith(arnOf("scheduler", "schedule/default/"))));
  });

test("what recurs by itself is no loop, whoever made it", async () => {
  const { world, loops, rounds } = openWorld(async (world, caller, round) => {
    if (round === 1) await world.schedule("rate(1 minute)", { caller, Name: "often", target });
  });
  await using _ = world;
  await world.schedule(inAMinute(world), { target });
  await world.advance(60 * MINUTE);
  assert(rounds() > 50);
  assert.deepEqual(loops, []);
  assert.equal(world.cloud.clock.now(), START + 60 * MINUTE);
});

test("a function that schedules itself is stopped where such loops are to be, and the rest goes on", async () => {
  const { world, loops, rounds } = openWorld(
    (world, caller) =>
      world.cloud.call(
        caller,
        "scheduler",
        "UpdateSchedule",
        inputOf(inAMinute(world), { target }),
      ),
    true,
  );
  await using _ = world;
  await world.schedule(inAMinute(world), { target });
  await world.schedule("rate(10 minutes)", { Name: "other" });
  await world.advance(60 * MINUTE);
  assert(rounds() >= 16 && rounds() <= 17, `${rounds()} rounds`);
  assert.equal(loops[0]?.stopped, true);
  assert.equal(world.received().length, 7);
});
