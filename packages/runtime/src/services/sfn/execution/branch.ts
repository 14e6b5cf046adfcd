import type { Json, JsonObject } from "../../../states-language/definition.ts";
import type { Key } from "../../../store/store.ts";
import type { World } from "../../../world.ts";
import type { MockedResponse } from "../task/mock/configuration.ts";

/**
 * A line of states: the whole execution (branch 0), a branch of a Parallel state, an item of a Map. It is one record
 * of the store, and at any time it is doing one thing.
 */
export interface Branch {
  readonly id: number;
  /** The branch whose Parallel or Map state this one is part of, and the place of its result there. */
  readonly parent?: { readonly id: number; readonly index: number };
  /** The name of the state that it is in, or is about to enter. */
  state: string;
  /** The state's raw input. */
  input: Json;
  /** Those assigned on this line; they hide those of the lines around it. */
  variables: Record<string, Json>;
  /** Undefined while it is about to enter the state. */
  entered?: Entered;
  /** The event that its next event comes after. */
  lastEventId: number;
  /** How often each retrier of the state, by its place, has let it try again since it was entered. */
  retries: Record<number, number>;
  /** Of the Map that this line is an item of: `Map.Item` in the context object. */
  readonly item?: JsonObject;
  doing: Doing;
}

export interface Entered {
  readonly eventId: number;
  /** What the entering came after. */
  readonly previousEventId: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What a branch is at; instants are milliseconds since 1970. */
export type Doing =
  /** It goes on by itself: enters its state, or does that state's work. */
  | { readonly kind: "ready" }
  /** A Wait state. */
  | { readonly kind: "waiting"; readonly until: number }
  /** Before it tries its state again. */
  | { readonly kind: "retrying"; readonly until: number }
  | WorkingTask
  | Gathering
  /** A distributed Map. */
  | { readonly kind: "mapRun"; readonly mapRunId: string };

/** A Task whose answer is outstanding. */
export interface WorkingTask {
  readonly kind: "task";
  /** Tells one try from the next: an answer to an earlier one comes too late. */
  readonly attempt: number;
  /** What the task is called with. */
  readonly parameters: Json;
  /** What is outstanding: the call's own answer, a worker for the activity, a job's end, or the token's return. */
  readonly phase: "call" | "worker" | "job" | "token";
  /** What it is called as, where that is not the machine's role. */
  readonly roleArn?: string;
  /** What a test case answers in place of the service. */
  readonly mocked?: MockedResponse;
  /** What a `.sync` call answered: enough to wait for the job. */
  readonly submitted?: Json;
  readonly token?: string;
  readonly scheduledAt: number;
  /** Later than it was scheduled where a worker has to take it. */
  readonly startedAt: number;
  readonly timeoutAt?: number;
  readonly heartbeatMs?: number;
  /** When the next heartbeat is overdue. */
  readonly heartbeatAt?: number;
}

/** A Parallel or an inline Map whose branches run. Their results lie beside, a key each. */
export interface Gathering {
  readonly kind: "gathering";
  readonly total: number;
  /** How many were started: the rest of a Map's items wait for one to end. */
  readonly started: number;
  /** How many run. */
  readonly open: number;
}

export function branchesKey({ account, region }: World, executionId: string): Key {
  return ["sfn", account, region, "branch", executionId];
}

/** The results of a gathering's branches that have ended, by their places. */
export function resultsKey({ account, region }: World, executionId: string): Key {
  return ["sfn", account, region, "result", executionId];
}

/** The items of the Maps that run, by branch. */
export function itemsKey({ account, region }: World, executionId: string): Key {
  return ["sfn", account, region, "items", executionId];
}

/** A branch that is about to enter a state. */
export function newBranch(
  start: Pick<Branch, "id" | "state" | "input" | "lastEventId"> & Partial<Branch>,
): Branch {
  return { variables: {}, retries: {}, doing: { kind: "ready" }, ...start };
}

/** When the branch has to be looked at, whatever else happens. */
export function dueAt({ doing }: Branch): number | undefined {
  switch (doing.kind) {
    case "waiting":
    case "retrying":
      return doing.until;
    case "task": {
      const due = Math.min(doing.timeoutAt ?? Infinity, doing.heartbeatAt ?? Infinity);
      return due === Infinity ? undefined : due;
    }
    default:
      return undefined;
  }
}
