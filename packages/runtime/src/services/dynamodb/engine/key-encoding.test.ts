import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { open } from "lmdb";
import { type AttributeValue, compareValues } from "./attribute-value.ts";
import {
  afterKey,
  afterPrefix,
  encodeIdentity,
  encodeKey,
  encodePartitionKey,
  segmentRange,
} from "./key-encoding.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 90 }),
  fc.string({
    unit: fc.constantFrom("\0", "\x01", "\x05", "\x06", "\x07", "a", "ü", "\u{1f600}"),
    minLength: 1,
    maxLength: 8,
  }),
);
const texts: fc.Arbitrary<AttributeValue> = text.map((S) => ({ S }));
const blobs: fc.Arbitrary<AttributeValue> = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map((B) => ({ B }));
const numbers: fc.Arbitrary<AttributeValue> = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: -100, max: 100 }))
  .map(([coefficient, exponent]) => ({ N: `${coefficient}e${exponent}` }));
const pairs = fc.oneof(fc.tuple(texts, texts), fc.tuple(blobs, blobs), fc.tuple(numbers, numbers));

/** The order of the store's keys, in which strings are UTF-8. */
function order(a: string, b: string): number {
  return Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

test("encoded keys are in the order of their values", () => {
  fc.assert(
    fc.property(pairs, ([a, b]) => {
      assert.equal(order(encodeKey(a), encodeKey(b)), Math.sign(compareValues(a, b)!));
    }),
    { numRuns: 2000 },
  );
});

test("the bound after a key is below every greater key", () => {
  fc.assert(
    fc.property(pairs, ([a, b]) => {
      assert.equal(order(afterKey(encodeKey(a)), encodeKey(a)), 1);
      const greater = compareValues(b, a)! > 0;
      assert.equal(order(encodeKey(b), afterKey(encodeKey(a))), greater ? 1 : -1);
    }),
    { numRuns: 2000 },
  );
});

test("a prefix and the bound after it enclose exactly what begins with it", () => {
  const within = (value: AttributeValue, prefix: AttributeValue) => {
    const encoded = encodeKey(value);
    const end = afterPrefix(prefix);
    return order(encoded, encodeKey(prefix)) >= 0 && (end === undefined || order(encoded, end) < 0);
  };
  fc.assert(
    fc.property(text, text, (prefix, other) => {
      assert.ok(within({ S: prefix + other }, { S: prefix }));
      assert.equal(within({ S: other }, { S: prefix }), other.startsWith(prefix));
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.uint8Array(), (prefix, other) => {
      assert.ok(within({ B: Buffer.concat([prefix, other]) }, { B: prefix }));
      const begins = Buffer.from(other).subarray(0, prefix.length).equals(prefix);
      assert.equal(within({ B: other }, { B: prefix }), begins);
    }),
  );
  assert.equal(afterPrefix({ B: Uint8Array.of(255, 255) }), undefined);
});

test("the store keeps the longest keys, and in DynamoDB's order", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "flyball-keys-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const store = open<number, string[]>({ path: join(directory, "keys.mdb") });
  const values: AttributeValue[] = [
    { S: "\0" },
    { S: "\0".repeat(1024) },
    { S: "\0a".repeat(512) },
    { S: "a".repeat(1024) },
    { S: "a".repeat(63) },
    { S: "a".repeat(64) },
    { S: `${"a".repeat(70)}\x01` },
    { S: "ü" },
    { S: "\uffff" },
    { S: "\u{1f600}".repeat(256) },
  ];
  const partition = encodePartitionKey({ S: "p".repeat(2048) });
  const identity = encodeIdentity([{ S: "q".repeat(2048) }, { S: "r".repeat(1024) }]);
  for (const [i, value] of values.entries()) {
    await store.put(["dynamodb", "items", partition, encodeKey(value), identity], i);
  }
  const sorted = [...values].sort((a, b) => compareValues(a, b)!);
  const kept = [...store.getRange()].map(({ value }) => values[value]);
  await store.close();
  assert.deepEqual(kept, sorted);
});

test("different keys are different partitions and identities", () => {
  fc.assert(
    fc.property(pairs, ([a, b]) => {
      const same = compareValues(a, b) === 0;
      assert.equal(encodePartitionKey(a) === encodePartitionKey(b), same);
      assert.equal(encodeIdentity([a, b]) === encodeIdentity([b, a]), same);
    }),
  );
  assert.ok(Buffer.byteLength(encodePartitionKey({ S: "ü".repeat(1024) })) <= 260);
});

test("the segments of a scan are all partitions, each once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), texts, (totalSegments, value) => {
      const partition = encodePartitionKey(value);
      const point = Number.parseInt(partition.slice(0, 4), 16);
      const segment = Math.floor((point * totalSegments) / 0x10000);
      const holds = (n: number) => {
        if (n < 0 || n >= totalSegments) return false;
        const { from, to } = segmentRange(n, totalSegments);
        return partition >= from && (to === undefined || partition < to);
      };
      assert.deepEqual(
        [holds(segment - 1), holds(segment), holds(segment + 1)],
        [false, true, false],
      );
    }),
  );
});

test("partitions spread over segments", () => {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 4000; i++) {
    const partition = encodePartitionKey({ S: `user-${i}` });
    const segment = counts.findIndex((_, n) => {
      const { from, to } = segmentRange(n, 4);
      return partition >= from && (to === undefined || partition < to);
    });
    counts[segment]!++;
  }
  for (const count of counts) assert.ok(count > 850 && count < 1150, String(counts));
});
