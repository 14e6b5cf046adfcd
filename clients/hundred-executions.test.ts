import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Message } from "@aws-sdk/client-sqs";
import type { SemaphoreStates } from "../packages/semaphore/src/state-machine/index.ts";
import { overlapMax } from "../packages/semaphore/src/state-machine/testing/observed.ts";
import { AwsCli, cliTest } from "./aws-cli.ts";
import { ExecutionRecords } from "./execution-records.ts";
import { Flyball } from "./flyball.ts";
import { type Kind, SemaphoreSystem } from "./semaphore-system.ts";

const EXECUTIONS = 100;
/** A process of the AWS CLI takes half a second of a core to start one; one process of boto3 starts all others. */
const STARTED_BY_CLI = 10;
const LIMIT = 5;
const STARTS_PER_SECOND = 8;
/** By what the steps between a grant and the work it lets begin may differ on a busy machine. */
const START_SLACK_MS = 2_000;

/** Long polls of 20 seconds without news: nobody comes to work any more. */
const EMPTY_RECEIVES_MAX = 3;

/** Of twenty: two fail, one is aborted, one hangs until its time is over; sixteen work. */
function kindOf(place: number): Kind {
  if (place % 10 === 3) return "fails";
  if (place % 20 === 6) return "isAborted";
  return place % 20 === 0 ? "timesOut" : "works";
}

const STATUS = {
  works: "SUCCEEDED",
  fails: "FAILED",
  isAborted: "ABORTED",
  timesOut: "TIMED_OUT",
} as const;

const VARIANTS: Record<string, (acquireLock: string) => SemaphoreStates> = {
  original: (acquireLock) => ({ ...TERMS, variant: "original", acquireLock }),
  leased: () => ({ ...TERMS, timeoutSeconds: 300 }),
};

const TERMS = {
  table: "semaphores",
  name: "ocr",
  limit: LIMIT,
  startsPerSecond: STARTS_PER_SECOND,
};

describe("the semaphore as a state machine, through the AWS CLI", { concurrency: true }, () => {
  for (const [variant, semaphoreOf] of Object.entries(VARIANTS))
    cliTest(`a hundred executions on the ${variant} semaphore`, async () => {
      await using flyball = await Flyball.start();
      const aws = await AwsCli.of(flyball);
      const system = await SemaphoreSystem.build(aws, semaphoreOf);
      const records = new ExecutionRecords(flyball);
      const wanted = Array.from({ length: EXECUTIONS }, (_, place) => ({
        name: `e${place}`,
        kind: kindOf(place),
      }));
      const abortions = abortAllThatHang(aws, system, wanted);
      const [byCli, byBoto3] = await Promise.all([
        system.startByCli(wanted.slice(0, STARTED_BY_CLI)),
        system.startByBoto3(wanted.slice(STARTED_BY_CLI)),
      ]);
      const executions = [...byCli, ...byBoto3];
      await abortions;

      const ended = await records.ended(executions);
      for (const [place, { status, output, error, cause }] of ended.entries()) {
        const { name, kind } = wanted[place]!;
        assert.equal(status, STATUS[kind], `${name}: ${error} ${cause}`);
        if (kind === "works") assert.equal(output, '"done"');
        if (kind === "fails")
          assert.deepEqual({ error, cause }, { error: "NoText", cause: "The page is empty." });
        if (kind === "isAborted")
          assert.deepEqual({ error, cause }, { error: "Stuck", cause: "It hung." });
      }
      await system.allUnitsBack();
      const spans = await records.workOf(executions);
      assert.equal(overlapMax(spans), LIMIT);
      const starts = spans.flatMap((span) => (span === undefined ? [] : span.from));
      // Some whose time was over had come to work, and some may not have.
      assert.ok(starts.length > wanted.filter(({ kind }) => kind !== "timesOut").length);
      assertRateKept(starts);
      if (variant === "original") await assertGrantsApart(system);
    });
});

/** Aborts whoever is to be aborted as soon as it tells that it hangs at work. */
async function abortAllThatHang(
  aws: AwsCli,
  system: SemaphoreSystem,
  wanted: readonly { readonly kind: Kind }[],
): Promise<void> {
  const toAbort = wanted.filter(({ kind }) => kind === "isAborted").length;
  const stops = new Map<string, Promise<unknown>>();
  let emptyInARow = 0;
  while (stops.size < toAbort) {
    const { Messages = [] } =
      (await aws.json<{
        Messages?: Message[];
      }>`sqs receive-message --queue-url ${system.hanging} --wait-time-seconds 20 --max-number-of-messages 10`) ??
      {};
    emptyInARow = Messages.length === 0 ? emptyInARow + 1 : 0;
    assert.ok(
      emptyInARow < EMPTY_RECEIVES_MAX,
      `${stops.size} of ${toAbort} told that they hang, and then nobody did`,
    );
    const hanging = Messages.map(({ Body = "" }) => JSON.parse(Body) as { execution: string });
    for (const { execution } of hanging)
      if (!stops.has(execution))
        stops.set(
          execution,
          aws.json`stepfunctions stop-execution --execution-arn ${execution} --error Stuck --cause ${"It hung."}`,
        );
  }
  await Promise.all(stops.values());
}

/** However many start in a row, they take the time that the rate gives them. */
function assertRateKept(starts: readonly number[]): void {
  const sorted = starts.toSorted((left, right) => left - right);
  for (const [place, from] of sorted.entries())
    for (let later = place + 1; later < sorted.length; later += 1) {
      const least = ((later - place) * 1_000) / STARTS_PER_SECOND - START_SLACK_MS;
      assert.ok(sorted[later]! - from >= least, `starts ${place} to ${later} are too close`);
    }
}

/** What the function wrote into its log: until when nobody was to be granted units, at each of its grants. */
async function assertGrantsApart(system: SemaphoreSystem): Promise<void> {
  const instants = await system.grants();
  assert.ok(instants.length >= EXECUTIONS - 5, `${instants.length} grants`);
  for (let place = 1; place < instants.length; place += 1) {
    const apart = instants[place]! - instants[place - 1]!;
    assert.ok(apart >= 1 / STARTS_PER_SECOND - 0.001, `two grants ${apart} s apart`);
  }
}
