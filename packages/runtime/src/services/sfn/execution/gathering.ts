import type {
  ItemProcessor,
  Json,
  MapState,
  ParallelState,
} from "../../../states-language/definition.ts";
import { itemInput, itemsOf, mapLimits, prepareInput } from "../../../states-language/flow.ts";
import type { Branch, Gathering } from "./branch.ts";
import type { Failure } from "./failure.ts";
import { beginMapRun, isDistributed } from "./map-run/state.ts";
import { type At, attempting, fail, languageOf, leave, momentOf } from "./states.ts";
import type { Turn } from "./turn.ts";

/**
 * How many items of an inline Map run at once, whatever its MaxConcurrency. Source: the Step Functions developer
 * guide, "Using Map state in Inline mode".
 */
const INLINE_CONCURRENCY_MAX = 40;

export interface AtGathering extends At {
  readonly state: ParallelState | MapState;
}

/** Begins the work of a Parallel or a Map: the branches that run at once. */
export async function beginGathering(at: AtGathering): Promise<void> {
  const { turn, branch, state } = at;
  if (state.Type === "Parallel") return await beginParallel({ turn, branch, state });
  if (isDistributed(state)) return await beginMapRun({ turn, branch, state });
  await beginMap({ turn, branch, state });
}

async function beginParallel(at: At & { readonly state: ParallelState }): Promise<void> {
  const { turn, branch, state } = at;
  const input = await prepareInput(state, languageOf(at), momentOf(at));
  turn.dropChildren(branch);
  const started = turn.emit(branch, "ParallelStateStarted", undefined);
  const total = state.Branches.length;
  branch.doing = { kind: "gathering", total, started: total, open: total };
  for (const [index, { StartAt }] of state.Branches.entries())
    turn.begin({ parent: { id: branch.id, index }, state: StartAt, input, lastEventId: started });
}

async function beginMap(at: At & { readonly state: MapState }): Promise<void> {
  const { turn, branch, state } = at;
  const items = await itemsOf(state, languageOf(at), momentOf(at));
  const { maxConcurrency } = await mapLimits(state, languageOf(at), momentOf(at));
  const total = items.length;
  const open = Math.min(total, maxConcurrency, INLINE_CONCURRENCY_MAX);
  turn.dropChildren(branch);
  turn.emit(branch, "MapStateStarted", { length: total });
  if (total === 0) return await succeed(at, []);
  branch.doing = { kind: "gathering", total, started: open, open };
  turn.run.items.set(branch.id, items);
  turn.items.set(branch.id, items);
  const starts = [];
  for (let index = 0; index < open; index += 1)
    starts.push({
      index,
      input: await inputOfItem(at, items, index),
      started: startedEvent(at, index, branch.lastEventId),
    });
  for (const start of starts) startItem(at, items, start);
}

interface ItemStart {
  readonly index: number;
  readonly input: Json;
  /** The event that the item was started. */
  readonly started: number;
}

function startedEvent({ turn, branch }: At, index: number, after: number): number {
  return turn.note("MapIterationStarted", { name: branch.state, index }, after);
}

function startItem({ turn, branch, state }: At, items: readonly Json[], start: ItemStart): void {
  const { index, input, started } = start;
  turn.begin({
    parent: { id: branch.id, index },
    item: { Index: index, Value: items[index]! },
    state: processorOf(state as MapState).StartAt,
    input,
    lastEventId: started,
  });
}

async function inputOfItem(at: At, items: readonly Json[], index: number): Promise<Json> {
  // Only Maps come here.
  const state = at.state as MapState;
  return await itemInput(state, languageOf(at), momentOf(at), { index, value: items[index]! });
}

/**
 * The states that a Map takes each item through. What was `Iterator` once may have all that an `ItemProcessor` has:
 * AWS runs it so. Source: LocalStack's snapshot of test_map_state_legacy_config_distributed.
 */
export function processorOf({ ItemProcessor, Iterator }: MapState): ItemProcessor {
  // A definition without either was refused when it came.
  return (ItemProcessor ?? Iterator)!;
}

/** A branch of a Parallel, or an item of a Map, came to its end. */
export async function branchSucceeded(turn: Turn, child: Branch, output: Json): Promise<void> {
  const { branch, doing, index } = parentOf(turn, child);
  const state = turn.run.stateOf(branch);
  const at = { turn, branch, state };
  turn.remove(child);
  turn.gather(branch, index, output);
  const last =
    state.Type === "Map"
      ? turn.note("MapIterationSucceeded", { name: branch.state, index }, child.lastEventId)
      : child.lastEventId;
  turn.touch(branch);
  if (doing.started < doing.total) {
    branch.doing = { ...doing, started: doing.started + 1 };
    return await attempting(at, async () => {
      const items = turn.run.items.get(branch.id)!;
      const input = await inputOfItem(at, items, doing.started);
      const started = startedEvent(at, doing.started, child.lastEventId);
      startItem(at, items, { index: doing.started, input, started });
    });
  }
  branch.doing = { ...doing, open: doing.open - 1 };
  if (doing.open > 1) return;
  branch.lastEventId = last;
  await attempting(at, () => succeed(at, turn.run.gathered(branch.id)));
}

async function succeed(at: At, results: Json): Promise<void> {
  const { turn, branch, state } = at;
  await leave(at, results, () => {
    const type = state.Type === "Map" ? "MapStateSucceeded" : "ParallelStateSucceeded";
    turn.note(type, undefined, branch.lastEventId);
    turn.dropChildren(branch);
  });
}

/** A branch of a Parallel, or an item of a Map, failed: so does the state, and its other branches are aborted. */
export async function branchFailed(turn: Turn, child: Branch, failure: Failure): Promise<void> {
  const { branch, index } = parentOf(turn, child);
  const state = turn.run.stateOf(branch);
  const after = child.lastEventId;
  const iteration = (type: "MapIterationFailed" | "MapIterationAborted", index: number) => {
    if (state.Type === "Map") turn.note(type, { name: branch.state, index }, after);
  };
  iteration("MapIterationFailed", index);
  noteUnfinished(turn, child, after);
  const others = turn.run.childrenOf(branch).filter((other) => other !== child);
  for (const other of others) {
    iteration("MapIterationAborted", other.parent!.index);
    abort(turn, other, after);
  }
  branch.lastEventId = after;
  await fail({ turn, branch, state }, failure, true);
}

/** What a branch does is of no use any more, nor what the branches in its state do. */
function abort(turn: Turn, branch: Branch, after: number): void {
  for (const child of turn.run.childrenOf(branch)) abort(turn, child, after);
  noteUnfinished(turn, branch, after);
  if (branch.doing.kind !== "gathering" && branch.doing.kind !== "mapRun") return;
  const isMap = turn.run.stateOf(branch).Type === "Map";
  turn.note(isMap ? "MapStateAborted" : "ParallelStateAborted", undefined, after);
}

/** A Task is told to be aborted even where its own failure is the reason. Source: histories recorded from AWS. */
function noteUnfinished(turn: Turn, branch: Branch, after: number): void {
  if (!branch.entered) return;
  const { Type } = turn.run.stateOf(branch);
  if (Type === "Task") turn.note("TaskStateAborted", undefined, after);
  if (Type === "Wait") turn.note("WaitStateAborted", undefined, after);
}

function parentOf(turn: Turn, child: Branch): { branch: Branch; doing: Gathering; index: number } {
  const { id, index } = child.parent!;
  const branch = turn.run.branches.get(id);
  if (branch?.doing.kind !== "gathering") throw new Error(`branch ${child.id} has lost its parent`);
  return { branch, doing: branch.doing, index };
}
