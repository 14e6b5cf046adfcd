import { readFileSync } from "node:fs";
import type { Json, JsonObject } from "../../../../states-language/definition.ts";

/** What a mocked task comes to, in place of the service's answer. */
export type MockedResponse =
  | { readonly kind: "return"; readonly result: Json }
  | { readonly kind: "throw"; readonly error: string; readonly cause: string };

/** The answers of a mocked state: for one invocation, or for a range of them, both ends included. */
interface MockedInvocations {
  readonly first: number;
  readonly last: number;
  readonly response: MockedResponse;
}

/** Which states of a state machine are mocked, each with the name of its answers. */
export type TestCase = ReadonlyMap<string, string>;

/** A mock configuration, as AWS's Step Functions Local reads it. */
export interface MockConfiguration {
  /** By state machine, then by test case. */
  readonly testCases: ReadonlyMap<string, ReadonlyMap<string, TestCase>>;
  /** By name. */
  readonly responses: ReadonlyMap<string, readonly MockedInvocations[]>;
}

/**
 * Reads a mock configuration: JSON with `StateMachines` and `MockedResponses`. Source: Step Functions developer guide,
 * "Configuration file for mocked service integrations in Step Functions".
 *
 * Throws an Error that names the file, the place in it, and what belongs there.
 */
export function readMockConfiguration(path: string): MockConfiguration {
  try {
    return mockConfiguration(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`The mock configuration ${path} cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The configuration of a text. Throws an Error that names the place, as `MockedResponses.Sent.0-2`. */
export function mockConfiguration(text: string): MockConfiguration {
  const root = object(JSON.parse(text) as Json, "the file");
  const machines = fieldsOf(root.StateMachines ?? missing("StateMachines"), "StateMachines");
  const mocked = fieldsOf(root.MockedResponses ?? missing("MockedResponses"), "MockedResponses");
  return {
    testCases: new Map(machines.map(([name, value, place]) => [name, testCases(value, place)])),
    responses: new Map(mocked.map(([name, value, place]) => [name, invocations(value, place)])),
  };
}

function testCases(machine: Json, place: string): ReadonlyMap<string, TestCase> {
  const { TestCases } = object(machine, place);
  const cases = fieldsOf(TestCases ?? missing(`${place}.TestCases`), `${place}.TestCases`);
  return new Map(
    cases.map(([name, states, where]) => [
      name,
      new Map(fieldsOf(states, where).map(([state, value, at]) => [state, text(value, at)])),
    ]),
  );
}

function invocations(value: Json, place: string): readonly MockedInvocations[] {
  const listed = fieldsOf(value, place).map(([range, response, where]) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    if (first === undefined || Number(last) < Number(first))
      throw new Error(
        `${where}: "${range}" is neither the number of an invocation ("0") nor a range of them ("1-3")`,
      );
    return { first: Number(first), last: Number(last), response: responseOf(response, where) };
  });
  const inOrder = listed.sort((left, right) => left.first - right.first);
  for (const [index, { first }] of inOrder.entries())
    if (index > 0 && first <= inOrder[index - 1]!.last)
      throw new Error(`${place}: invocation ${first} is given more than one response`);
  return inOrder;
}

function responseOf(value: Json, place: string): MockedResponse {
  const response = object(value, place);
  const [kind, ...more] = Object.keys(response);
  if (more.length > 0 || (kind !== "Return" && kind !== "Throw"))
    throw new Error(`${place}: a response has one field, "Return" or "Throw"`);
  if (kind === "Return") return { kind: "return", result: response.Return ?? null };
  const thrown = object(response.Throw ?? null, `${place}.Throw`);
  return {
    kind: "throw",
    error: text(thrown.Error ?? null, `${place}.Throw.Error`),
    cause: text(thrown.Cause ?? null, `${place}.Throw.Cause`),
  };
}

/** An object's fields, each with its place. */
function fieldsOf(value: Json, place: string): [name: string, value: Json, place: string][] {
  return Object.entries(object(value, place)).map(([name, item]) => [
    name,
    item,
    `${place}.${name}`,
  ]);
}

function object(value: Json, place: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new Error(`${place} must be an object`);
}

function text(value: Json, place: string): string {
  if (typeof value === "string") return value;
  throw new Error(`${place} must be a string`);
}

function missing(place: string): never {
  throw new Error(`${place} is missing`);
}
