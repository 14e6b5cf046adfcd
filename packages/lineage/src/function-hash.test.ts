import assert from "node:assert/strict";
import { test } from "node:test";
import { functionHash, isSameFunction } from "./function-hash.ts";

test("a hash is 8 lower-case hex digits, and the same in every release: chains outlive a restart", () => {
  const orders = "arn:aws:lambda:us-east-1:000000000000:function:orders";
  assert.equal(functionHash(orders, "Terminate"), "956ad694");
  assert.match(functionHash("", "Allow"), /^[0-9a-f]{8}$/);
});

test("a function is the same one whatever its setting, and the setting shows in the hash", () => {
  const terminate = functionHash("f", "Terminate");
  const allow = functionHash("f", "Allow");
  assert.notEqual(terminate, allow);
  assert.ok(isSameFunction(terminate, allow));
  assert.ok(!isSameFunction(terminate, functionHash("g", "Terminate")));
});

test("names that differ in little collide no oftener than chance has it", () => {
  // 100,000 names make 5 × 10^9 pairs: by chance 2.3 of them share 31 bits, and more than 12 once in 10^6 times.
  const hashes = new Set<string>();
  for (let i = 0; i < 100_000; i++) {
    const functionArn = `arn:aws:lambda:eu-west-1:123456789012:function:worker-${i}`;
    hashes.add(functionHash(functionArn, "Terminate"));
  }
  assert.ok(hashes.size >= 100_000 - 12, `${100_000 - hashes.size} collisions`);
});
