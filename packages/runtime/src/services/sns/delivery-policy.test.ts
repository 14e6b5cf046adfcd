import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type BackoffFunction,
  httpDeliveryPolicy,
  type RetryPolicy,
  retryDelay,
} from "./delivery-policy.ts";

describe("the retries of a delivery policy", () => {
  it("are three, 20 seconds apart, where nothing was set", () => {
    const { healthyRetryPolicy } = httpDeliveryPolicy(undefined, undefined);
    assert.deepEqual(delays(healthyRetryPolicy), [20_000, 20_000, 20_000]);
  });

  it("pass through the four phases", () => {
    const policy: RetryPolicy = {
      minDelayTarget: 1,
      maxDelayTarget: 60,
      numRetries: 9,
      numNoDelayRetries: 2,
      numMinDelayRetries: 1,
      numMaxDelayRetries: 2,
      backoffFunction: "exponential",
    };
    assert.deepEqual(
      delays(policy),
      [0, 0, 1, 1, 2, 4, 8, 60, 60].map((s) => s * 1000),
    );
  });

  it("are the subscription's, unless the topic disables that", () => {
    const own = JSON.stringify({ healthyRetryPolicy: { numRetries: 7 } });
    const topic = (disableSubscriptionOverrides: boolean) =>
      JSON.stringify({
        http: { defaultHealthyRetryPolicy: { numRetries: 5 }, disableSubscriptionOverrides },
      });
    assert.equal(httpDeliveryPolicy(topic(false), own).healthyRetryPolicy.numRetries, 7);
    assert.equal(httpDeliveryPolicy(topic(true), own).healthyRetryPolicy.numRetries, 5);
  });

  it("never wait less than the least delay or more than the greatest while backing off, nor ever less than before", () => {
    const functions: BackoffFunction[] = ["linear", "arithmetic", "geometric", "exponential"];
    fc.assert(
      fc.property(
        fc.constantFrom(...functions),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: 1, max: 100 }),
        (backoffFunction, least, spread, numRetries) => {
          const policy = {
            minDelayTarget: least,
            maxDelayTarget: least + spread,
            numRetries,
            numNoDelayRetries: 0,
            numMinDelayRetries: 0,
            numMaxDelayRetries: 0,
            backoffFunction,
          };
          const found = delays(policy);
          assert.equal(found.length, numRetries);
          assert.deepEqual(
            found,
            found.toSorted((a, b) => a - b),
          );
          assert.ok(found.every((ms) => ms >= least * 1000 && ms <= (least + spread) * 1000));
        },
      ),
    );
  });
});

function delays(policy: RetryPolicy): number[] {
  const found: number[] = [];
  for (
    let delay = retryDelay(policy, 0);
    delay !== undefined;
    delay = retryDelay(policy, found.length)
  )
    found.push(delay);
  return found;
}
