import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type SemaphoreStates, type StateMachineDefinition, withSemaphore } from "./index.ts";
import { EngineCloud } from "./testing/cloud.ts";
import { overlapMax, startGapMin } from "./testing/observed.ts";

const LIMIT = 5;
const STARTS_PER_SECOND = 4;
const EXECUTIONS = 100;
const TIMEOUT_S = 900;
/** Between two that come. */
const ARRIVAL_MS = 130;

/** By `kind` of the input: it does its work, fails, or hangs until somebody ends it. */
const WORK = {
  StartAt: "What kind?",
  States: {
    "What kind?": {
      Type: "Choice",
      Choices: [
        { Variable: "$.kind", StringEquals: "fails", Next: "Fail" },
        { Variable: "$.kind", StringEquals: "hangs", Next: "Hang" },
      ],
      Default: "Do the work",
    },
    "Do the work": { Type: "Wait", Seconds: 2, Next: "Done" },
    Done: { Type: "Pass", Result: "done", End: true },
    Fail: { Type: "Fail", Error: "NoText", Cause: "The page is empty." },
    Hang: { Type: "Wait", Seconds: 86_400, Next: "Done" },
  },
};

/** Every tenth fails, another is aborted at work, another hangs until its time is over. */
function kindOf(place: number): "works" | "fails" | "hangs" {
  if (place % 10 === 3) return "fails";
  return place % 10 === 6 || place % 40 === 8 ? "hangs" : "works";
}
const isAborted = (place: number) => place % 10 === 6;

const VARIANTS: Record<string, SemaphoreStates> = {
  original: {
    table: "semaphores",
    name: "ocr",
    limit: LIMIT,
    variant: "original",
    acquireLock: "acquire",
  },
  leased: { table: "semaphores", name: "ocr", limit: LIMIT, timeoutSeconds: TIMEOUT_S },
};

for (const [name, semaphore] of Object.entries(VARIANTS))
  describe(`a hundred executions on the ${name} semaphore`, () => {
    test("never do more than five work at once, nor start faster than the rate; and all come to their end", async () => {
      await using cloud = await EngineCloud.open();
      const terms = { ...semaphore, startsPerSecond: STARTS_PER_SECOND };
      const definition: StateMachineDefinition = {
        ...withSemaphore(WORK, terms),
        TimeoutSeconds: TIMEOUT_S,
      };
      const machineArn = await cloud.createMachine("worker", definition);
      await cloud.reap(terms, machineArn);
      const executions: string[] = [];
      for (let place = 0; place < EXECUTIONS; place += 1) {
        executions.push(await cloud.start(machineArn, `e${place}`, { kind: kindOf(place) }));
        await cloud.advance(ARRIVAL_MS);
      }
      // Whoever hangs at work and is to be aborted is, two seconds after it has begun.
      for (let second = 0; second < 3_600; second += 2) {
        await cloud.advance(2_000);
        const left = await cloud.running(executions);
        if (left.length === 0) break;
        for (const [place, arn] of executions.entries())
          if (isAborted(place) && left.includes(arn) && (await cloud.isAt(arn, "Hang")))
            await cloud.stop(arn);
      }
      const ended = await Promise.all(executions.map((arn) => cloud.describe(arn)));
      for (const [place, { status, output, error, cause }] of ended.entries()) {
        const expected = isAborted(place)
          ? "ABORTED"
          : { works: "SUCCEEDED", fails: "FAILED", hangs: "TIMED_OUT" }[kindOf(place)];
        assert.equal(status, expected, `execution ${place}: ${error} ${cause}`);
        if (status === "SUCCEEDED") assert.equal(output, '"done"');
      }
      const spans = await Promise.all(executions.map((arn) => cloud.workOf(arn)));
      assert.equal(overlapMax(spans), LIMIT);
      assert(startGapMin(spans) >= 1000 / STARTS_PER_SECOND - 1, `${startGapMin(spans)} ms`);
      assert.equal(await cloud.unitsOut("ocr"), 0);
    });
  });
