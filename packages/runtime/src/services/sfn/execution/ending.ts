import type { WriteTransaction } from "../../../store/store.ts";
import { runningKey, settleDeletion } from "../machine.ts";
import { executionEnded } from "../task/job.ts";
import { branchesKey, itemsKey, resultsKey } from "./branch.ts";
import { type Execution, executionKey, runKey } from "./execution.ts";
import { failureDetails, TIMEOUT } from "./failure.ts";
import { abortMapRun, settleDispatched } from "./map-run/map-run.ts";
import { keepForRedrive } from "./redrive.ts";
import { noteEnded } from "./retention.ts";
import type { Run } from "./run.ts";
import { oweStatusEvent } from "./status-event.ts";
import type { Turn } from "./turn.ts";

/** How an execution ends. */
export type Ending =
  | { readonly status: "SUCCEEDED"; readonly output: string }
  | { readonly status: "FAILED" | "ABORTED"; readonly error?: string; readonly cause?: string }
  | { readonly status: "TIMED_OUT" };

/** The execution ends with this turn: its last event, and what is left of it. */
export function endExecution(turn: Turn, ending: Ending): void {
  if (turn.ended) return;
  const { run } = turn;
  // Where it stood; an end from outside comes after nothing.
  const after = run.branches.get(0)?.lastEventId ?? 0;
  switch (ending.status) {
    case "SUCCEEDED": {
      const { output } = ending;
      turn.note("ExecutionSucceeded", { output, outputDetails: { truncated: false } }, after);
      break;
    }
    case "FAILED":
      turn.note("ExecutionFailed", failureDetails(ending), after);
      break;
    case "ABORTED":
      turn.note("ExecutionAborted", failureDetails(ending), 0);
      break;
    case "TIMED_OUT":
      turn.note("ExecutionTimedOut", failureDetails(TIMEOUT), 0);
  }
  // What went wrong in former attempts is no part of this end.
  const { output: _output, error: _error, cause: _cause, ...execution } = run.execution;
  turn.ended = { ...execution, ...ending, stopDate: run.cloud.clock.now() };
}

/** The execution has run for longer than its machine's `TimeoutSeconds`. */
export function timeOutExecution(turn: Turn): void {
  endExecution(turn, { status: "TIMED_OUT" });
}

/**
 * Writes the end of an execution: what only mattered while it ran goes, what it owes others is noted. What one that did
 * not succeed was at stays, for it to be redriven from there.
 */
export function writeEnd(tx: WriteTransaction, run: Run, ended: Execution): void {
  const { id, machine, dispatch } = ended;
  for (const { doing } of run.branches.values())
    if (doing.kind === "mapRun") abortMapRun(tx, run.cloud, ended, doing.mapRunId);
  tx.delete(runKey(ended, id));
  tx.put<Execution>(executionKey(ended, id), ended);
  const isRedrivable = machine.type === "STANDARD" && ended.status !== "SUCCEEDED";
  if (isRedrivable) keepForRedrive(tx, run);
  else dropProgress(tx, ended);
  if (dispatch) settleDispatched(tx, run.cloud, ended, dispatch);
  else {
    tx.delete(runningKey(ended, machine.name, id));
    settleDeletion(tx, ended, machine.name);
  }
  oweStatusEvent(tx, run.cloud, ended);
  noteEnded(tx, run.cloud, ended);
  tx.afterCommit(() => run.cloud.wakes.wake(executionEnded(ended.arn)));
}

/** Takes away where an execution stood. */
export function dropProgress(tx: WriteTransaction, execution: Execution): void {
  const { id } = execution;
  for (const prefix of [
    branchesKey(execution, id),
    resultsKey(execution, id),
    itemsKey(execution, id),
  ])
    for (const { key } of [...tx.range({ prefix })]) tx.delete(key);
}
