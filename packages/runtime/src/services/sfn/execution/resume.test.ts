import assert from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { Cloud } from "../../../cloud.ts";
import type { Json } from "../../../states-language/definition.ts";
import {
  caller,
  clockOf,
  describe,
  type FakeFunction,
  FunctionError,
  functionArn,
  history,
  makeMachine,
  sfnCloud,
  start,
} from "./testing.ts";

/** A chain of small states, some with states inside. */
type Part =
  | { kind: "pass" }
  | { kind: "wait"; seconds: number }
  | { kind: "task"; name: string; caught: boolean }
  | { kind: "parallel"; branches: Part[][] }
  | { kind: "map"; items: number; concurrency: number; parts: Part[] };

const { parts } = fc.letrec<{ parts: Part[]; part: Part }>((tie) => ({
  parts: fc.array(tie("part"), { minLength: 1, maxLength: 3, depthIdentifier: "parts" }),
  part: fc.oneof(
    { depthIdentifier: "parts", maxDepth: 2 },
    fc.constant({ kind: "pass" } as const),
    fc.record({ kind: fc.constant("wait" as const), seconds: fc.nat(3) }),
    fc.record({
      kind: fc.constant("task" as const),
      name: fc.constantFrom("add", "fail", "flaky"),
      caught: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("parallel" as const),
      branches: fc.array(tie("parts"), { minLength: 1, maxLength: 2 }),
    }),
    fc.record({
      kind: fc.constant("map" as const),
      items: fc.nat(3),
      concurrency: fc.nat(2),
      parts: tie("parts"),
    }),
  ),
}));

/** The states for a chain of parts; the names are their own within the machine. */
function statesOf(chain: readonly Part[], path: string): { StartAt: string; States: object } {
  const States: Record<string, object> = {};
  for (const [index, part] of chain.entries()) {
    const name = `${path}${index}`;
    const next =
      index + 1 < chain.length ? { Next: `${path}${index + 1}` } : { End: true as const };
    Object.assign(States, { [name]: { ...stateOf(part, `${name}.`), ...next } });
    if (part.kind === "task" && part.caught)
      Object.assign(States, {
        [name]: {
          ...States[name],
          Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.caught", Next: `${name}c` }],
        },
        [`${name}c`]: { Type: "Pass", ...next },
      });
  }
  return { StartAt: `${path}0`, States };
}

function stateOf(part: Part, path: string): object {
  switch (part.kind) {
    case "pass":
      return { Type: "Pass", Result: 1, ResultPath: "$.passed" };
    case "wait":
      return { Type: "Wait", Seconds: part.seconds };
    case "task":
      return {
        Type: "Task",
        Resource: functionArn(part.name),
        Parameters: { "n.$": "$.n" },
        ResultPath: "$.n",
        Retry: [{ ErrorEquals: ["Flaky"], IntervalSeconds: 1, MaxAttempts: 5 }],
      };
    case "parallel":
      return {
        Type: "Parallel",
        Branches: part.branches.map((branch, index) => statesOf(branch, `${path}${index}.`)),
        ResultPath: "$.branches",
      };
    case "map":
      return {
        Type: "Map",
        ItemsPath: `$.lists.of${part.items}`,
        MaxConcurrency: part.concurrency,
        ItemSelector: { "n.$": "$$.Map.Item.Value", "lists.$": "$.lists" },
        ItemProcessor: statesOf(part.parts, path),
        ResultPath: "$.each",
      };
  }
}

/** What the functions do depends on their payload alone, so that calling one again does no harm. */
function makeFunctions(): Record<string, FakeFunction> {
  const seen = new Map<string, number>();
  return {
    add: (payload) => (payload as { n: number }).n + 1,
    fail: () => {
      throw new FunctionError("Fails", "always");
    },
    flaky: (payload) => {
      const key = JSON.stringify(payload);
      const calls = (seen.get(key) ?? 0) + 1;
      seen.set(key, calls);
      if (calls < 3) throw new FunctionError("Flaky", "at first");
      return (payload as { n: number }).n * 2;
    },
  };
}

type Data = { n: number; lists: Record<string, number[]> } & { [name: string]: Json };

/** What a chain comes to, told directly; throws where it fails. */
function interpret(chain: readonly Part[], input: Data): Data {
  const data = { ...input };
  for (const part of chain) Object.assign(data, added(part, data));
  return data;
}

function added(part: Part, data: Data): Partial<Data> {
  switch (part.kind) {
    case "pass":
      return { passed: 1 };
    case "wait":
      return {};
    case "task":
      if (part.name === "add") return { n: data.n + 1 };
      if (part.name === "flaky") return { n: data.n * 2 };
      if (part.caught)
        return {
          caught: { Error: "Fails", Cause: '{"errorMessage":"always","errorType":"Fails"}' },
        };
      throw new Error("Fails");
    case "parallel":
      return { branches: part.branches.map((branch) => interpret(branch, data)) };
    case "map": {
      const { lists } = data;
      return { each: lists[`of${part.items}`]!.map((n) => interpret(part.parts, { n, lists })) };
    }
  }
}

function interpreted(chain: readonly Part[], input: Data) {
  try {
    return { status: "SUCCEEDED", output: interpret(chain, input), error: undefined };
  } catch (error) {
    return { status: "FAILED", output: undefined, error: (error as Error).message };
  }
}

const input: Data = { n: 1, lists: { of0: [], of1: [5], of2: [5, 6], of3: [5, 6, 7] } };
const LONG_MS = 1_000_000;

async function outcomeOf(cloud: Cloud, executionArn: string) {
  const { status, output, error } = await describe(cloud, executionArn);
  return { status, output, error };
}

test("An execution comes to what its states say, and to the same end when it is interrupted anywhere", async () => {
  await fc.assert(
    fc.asyncProperty(
      parts,
      fc.array(fc.nat(4000), { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(12), { minLength: 4, maxLength: 4 }),
      async (chain, interruptions, turns) => {
        const definition = statesOf(chain, "s");
        await using undisturbed = sfnCloud({ functions: makeFunctions() });
        const arn = await start(undisturbed, await makeMachine(undisturbed, definition), input);
        await clockOf(undisturbed).advance(LONG_MS);
        const expected = await outcomeOf(undisturbed, arn);
        const output = expected.output && JSON.parse(expected.output);
        assert.deepEqual({ ...expected, output }, interpreted(chain, input));

        const directory = mkdtempSync(join(tmpdir(), "sfn-resume-"));
        try {
          // The functions are not what is interrupted.
          const functions = makeFunctions();
          let cloud = sfnCloud({ functions, directory });
          const again = await start(cloud, await makeMachine(cloud, definition), input, "one");
          for (const [index, milliseconds] of interruptions.entries()) {
            await clockOf(cloud).advance(milliseconds);
            // Somewhere in the middle of what goes on at this instant.
            const next = clockOf(cloud).advance(1_000);
            for (let turn = 0; turn < turns[index]!; turn += 1)
              await new Promise((resolve) => setImmediate(resolve));
            const startTime = cloud.clock.now();
            await cloud.stop();
            await next;
            cloud = sfnCloud({ functions, directory, startTime });
          }
          await clockOf(cloud).advance(LONG_MS);
          assert.deepEqual(await outcomeOf(cloud, again), expected);
          const ids = (await history(cloud, again)).map(({ id }) => id);
          assert.deepEqual(
            ids,
            ids.map((_, index) => index + 1),
          );
          await cloud.stop();
        } finally {
          rmSync(directory, { recursive: true });
        }
      },
    ),
    { numRuns: 25 },
  );
});

/** Lets a cloud run for a while, and another one go on from what is on the disk. */
async function interrupted(
  functions: Readonly<Record<string, FakeFunction>>,
  begin: (cloud: Cloud) => Promise<string>,
  milliseconds: number,
  check: (cloud: Cloud, executionArn: string) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "sfn-resume-"));
  try {
    const before = sfnCloud({ functions, directory });
    const executionArn = await begin(before);
    await clockOf(before).advance(milliseconds);
    const startTime = before.clock.now();
    await before.stop();
    await using after = sfnCloud({ functions, directory, startTime });
    await check(after, executionArn);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

for (const ExecutionType of ["STANDARD", "EXPRESS"])
  test(`A map run of ${ExecutionType} children goes on after an interruption`, async () => {
    const definition = {
      StartAt: "Each",
      States: {
        Each: {
          Type: "Map",
          MaxConcurrency: 2,
          ItemProcessor: {
            ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType },
            StartAt: "Rest",
            States: { Rest: { Type: "Wait", SecondsPath: "$", End: true } },
          },
          End: true,
        },
      },
    };
    await interrupted(
      {},
      async (cloud) => await start(cloud, await makeMachine(cloud, definition), [1, 60, 2, 3]),
      10_000,
      async (cloud, executionArn) => {
        assert.equal((await describe(cloud, executionArn)).status, "RUNNING");
        await clockOf(cloud).advance(LONG_MS);
        assert.equal((await describe(cloud, executionArn)).output, "[1,60,2,3]");
      },
    );
  });

test("An Express execution that was accepted runs again from its beginning", async () => {
  let calls = 0;
  const count = () => {
    calls += 1;
    return calls;
  };
  const definition = {
    StartAt: "Count",
    States: {
      Count: { Type: "Task", Resource: functionArn("count"), Next: "Rest" },
      Rest: { Type: "Wait", Seconds: 20, Next: "Again" },
      Again: { Type: "Task", Resource: functionArn("count"), End: true },
    },
  };
  await interrupted(
    { count },
    async (cloud) => await start(cloud, await makeMachine(cloud, definition, { type: "EXPRESS" })),
    10_000,
    async (cloud) => {
      assert.equal(calls, 1);
      await clockOf(cloud).advance(LONG_MS);
      assert.equal(calls, 3);
    },
  );
});

test("Tasks that wait for a token or a worker are answered after an interruption", async () => {
  const waiting = (cloud: Cloud) => ({
    get: () =>
      cloud.call(caller, "sfn", "GetActivityTask", {
        activityArn: `arn:aws:states:${caller.region}:${caller.account}:activity:work`,
      }),
    succeed: (taskToken: string) =>
      cloud.call(caller, "sfn", "SendTaskSuccess", { taskToken, output: '"done"' }),
  });
  let taken = "";
  await interrupted(
    {},
    async (cloud) => {
      const { activityArn } = await cloud.call(caller, "sfn", "CreateActivity", { name: "work" });
      const task = { Type: "Task", Resource: activityArn, End: true };
      const both = [
        { StartAt: "A", States: { A: task } },
        { StartAt: "B", States: { B: task } },
      ];
      const definition = {
        StartAt: "Both",
        States: { Both: { Type: "Parallel", Branches: both, End: true } },
      };
      const executionArn = await start(cloud, await makeMachine(cloud, definition));
      await clockOf(cloud).advance(1_000);
      taken = (await waiting(cloud).get()).taskToken!;
      return executionArn;
    },
    1_000,
    async (cloud, executionArn) => {
      const worker = waiting(cloud);
      const { taskToken } = await worker.get();
      assert.notEqual(taskToken, taken);
      await worker.succeed(taken);
      await worker.succeed(taskToken!);
      await clockOf(cloud).advance(1_000);
      assert.equal((await describe(cloud, executionArn)).output, '["done","done"]');
    },
  );
});
