import type { Cloud } from "../../../cloud.ts";
import type {
  Json,
  JsonObject,
  State,
  StateMachineDefinition,
  StatesOf,
} from "../../../states-language/definition.ts";
import type { Branch } from "./branch.ts";
import { type ExecutionContext, executionContext, stateContext } from "./context.ts";
import type { Ending } from "./ending.ts";
import { endExecution } from "./ending.ts";
import type { Execution } from "./execution.ts";
import { processorOf } from "./gathering.ts";
import type { Journal } from "./journal.ts";
import { Outside } from "./outside.ts";
import { step } from "./states.ts";
import { type Stimulus, take } from "./stimulus.ts";
import { HistoryFull, Turn } from "./turn.ts";

/** How many states a turn goes through at most before it is committed: none keeps the others waiting for long. */
const STATES_PER_TURN = 200;

/** What of an execution the store holds while it runs, beside its branches. */
export interface Counters {
  readonly nextEventId: number;
  readonly nextBranchId: number;
  /** How many tasks each state has begun, where a test case answers them. */
  readonly invocations?: Readonly<Record<string, number>>;
}

/** What a run is made from, at an execution's start or from the store. */
export interface RunStart extends Counters {
  readonly execution: Execution;
  readonly definition: StateMachineDefinition;
  readonly branches: readonly Branch[];
  readonly gathered?: ReadonlyMap<number, Json[]>;
  readonly items?: ReadonlyMap<number, readonly Json[]>;
}

/**
 * A running execution. It does one thing after the other: what reaches it (an answer, a timer, a token, a stop) lies
 * in its mailbox until the next *turn*. A turn takes what there is, goes through states until every branch needs
 * something from outside, and commits all of it at once. Only then does it act: calls tasks, sets timers, answers who
 * waits. So the store never lags behind what the outside has seen, and what is here can be made anew from it: a run
 * whose commit fails is thrown away, and taken up from the store as after a crash.
 */
export class Run {
  readonly cloud: Cloud;
  readonly definition: StateMachineDefinition;
  readonly branches = new Map<number, Branch>();
  readonly items: Map<number, readonly Json[]>;
  readonly random: () => number = Math.random;
  execution: Execution;
  nextEventId: number;
  nextBranchId: number;
  #invocations: Record<string, number>;

  readonly #journal: Journal;
  readonly #outside: Outside;
  readonly #context: ExecutionContext;
  readonly #gathered: Map<number, Json[]>;
  readonly #texts = new WeakMap<object, string>();
  readonly #over = Promise.withResolvers<Execution>();
  #mailbox: Stimulus[] = [];
  /** What the turn under way deals with. */
  #taken: Stimulus[] = [];
  #ready: Branch[] = [];
  #turning = false;
  #closed = false;
  #doomed = false;
  #attempts = 0;

  constructor(cloud: Cloud, start: RunStart, journal: Journal) {
    this.cloud = cloud;
    this.execution = start.execution;
    this.definition = start.definition;
    this.nextEventId = start.nextEventId;
    this.nextBranchId = start.nextBranchId;
    this.#invocations = { ...start.invocations };
    this.items = new Map(start.items);
    this.#gathered = new Map(start.gathered);
    this.#journal = journal;
    this.#outside = new Outside(this);
    this.#context = executionContext(start.execution);
    for (const branch of start.branches) {
      this.branches.set(branch.id, branch);
      if (branch.doing.kind === "task")
        this.#attempts = Math.max(this.#attempts, branch.doing.attempt);
    }
    // Who asks for the end asks in time, or not at all.
    this.#over.promise.catch(() => {});
  }

  /** Whether it is kept in the store turn by turn. An Express execution is begun anew after a crash. */
  get durable(): boolean {
    return this.#journal.durable;
  }

  /** The execution as it ended. Rejects where its end cannot be written, or the cloud stops. */
  get over(): Promise<Execution> {
    return this.#over.promise;
  }

  /** Goes on where its branches stand. */
  resume(): void {
    for (const branch of this.branches.values()) {
      if (branch.doing.kind === "ready") this.goOn(branch);
      else this.#outside.follow(branch);
    }
    this.#outside.followExecution();
    this.#turn();
  }

  /** Reaches the run with something from outside. Dropped when it has ended: who waits for an answer is told. */
  post(stimulus: Stimulus): void {
    if (this.#closed) {
      stimulus.drop?.();
      return;
    }
    this.#mailbox.push(stimulus);
    this.#turn();
  }

  /** Forgets the run without ending the execution: its cloud stops, or its commit failed. */
  close(reason: unknown): void {
    this.#closed = true;
    this.#outside.close();
    for (const { drop } of [...this.#taken, ...this.#mailbox.splice(0)]) drop?.(reason);
    this.#over.reject(reason);
  }

  /**
   * Its machine is being deleted: the execution is over at its next state. Source: API reference, DeleteStateMachine.
   */
  get isDoomed(): boolean {
    return this.#doomed;
  }

  doom(): void {
    this.#doomed = true;
  }

  /** A branch can go on by itself, in this turn. */
  goOn(branch: Branch): void {
    this.#ready.push(branch);
  }

  /** The execution ends with this turn. */
  end(turn: Turn, ending: Ending): void {
    endExecution(turn, ending);
  }

  nextAttempt(): number {
    this.#attempts += 1;
    return this.#attempts;
  }

  /** Counts a task that a state begins; returns how many it had begun before. */
  countInvocation(stateName: string): number {
    const before = this.#invocations[stateName] ?? 0;
    this.#invocations[stateName] = before + 1;
    return before;
  }

  /** What the store is to know beside the branches. */
  get counters(): Counters {
    const { nextEventId, nextBranchId } = this;
    if (this.execution.testCase === undefined) return { nextEventId, nextBranchId };
    return { nextEventId, nextBranchId, invocations: this.#invocations };
  }

  stateOf(branch: Branch): State {
    const state = this.#statesOf(branch).States[branch.state];
    if (!state) throw new Error(`${this.execution.arn} is in a state that its machine lacks`);
    return state;
  }

  /** The branches that are part of the state that this one is in, by their places. */
  childrenOf(branch: Branch): Branch[] {
    const children = [];
    for (const other of this.branches.values())
      if (other.parent?.id === branch.id) children.push(other);
    return children.sort((left, right) => left.parent!.index - right.parent!.index);
  }

  /** The results of the branches that have ended, by their places. */
  gathered(branchId: number): Json[] {
    let results = this.#gathered.get(branchId);
    if (!results) {
      results = [];
      this.#gathered.set(branchId, results);
    }
    return results;
  }

  /** Whether what was gathered for a branch is still wanted. */
  isGathering(branchId: number): boolean {
    return this.#gathered.has(branchId);
  }

  forgetGathered(branchId: number): void {
    this.#gathered.delete(branchId);
    this.items.delete(branchId);
  }

  variablesOf(branch: Branch): Readonly<Record<string, Json>> {
    const around = branch.parent && this.branches.get(branch.parent.id);
    return around ? { ...this.variablesOf(around), ...branch.variables } : branch.variables;
  }

  contextOf(branch: Branch, type: State["Type"], token?: string): JsonObject {
    return stateContext(this.#context, branch, type, { item: this.#itemAround(branch), token });
  }

  /** A value as JSON. One value is the output of a state and the input of the next: its text is made once. */
  textOf(value: Json): string {
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    let text = this.#texts.get(value);
    if (text === undefined) {
      text = JSON.stringify(value);
      this.#texts.set(value, text);
    }
    return text;
  }

  #statesOf(branch: Branch): StatesOf {
    if (!branch.parent) return this.definition;
    const around = this.stateOf(this.branches.get(branch.parent.id)!);
    // Only these two states have branches.
    if (around.Type === "Parallel") return around.Branches[branch.parent.index]!;
    if (around.Type === "Map") return processorOf(around);
    throw new Error(`${this.execution.arn} has a branch in a ${around.Type} state`);
  }

  #itemAround(branch: Branch): JsonObject | undefined {
    if (branch.item) return branch.item;
    const around = branch.parent && this.branches.get(branch.parent.id);
    return around && this.#itemAround(around);
  }

  #turn(): void {
    if (this.#turning || this.#closed) return;
    this.#turning = true;
    void this.cloud.activity.track(this.#turns());
  }

  async #turns(): Promise<void> {
    try {
      while (!this.#closed && (this.#mailbox.length > 0 || this.#ready.length > 0)) {
        const turn = new Turn(this);
        this.#taken = this.#mailbox.splice(0);
        await this.#fill(turn);
        await this.#journal.commit(turn);
        this.#taken = [];
        this.#act(turn);
      }
    } catch (error) {
      if (this.#closed) return;
      this.close(error);
      this.#journal.broken(this, error);
    } finally {
      // In the same instant as the last look into the mailbox: what is posted from now on finds nobody turning.
      this.#turning = false;
    }
  }

  async #fill(turn: Turn): Promise<void> {
    for (const stimulus of this.#taken)
      await this.#orFail(turn, () => take(turn, stimulus), stimulus.drop);
    for (let steps = 0; steps < STATES_PER_TURN && !turn.ended; steps += 1) {
      const branch = this.#ready.shift();
      if (!branch) return;
      if (this.branches.get(branch.id) === branch && branch.doing.kind === "ready")
        await this.#orFail(turn, () => step(turn, branch));
    }
  }

  /** An execution that cannot go on fails: it would come to the same place again. `drop` tells who waits. */
  async #orFail(turn: Turn, part: () => Promise<void>, drop?: () => void): Promise<void> {
    try {
      await part();
    } catch (error) {
      let cause = "The execution reached the maximum number of history events (25000).";
      if (!(error instanceof HistoryFull)) {
        if (this.cloud.stopping.aborted) throw error;
        this.cloud.notices.emit("defect", error);
        cause = `Flyball failed: ${String(error)}`;
      }
      this.end(turn, { status: "FAILED", error: "States.Runtime", cause });
      drop?.();
    }
  }

  #act(turn: Turn): void {
    // What was closed meanwhile begins nothing; whoever takes it up from the store does.
    if (this.#closed) return;
    for (const branch of turn.removed) this.#outside.leave(branch);
    if (turn.ended) {
      this.#closed = true;
      this.execution = turn.ended;
      this.#outside.end();
    } else for (const branch of turn.touched) this.#outside.follow(branch);
    for (const effect of turn.effects) effect();
    if (!turn.ended) return;
    for (const { drop } of this.#mailbox.splice(0)) drop?.();
    this.#over.resolve(turn.ended);
  }
}
