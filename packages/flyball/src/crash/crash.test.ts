import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import {
  aliveOf,
  descendantsOf,
  eventually,
  FlyballProcess,
  Scratch,
} from "../testing/flyball-process.ts";
import { Alarms } from "./alarms.ts";
import { Deliveries } from "./deliveries.ts";
import { Functions } from "./functions.ts";
import { LogEvents } from "./log-events.ts";
import { type Clients, clientsOf, isLost, type Part } from "./part.ts";
import { Queues } from "./queues.ts";
import { Random } from "./random.ts";
import { Roles } from "./roles.ts";
import { Subscriptions } from "./subscriptions.ts";

const ROUNDS = Number(process.env.FLYBALL_CRASH_ROUNDS ?? 6);
const SEED = Number(process.env.FLYBALL_CRASH_SEED ?? Math.floor(Math.random() * 2 ** 32));
/** How long the cloud is let live before it is killed. */
const ALIVE_MS = [50, 1_500] as const;
const ORPHANS_MS_MAX = 5_000;

test("after kill -9 at any moment all that was acknowledged is there, and nothing that was deleted", async (context) => {
  context.diagnostic(`FLYBALL_CRASH_SEED=${SEED} FLYBALL_CRASH_ROUNDS=${ROUNDS}`);
  const random = new Random(SEED);
  await using scratch = await Scratch.make();
  const words = ["--data-dir", join(scratch.path, "data")];
  const deliveries = new Deliveries();
  const parts: Part[] = [
    deliveries,
    new Queues("one"),
    new Queues("two"),
    new Functions(),
    new Subscriptions(),
    new Alarms(),
    new LogEvents(),
    new Roles(),
  ];
  for (let round = 0; round <= ROUNDS; round += 1) {
    await using flyball = await FlyballProcess.start(words, { cwd: scratch.path });
    const clients = clientsOf(flyball);
    if (round === 0) await deliveries.build(clients);
    await checkAll(parts, clients, random, flyball);
    report(context, round, parts);
    if (round === ROUNDS) return;
    const steps = workUntilLost(parts, clients, random);
    await setTimeout(random.between(...ALIVE_MS));
    const children = descendantsOf(flyball.pid);
    flyball.signal("SIGKILL");
    await flyball.ended();
    await steps;
    assert.equal(flyball.stderr, "", "a defect was reported");
    await eventually(
      "the end of what it had started",
      () => aliveOf(children).length === 0,
      ORPHANS_MS_MAX,
    );
  }
});

async function checkAll(
  parts: readonly Part[],
  clients: Clients,
  random: Random,
  flyball: FlyballProcess,
): Promise<void> {
  const checks = parts.map((part) => part.check(clients, random.fork()));
  await Promise.all(checks).catch((error) => {
    error.message += ` (seed ${SEED}; it wrote: ${flyball.stderr})`;
    throw error;
  });
}

/** Lets every part do one thing after another, until the cloud is gone. */
async function workUntilLost(
  parts: readonly Part[],
  clients: Clients,
  random: Random,
): Promise<void> {
  const workers = parts.map(async (part) => {
    const own = random.fork();
    try {
      for (;;) await part.step(clients, own);
    } catch (error) {
      if (!isLost(error)) throw error;
    }
  });
  await Promise.all(workers);
}

function report(context: TestContext, round: number, parts: readonly Part[]): void {
  const sizes = parts.map(({ name, size }) => `${size} ${name}`).join(", ");
  context.diagnostic(`after ${round} kills: ${sizes}`);
}
