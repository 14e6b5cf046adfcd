import type { TaskState } from "../../../states-language/definition.ts";
import type { Branch } from "./branch.ts";
import { dueAt } from "./branch.ts";
import { settleMapRun } from "./map-run/state.ts";
import { endWait } from "./states.ts";
import {
  type AtTask,
  beat,
  callAnswered,
  settle,
  startActivity,
  type TaskOutcome,
  timeOut,
} from "./task-state.ts";
import type { Turn } from "./turn.ts";

/** Something from outside that a run deals with in its next turn. */
export interface Stimulus {
  readonly what: What;
  /** Told when the execution has ended before it could be dealt with; with a reason, that it could not be kept. */
  readonly drop?: (reason?: unknown) => void;
}

type What =
  /** A Wait, a retry or a task's deadline has come. */
  | { readonly kind: "due"; readonly branchId: number }
  /** The call that a task began with was answered. */
  | {
      readonly kind: "answer";
      readonly branchId: number;
      readonly attempt: number;
      readonly outcome: TaskOutcome;
    }
  /** The job that a task waits for has ended. */
  | {
      readonly kind: "job";
      readonly branchId: number;
      readonly attempt: number;
      readonly outcome: TaskOutcome;
    }
  | (TokenReturned & { readonly answer: (accepted: boolean) => void })
  /** A worker took an activity's task. */
  | {
      readonly kind: "taken";
      readonly branchId: number;
      readonly token: string;
      readonly workerName: string | undefined;
      readonly answer: (turn: Turn, input: string | undefined) => void;
    }
  | { readonly kind: "mapRun"; readonly branchId: number }
  /** The whole execution ends. */
  | { readonly kind: "end"; readonly end: (turn: Turn) => void };

/** What a worker says with a task's token. */
interface TokenReturned {
  readonly kind: "token";
  readonly branchId: number;
  readonly token: string;
  readonly says: { readonly heartbeat: true } | TaskOutcome;
}

/** Deals with one stimulus. What comes too late changes nothing. */
export async function take(turn: Turn, { what, drop }: Stimulus): Promise<void> {
  if (turn.ended) return drop?.();
  if (what.kind === "end") return what.end(turn);
  const branch = turn.run.branches.get(what.branchId);
  switch (what.kind) {
    case "due":
      return branch && (await fallDue(turn, branch));
    case "answer":
      if (branch?.doing.kind === "task" && branch.doing.attempt === what.attempt)
        await callAnswered(taskOf(turn, branch), what.outcome);
      return;
    case "job":
      if (branch?.doing.kind === "task" && branch.doing.attempt === what.attempt)
        await settle(taskOf(turn, branch), what.outcome);
      return;
    case "token": {
      const accepted = branch?.doing.kind === "task" && branch.doing.token === what.token;
      turn.effects.push(() => what.answer(accepted));
      if (!accepted) return;
      if ("heartbeat" in what.says) beat(turn, branch);
      else await settle(taskOf(turn, branch), what.says);
      return;
    }
    case "taken": {
      const task = branch?.doing.kind === "task" ? branch.doing : undefined;
      if (!branch || task?.phase !== "worker" || task.token !== what.token)
        return what.answer(turn, undefined);
      what.answer(turn, turn.run.textOf(task.parameters));
      return startActivity(taskOf(turn, branch), what.workerName);
    }
    case "mapRun":
      if (branch?.doing.kind === "mapRun") await settleMapRun(turn, branch, branch.doing);
  }
}

async function fallDue(turn: Turn, branch: Branch): Promise<void> {
  const now = turn.run.cloud.clock.now();
  // The timer may have been for something that is over by now.
  if ((dueAt(branch) ?? Infinity) > now) return turn.touch(branch);
  switch (branch.doing.kind) {
    case "waiting":
      return await endWait({ turn, branch, state: turn.run.stateOf(branch) });
    case "retrying":
      branch.doing = { kind: "ready" };
      turn.touch(branch);
      return turn.run.goOn(branch);
    case "task":
      return await timeOut(taskOf(turn, branch), now);
  }
}

function taskOf(turn: Turn, branch: Branch): AtTask {
  // Only a Task has a task outstanding.
  return { turn, branch, state: turn.run.stateOf(branch) as TaskState };
}
