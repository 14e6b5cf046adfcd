import assert from "node:assert/strict";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { AcquireTimeout } from "../errors.ts";
import { viewOf } from "../item.ts";
import type { Lease } from "../lease.ts";
import { Semaphore } from "../semaphore.ts";
import { EngineTables } from "./engine-table.ts";
import { type Faults, Network, SLOW_MS_MAX } from "./network.ts";
import { Machine, randomFrom, VirtualTime, WORLD_BEGAN } from "./virtual-time.ts";

const TABLE = "locks";
const NAME = "scheduled";
const PLACE = JSON.stringify([TABLE, { LockName: { S: NAME } }]);
const SKEW_MS_MAX = 5 * 60_000;
/** How much faster or slower monotonic clocks run; a machine whose clock lies has a bad one as well. */
const PACE_OFF = 1e-4;
const PACE_OFF_SKEWED = 2e-2;
/** All must be in after this; ms. */
const HORIZON_MS = 600_000;
/** Within an eighth of a lease a waiter looks; then the unit is taken back by a write, after a little jitter. */
const DETECTION_MS = 250;
/** How wrong a machine is about DynamoDB's time at its first request, whatever its clock says; and a round trip. */
const CLOCK_ERROR_MS = 2_000;

export interface Plan {
  readonly seed: number;
  readonly limit: number;
  readonly processes: number;
  readonly clientsAProcess: number;
  readonly rounds: number;
  readonly leaseMs: number;
  readonly unitsMax: number;
  readonly startsPerSecond: number | undefined;
  readonly skewed: boolean;
  /** Shares of rounds. */
  readonly crashes: number;
  readonly pauses: number;
  /** The network is gone for a while, for one machine. */
  readonly cuts: number;
  readonly timeouts: number;
  /** Functions of the original's kind that hold units of the same item. */
  readonly originals: number;
  readonly faults: Faults;
}

/** A plan that is the same for the same seed. */
export function planOf(seed: number): Plan {
  const random = randomFrom(seed);
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!;
  const limit = pick(1, 1, 2, 3, 5);
  const startsPerSecond = pick(undefined, undefined, 5, 40);
  const share = () => pick(0, 0.02, 0.1);
  const faulty = pick(false, true, true);
  return {
    seed,
    limit,
    processes: pick(2, 3, 4),
    clientsAProcess: pick(1, 1, 2, 3),
    rounds: pick(1, 2, 3),
    leaseMs: pick(900, 2_000),
    unitsMax: Math.min(limit, pick(1, 1, 2, 3)),
    startsPerSecond,
    skewed: pick(false, true),
    crashes: pick(0, 0.1, 0.3),
    pauses: pick(0, 0, 0.2),
    cuts: pick(0, 0, 0.2),
    timeouts: pick(0, 0, 0.2),
    originals: startsPerSecond === undefined ? pick(0, 0, 2) : 0,
    faults: faulty
      ? {
          throttled: share(),
          requestLost: share(),
          answerLost: share(),
          sentAgain: share(),
          late: share(),
          latencyMsMax: pick(4, 40),
          slow: share(),
        }
      : { latencyMsMax: pick(4, 40) },
  };
}

export interface Outcome {
  readonly leases: number;
  readonly lost: number;
  readonly crashes: number;
  readonly requests: number;
}

/** Runs a plan and throws where it shows that a promise is broken. */
export async function runSchedule(plan: Plan): Promise<Outcome> {
  const schedule = new Schedule(plan);
  return schedule.run();
}

interface Holding {
  readonly machine: Machine;
  readonly lease: Lease;
}

class Schedule {
  readonly #plan: Plan;
  readonly #random: () => number;
  readonly #world = new VirtualTime();
  readonly #tables = new EngineTables();
  readonly #network: Network;
  readonly #holdings = new Set<Holding>();
  readonly #tokens = new Set<number>();
  readonly #startTimes: number[] = [];
  readonly #starts: number[] = [];
  readonly #waiting = new Set<Machine>();
  readonly #versions = new Map<string, { readonly version: string; readonly since: number }>();
  #waitedSince = 0;
  #highest = 0;
  #originalUnits = 0;
  #running = 0;
  #leases = 0;
  #lost = 0;
  #crashes = 0;
  #broken: unknown;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#random = randomFrom(plan.seed ^ 0x5eed);
    this.#network = new Network(this.#world, this.#tables, this.#random, plan.faults);
    this.#network.observe = () => this.#guarded(() => this.#check());
  }

  async run(): Promise<Outcome> {
    const { processes, clientsAProcess, originals } = this.#plan;
    for (let process = 0; process < processes; process += 1) {
      const machine = this.#machine();
      const semaphore = this.#semaphoreOn(machine);
      for (let client = 0; client < clientsAProcess; client += 1)
        this.#begin(machine, () => this.#client(machine, semaphore));
    }
    const calmNetwork = new Network(this.#world, this.#tables, this.#random);
    calmNetwork.observe = this.#network.observe;
    for (let original = 0; original < originals; original += 1) {
      const machine = this.#machine();
      this.#begin(machine, () => this.#original(machine, calmNetwork, `arn:execution:${original}`));
    }
    const isOver = () => this.#running === 0 || this.#broken !== undefined;
    await this.#world.runUntil(30_000, isOver);
    this.#network.calm = true;
    await this.#world.runUntil(HORIZON_MS, isOver);
    if (this.#broken !== undefined) throw this.#broken;
    assert.equal(this.#running, 0, "every live client got in, and out");
    this.#checkStarts();
    const { reads, writes } = this.#tables.counts;
    const counts = { leases: this.#leases, lost: this.#lost, crashes: this.#crashes };
    return { ...counts, requests: reads + writes };
  }

  #machine(): Machine {
    const { skewed } = this.#plan;
    const random = this.#random;
    return new Machine(this.#world, {
      random,
      skewMs: skewed ? (random() * 2 - 1) * SKEW_MS_MAX : 0,
      pace: 1 + (random() * 2 - 1) * (skewed ? PACE_OFF_SKEWED : PACE_OFF),
    });
  }

  #semaphoreOn(machine: Machine): Semaphore {
    const { limit, leaseMs, startsPerSecond } = this.#plan;
    return new Semaphore({
      client: this.#network.clientOf(machine),
      table: TABLE,
      name: NAME,
      limit,
      leaseMs,
      ...(startsPerSecond === undefined ? {} : { startsPerSecond }),
      recordAfterMs: Number.POSITIVE_INFINITY,
      time: machine,
    });
  }

  /** A client runs until it is done or its machine crashes. */
  #begin(machine: Machine, run: () => Promise<void>): void {
    this.#running += 1;
    let counted = true;
    const over = () => {
      if (counted) this.#running -= 1;
      counted = false;
    };
    machine.onCrash.push(over);
    run().then(over, (error) => {
      this.#broken ??= error;
    });
  }

  async #client(machine: Machine, semaphore: Semaphore): Promise<void> {
    const { rounds, unitsMax, timeouts, leaseMs } = this.#plan;
    for (let round = 0; round < rounds; round += 1) {
      await this.#pass(machine, this.#random() * 200);
      this.#mishap(machine);
      const units = 1 + Math.floor(this.#random() * unitsMax);
      const lease = await this.#acquire(machine, semaphore, {
        units,
        ...(this.#random() < timeouts ? { timeoutMs: this.#random() * leaseMs } : {}),
      });
      if (lease === undefined) continue;
      const holding = { machine, lease };
      this.#holdings.add(holding);
      this.#took(machine, lease);
      this.#mishap(machine);
      const long = this.#random() < 0.25;
      await this.#pass(machine, this.#random() * (long ? 2.5 * leaseMs : 60));
      this.#holdings.delete(holding);
      if (lease.signal.aborted) this.#lost += 1;
      await lease.release();
    }
  }

  async #acquire(
    machine: Machine,
    semaphore: Semaphore,
    options: { readonly units: number; readonly timeoutMs?: number },
  ): Promise<Lease | undefined> {
    if (this.#waiting.size === 0) this.#waitedSince = this.#world.now;
    this.#waiting.add(machine);
    try {
      return await semaphore.acquire(options);
    } catch (error) {
      if (error instanceof AcquireTimeout) return undefined;
      throw error;
    } finally {
      this.#waiting.delete(machine);
    }
  }

  #took(machine: Machine, lease: Lease): void {
    this.#leases += 1;
    this.#guarded(() => {
      assert.ok(!this.#tokens.has(lease.token), `token ${lease.token} came twice`);
      this.#tokens.add(lease.token);
      this.#checkHoldings();
    });
    if (lease.startAt !== undefined) {
      this.#startTimes.push(lease.startAt);
      if (machine.running) this.#starts.push(this.#world.now);
    }
  }

  /** Now and then the machine is about to crash, or to stop for a while. */
  #mishap(machine: Machine): void {
    const { crashes, pauses, cuts, leaseMs } = this.#plan;
    const soon = this.#world.now + this.#random() * 80;
    if (this.#random() < crashes)
      this.#world.at(soon, () => {
        this.#crashes += 1;
        this.#waiting.delete(machine);
        machine.crash();
      });
    if (this.#random() < pauses)
      this.#world.at(soon, () => machine.pause(this.#random() * 3 * leaseMs));
    if (this.#random() < cuts)
      this.#world.at(soon, () => machine.cutOff(this.#random() * 3 * leaseMs));
  }

  #pass(machine: Machine, ms: number): Promise<void> {
    return new Promise((resolve) => {
      machine.timer(ms, resolve);
    });
  }

  /** What the original function and its state machine do, over a network without faults (with some, it leaks). */
  async #original(machine: Machine, network: Network, execution: string): Promise<void> {
    const client = network.clientOf(machine);
    for (let tries = 0; tries < 40; tries += 1) {
      await this.#pass(machine, this.#random() * 300);
      try {
        await client.send(originalAcquire(execution, this.#plan.limit, machine.wall() / 1000));
      } catch {
        continue;
      }
      await this.#pass(machine, this.#random() * 100);
      await client.send(originalRelease(execution));
    }
  }

  #guarded(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#broken ??= error;
    }
  }

  /** What holds of the item after each request. */
  #check(): void {
    const item = this.#tables.items.get(PLACE);
    if (item === undefined) return;
    const { limit } = this.#plan;
    const view = viewOf(item, "LockName");
    assert.ok(view.count <= limit, `${view.count} units out, limit ${limit}`);
    assert.ok(view.waiting >= 0, `${view.waiting} wait`);
    this.#originalUnits = view.executions.length;
    assert.equal(view.count, view.slots.length + view.executions.length, "each unit has a holder");
    const fresh = view.slots.filter(({ ticket }) => ticket > this.#highest);
    for (const { name, ticket, version } of view.slots) {
      const before = this.#versions.get(name);
      if (
        before &&
        before.version !== version &&
        !version.startsWith(`${Math.trunc(Number(before.version))}`)
      )
        assert.ok(
          fresh.some((slot) => slot.ticket === ticket),
          `ticket ${ticket} came again`,
        );
    }
    this.#highest = Math.max(this.#highest, ...fresh.map(({ ticket }) => ticket));
    this.#checkHorizon(view.nextAvailable * 1000);
    this.#checkDead(view.slots);
    this.#checkHoldings();
  }

  /** No unit stays with a dead owner for longer than a lease, and the time to notice, while someone waits. */
  #checkDead(slots: readonly { readonly name: string; readonly version: string }[]): void {
    const { leaseMs, faults, pauses, cuts, startsPerSecond } = this.#plan;
    const { now } = this.#world;
    const present = new Set(slots.map(({ name }) => name));
    for (const name of this.#versions.keys()) if (!present.has(name)) this.#versions.delete(name);
    for (const { name, version } of slots)
      if (this.#versions.get(name)?.version !== version)
        this.#versions.set(name, { version, since: now });
    if (this.#waiting.size === 0 || pauses + cuts > 0 || faults.throttled !== undefined) return;
    const tripsMs = 4 * (faults.latencyMsMax ?? 0);
    // Who has its units and waits for its start time needs no other's: it looks only when it renews.
    const lookMs = startsPerSecond === undefined ? leaseMs / 8 : (2 * leaseMs) / 3;
    const allowed = leaseMs * 1.05 + lookMs + DETECTION_MS + tripsMs;
    for (const [name, { version, since }] of this.#versions) {
      const unattended = now - Math.max(since, this.#waitedSince);
      assert.ok(
        unattended <= allowed,
        `${name} held ${version} for ${unattended} ms without a sign`,
      );
    }
  }

  /** Nobody's clock, and nobody who gives up, pushes start times further ahead than the units that there are. */
  #checkHorizon(nextAvailable: number): void {
    const { startsPerSecond, limit, faults } = this.#plan;
    if (startsPerSecond === undefined) return;
    const aheadMs = nextAvailable - WORLD_BEGAN - this.#world.now;
    const errorMs = CLOCK_ERROR_MS + (faults.slow ? SLOW_MS_MAX : 0);
    const allowedMs = ((limit + 2) * 1000) / startsPerSecond + errorMs;
    assert.ok(
      aheadMs <= allowedMs,
      `the next start is ${aheadMs} ms ahead, allowed are ${allowedMs}`,
    );
  }

  #checkHoldings(): void {
    let out = this.#originalUnits;
    for (const { machine, lease } of this.#holdings)
      if (machine.running && !lease.signal.aborted) out += lease.units;
    assert.ok(out <= this.#plan.limit, `owners believe in ${out} units, limit ${this.#plan.limit}`);
  }

  /** Start times lie apart by arithmetic. Starts do so too, up to answers that come late, where clocks are right. */
  #checkStarts(): void {
    const { startsPerSecond, skewed, pauses, cuts, faults } = this.#plan;
    if (startsPerSecond === undefined) return;
    const gapMs = 1000 / startsPerSecond;
    const closest = smallestGap(this.#startTimes);
    assert.ok(closest > gapMs - 0.01, `start times ${closest} ms apart, not ${gapMs}`);
    if (skewed || pauses + cuts > 0) return;
    const lateMs = faults.throttled === undefined ? (faults.latencyMsMax ?? 0) : 100 + gapMs;
    const apart = smallestGap(this.#starts);
    const driftMs = this.#world.now * 2 * PACE_OFF;
    assert.ok(apart > gapMs - lateMs - driftMs - 1, `starts ${apart} ms apart, not ${gapMs}`);
  }
}

function smallestGap(instants: readonly number[]): number {
  const inOrder = instants.toSorted((one, other) => one - other);
  let smallest = Number.POSITIVE_INFINITY;
  for (let place = 1; place < inOrder.length; place += 1)
    smallest = Math.min(smallest, inOrder[place]! - inOrder[place - 1]!);
  return smallest;
}

function originalAcquire(execution: string, limit: number, now: number): UpdateItemCommand {
  return new UpdateItemCommand({
    TableName: TABLE,
    Key: { LockName: { S: NAME } },
    ConditionExpression:
      "currentlockcount < :limit and attribute_not_exists(#lockownerid) and nextavailtime < :currenttime",
    UpdateExpression:
      "SET #currentlockcount = #currentlockcount + :increase, #lockownerid = :lockacquiredtime, #nextavailtime = :nextavailtime",
    ExpressionAttributeNames: {
      "#currentlockcount": "currentlockcount",
      "#lockownerid": execution,
      "#nextavailtime": "nextavailtime",
    },
    ExpressionAttributeValues: {
      ":increase": { N: "1" },
      ":limit": { N: String(limit) },
      ":currenttime": { N: String(now) },
      ":nextavailtime": { N: "0" },
      ":lockacquiredtime": { S: new Date(now * 1000).toISOString() },
    },
  });
}

function originalRelease(execution: string): UpdateItemCommand {
  return new UpdateItemCommand({
    TableName: TABLE,
    Key: { LockName: { S: NAME } },
    ConditionExpression: "attribute_exists(#lockownerid)",
    UpdateExpression: "SET #currentlockcount = #currentlockcount - :decrease REMOVE #lockownerid",
    ExpressionAttributeNames: {
      "#currentlockcount": "currentlockcount",
      "#lockownerid": execution,
    },
    ExpressionAttributeValues: { ":decrease": { N: "1" } },
  });
}
