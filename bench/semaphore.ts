/**
 * The semaphore over HTTP, beside the way in which the project found it (seed-semaphore.ts): 200 clients at a limit
 * of 20 with 50 ms of work each, and 50 starts a second with no limit in reach. The server has a process of its own, and a
 * data directory. The clients are spread over processes in three ways, for how much they share decides what they can
 * do for one another:
 *
 * - `1 × 200`: one program with 200 tasks, which has one SDK client.
 * - `4 × 50`: four such programs with 50 tasks each.
 * - `200 alone`: clients that share nothing, as 200 functions would, in four processes. Their DynamoDB client is lean
 *   (lean-client.ts), the seed's too: the SDK's would take more processors than the machine has.
 *
 * All wait for each other at the end: the time of slots that stand empty then is counted as well.
 */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { Semaphore } from "@flyball/semaphore";
import { type Benchmark, type Figure, inWords, median, percentile } from "./figure.ts";
import { makeDirectory, ROOT, startFlyball } from "./processes.ts";
import {
  type Outcome,
  type Plan,
  type Requests,
  TABLE,
  type Turn,
  WARM_UP,
  WARM_UP_LIMIT,
} from "./semaphore-clients.ts";
import { clientConfig } from "./system.ts";

const CLIENTS = 200;
const LIMIT = 20;
const WORK_MS = 50;
const ROUNDS = 3;
/** How often each client works: 9,000 ms at least for all of them. */
const TURNS = 18;
const STARTS_PER_SECOND = 50;
const NO_LIMIT_IN_REACH = 1_000;
const STARTS_OF_A_CLIENT = 3;
/** All ask at once first, and are refused once or twice; then each asks when it has worked, and is not. */
const STARTS_OF_A_CLIENT_ALONE = 8;
/** The seed's clients sleep for most of it; then they are stopped, in line or not. */
const SEED_ENDS_AFTER_MS = 30_000;
const END_AFTER_MS = 120_000;

interface Layout {
  readonly name: string;
  readonly processes: number;
  readonly shares: boolean;
}

const ONE: Layout = { name: "1 × 200", processes: 1, shares: true };
const FOUR: Layout = { name: "4 × 50", processes: 4, shares: true };
const ALONE: Layout = { name: "200 alone", processes: 4, shares: false };
const LAYOUTS = [ONE, FOUR, ALONE];

/** What is the same for all of a run's processes. */
type Terms = Omit<Plan, "endpoint" | "name" | "clients" | "shares">;

const CROWD: Terms = {
  way: "ours",
  limit: LIMIT,
  workMs: WORK_MS,
  rounds: TURNS,
  endAfterMs: END_AFTER_MS,
};
const STARTS: Terms = {
  ...CROWD,
  limit: NO_LIMIT_IN_REACH,
  startsPerSecond: STARTS_PER_SECOND,
  rounds: STARTS_OF_A_CLIENT,
};
const STARTS_ALONE: Terms = { ...STARTS, rounds: STARTS_OF_A_CLIENT_ALONE };
const secondsOf = ({ rounds }: Terms) => (CLIENTS * rounds) / STARTS_PER_SECOND;
const asSeed = (terms: Terms): Terms => ({ ...terms, way: "seed", endAfterMs: SEED_ENDS_AFTER_MS });

export const benchmark: Benchmark = async (progress) => {
  const directory = makeDirectory();
  const server = await startFlyball({ dataDirectory: directory.path });
  const system = new Semaphores(server.endpoint);
  await system.prepare();
  progress(`the seed's way, at a limit and at a rate, ${SEED_ENDS_AFTER_MS / 1000} s`);
  const seeds = await Promise.all([
    system.run(ALONE, asSeed(CROWD)),
    system.run(ALONE, asSeed(STARTS)),
  ]);
  const [seedCrowd, seedStarts] = [crowdOf([seeds[0]]), startsOf([seeds[1]])];
  const figures: Figure[] = [];
  for (const layout of LAYOUTS) {
    const runs: Outcome[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      progress(`${layout.name}, round ${round} of ${ROUNDS}`);
      runs.push(await system.run(layout, CROWD));
    }
    figures.push(...crowdFigures(layout, crowdOf(runs), seedCrowd));
  }
  progress(`programs with a rate of starts, ${secondsOf(STARTS)} s`);
  // Programs that wait for their start times do little else: these two are not in each other's way.
  const programs = await Promise.all([ONE, FOUR].map((layout) => system.run(layout, STARTS)));
  progress(`clients alone with a rate of starts, ${secondsOf(STARTS_ALONE)} s`);
  const outcomes = [...programs, await system.run(ALONE, STARTS_ALONE)];
  LAYOUTS.forEach((layout, place) => {
    figures.push(...startFigures(layout, startsOf([outcomes[place]!]), seedStarts));
  });
  await server.stop();
  directory.remove();
  return figures;
};

class Semaphores {
  readonly #endpoint: string;
  readonly #client: DynamoDBClient;
  #made = 0;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
    this.#client = new DynamoDBClient(clientConfig(endpoint));
  }

  async prepare(): Promise<void> {
    await this.#client.send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "LockName", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "LockName", KeyType: "HASH" }],
      }),
    );
    const waiting = { client: this.#client, maxWaitTime: 30, minDelay: 1 };
    await waitUntilTableExists(waiting, { TableName: TABLE });
    await this.#create(WARM_UP, WARM_UP_LIMIT);
  }

  /** Either system can use it. */
  async #create(name: string, limit: number): Promise<void> {
    const Item = {
      LockName: { S: name },
      currentlockcount: { N: "0" },
      nextavailtime: { N: "0" },
    };
    await this.#client.send(new PutItemCommand({ TableName: TABLE, Item }));
    await new Semaphore({ client: this.#client, table: TABLE, name, limit }).initialize();
  }

  /** Runs a layout's processes on a semaphore of their own; resolves with what they did together. */
  async run({ processes, shares }: Layout, terms: Terms): Promise<Outcome> {
    this.#made += 1;
    const name = `${terms.way}-${this.#made}`;
    await this.#create(name, terms.limit);
    const clients = CLIENTS / processes;
    const plan: Plan = { ...terms, endpoint: this.#endpoint, name, clients, shares };
    const children = Array.from({ length: processes }, () =>
      fork(join(ROOT, "bench/semaphore-clients.ts"), [JSON.stringify(plan)]),
    );
    await Promise.all(children.map((child) => once(child, "message")));
    const outcomes = children.map((child) => once(child, "message"));
    for (const child of children) child.send("go");
    // A child sends what `main` of semaphore-clients.ts gives it.
    return together((await Promise.all(outcomes)).map(([outcome]) => outcome as Outcome));
  }
}

function together(outcomes: readonly Outcome[]): Outcome {
  const sum = (of: (outcome: Outcome) => Requests) => ({
    writes: outcomes.reduce((all, outcome) => all + of(outcome).writes, 0),
    reads: outcomes.reduce((all, outcome) => all + of(outcome).reads, 0),
  });
  return {
    turns: outcomes.flatMap(({ turns }) => turns),
    total: sum(({ total }) => total),
    toGetIn: sum(({ toGetIn }) => toGetIn),
    toGetOut: sum(({ toGetOut }) => toGetOut),
  };
}

/** What a run comes to, as medians of runs. */
interface Crowd {
  /** Of the slots' time from the first to ask to the last to end, 0 to 1. */
  readonly used: number;
  readonly writesIn: number;
  readonly writesOut: number;
  readonly writes: number;
  readonly reads: number;
  /** Milliseconds. */
  readonly slowest: number;
  /** Of the turns that were to be, 0 to 1. */
  readonly done: number;
}

function crowdOf(runs: readonly Outcome[]): Crowd {
  const all = runs.map((run) => {
    const worked = run.turns.filter(isDone);
    assert(mostAtOnce(worked) <= LIMIT, "never more than the limit");
    const begun = Math.min(...run.turns.map(({ askedAt }) => askedAt));
    const ended = lastInstant(run);
    const usedMs = worked.reduce((sum, { begunAt, doneAt }) => sum + doneAt - begunAt, 0);
    return {
      used: usedMs / (LIMIT * (ended - begun)),
      writesIn: run.toGetIn.writes / worked.length,
      writesOut: run.toGetOut.writes / worked.length,
      writes: run.total.writes / worked.length,
      reads: run.total.reads / worked.length,
      slowest: slowestOf(run),
      done: worked.length / (CLIENTS * TURNS),
    };
  });
  const of = (name: keyof Crowd) => median(all.map((each) => each[name]));
  return {
    used: of("used"),
    writesIn: of("writesIn"),
    writesOut: of("writesOut"),
    writes: of("writes"),
    reads: of("reads"),
    slowest: of("slowest"),
    done: of("done"),
  };
}

type DoneTurn = Required<Turn>;

function isDone(turn: Turn): turn is DoneTurn {
  return turn.begunAt !== undefined && turn.doneAt !== undefined;
}

function lastInstant({ turns }: Outcome): number {
  if (turns.every(isDone)) return Math.max(...turns.map(({ doneAt }) => doneAt));
  return Math.min(...turns.map(({ askedAt }) => askedAt)) + SEED_ENDS_AFTER_MS;
}

/** The longest that anyone waited, or waits at the end; ms. */
function slowestOf(run: Outcome): number {
  const end = lastInstant(run);
  return Math.max(...run.turns.map(({ askedAt, begunAt = end }) => begunAt - askedAt));
}

function mostAtOnce(turns: readonly DoneTurn[]): number {
  const steps = turns.flatMap(({ begunAt, doneAt }) => [
    { at: begunAt, by: 1 },
    { at: doneAt, by: -1 },
  ]);
  let working = 0;
  let most = 0;
  for (const { by } of steps.sort((one, other) => one.at - other.at || one.by - other.by)) {
    working += by;
    most = Math.max(most, working);
  }
  return most;
}

function crowdFigures({ name, shares }: Layout, ours: Crowd, seed: Crowd): Figure[] {
  const percent = (share: number) => inWords(100 * share, "%");
  const used: Figure = {
    what: `semaphore, ${name}: slot time used`,
    measured: 100 * ours.used,
    unit: "%",
    asked: { atLeast: 90 },
    comparedWith: `seed's way: ${percent(seed.used)}, and ${percent(seed.done)} of the work done after ${SEED_ENDS_AFTER_MS / 1000} s`,
  };
  const slowest: Figure = {
    what: `semaphore, ${name}: slowest waiter`,
    measured: ours.slowest,
    unit: "ms",
    comparedWith: `seed's way: ${inWords(seed.slowest, "ms")}; in turn: ${(CLIENTS / LIMIT - 1) * WORK_MS} ms`,
  };
  if (shares) {
    const writes: Figure = {
      what: `semaphore, ${name}: writes a turn, in and out`,
      measured: ours.writes,
      unit: "",
      asked: { atMost: 3 },
      comparedWith: `seed's way: ${inWords(seed.writes, "")}; reads: ${inWords(ours.reads, "")} and ${inWords(seed.reads, "")}`,
    };
    return [used, writes, slowest];
  }
  return [
    used,
    {
      what: `semaphore, ${name}: writes to get in`,
      measured: ours.writesIn,
      unit: "",
      asked: { atMost: 2 },
      comparedWith: `seed's way: ${inWords(seed.writesIn, "")}; reads: ${inWords(ours.reads, "")} and ${inWords(seed.reads, "")}`,
    },
    {
      what: `semaphore, ${name}: writes to get out`,
      measured: ours.writesOut,
      unit: "",
      asked: { atMost: 1 },
      comparedWith: `seed's way: ${inWords(seed.writesOut, "")}`,
    },
    slowest,
  ];
}

interface Starts {
  readonly perSecond: number;
  /** The time between two starts that one in a hundred is closer than, ms. */
  readonly closest: number;
  readonly writesIn: number;
  readonly writes: number;
  readonly slowest: number;
}

function startsOf(runs: readonly Outcome[]): Starts {
  const all = runs.map((run) => {
    const begun = run.turns.flatMap(({ begunAt }) => (begunAt === undefined ? [] : [begunAt]));
    begun.sort((one, other) => one - other);
    const tookMs = (run.turns.every(isDone) ? begun.at(-1)! : lastInstant(run)) - begun[0]!;
    const gaps = begun.slice(1).map((at, place) => at - begun[place]!);
    return {
      perSecond: (1000 * (begun.length - 1)) / tookMs,
      closest: percentile(gaps, 0.01),
      writesIn: (run.total.writes - run.toGetOut.writes) / begun.length,
      writes: run.total.writes / begun.length,
      slowest: slowestOf(run),
    };
  });
  const of = (name: keyof Starts) => median(all.map((each) => each[name]));
  return {
    perSecond: of("perSecond"),
    closest: of("closest"),
    writesIn: of("writesIn"),
    writes: of("writes"),
    slowest: of("slowest"),
  };
}

function startFigures({ name, shares }: Layout, ours: Starts, seed: Starts): Figure[] {
  const { perSecond } = ours;
  return [
    {
      what: `semaphore, ${name}: off ${STARTS_PER_SECOND} starts a second`,
      measured: 100 * Math.abs(perSecond / STARTS_PER_SECOND - 1),
      unit: "%",
      asked: { atMost: 2 },
      comparedWith: `${inWords(perSecond, "/s")}, 99 of 100 at least ${inWords(ours.closest, "ms")} apart; seed's way: ${inWords(seed.perSecond, "/s")}, ${inWords(seed.closest, "ms")}`,
    },
    shares
      ? {
          what: `semaphore, ${name}: writes a start, in and out`,
          measured: ours.writes,
          unit: "",
          asked: { atMost: 2.2 },
          comparedWith: `seed's way: ${inWords(seed.writes, "")}`,
        }
      : {
          what: `semaphore, ${name}: writes to start`,
          measured: ours.writesIn,
          unit: "",
          asked: { atMost: 1.2 },
          comparedWith: `seed's way: ${inWords(seed.writesIn, "")}`,
        },
    {
      what: `semaphore, ${name}: slowest to start`,
      measured: ours.slowest,
      unit: "ms",
      comparedWith: `seed's way: ${inWords(seed.slowest, "ms")}; in turn: ${(CLIENTS / STARTS_PER_SECOND) * 1000} ms`,
    },
  ];
}
