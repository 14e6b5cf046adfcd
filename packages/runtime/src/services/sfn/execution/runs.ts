import type { Cloud } from "../../../cloud.ts";
import type { Json } from "../../../states-language/definition.ts";
import type { ReadTransaction } from "../../../store/store.ts";
import type { World } from "../../../world.ts";
import { definitionOf, machineKey, type StateMachine } from "../machine.ts";
import { type Branch, branchesKey, itemsKey, newBranch, resultsKey } from "./branch.ts";
import { type Ending, endExecution } from "./ending.ts";
import { definitionText, type Execution, getExecution, RUNS, runKey } from "./execution.ts";
import { expressJournal, storeJournal } from "./journal.ts";
import { startRetention } from "./retention.ts";
import { type Counters, Run, type RunStart } from "./run.ts";

/** How long after a turn could not be kept (a full disk) its execution is taken up again. */
const TAKE_UP_AGAIN_MS = 1_000;

/** A Standard execution has used its first event, that it started, when it begins. */
export const FIRST_COUNTERS: Counters = { nextEventId: 2, nextBranchId: 1 };

/** The executions that run here. */
export class Runs {
  readonly #cloud: Cloud;
  readonly #runs = new Map<string, Run>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  find(world: World, executionId: string): Run | undefined {
    return this.#runs.get(keyOf(world, executionId));
  }

  /** Lets an execution run from its beginning, or from where the store has it. */
  begin(
    start: RunStart,
    { keptEnd = true, ending }: { keptEnd?: boolean; ending?: Ending } = {},
  ): Run {
    const { execution } = start;
    const key = keyOf(execution, execution.id);
    const broken = (_run: Run, error: unknown) => {
      this.#cloud.notices.emit("defect", error);
      const again = this.#cloud.clock.now() + TAKE_UP_AGAIN_MS;
      this.#cloud.clock.setTimer(again, () => this.#takeUpAgain(execution, error));
    };
    const journal =
      execution.machine.type === "STANDARD"
        ? storeJournal(broken)
        : expressJournal(keptEnd, broken);
    const run = new Run(this.#cloud, start, journal);
    this.#runs.set(key, run);
    const gone = () => this.#runs.get(key) === run && this.#runs.delete(key);
    run.over.then(gone, gone);
    if (ending) run.post({ what: { kind: "end", end: (turn) => endExecution(turn, ending) } });
    run.resume();
    return run;
  }

  /** Takes up what a former run of the cloud left running. */
  takeUpAll(): void {
    const starts = this.#cloud.store.read((tx) => {
      const keys = [...tx.range<Counters>({ prefix: RUNS })].map(({ key }) => key);
      return keys.map(([, account, region, id]) =>
        runStart(tx, { account: String(account), region: String(region) }, String(id)),
      );
    });
    for (const start of starts) if (start) this.begin(start);
    this.#doomAll();
  }

  /** A machine is being deleted: what it has running is over at its next state. */
  doom({ account, region }: World, machineName: string): void {
    for (const run of this.#runs.values()) {
      const { execution } = run;
      const [name] = execution.machine.name.split("/");
      if (name === machineName && execution.account === account && execution.region === region)
        run.doom();
    }
  }

  close(): void {
    for (const run of this.#runs.values()) run.close(this.#cloud.stopping.reason);
  }

  #doomAll(): void {
    const running = [...this.#runs.values()];
    this.#cloud.store.read((tx) => {
      for (const run of running) {
        const [name = ""] = run.execution.machine.name.split("/");
        const machine = tx.get<StateMachine>(machineKey(run.execution, name));
        if (machine?.status === "DELETING") run.doom();
      }
    });
  }

  #takeUpAgain(execution: Execution, error: unknown): void {
    if (this.#cloud.stopping.aborted) return;
    const start = this.#cloud.store.read((tx) => runStart(tx, execution, execution.id));
    if (start && !this.find(execution, execution.id)) this.begin(start, endingAfter(error));
  }
}

/** What can never be kept (it nests too deep for the store) would come to the same again: the execution ends. */
function endingAfter(error: unknown): { ending?: Ending } {
  if (!(error instanceof RangeError || error instanceof TypeError)) return {};
  const cause = `Flyball failed: ${String(error)}`;
  return { ending: { status: "FAILED", error: "States.Runtime", cause } };
}

export function runsOf(cloud: Cloud): Runs {
  return cloud.derived(makeRuns);
}

/** Takes up what was running when the cloud starts. */
export function startRuns(cloud: Cloud): () => void {
  const runs = runsOf(cloud);
  runs.takeUpAll();
  const stopRetention = startRetention(cloud);
  return () => {
    stopRetention();
    runs.close();
  };
}

function makeRuns(cloud: Cloud): Runs {
  return new Runs(cloud);
}

/** The line of states that an execution begins with. */
export function firstBranch({ StartAt }: { StartAt: string }, input: string): Branch {
  return newBranch({ id: 0, state: StartAt, input: JSON.parse(input), lastEventId: 0 });
}

/** What the store has of a running execution; undefined when it does not run. */
export function runStart(
  tx: ReadTransaction,
  world: World,
  executionId: string,
): RunStart | undefined {
  const counters = tx.get<Counters>(runKey(world, executionId));
  const execution = getExecution(tx, world, executionId);
  if (!counters || !execution) return undefined;
  const definition = definitionOf(definitionText(tx, world, execution.machine.definitionId));
  if (execution.machine.type === "EXPRESS")
    return {
      execution,
      definition,
      ...FIRST_COUNTERS,
      branches: [firstBranch(definition, execution.input)],
    };
  return { execution, definition, ...counters, ...progressOf(tx, world, executionId) };
}

/** Where an execution stands, or stood when it ended. */
export function progressOf(tx: ReadTransaction, world: World, executionId: string) {
  const branches = valuesOf<Branch>(tx, branchesKey(world, executionId));
  const gathered = new Map<number, Json[]>();
  const results = resultsKey(world, executionId);
  for (const { key, value } of tx.range<Json>({ prefix: results })) {
    const [branchId, index] = key.slice(results.length) as [number, number];
    const ofBranch = gathered.get(branchId) ?? [];
    ofBranch[index] = value;
    gathered.set(branchId, ofBranch);
  }
  const items = new Map<number, readonly Json[]>();
  for (const { key, value } of tx.range<Json[]>({ prefix: itemsKey(world, executionId) }))
    items.set(Number(key.at(-1)), value);
  return { branches, gathered, items };
}

function valuesOf<T>(tx: ReadTransaction, prefix: ReturnType<typeof branchesKey>): T[] {
  return [...tx.range<T>({ prefix })].map(({ value }) => value);
}

function keyOf({ account, region }: World, executionId: string): string {
  return `${account} ${region} ${executionId}`;
}
