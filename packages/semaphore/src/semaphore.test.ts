import assert from "node:assert/strict";
import { test } from "node:test";
import { AcquireTimeout, type Lease, LeaseLost, Semaphore, SemaphoreMissing } from "./index.ts";
import type { SemaphoreOptions } from "./semaphore.ts";
import { EngineTables } from "./testing/engine-table.ts";
import { type Faults, Network } from "./testing/network.ts";
import { Machine, randomFrom, VirtualTime } from "./testing/virtual-time.ts";

const ITEM = JSON.stringify(["locks", { LockName: { S: "ocr" } }]);

function worldOf(faults?: Faults) {
  const time = new VirtualTime();
  const random = randomFrom(7);
  const tables = new EngineTables();
  const network = new Network(time, tables, random, faults);
  const semaphore = (
    options: Partial<SemaphoreOptions> = {},
    machine = new Machine(time, { random }),
  ) =>
    new Semaphore({
      client: network.clientOf(machine),
      table: "locks",
      name: "ocr",
      limit: 2,
      time: machine,
      recordAfterMs: Number.POSITIVE_INFINITY,
      ...options,
    });
  const item = () => tables.items.get(ITEM) ?? {};
  const number = (attribute: string) => Number(item()[attribute]?.N);
  return { time, random, tables, network, semaphore, item, number };
}

test("a unit is held from acquire to release, and counted in currentlockcount", async () => {
  const { time, semaphore, number, tables } = worldOf();
  const got = semaphore().acquire();
  await time.runUntil(100);
  const lease = await got;
  assert.equal(number("currentlockcount"), 1);
  assert.equal(tables.counts.writes, 2, "one creates the item, one gets in");
  const released = lease.release();
  await time.runUntil(200);
  await released;
  await lease.release();
  assert.equal(number("currentlockcount"), 0);
  assert.equal(tables.counts.writes, 3);
});

test("who finds it full waits in line, and is served in order without a write of its own", async () => {
  const { time, semaphore, number, tables } = worldOf();
  const order: number[] = [];
  const leases: Lease[] = [];
  for (let client = 0; client < 6; client += 1) {
    void semaphore()
      .acquire()
      .then((lease) => {
        order.push(client);
        leases.push(lease);
      });
    await time.runUntil(time.now + 50);
  }
  assert.deepEqual(order, [0, 1]);
  assert.equal(number("fbwait"), 4);
  assert.equal(number("currentlockcount"), 2);
  const before = tables.counts.writes;
  for (let turn = 0; turn < 4; turn += 1) {
    void leases[turn]!.release();
    await time.runUntil(time.now + 1500);
  }
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
  assert.equal(number("currentlockcount"), 2);
  assert.ok(tables.counts.writes - before >= 4);
  assert.ok(leases.every((lease, place) => place === 0 || lease.token > leases[place - 1]!.token));
});

test("a request that nobody serves in time is told so, and leaves nothing behind", async () => {
  const { time, semaphore, number } = worldOf();
  const one = semaphore({ limit: 1 });
  const held = one.acquire();
  await time.runUntil(50);
  const refused = assert.rejects(one.acquire({ timeoutMs: 300 }), AcquireTimeout);
  await time.runUntil(500);
  await refused;
  void (await held).release();
  await time.runUntil(2_000);
  assert.equal(number("currentlockcount"), 0);
  assert.equal(number("fbwait"), 0);
});

test("an aborted request rejects with the signal's reason", async () => {
  const { time, semaphore } = worldOf();
  const one = semaphore({ limit: 1 });
  void one.acquire();
  await time.runUntil(50);
  const controller = new AbortController();
  const refused = assert.rejects(one.acquire({ signal: controller.signal }), /not needed/);
  controller.abort(new Error("not needed"));
  await time.runUntil(100);
  await refused;
});

test("a dead owner's units come back to the next in line within a lease", async () => {
  const { time, random, semaphore } = worldOf();
  const doomed = new Machine(time, { random });
  void semaphore({ limit: 1, leaseMs: 3_000 }, doomed).acquire();
  await time.runUntil(1_000);
  const got = semaphore({ limit: 1, leaseMs: 3_000 }).acquire();
  await time.runUntil(5_000);
  doomed.crash();
  await time.runUntil(5_000 + 3_000 * 1.05 + 600);
  const lease = await Promise.race([got, undefined]);
  assert.ok(lease, "it is in");
});

test("a dead waiter is passed over", async () => {
  const { time, random, semaphore } = worldOf();
  const options = { limit: 1, leaseMs: 3_000 };
  const first = semaphore(options).acquire();
  await time.runUntil(100);
  const doomed = new Machine(time, { random });
  void semaphore(options, doomed).acquire();
  await time.runUntil(200);
  const last = semaphore(options).acquire();
  await time.runUntil(300);
  doomed.crash();
  void (await first).release();
  await time.runUntil(300 + 1_500 * 1.05 + 600);
  assert.ok(await Promise.race([last, undefined]), "it is in");
});

test("an owner that cannot renew knows that its lease is lost before another has the unit", async () => {
  const { time, random, semaphore, network } = worldOf();
  const machine = new Machine(time, { random });
  const client = network.clientOf(machine);
  let cut = false;
  const send = (command: never) => (cut ? new Promise(() => {}) : client.send(command));
  const owner = semaphore({ limit: 1, leaseMs: 3_000, client: { send } as never }, machine);
  const held = owner.acquire();
  await time.runUntil(4_000);
  const lease = await held;
  let lostAt: number | undefined;
  lease.signal.addEventListener("abort", () => {
    lostAt = time.now;
  });
  cut = true;
  let gotAt: number | undefined;
  void semaphore({ limit: 1, leaseMs: 3_000 })
    .acquire()
    .then(() => {
      gotAt = time.now;
    });
  await time.runUntil(12_000);
  assert.ok(lostAt !== undefined && gotAt !== undefined && lostAt < gotAt, `${lostAt} ${gotAt}`);
  assert.ok(lease.signal.reason instanceof LeaseLost);
});

test("an owner renews its lease, or knows in time that it is lost, while a write of its process gets no answer", async () => {
  const { time, random, semaphore, network } = worldOf();
  const machine = new Machine(time, { random });
  const client = network.clientOf(machine);
  let isCut = false;
  let sent = 0;
  const send = (command: never) => {
    if (!isCut) return client.send(command);
    sent += 1;
    const throttled = Object.assign(new Error("too fast"), { name: "ThrottlingException" });
    return sent === 1 ? Promise.reject(throttled) : new Promise(() => {});
  };
  const owner = semaphore({ limit: 1, leaseMs: 3_000, client: { send } as never }, machine);
  const held = owner.acquire();
  await time.runUntil(100);
  const lease = await held;
  let lostAt: number | undefined;
  lease.signal.addEventListener("abort", () => {
    lostAt = time.now;
  });
  isCut = true;
  void owner.acquire();
  await time.runUntil(1_500);
  assert.ok(sent > 2, "the second try to stand in line hangs, and a renewal was sent");
  let gotAt: number | undefined;
  void semaphore({ limit: 1, leaseMs: 3_000 })
    .acquire()
    .then(() => {
      gotAt = time.now;
    });
  await time.runUntil(12_000);
  assert.ok(lostAt !== undefined && gotAt !== undefined && lostAt < gotAt, `${lostAt} ${gotAt}`);
});

test("who learns of its admission when its unit is another's already does not take that for its own", async () => {
  const { time, random, semaphore, network } = worldOf();
  const options = { limit: 1, leaseMs: 3_000 };
  void semaphore(options).initialize();
  await time.runUntil(10);
  const machine = new Machine(time, { random });
  const client = network.clientOf(machine);
  const resent = Promise.withResolvers<void>();
  let sent = 0;
  const send = async (command: never) => {
    sent += 1;
    if (sent !== 2) return client.send(command);
    // The SDK gets no answer to the first request and sends it again.
    await client.send(command);
    await resent.promise;
    return client.send(command);
  };
  void semaphore({ ...options, client: { send } as never }, machine).acquire();
  await time.runUntil(100);
  const second = semaphore(options).acquire();
  await time.runUntil(4_000);
  const lease = await Promise.race([second, undefined]);
  assert.ok(lease, "the unit of one that shows no sign went to the next");
  const third = semaphore(options).acquire();
  await time.runUntil(4_100);
  resent.resolve();
  await time.runUntil(10_000);
  assert.ok(!lease.signal.aborted);
  assert.equal(await Promise.race([third, undefined]), undefined, "the third waits");
});

test("several units are held together or not at all, and a large request is not starved by small ones", async () => {
  const { time, semaphore, number } = worldOf();
  const small = semaphore({ limit: 3 });
  let working = true;
  const loop = async () => {
    while (working)
      await small.run(() => new Promise<void>((resolve) => void time.at(time.now + 40, resolve)));
  };
  for (let client = 0; client < 6; client += 1) void loop();
  await time.runUntil(500);
  const large = semaphore({ limit: 3 }).acquire({ units: 3 });
  await time.runUntil(1_500);
  const lease = await Promise.race([large, undefined]);
  assert.ok(lease, "the large one is in");
  assert.equal(number("currentlockcount"), 3);
  working = false;
});

test("starts are handed out at the rate, to whole crowds at once", async () => {
  const { time, semaphore, tables } = worldOf();
  const starts: number[] = [];
  const crowd = semaphore({ limit: 1_000, startsPerSecond: 50 });
  for (let client = 0; client < 100; client += 1)
    void crowd.acquire().then(() => starts.push(time.now));
  await time.runUntil(4_000);
  assert.equal(starts.length, 100);
  const took = starts.at(-1)! - starts[0]!;
  assert.ok(Math.abs(took - 99 * 20) < 20, `99 gaps of 20 ms took ${took} ms`);
  for (let place = 1; place < 100; place += 1)
    assert.ok(starts[place]! - starts[place - 1]! > 18.5, `start ${place} came too early`);
  assert.ok(tables.counts.writes < 20, `${tables.counts.writes} writes`);
});

test("of a crowd that shares nothing and asks for start times at once, each is refused once at most", async () => {
  const { time, semaphore, tables } = worldOf({ latencyMsMax: 20 });
  const starts: number[] = [];
  void semaphore({ limit: 1_000, startsPerSecond: 50 }).initialize();
  await time.runUntil(100);
  const before = tables.counts.writes;
  for (let client = 0; client < 60; client += 1)
    void semaphore({ limit: 1_000, startsPerSecond: 50 })
      .acquire()
      .then(() => starts.push(time.now));
  await time.runUntil(2_000);
  assert.equal(starts.length, 60);
  const writes = (tables.counts.writes - before) / 60;
  assert.ok(writes <= 2.1, `${writes} writes a start`);
});

test("who is admitted where nobody waits has its whole lease until it is taken for dead", async () => {
  const { time, random, semaphore } = worldOf();
  const options = { limit: 1, leaseMs: 3_000 };
  const doomed = new Machine(time, { random });
  void semaphore(options, doomed).acquire();
  await time.runUntil(100);
  doomed.crash();
  const next = semaphore(options).acquire();
  await time.runUntil(100 + 2_900);
  assert.equal(await Promise.race([next, undefined]), undefined);
  await time.runUntil(100 + 3_000 * 1.05 + 600);
  assert.ok(await Promise.race([next, undefined]), "it is in");
});

test("tasks of a program that are due together come and go in common writes", async () => {
  const { time, semaphore, tables } = worldOf({ latencyMsMax: 3 });
  const crowd = semaphore({ limit: 20 });
  let turns = 0;
  const loop = async () => {
    while (true) {
      await crowd.run(() => new Promise<void>((resolve) => void time.at(time.now + 50, resolve)));
      turns += 1;
    }
  };
  for (let task = 0; task < 200; task += 1) void loop();
  await time.runUntil(1_000);
  const writes = tables.counts.writes / turns;
  assert.ok(writes < 0.5, `${writes} writes a turn`);
});

test("without `create`, a missing item is an error that says so", async () => {
  const { time, semaphore } = worldOf();
  const refused = assert.rejects(semaphore({ create: false }).acquire(), SemaphoreMissing);
  await time.runUntil(100);
  await refused;
});

test("200 clients that share nothing use nine tenths of the slot time, with two writes in and one out", async () => {
  const { time, semaphore, tables } = worldOf({ latencyMsMax: 3 });
  let worked = 0;
  let rounds = 0;
  let slowestMs = 0;
  const loop = async () => {
    const own = semaphore({ limit: 20 });
    while (true) {
      const askedAt = time.now;
      const lease = await own.acquire();
      slowestMs = Math.max(slowestMs, time.now - askedAt);
      await new Promise<void>((resolve) => void time.at(time.now + 50, resolve));
      worked += 50;
      rounds += 1;
      await lease.release();
    }
  };
  for (let client = 0; client < 200; client += 1) void loop();
  await time.runUntil(500);
  const before = { worked, rounds, ...tables.counts };
  await time.runUntil(1_500);
  const used = (worked - before.worked) / (20 * 1_000);
  const writes = (tables.counts.writes - before.writes) / (rounds - before.rounds);
  const reads = (tables.counts.reads - before.reads) / (rounds - before.rounds);
  assert.ok(used > 0.9, `${used} of the slot time used`);
  assert.ok(writes < 2.5, `${writes} writes a round`);
  assert.ok(reads < 9, `${reads} reads a round`);
  assert.ok(slowestMs < 700, `in turn it is 450 ms; the slowest waited for ${slowestMs} ms`);
});
