import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLER, createWorld, FUNCTION_ARN, until } from "./testing/world.ts";

const SECOND = 1_000;

type World = Awaited<ReturnType<typeof createWorld>>;

/** The header of a chain in which the function was invoked so often. */
async function chainOf(world: World, invocations: number): Promise<string> {
  let traceHeader: string | undefined;
  for (let n = 0; n < invocations; n += 1) {
    const caller = traceHeader === undefined ? CALLER : { ...CALLER, traceHeader };
    ({ traceHeader } = await world.cloud.chains.enter(caller, FUNCTION_ARN, "Terminate"));
  }
  return traceHeader!;
}

// FACTS 1, the table's last row; Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops".
test("a message over the limit is refused alone, again and again until it is a dead letter", async () => {
  await using world = await createWorld();
  world.queue.maxReceiveCount = 3;
  const stops: string[] = [];
  world.cloud.notices.on("loop", ({ functionArn }) => stops.push(functionArn));
  const ready = await chainOf(world, 15);
  const over = await chainOf(world, 16);
  world.send("first", {});
  world.send("loops", { traceHeader: over });
  world.send("runs on", { traceHeader: ready });
  const { UUID } = await world.createMapping({});
  await until(() => world.queue.messages.length === 1);
  assert.deepEqual(world.bodies(), [["first", "runs on"]]);
  // The batch carries the chain that is nearest to its end.
  assert.equal(world.invoked[0]?.traceHeader, ready);
  const refused = "PROBLEM: RecursiveInvocationException";
  await until(async () => (await world.getMapping(UUID!)).LastProcessingResult === refused);

  await world.clock.advance(29 * SECOND);
  assert.equal(world.queue.messages[0]?.receives, 1);
  await world.clock.advance(1 * SECOND);
  assert.equal(world.queue.messages[0]?.receives, 2);
  await world.clock.advance(60 * SECOND);
  assert.equal(world.queue.messages.length, 0);
  assert.equal(world.queue.deadLetters.length, 1);
  assert.equal(world.invoked.length, 1);
  assert.deepEqual(stops, [FUNCTION_ARN]);
  const [loop] = world.cloud.chains.report().loops;
  assert.equal(loop?.drops, 3);
});

test("a function that allows recursion is invoked over the limit too", async () => {
  await using world = await createWorld();
  world.state.recursiveLoop = "Allow";
  world.send("loops", { traceHeader: await chainOf(world, 16) });
  await world.createMapping({});
  await until(() => world.queue.messages.length === 0);
  assert.deepEqual(world.bodies(), [["loops"]]);
});

test("in a FIFO queue what follows a refused message in its group waits with it, other groups do not", async () => {
  await using world = await createWorld({ queueName: "orders.fifo" });
  const traceHeader = await chainOf(world, 16);
  world.send("a1", { group: "a" });
  world.send("a2", { group: "a", traceHeader });
  world.send("a3", { group: "a" });
  world.send("b1", { group: "b" });
  await world.createMapping({});
  await until(() => world.queue.messages.length === 2);
  assert.deepEqual(world.bodies(), [["a1", "b1"]]);
});
