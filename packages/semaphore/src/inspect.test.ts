import assert from "node:assert/strict";
import { test } from "node:test";
import { Semaphore } from "./index.ts";
import { inspectionOf } from "./inspect.ts";
import { EngineTables } from "./testing/engine-table.ts";
import { Network } from "./testing/network.ts";
import { Machine, randomFrom, VirtualTime, WORLD_BEGAN } from "./testing/virtual-time.ts";

test("inspect tells who holds and who waits, since when and in what order, once they have stayed a while", async () => {
  const time = new VirtualTime();
  const random = randomFrom(3);
  const network = new Network(time, new EngineTables(), random);
  const semaphoreOf = (owner: string) => {
    const machine = new Machine(time, { random });
    const client = network.clientOf(machine);
    return new Semaphore({ client, table: "locks", name: "ocr", limit: 1, owner, time: machine });
  };
  const held = semaphoreOf("importer").acquire();
  await time.runUntil(1_000);
  void semaphoreOf("reader").acquire({ owner: "reader of page 7" });
  await time.runUntil(2_000);
  void semaphoreOf("late").acquire();
  await time.runUntil(8_000);
  const looking = semaphoreOf("looker").inspect();
  await time.runUntil(8_100);
  const seen = await looking;
  const { token } = await held;
  assert.deepEqual(
    { held: seen.held, waiting: seen.waiting, limit: seen.limit, exists: seen.exists },
    { held: 1, waiting: 2, limit: 1, exists: true },
  );
  const [holder] = seen.holders;
  assert.equal(holder?.owner, "importer");
  assert.equal(holder?.token, token);
  assert.equal(holder?.claimed, true);
  assert.ok(Math.abs(Date.parse(holder?.since ?? "") - WORLD_BEGAN) < 10);
  assert.deepEqual(
    seen.waiters.map(({ owner, place }) => [place, owner]),
    [
      [1, "reader of page 7"],
      [2, "late"],
    ],
  );

  void (await held).release();
  await time.runUntil(12_000);
  const after = semaphoreOf("looker").inspect();
  await time.runUntil(12_100);
  assert.deepEqual(
    (await after).holders.map(({ owner }) => owner),
    ["reader of page 7"],
  );
});

test("inspect tells of a state machine's executions: until when those that hold may, and how many wait", async () => {
  const execution = "arn:aws:states:eu-central-1:000000000000:execution:ocr:one";
  const item = {
    LockName: { S: "ocr" },
    currentlockcount: { N: "1" },
    nextavailtime: { N: "0" },
    fbjoined: { N: "5" },
    fbcalled: { N: "3" },
    [execution]: { S: "2026-01-15T12:00:00.123Z/2026-01-15T12:15:00Z" },
  };
  const { holders, executionsWaiting } = await inspectionOf(item, {
    name: "ocr",
    keyAttribute: "LockName",
    limit: undefined,
    now: WORLD_BEGAN,
    recordsOf: async () => new Map(),
  });
  const [holder] = holders;
  assert.deepEqual(
    [holder?.owner, holder?.since, holder?.until],
    [execution, "2026-01-15T12:00:00.123Z", "2026-01-15T12:15:00Z"],
  );
  assert.equal(executionsWaiting, 2);
});
