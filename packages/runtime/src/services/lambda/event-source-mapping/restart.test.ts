import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Answer, CALLER, createWorld, until } from "./testing/world.ts";

async function temporaryDirectory() {
  const path = await mkdtemp(join(tmpdir(), "flyball-mappings-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test("mappings go on after a restart as they were left", async () => {
  await using directory = await temporaryDirectory();
  const left = await createWorld({ directory: directory.path });
  const enabled = await left.createMapping({});
  const disabled = await left.createMapping({ FunctionName: "consumer:live", Enabled: false });
  await left.untilState(enabled.UUID!, "Enabled");
  await left.untilState(disabled.UUID!, "Disabled");
  await left.cloud.stop();

  await using world = await createWorld({ directory: directory.path });
  world.send("hello");
  await until(() => world.queue.messages.length === 0);
  assert.equal(world.invoked.length, 1);
  assert.equal((await world.getMapping(disabled.UUID!)).State, "Disabled");
});

test("what was interrupted while it was being made or deleted comes to its end after a restart", async () => {
  await using directory = await temporaryDirectory();
  const left = await createWorld({ directory: directory.path });
  const { UUID } = await left.createMapping({});
  await left.untilState(UUID!, "Enabled");
  const run = Promise.withResolvers<Answer>();
  left.state.answer = () => run.promise;
  left.send("never ends");
  await until(() => left.invoked.length === 1);
  await left.cloud.call(CALLER, "lambda", "DeleteEventSourceMapping", { UUID });
  await left.cloud.stop();
  assert.deepEqual(left.defects, []);

  await using world = await createWorld({ directory: directory.path });
  await until(async () => {
    const { EventSourceMappings } = await world.cloud.call(
      CALLER,
      "lambda",
      "ListEventSourceMappings",
      {},
    );
    return EventSourceMappings?.length === 0;
  });
});

test("a cloud stops at once though functions run and batches are being gathered", async () => {
  const world = await createWorld();
  const { UUID } = await world.createMapping({
    BatchSize: 100,
    MaximumBatchingWindowInSeconds: 300,
  });
  await world.untilState(UUID!, "Enabled");
  world.send("gathered");
  await until(() => world.queue.messages[0]?.receives === 1);
  await world.cloud.stop();
  assert.deepEqual(world.bodies(), []);
  assert.equal(world.queue.messages[0]?.visibleAt, world.clock.now(), "it is given back");
  assert.deepEqual(world.defects, []);
});
