import type { HistoryEventType } from "@aws-sdk/client-sfn";
import { type Json, queryLanguageOf, type State } from "../../../states-language/definition.ts";
import {
  chooseNext,
  failureOf,
  finish,
  finishCaught,
  type Moment,
  matchError,
  type Outcome,
  prepareInput,
  retryDelayMs,
  waitUntil,
} from "../../../states-language/flow.ts";
import { attemptsMax } from "../../../states-language/retry.ts";
import { StatesError } from "../../../states-language/states-error.ts";
import type { Branch } from "./branch.ts";
import { errorOutput, type Failure, failureDetails, stateFailure } from "./failure.ts";
import { beginGathering, branchFailed, branchSucceeded } from "./gathering.ts";
import { beginTask } from "./task-state.ts";
import type { Turn } from "./turn.ts";

/** A state as the functions here see it: what it says, and where its branch stands. */
export interface At {
  readonly turn: Turn;
  readonly branch: Branch;
  readonly state: State;
}

/** Takes a branch one state on: into its state, and through its work or as far as that needs something from outside. */
export async function step(turn: Turn, branch: Branch): Promise<void> {
  const state = turn.run.stateOf(branch);
  const at = { turn, branch, state };
  if (!branch.entered) {
    if (turn.run.isDoomed) return turn.run.end(turn, { status: "ABORTED" });
    enter(at);
  }
  await attempting(at, () => work(at));
}

/** Does a part of a state's work. A StatesError that it throws is the state's failure. */
export async function attempting(at: At, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    if (!(error instanceof StatesError)) throw error;
    const failure = stateFailure(at.branch, error);
    if (error.error === "States.QueryEvaluationError") noteEvaluation(at, failure);
    await fail(at, failure);
  }
}

function enter({ turn, branch, state }: At): void {
  const previousEventId = branch.lastEventId;
  const eventId = turn.emit(branch, `${state.Type}StateEntered`, {
    name: branch.state,
    input: turn.run.textOf(branch.input),
    inputDetails: { truncated: false },
  });
  branch.entered = { eventId, previousEventId, at: turn.run.cloud.clock.now() };
}

async function work(at: At): Promise<void> {
  const { turn, branch, state } = at;
  const { run } = turn;
  switch (state.Type) {
    case "Pass":
    case "Succeed":
      return await leave(at, await prepareInput(state, languageOf(at), momentOf(at)));
    case "Choice": {
      const { next, ...outcome } = await chooseNext(state, languageOf(at), momentOf(at));
      return exit(at, outcome, next);
    }
    case "Wait": {
      const now = run.cloud.clock.now();
      const until = await waitUntil(state, languageOf(at), momentOf(at), now);
      branch.doing = { kind: "waiting", until };
      return turn.touch(branch);
    }
    case "Fail":
      return await fail(at, await failureOf(state, languageOf(at), momentOf(at)));
    case "Task":
      return await beginTask({ turn, branch, state });
    case "Parallel":
    case "Map":
      return await beginGathering({ turn, branch, state });
  }
}

/** A Wait state whose time has come. */
export async function endWait(at: At): Promise<void> {
  await attempting(at, async () =>
    leave(at, await prepareInput(at.state, languageOf(at), momentOf(at))),
  );
}

/** Leaves a state with the result of its work. `before` is told when nothing can fail any more. */
export async function leave(at: At, result: Json, before: () => void = () => {}): Promise<void> {
  const outcome = await finish(at.state, languageOf(at), momentOf(at), result);
  before();
  const { state } = at;
  await exit(at, outcome, "Next" in state ? state.Next : undefined);
}

async function exit({ turn, branch, state }: At, outcome: Outcome, next?: string): Promise<void> {
  const { output, assigned } = outcome;
  const assignedVariables = Object.entries(assigned).map(([name, value]) => [
    name,
    JSON.stringify(value),
  ]);
  // A Fail has no exit; all other states that come here have.
  turn.emit(
    branch,
    `${state.Type}StateExited` as Extract<HistoryEventType, `${string}StateExited`>,
    {
      name: branch.state,
      output: turn.run.textOf(output),
      outputDetails: { truncated: false },
      ...(assignedVariables.length === 0
        ? {}
        : {
            assignedVariables: Object.fromEntries(assignedVariables),
            assignedVariablesDetails: { truncated: false },
          }),
    },
  );
  if (next === undefined) return await end(turn, branch, output);
  branch.variables = { ...branch.variables, ...assigned };
  branch.state = next;
  branch.input = output;
  delete branch.entered;
  branch.retries = {};
  branch.doing = { kind: "ready" };
  turn.touch(branch);
  turn.run.goOn(branch);
}

async function end(turn: Turn, branch: Branch, output: Json): Promise<void> {
  if (branch.parent) await branchSucceeded(turn, branch, output);
  else turn.run.end(turn, { status: "SUCCEEDED", output: turn.run.textOf(output) });
}

/**
 * A state failed: it is tried again, or its error is caught, or its branch fails. `inside`: one of its branches did.
 */
export async function fail(at: At, failure: Failure, inside = false): Promise<void> {
  const { turn, branch, state } = at;
  if (tryAgain(at, failure)) return;
  const index =
    "Catch" in state && state.Catch ? matchError(state.Catch, known(failure)) : undefined;
  // Source: histories recorded from AWS, in which an invalid field of a Map fails the execution at once.
  if (inside || failure.error !== "States.Runtime") {
    if (state.Type === "Map") turn.emit(branch, "MapStateFailed", undefined);
    if (state.Type === "Parallel") turn.emit(branch, "ParallelStateFailed", undefined);
  }
  if (index !== undefined && "Catch" in state) {
    const catcher = state.Catch![index]!;
    const output = errorOutput(failure);
    turn.dropChildren(branch);
    return await caught(at, async () => {
      const outcome = await finishCaught(state, catcher, languageOf(at), momentOf(at), output);
      await exit(at, outcome, catcher.Next);
    });
  }
  await failBranch(turn, branch, failure);
}

/** What goes wrong while an error is caught is not caught again. */
async function caught(at: At, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    if (!(error instanceof StatesError)) throw error;
    const failure = stateFailure(at.branch, error);
    if (error.error === "States.QueryEvaluationError") noteEvaluation(at, failure);
    await failBranch(at.turn, at.branch, failure);
  }
}

async function failBranch(turn: Turn, branch: Branch, failure: Failure): Promise<void> {
  if (branch.parent) await branchFailed(turn, branch, failure);
  else turn.run.end(turn, { status: "FAILED", ...failureDetails(failure) });
}

function tryAgain({ turn, branch, state }: At, failure: Failure): boolean {
  if (!("Retry" in state) || !state.Retry) return false;
  const index = matchError(state.Retry, known(failure));
  if (index === undefined) return false;
  const retrier = state.Retry[index]!;
  const attempt = branch.retries[index] ?? 0;
  if (attempt >= attemptsMax(retrier)) return false;
  turn.dropChildren(branch);
  branch.retries = { ...branch.retries, [index]: attempt + 1 };
  const delayMs = retryDelayMs(retrier, attempt, turn.run.random);
  branch.doing = { kind: "retrying", until: turn.run.cloud.clock.now() + delayMs };
  turn.touch(branch);
  return true;
}

function known({ error = "", matchedAs = error }: Failure): string {
  return matchedAs;
}

/**
 * A JSONata expression that failed is an event of its own. One that is evaluated as its state is entered comes after
 * what the entering came after. Source: histories recorded from AWS.
 */
function noteEvaluation({ turn, branch, state }: At, { error, cause = "" }: Failure): void {
  const onEntry = state.Type !== "Wait" && branch.lastEventId === branch.entered?.eventId;
  const location = /specified for the field '([^']+)'|The (\w+) field /.exec(cause);
  turn.emit(
    branch,
    "EvaluationFailed",
    {
      error,
      cause,
      ...(location ? { location: location[1] ?? location[2] } : {}),
      state: branch.state,
    },
    onEntry ? branch.entered!.previousEventId : branch.lastEventId,
  );
}

export function languageOf({ turn, state }: At) {
  return queryLanguageOf(turn.run.definition, state);
}

/** What expressions of a state see. */
export function momentOf({ turn, branch, state }: At, token?: string): Moment {
  return {
    input: branch.input,
    scope: {
      context: turn.run.contextOf(branch, state.Type, token),
      variables: turn.run.variablesOf(branch),
      now: turn.run.cloud.clock.now(),
    },
  };
}
