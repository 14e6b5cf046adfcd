/**
 * Clients of one semaphore, in a process of their own: each acquires, works and releases, some times one after the
 * other. bench/semaphore.ts forks it with a plan, waits until it is warm, and gets back what it did.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type DynamoDBSender, Semaphore } from "@flyball/semaphore";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { LeanClient } from "./lean-client.ts";
import { acquireAsTheSeed } from "./seed-semaphore.ts";
import { clientConfig } from "./system.ts";

/** The table of all semaphores here; its key is the original functions'. */
export const TABLE = "semaphores";
/** A semaphore without a limit in reach. */
export const WARM_UP = "warm-up";
export const WARM_UP_LIMIT = 1_000;
const WARM_UP_ROUNDS = 2;

export interface Plan {
  readonly way: "ours" | "seed";
  readonly endpoint: string;
  readonly name: string;
  readonly clients: number;
  /** Whether the process's clients have one SDK client, as in a program, or share nothing: then each has a lean one. */
  readonly shares: boolean;
  readonly limit: number;
  readonly startsPerSecond?: number | undefined;
  readonly workMs: number;
  /** How often each client works. */
  readonly rounds: number;
  /** The process ends after this, done or not; ms. */
  readonly endAfterMs: number;
}

/** One client's turn. Instants are ms since 1970, by the machine's clock, which all processes share. */
export interface Turn {
  readonly askedAt: number;
  /** Undefined where it waited to the end. */
  begunAt?: number;
  doneAt?: number;
}

export interface Requests {
  writes: number;
  reads: number;
}

export interface Outcome {
  readonly turns: Turn[];
  /** Requests as they went over the wire, the SDK's own retries too. */
  total: Requests;
  /** Those until `acquire` resolved, and those from `release` on. Where clients share, they are anyone's. */
  readonly toGetIn: Requests;
  readonly toGetOut: Requests;
}

interface Client {
  readonly client: DynamoDBSender;
  readonly requests: Requests;
}

const READS = new Set(["GetItem", "BatchGetItem"]);

async function main(plan: Plan): Promise<void> {
  const clients = makeClients(plan);
  const warmUp = { ...plan, name: WARM_UP, limit: WARM_UP_LIMIT, startsPerSecond: undefined };
  await workAll({ ...warmUp, rounds: WARM_UP_ROUNDS }, clients, emptyOutcome());
  process.send?.("warm");
  await new Promise((resolve) => process.once("message", resolve));
  const before = totalOf(clients);
  const outcome = emptyOutcome();
  await Promise.race([workAll(plan, clients, outcome), sleep(plan.endAfterMs)]);
  add(outcome.total, totalOf(clients), before);
  process.send?.(outcome, () => process.exit());
}

function makeClients({ endpoint, clients, shares }: Plan): Client[] {
  if (!shares) return Array.from({ length: clients }, () => makeLeanClient(endpoint));
  const common = makeSdkClient(endpoint);
  return Array.from({ length: clients }, () => common);
}

function makeLeanClient(endpoint: string): Client {
  const requests = { writes: 0, reads: 0 };
  return { client: new LeanClient(endpoint, (operation) => count(requests, operation)), requests };
}

function makeSdkClient(endpoint: string): Client {
  const requests = { writes: 0, reads: 0 };
  const requestHandler = new NodeHttpHandler({ httpAgent: { keepAlive: true, maxSockets: 256 } });
  const client = new DynamoDBClient({ ...clientConfig(endpoint), requestHandler });
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      (args) => {
        count(requests, commandName.replace(/Command$/, ""));
        return next(args);
      },
    // The step next to the wire: once for each attempt.
    { step: "deserialize", priority: "low", name: "countRequests" },
  );
  return { client, requests };
}

function count(requests: Requests, operation: string): void {
  requests[READS.has(operation) ? "reads" : "writes"] += 1;
}

function workAll(plan: Plan, clients: readonly Client[], outcome: Outcome): Promise<unknown> {
  return Promise.all(clients.map((client) => work(plan, client, outcome)));
}

async function work(plan: Plan, { client, requests }: Client, outcome: Outcome): Promise<void> {
  const acquire = acquireOf(plan, client);
  for (let round = 0; round < plan.rounds; round += 1) {
    const turn: Turn = { askedAt: now() };
    outcome.turns.push(turn);
    const asked = { ...requests };
    const release = await acquire();
    turn.begunAt = now();
    add(outcome.toGetIn, requests, asked);
    await sleep(plan.workMs);
    turn.doneAt = now();
    const done = { ...requests };
    await release();
    add(outcome.toGetOut, requests, done);
  }
}

/** Resolves, when the unit is acquired, with how to release it. */
function acquireOf(plan: Plan, client: DynamoDBSender): () => Promise<() => Promise<void>> {
  const { way, name, limit, startsPerSecond } = plan;
  if (way === "seed")
    return () => acquireAsTheSeed({ client, table: TABLE, name, limit, startsPerSecond });
  const rate = startsPerSecond === undefined ? {} : { startsPerSecond };
  const semaphore = new Semaphore({ client, table: TABLE, name, limit, ...rate });
  return async () => {
    const lease = await semaphore.acquire();
    return () => lease.release();
  };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function emptyOutcome(): Outcome {
  const none = () => ({ writes: 0, reads: 0 });
  return { turns: [], total: none(), toGetIn: none(), toGetOut: none() };
}

function totalOf(clients: readonly Client[]): Requests {
  const total = { writes: 0, reads: 0 };
  for (const { requests } of new Set(clients)) add(total, requests, { writes: 0, reads: 0 });
  return total;
}

function add(to: Requests, after: Requests, before: Requests): void {
  to.writes += after.writes - before.writes;
  to.reads += after.reads - before.reads;
}

if (process.send) await main(JSON.parse(process.argv[2] as string));
