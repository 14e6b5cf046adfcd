import assert from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Activity } from "../clock/activity.ts";
import { type Entry, type Key, type KeyPart, openStore, type RangeOptions } from "./store.ts";

/** What the store should be: a map, and its keys sorted part by part. */
class Oracle {
  readonly entries = new Map<string, Entry<unknown>>();

  put(key: Key, value: unknown): void {
    this.entries.set(JSON.stringify(key), { key: [...key], value });
  }

  delete(key: Key): void {
    this.entries.delete(JSON.stringify(key));
  }

  get(key: Key): unknown {
    return this.entries.get(JSON.stringify(key))?.value;
  }

  range({ prefix, from = [], to, reverse, limit }: RangeOptions): Entry<unknown>[] {
    const found = [...this.entries.values()]
      .filter(({ key }) => prefix.every((part, index) => key[index] === part))
      .filter(({ key }) => compareKeys(key, [...prefix, ...from]) >= 0)
      .filter(({ key }) => to === undefined || compareKeys(key, [...prefix, ...to]) < 0)
      .sort((left, right) => compareKeys(left.key, right.key));
    if (reverse) found.reverse();
    return found.slice(0, limit);
  }
}

const RANK: Readonly<Record<string, number>> = { boolean: 0, number: 1, string: 2 };

function compareKeys(left: Key, right: Key): number {
  for (let index = 0; ; index += 1) {
    const [a, b] = [left[index], right[index]];
    if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
    const order = compareParts(a, b);
    if (order !== 0) return order;
  }
}

function compareParts(a: KeyPart, b: KeyPart): number {
  if (typeof a !== typeof b) return RANK[typeof a]! - RANK[typeof b]!;
  if (typeof a === "string") return Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
  return Number(a) - Number(b);
}

const parts: fc.Arbitrary<KeyPart> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom("a", "ab", "b", "", "a\0", "é", "\u{10ffff}", "\0", "\x01b"),
  },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, -1, 2 ** 40, 0.5, -2.25, 1e300) },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 80 }) },
  {
    weight: 1,
    arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  },
);
const keys = fc.array(parts, { minLength: 1, maxLength: 4 });
const values = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.jsonValue().filter((value) => value !== null),
);

const steps = fc.array(
  fc.record({
    key: keys,
    value: fc.option(values, { nil: undefined }),
  }),
  { maxLength: 12 },
);
const transactions = fc.array(fc.record({ steps, throws: fc.boolean() }), { maxLength: 8 });
const ranges = fc.record(
  {
    prefix: fc.array(parts, { maxLength: 2 }),
    from: fc.array(parts, { maxLength: 2 }),
    to: fc.array(parts, { minLength: 1, maxLength: 2 }),
    reverse: fc.boolean(),
    limit: fc.integer({ min: 0, max: 5 }),
  },
  { requiredKeys: ["prefix"] },
);

async function temporary() {
  const path = await mkdtemp(join(tmpdir(), "flyball-test-"));
  const remove = () => rm(path, { recursive: true, force: true });
  return { path, [Symbol.asyncDispose]: remove };
}

const open = (directory?: string) =>
  openStore({ activity: new Activity(), ...(directory === undefined ? {} : { directory }) });

test("The store is a sorted map: transactions are whole or not at all, ranges are what they say", async () => {
  const store = open();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(transactions, fc.array(ranges, { maxLength: 6 }), async (writes, ranges) => {
      // Each run has a world of its own in the one store.
      const world = run++;
      const oracle = new Oracle();
      const outcomes = writes.map(({ steps, throws }) =>
        store.write((tx) => {
          const before = new Map(oracle.entries);
          for (const { key, value } of steps) {
            if (value === undefined) {
              tx.delete([world, ...key]);
              oracle.delete(key);
            } else {
              tx.put([world, ...key], value);
              oracle.put(key, value);
            }
            assert.deepEqual(tx.get([world, ...key]), oracle.get(key), "it reads what it wrote");
          }
          const all = [...tx.range({ prefix: [world] })];
          assert.deepEqual(all.length, oracle.entries.size);
          if (!throws) return "done";
          oracle.entries.clear();
          for (const [key, entry] of before) oracle.entries.set(key, entry);
          throw new Error("thrown on purpose");
        }),
      );
      const settled = await Promise.allSettled(outcomes);
      const expected = writes.map(({ throws }) => (throws ? "rejected" : "fulfilled"));
      assert.deepEqual(
        settled.map(({ status }) => status),
        expected,
      );
      for (const options of [{ prefix: [] }, ...ranges]) {
        const prefix = [world, ...options.prefix];
        const read = store.read((tx) => [...tx.range({ ...options, prefix })]);
        const wanted = oracle
          .range(options)
          .map(({ key, value }) => ({ key: [world, ...key], value }));
        assert.deepEqual(read, wanted, JSON.stringify(options));
      }
    }),
    { numRuns: 150 },
  );
  await store.close();
});

test("A range's end is left out and its start is in it, forwards and backwards", async () => {
  const store = open();
  await store.write((tx) => {
    for (const part of [1, 2, 3, 4]) tx.put(["n", part], part);
  });
  const read = (options: Omit<RangeOptions, "prefix">) =>
    store.read((tx) =>
      [...tx.range<number>({ prefix: ["n"], ...options })].map(({ value }) => value),
    );
  assert.deepEqual(read({ from: [2], to: [4] }), [2, 3]);
  assert.deepEqual(read({ from: [2], to: [4], reverse: true }), [3, 2]);
  assert.deepEqual(read({ reverse: true, limit: 1 }), [4]);
  assert.deepEqual(read({ from: [3], reverse: true }), [4, 3]);
  await store.close();
});

test("A key of one part comes back as it was given", async () => {
  const store = open();
  await store.write((tx) => tx.put(["alone"], 1));
  assert.deepEqual(
    store.read((tx) => [...tx.range({ prefix: [] })]),
    [{ key: ["alone"], value: 1 }],
  );
  await store.close();
});

test("What is read in a transaction while it is changed is what was there when the reading began, or is there now", async () => {
  const store = open();
  await store.write((tx) => {
    for (let part = 0; part < 500; part += 1) tx.put(["n", part], part);
  });
  const seen = await store.write((tx) => {
    const seen: number[] = [];
    for (const { key, value } of tx.range<number>({ prefix: ["n"] })) {
      seen.push(value);
      tx.delete(key);
    }
    return seen;
  });
  assert.deepEqual(
    seen,
    Array.from({ length: 500 }, (_, part) => part),
  );
  assert.deepEqual(
    store.read((tx) => [...tx.range({ prefix: ["n"] })]),
    [],
  );
  await store.close();
});

test("Values come back as they were: plain data, bytes, dates, absent members, large ones", async () => {
  const store = open();
  const value = {
    bytes: Buffer.from([0, 1, 255]),
    at: new Date(1_234),
    deep: [{ a: [null, true, -0.5, "é\0"] }],
    large: "x".repeat(2_000_000),
    empty: {},
  };
  await store.write((tx) => tx.put(["v"], value));
  const read = store.read((tx) => tx.get<typeof value>(["v"]))!;
  assert.deepEqual(Buffer.from(read.bytes), value.bytes);
  assert.deepEqual({ ...read, bytes: undefined }, { ...value, bytes: undefined });
  await store.close();
});

test("A key that is too long is refused with its length, and costs only its own transaction", async () => {
  const store = open();
  const long = ["sqs", "x".repeat(2_000)];
  const wrong = store.write((tx) => {
    tx.put(["before"], 1);
    tx.put(long, 2);
  });
  const right = store.write((tx) => tx.put(["other"], 3));
  await assert.rejects(wrong, /key .*too long/i);
  await right;
  assert.equal(
    store.read((tx) => tx.get(["before"])),
    undefined,
  );
  assert.equal(
    store.read((tx) => tx.get(["other"])),
    3,
  );
  await assert.rejects(
    store.write((tx) => tx.delete(long)),
    /key .*too long/i,
  );
  assert.equal(
    store.read((tx) => tx.get(long)),
    undefined,
  );
  assert.deepEqual(
    store.read((tx) => [...tx.range({ prefix: long })]),
    [],
  );
  await store.close();
});

test("A key of any length is either kept and found again or refused", async () => {
  const store = open();
  const units = fc.constantFrom("x", "\0", "\x01", "é", "\u{10ffff}");
  const near = fc.record({
    unit: units,
    bytes: fc.integer({ min: 1_900, max: 2_000 }),
    more: parts,
  });
  await fc.assert(
    fc.asyncProperty(near, async ({ unit, bytes, more }) => {
      const key = ["near", unit.repeat(bytes / Buffer.byteLength(unit)), more];
      const kept = await store
        .write((tx) => tx.put(key, bytes))
        .then(
          () => true,
          (error: Error) => !/too long/.test(error.message),
        );
      assert.equal(
        store.read((tx) => tx.get(key)),
        kept ? bytes : undefined,
      );
      const found = store.read((tx) => [...tx.range({ prefix: key.slice(0, 2) })]);
      assert.deepEqual(found, kept ? [{ key, value: bytes }] : []);
      if (kept) await store.write((tx) => tx.delete(key));
    }),
    { numRuns: 60 },
  );
  await store.close();
});

test("Effects run after the commit and before the promise resolves, and not at all when it throws", async () => {
  const store = open();
  const told: string[] = [];
  const kept = store.write((tx) => {
    tx.put(["a"], 1);
    tx.afterCommit(() => told.push(`committed ${store.read((tx) => tx.get(["a"]))}`));
  });
  const thrown = store.write((tx) => {
    tx.afterCommit(() => told.push("never"));
    throw new Error("thrown on purpose");
  });
  await kept.then(() => told.push("resolved"));
  await assert.rejects(thrown, /on purpose/);
  assert.deepEqual(told, ["committed 1", "resolved"]);
  await store.close();
});

test("An effect that throws rejects its own transaction's promise, and no other writer hangs", async () => {
  const store = open();
  let ran = false;
  const broken = store.write((tx) => {
    tx.put(["a"], 1);
    tx.afterCommit(() => {
      throw new Error("an effect broke");
    });
  });
  const other = store.write((tx) => {
    tx.put(["b"], 2);
    tx.afterCommit(() => {
      ran = true;
    });
  });
  await assert.rejects(broken, /an effect broke/);
  await other;
  assert(ran);
  await store.write((tx) => tx.put(["c"], 3));
  await store.close();
});

test("A store that was closed says so, to readers and writers", async () => {
  const store = open();
  const last = store.write((tx) => tx.put(["a"], 1));
  await store.close();
  await last;
  await assert.rejects(
    store.write((tx) => tx.put(["b"], 1)),
    /closed/,
  );
  assert.throws(() => store.read((tx) => tx.get(["a"])), /closed/);
  await store.close();
});

test("What was written is there after the store is opened again; without a directory nothing is", async () => {
  await using directory = await temporary();
  const first = open(directory.path);
  await first.write((tx) => tx.put(["a", 1], { b: 2 }));
  await first.close();
  const second = open(directory.path);
  assert.deepEqual(
    second.read((tx) => tx.get(["a", 1])),
    { b: 2 },
  );
  await second.close();
  const ephemeral = open();
  assert.equal(
    ephemeral.read((tx) => tx.get(["a", 1])),
    undefined,
  );
  await ephemeral.close();
});
