import assert from "node:assert/strict";
import type { Json } from "./definition.ts";
import type { Moment } from "./moment.ts";
import { StatesError } from "./states-error.ts";

/** A state called Here is entered with an input, at the beginning of 1970. */
export function moment(input: Json, variables: Record<string, Json> = {}): Moment {
  return { input, scope: { context: { State: { Name: "Here" } }, variables, now: 0 } };
}

/** The promise fails with just this error and cause. */
export function failsWith(promise: Promise<unknown>, error: string, cause: string): Promise<void> {
  return assert.rejects(promise, (thrown) => {
    assert(thrown instanceof StatesError, String(thrown));
    assert.deepEqual([thrown.error, thrown.cause], [error, cause]);
    return true;
  });
}
