import assert from "node:assert/strict";
import type { Json, JsonObject } from "../definition.ts";
import { type Diagnostic, validateDefinition } from "./validate.ts";

export type Told = readonly [code: string, message: string, location: string | undefined];

export function told(diagnostics: readonly Diagnostic[]): Told[] {
  return diagnostics.map(({ code, message, location }) => [code, message, location]);
}

export function check(definition: Json, type?: "STANDARD" | "EXPRESS"): Told[] {
  return told(validateDefinition(JSON.stringify(definition), type ? { type } : {}).diagnostics);
}

export const SCHEMA = "SCHEMA_VALIDATION_FAILED";
export const LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:f";
export const done = { Type: "Pass", End: true };
export const inner = { StartAt: "I", States: { I: done } };

/** A machine of one state, called X, that says nothing of itself but what is given. */
export function only(state: JsonObject, machine: JsonObject = {}): JsonObject {
  return { ...machine, StartAt: "X", States: { X: state } };
}

export const jsonata = { QueryLanguage: "JSONata" };
export const pass = (fields: JsonObject) => ({ Type: "Pass", End: true, ...fields });
export const work = (fields: JsonObject) => ({
  Type: "Task",
  Resource: LAMBDA,
  End: true,
  ...fields,
});
export const wait = (fields: JsonObject) => ({ Type: "Wait", End: true, ...fields });
export const map = (fields: JsonObject) => ({
  Type: "Map",
  End: true,
  ItemProcessor: inner,
  ...fields,
});
export const fail = (fields: JsonObject) => ({ Type: "Fail", ...fields });
export const choice = (rule: JsonObject) => ({
  StartAt: "X",
  States: { X: { Type: "Choice", Choices: [{ Next: "D", ...rule }], Default: "D" }, D: done },
});

export async function table(
  context: { test(name: string, run: () => void): Promise<void> },
  rows: readonly (readonly [string, Json, ...Told[]])[],
): Promise<void> {
  for (const [name, definition, ...expected] of rows) {
    await context.test(name, () => assert.deepEqual(check(definition), expected));
  }
}
