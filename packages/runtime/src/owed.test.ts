import assert from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { VirtualClock } from "./clock/virtual.ts";
import { Cloud } from "./cloud.ts";
import { DONE, type Owed, type OwedHandler } from "./owed.ts";
import { defineService } from "./service.ts";

const CALLER = { account: "000000000000", region: "us-east-1", principal: "test" };
const KIND = "sns:test";

function cloudThatDoes(handler: OwedHandler, directory?: string) {
  const sns = defineService({ name: "sns", operations: {}, owed: { [KIND]: handler } });
  const cloud = new Cloud({
    services: [sns],
    clock: "virtual",
    startTime: 0,
    ...(directory === undefined ? {} : { directory }),
  });
  const defects: string[] = [];
  cloud.notices.on("defect", (defect) => defects.push(String(defect)));
  const advance = (milliseconds: number) => (cloud.clock as VirtualClock).advance(milliseconds);
  const owe = (payload: unknown, more: { at?: number; lane?: string } = {}) =>
    cloud.store.write((tx) => cloud.owed.add(tx, { kind: KIND, caller: CALLER, payload, ...more }));
  const left = () => cloud.store.read((tx) => cloud.owed.list(tx));
  return { cloud, defects, advance, owe, left, [Symbol.asyncDispose]: () => cloud.stop() };
}

async function temporary() {
  const path = await mkdtemp(join(tmpdir(), "flyball-owed-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test("What is owed is done once, at its time, and struck off together with what it writes", async () => {
  const done: unknown[] = [];
  await using world = cloudThatDoes(async (cloud, { payload }: Owed) => {
    done.push([payload, cloud.clock.now()]);
    return { done: true, commit: (tx) => tx.put(["done", String(payload)], true) };
  });
  await world.owe("now");
  await world.owe("later", { at: 5_000 });
  await world.advance(0);
  assert.deepEqual(done, [["now", 0]]);
  assert.equal(world.left().length, 1);
  await world.advance(10_000);
  assert.deepEqual(done, [
    ["now", 0],
    ["later", 5_000],
  ]);
  assert.deepEqual(world.left(), []);
  assert.equal(
    world.cloud.store.read((tx) => tx.get(["done", "later"])),
    true,
  );
});

test("What is owed in a transaction that throws is not owed", async () => {
  await using world = cloudThatDoes(async () => assert.fail("nothing is owed"));
  const thrown = world.cloud.store.write((tx) => {
    world.cloud.owed.add(tx, { kind: KIND, caller: CALLER, payload: 1 });
    throw new Error("on purpose");
  });
  await assert.rejects(thrown, /on purpose/);
  await world.advance(1_000);
  assert.deepEqual([world.left(), world.defects], [[], []]);
});

test("What is put off is tried again at the instant, with the payload that it was given and its attempts counted", async () => {
  const tries: unknown[] = [];
  await using world = cloudThatDoes(async (cloud, { attempt, payload }: Owed<number>) => {
    tries.push([cloud.clock.now(), attempt, payload]);
    return attempt === 3
      ? DONE
      : { done: false, againAt: cloud.clock.now() + 1_000 * 2 ** attempt, payload: payload * 10 };
  });
  await world.owe(1);
  await world.advance(60_000);
  assert.deepEqual(tries, [
    [0, 0, 1],
    [1_000, 1, 10],
    [3_000, 2, 100],
    [7_000, 3, 1_000],
  ]);
});

test("A handler that throws, what it wants written that throws, and a kind without a handler are told, and tried again a minute later", async () => {
  const at: number[] = [];
  await using world = cloudThatDoes(async (cloud, { attempt }: Owed) => {
    at.push(cloud.clock.now());
    if (attempt === 0) throw new Error("the handler broke");
    if (attempt > 1) return DONE;
    return {
      done: true,
      commit: () => {
        throw new Error("the commit broke");
      },
    };
  });
  await world.owe(1);
  await world.cloud.store.write((tx) =>
    world.cloud.owed.add(tx, { kind: "sns:unknown", caller: CALLER, payload: 1 }),
  );
  await world.advance(120_000);
  assert.deepEqual(at, [0, 60_000, 120_000]);
  assert.deepEqual(
    world.left().map(({ kind }) => kind),
    ["sns:unknown"],
  );
  assert.deepEqual(
    world.defects.filter((defect) => /broke/.test(defect)),
    ["Error: the handler broke", "Error: the commit broke"],
  );
  assert.match(world.defects.join(), /nothing here does what is owed as sns:unknown/);
});

test("A lane is done in the order in which it was owed, whatever fails on the way; other lanes go on beside it", async () => {
  const owing = fc.array(fc.record({ lane: fc.constantFrom("a", "b"), failures: fc.nat(2) }), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(owing, async (owing) => {
      const done: Record<string, number[]> = { a: [], b: [] };
      const busy = new Set<string>();
      await using world = cloudThatDoes(
        async (cloud, { payload, attempt, lane }: Owed<{ index: number; failures: number }>) => {
          assert(!busy.has(lane!), "one at a time");
          busy.add(lane!);
          await new Promise((resolve) => setImmediate(resolve));
          busy.delete(lane!);
          if (attempt < payload.failures) return { done: false, againAt: cloud.clock.now() + 100 };
          done[lane!]!.push(payload.index);
          return DONE;
        },
      );
      await Promise.all(
        owing.map(({ lane, failures }, index) => world.owe({ index, failures }, { lane })),
      );
      await world.advance(3_000);
      for (const lane of ["a", "b"])
        assert.deepEqual(
          done[lane],
          owing.flatMap((owed, index) => (owed.lane === lane ? [index] : [])),
        );
      assert.deepEqual(world.defects, []);
    }),
    { numRuns: 20 },
  );
});

test("What a former run left owed is taken up again: in its lanes' order, with its attempts", async () => {
  await using directory = await temporary();
  const hung = cloudThatDoes(() => new Promise(() => {}), directory.path);
  for (const payload of [1, 2, 3]) await hung.owe(payload, { lane: "a" });
  await hung.owe(4, { at: 9_000 });
  await hung.cloud.stop();

  const failing = cloudThatDoes(
    async (cloud) => ({ done: false, againAt: cloud.clock.now() + 1_000 }),
    directory.path,
  );
  await failing.advance(0);
  await failing.cloud.stop();

  const done: unknown[] = [];
  await using last = cloudThatDoes(async (cloud, { payload, attempt }: Owed) => {
    done.push([cloud.clock.now(), payload, attempt]);
    return DONE;
  }, directory.path);
  await last.owe(5);
  await last.advance(10_000);
  assert.deepEqual(done, [
    [0, 5, 0],
    [1_000, 1, 1],
    [1_000, 2, 0],
    [1_000, 3, 0],
    [9_000, 4, 0],
  ]);
  assert.deepEqual(last.left(), []);
});

test("A cloud that stops leaves what is under way to its next run, without a word of defects", async () => {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const world = cloudThatDoes(async () => {
    begun.resolve();
    await goOn.promise;
    throw new Error("the store is closed by now");
  });
  await world.owe(1);
  await begun.promise;
  await world.cloud.stop();
  goOn.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(world.defects, []);
});

test("More than can be under way at once is done in the order in which it was owed", async () => {
  const done: number[] = [];
  await using world = cloudThatDoes(async (_cloud, { payload }: Owed<number>) => {
    done.push(payload);
    return DONE;
  });
  await world.cloud.store.write((tx) => {
    for (let payload = 0; payload < 1_500; payload += 1)
      world.cloud.owed.add(tx, { kind: KIND, caller: CALLER, payload });
  });
  await world.advance(0);
  assert.deepEqual(
    done,
    Array.from({ length: 1_500 }, (_, index) => index),
  );
});
