import type { HistoryEventType } from "@aws-sdk/client-sfn";
import type { Json } from "../../../states-language/definition.ts";
import type { WriteTransaction } from "../../../store/store.ts";
import { type Branch, newBranch } from "./branch.ts";
import type { Execution } from "./execution.ts";
import type { DetailsOf, RecordedEvent } from "./history.ts";
import { abortMapRun } from "./map-run/map-run.ts";
import type { TaskCount } from "./metrics.ts";
import type { Run } from "./run.ts";

/**
 * Of a Standard execution. The last of them is that it failed, unless it is that it succeeded. Source: the Step
 * Functions developer guide, "Avoid reaching the history quota".
 */
export const HISTORY_EVENTS_MAX = 25_000;

/** Thrown where an event would be one too many for the history. */
export class HistoryFull extends Error {}

/**
 * What one turn of an execution changes. It is written in one transaction, and what it does to the outside (timers,
 * calls, answers to callers) is done when that is durable.
 */
export class Turn {
  readonly run: Run;
  readonly events: RecordedEvent[] = [];
  /** Branches that changed: to be written, and their timers and calls to be looked after. */
  readonly touched = new Set<Branch>();
  readonly removed = new Set<Branch>();
  /** Results of a gathering's branches. */
  readonly results: { readonly branchId: number; readonly index: number; readonly value: Json }[] =
    [];
  /** Gatherings that began anew or are over: what was gathered for them is dropped. */
  readonly dropped = new Set<number>();
  /** Items of Maps that began. */
  readonly items = new Map<number, readonly Json[]>();
  /** What became of tasks, for the metrics. */
  readonly counted: TaskCount[] = [];
  /** How the execution ended in this turn. */
  ended: Execution | undefined;
  /** What else is part of the transaction. */
  readonly writes: ((tx: WriteTransaction) => void)[] = [];
  /** What is done when the turn is durable. */
  readonly effects: (() => void)[] = [];

  constructor(run: Run) {
    this.run = run;
  }

  /**
   * Adds an event to the history, and returns its id. It comes after the last event of the branch, or after `after`,
   * and is the branch's last one from then on.
   */
  emit<Type extends HistoryEventType>(
    branch: Branch,
    type: Type,
    details: DetailsOf<Type>,
    after = branch.lastEventId,
  ): number {
    const id = this.note(type, details, after);
    branch.lastEventId = id;
    this.touched.add(branch);
    return id;
  }

  /** Adds an event that is nobody's last one: what comes next on any line does not come after it. */
  note<Type extends HistoryEventType>(
    type: Type,
    details: DetailsOf<Type>,
    previousEventId: number,
  ): number {
    const { run } = this;
    const id = run.nextEventId;
    if (run.durable && id >= HISTORY_EVENTS_MAX && !type.startsWith("Execution"))
      throw new HistoryFull();
    run.nextEventId = id + 1;
    const at = run.cloud.clock.now();
    this.events.push({ id, previousEventId, at, type, ...(details && { details }) });
    return id;
  }

  touch(branch: Branch): void {
    this.touched.add(branch);
  }

  /** A branch that is about to enter its first state. */
  begin(start: Omit<Parameters<typeof newBranch>[0], "id">): Branch {
    const branch = newBranch({ ...start, id: this.run.nextBranchId++ });
    this.run.branches.set(branch.id, branch);
    this.touch(branch);
    this.run.goOn(branch);
    return branch;
  }

  /** Takes a branch away, which has ended or is not wanted any more. */
  remove(branch: Branch): void {
    const { run } = this;
    run.branches.delete(branch.id);
    const { doing } = branch;
    if (doing.kind === "mapRun")
      this.writes.push((tx) => abortMapRun(tx, run.cloud, run.execution, doing.mapRunId));
    this.touched.delete(branch);
    this.removed.add(branch);
  }

  /** Keeps the result of one of a gathering's branches. */
  gather(branch: Branch, index: number, value: Json): void {
    this.run.gathered(branch.id)[index] = value;
    this.results.push({ branchId: branch.id, index, value });
  }

  /** Forgets what was gathered for a branch, and the branches that are part of its state, with theirs. */
  dropChildren(branch: Branch): void {
    for (const child of this.run.childrenOf(branch)) {
      this.dropChildren(child);
      this.remove(child);
    }
    this.run.forgetGathered(branch.id);
    this.dropped.add(branch.id);
  }
}
