import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, until } from "./test-world.ts";

test("a message sent to the queue is handed to the function and deleted", async () => {
  await using world = await createWorld();
  const { UUID, State, StateTransitionReason } = await world.createMapping({});
  assert.equal(State, "Creating");
  assert.equal(StateTransitionReason, "USER_INITIATED");
  await world.untilState(UUID!, "Enabled");
  world.send("hello");
  await until(() => world.queue.messages.length === 0);
  assert.deepEqual(world.bodies(), [["hello"]]);
});
