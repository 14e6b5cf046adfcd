import { parseArn } from "../../../arn.ts";
import type { Caller } from "../../../call.ts";
import type { Timer } from "../../../clock/clock.ts";
import type { TaskState } from "../../../states-language/definition.ts";
import { StatesError } from "../../../states-language/states-error.ts";
import type { ServiceIntegration } from "../task/integration.ts";
import { awaitJob, stopJob } from "../task/job.ts";
import { type Branch, dueAt, type WorkingTask } from "./branch.ts";
import { timeOutExecution } from "./ending.ts";
import { followMapRun } from "./map-run/state.ts";
import type { Run } from "./run.ts";
import { callTask } from "./task-call.ts";
import { integrationOfTask, type TaskOutcome } from "./task-state.ts";

/** Source: the Step Functions developer guide, "Service quotas": how long an Express execution runs at most. */
const EXPRESS_MS_MAX = 5 * 60_000;

/**
 * What a run has going outside: timers, calls, jobs that are waited for. All of it follows from what the branches are
 * doing, so it is begun again after a restart: a task that was being called is called again.
 */
export class Outside {
  readonly #run: Run;
  readonly #timers = new Map<number, Timer>();
  /** What is being called or waited for, by branch. */
  readonly #works = new Map<number, Work>();
  #deadline: Timer | undefined;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Brings about what a branch is doing. */
  follow(branch: Branch): void {
    this.#setTimer(branch);
    const { doing } = branch;
    if (doing.kind === "mapRun") followMapRun(this.#run, branch, doing);
    const work = this.#works.get(branch.id);
    if (work && doing.kind === "task" && isSame(work.doing, doing)) return;
    if (work) this.#stop(branch.id, work);
    if (doing.kind === "task" && (doing.phase === "call" || doing.phase === "job"))
      this.#begin(branch, doing);
  }

  /** A branch is no more. */
  leave({ id }: Branch): void {
    this.#timers.get(id)?.cancel();
    this.#timers.delete(id);
    const work = this.#works.get(id);
    if (work) this.#stop(id, work);
  }

  /** The execution's own time limit. */
  followExecution(): void {
    const { execution, definition, cloud } = this.#run;
    const longestMs = execution.machine.type === "EXPRESS" ? EXPRESS_MS_MAX : Infinity;
    const limitMs = Math.min((definition.TimeoutSeconds ?? Infinity) * 1000, longestMs);
    if (limitMs === Infinity) return;
    const since = execution.redriveDate ?? execution.startDate;
    this.#deadline = cloud.clock.setTimer(since + limitMs, () =>
      this.#run.post({ what: { kind: "end", end: timeOutExecution } }),
    );
  }

  /** The execution has ended: what it began is stopped. */
  end(): void {
    for (const [id, work] of this.#works) this.#stop(id, work);
    this.close();
  }

  /** Lets go of everything, without stopping jobs: they are waited for again after a restart. */
  close(): void {
    this.#deadline?.cancel();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    for (const { abort } of this.#works.values()) abort.abort();
    this.#works.clear();
  }

  #setTimer(branch: Branch): void {
    this.#timers.get(branch.id)?.cancel();
    const due = dueAt(branch);
    if (due === undefined) {
      this.#timers.delete(branch.id);
      return;
    }
    const timer = this.#run.cloud.clock.setTimer(due, () =>
      this.#run.post({ what: { kind: "due", branchId: branch.id } }),
    );
    this.#timers.set(branch.id, timer);
  }

  #begin(branch: Branch, doing: WorkingTask): void {
    // Only a Task has a task outstanding.
    const state = this.#run.stateOf(branch) as TaskState;
    const work: Work = { doing, state, abort: new AbortController(), done: false };
    this.#works.set(branch.id, work);
    const stateName = branch.state;
    void this.#outcomeOf(work, stateName).then(
      (outcome) => {
        if (this.#works.get(branch.id) !== work) return;
        work.done = true;
        const kind = doing.phase === "job" ? "job" : "answer";
        this.#run.post({
          what: { kind, branchId: branch.id, attempt: doing.attempt, outcome },
        });
      },
      (error) => {
        if (!work.abort.signal.aborted && !this.#run.cloud.stopping.aborted)
          this.#run.cloud.notices.emit("defect", error);
      },
    );
  }

  async #outcomeOf({ doing, state, abort }: Work, stateName: string): Promise<TaskOutcome> {
    const run = this.#run;
    const caller = callerOf(run, doing);
    const { signal } = abort;
    try {
      if (doing.phase === "call")
        return { result: await callTask(run, caller, state, stateName, doing, signal) };
      const integration = integrationOfTask(state) as ServiceIntegration;
      const result = await awaitJob(run.cloud, caller, integration, doing.submitted!, signal);
      return { result };
    } catch (error) {
      if (error instanceof StatesError)
        return { failure: { error: error.error, cause: error.cause } };
      if (signal.aborted || run.cloud.stopping.aborted) throw error;
      // Flyball's own fault is told as such, and does not leave the execution waiting for ever.
      run.cloud.notices.emit("defect", error);
      return { failure: { error: "States.Runtime", cause: `Flyball failed: ${String(error)}` } };
    }
  }

  /** What a task is called by or waits for is not wanted any more. A job that was begun is stopped. */
  #stop(branchId: number, { doing, state, abort, done }: Work): void {
    this.#works.delete(branchId);
    if (done) return;
    abort.abort();
    const run = this.#run;
    if (doing.phase !== "job") return;
    const integration = integrationOfTask(state) as ServiceIntegration;
    void stopJob(run.cloud, callerOf(run, doing), integration, doing.submitted!).catch((error) =>
      run.cloud.notices.emit("defect", error),
    );
  }
}

interface Work {
  readonly doing: WorkingTask;
  readonly state: TaskState;
  readonly abort: AbortController;
  /** It has its outcome. */
  done: boolean;
}

/** Whether what was begun for a task is still what it is doing. */
function isSame(left: WorkingTask, right: WorkingTask): boolean {
  return left.attempt === right.attempt && left.phase === right.phase;
}

/**
 * Who a task calls as: the machine's role, or the one that the state names, in that role's account; in the execution's
 * chain of requests. Source: the developer guide, "Accessing resources in other AWS accounts in Step Functions".
 */
function callerOf({ execution }: Run, { roleArn }: WorkingTask): Caller {
  const { region, machine, traceHeader } = execution;
  const account = (roleArn !== undefined && parseArn(roleArn)?.account) || execution.account;
  return {
    account,
    region,
    principal: roleArn ?? machine.roleArn,
    source: machine.arn,
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
}
