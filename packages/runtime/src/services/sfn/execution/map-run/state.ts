import { createHash, randomUUID } from "node:crypto";
import type { Json, MapState } from "../../../../states-language/definition.ts";
import { itemInput, itemsOf, mapLimits } from "../../../../states-language/flow.ts";
import { StatesError } from "../../../../states-language/states-error.ts";
import type { Branch, Doing } from "../branch.ts";
import { definitionIdOf, type ExecutedMachine, keepDefinition } from "../execution.ts";
import type { Failure } from "../failure.ts";
import { processorOf } from "../gathering.ts";
import type { Run } from "../run.ts";
import { type At, fail, languageOf, leave, momentOf } from "../states.ts";
import type { Turn } from "../turn.ts";
import { batched, unbatched } from "./batch.ts";
import {
  type ChildInput,
  childInputsKey,
  childOutputsKey,
  type MapRun,
  mapRunArn,
  mapRunKey,
  NO_COUNTS,
  writeMapRun,
} from "./map-run.ts";

export interface AtMap extends At {
  readonly state: MapState;
}

type Distributed = Extract<Doing, { kind: "mapRun" }>;

/** Source: the Step Functions developer guide, "Handling errors in Step Functions workflows". */
const THRESHOLD_EXCEEDED: Failure = {
  error: "States.ExceedToleratedFailureThreshold",
  cause: "The specified tolerated failure threshold was exceeded",
};

export function isDistributed(state: MapState): boolean {
  return processorOf(state).ProcessorConfig?.Mode === "DISTRIBUTED";
}

/** Begins the work of a distributed Map: a map run, whose children are executions of their own. */
export async function beginMapRun(at: AtMap): Promise<void> {
  const { turn, branch, state } = at;
  const { run } = turn;
  refuseS3(state);
  const items = await itemsOf(state, languageOf(at), momentOf(at));
  turn.emit(branch, "MapStateStarted", { length: items.length });
  const limits = await mapLimits(state, languageOf(at), momentOf(at));
  const children = await childInputs(at, items);
  const { execution } = run;
  const { account, region, traceHeader, testCase } = execution;
  const label = state.Label ?? generatedLabel(execution.machine.definitionId, branch.state);
  const definition = childDefinition(at);
  const machine = childMachine(execution.machine, state, label, definition);
  const id = `${machine.name}:${randomUUID()}`;
  const mapRun: MapRun = {
    id,
    arn: mapRunArn(execution, id),
    account,
    region,
    parent: { executionId: execution.id, arn: execution.arn, branchId: branch.id },
    label,
    machine,
    ...(traceHeader === undefined ? {} : { traceHeader }),
    ...(testCase === undefined ? {} : { testCase }),
    status: "RUNNING",
    startDate: run.cloud.clock.now(),
    maxConcurrency: limits.maxConcurrency === Infinity ? 0 : limits.maxConcurrency,
    ...(limits.toleratedCount === undefined
      ? {}
      : { toleratedFailureCount: limits.toleratedCount }),
    ...(limits.toleratedPercentage === undefined
      ? {}
      : { toleratedFailurePercentage: limits.toleratedPercentage }),
    total: children.length,
    begun: 0,
    executions: NO_COUNTS,
    items: { ...NO_COUNTS, total: items.length },
    redriveCount: 0,
  };
  turn.emit(branch, "MapRunStarted", { mapRunArn: mapRun.arn });
  branch.doing = { kind: "mapRun", mapRunId: id };
  turn.writes.push((tx) => {
    keepDefinition(tx, mapRun, definition);
    writeMapRun(tx, run.cloud, mapRun, children);
  });
}

/** Looks whether a map run is over already: its end may have come while nobody listened. */
export function followMapRun(run: Run, branch: Branch, { mapRunId }: Distributed): void {
  const mapRun = run.cloud.store.read((tx) => tx.get<MapRun>(mapRunKey(run.execution, mapRunId)));
  if (mapRun && mapRun.status !== "RUNNING")
    run.post({ what: { kind: "mapRun", branchId: branch.id } });
}

/** A map run is over: the Map has its result, or has failed. */
export async function settleMapRun(turn: Turn, branch: Branch, doing: Distributed): Promise<void> {
  const { run } = turn;
  const { execution, cloud } = run;
  const { mapRunId } = doing;
  const at = { turn, branch, state: run.stateOf(branch) };
  const mapRun = cloud.store.read((tx) => tx.get<MapRun>(mapRunKey(execution, mapRunId)));
  if (!mapRun || mapRun.status === "RUNNING") return;
  if (mapRun.status !== "SUCCEEDED") {
    turn.emit(branch, "MapRunFailed", THRESHOLD_EXCEEDED);
    return await fail(at, THRESHOLD_EXCEEDED, true);
  }
  const outputs = cloud.store.read((tx) =>
    [...tx.range<string>({ prefix: childOutputsKey(execution, mapRunId) })].map(
      ({ value }) => JSON.parse(value) as Json,
    ),
  );
  turn.writes.push((tx) => {
    for (const prefix of [
      childInputsKey(execution, mapRunId),
      childOutputsKey(execution, mapRunId),
    ])
      for (const { key } of [...tx.range({ prefix })]) tx.delete(key);
  });
  // The state's exit comes after the start of its map run. Source: histories recorded from AWS since November 2024.
  const succeeded = turn.note("MapRunSucceeded", undefined, branch.lastEventId);
  await leave(at, outputs, () => {
    turn.note("MapStateSucceeded", undefined, succeeded);
  });
}

function refuseS3({ ItemReader, ResultWriter }: MapState): void {
  if (ItemReader)
    throw new StatesError(
      "States.ItemReaderFailed",
      `Flyball has no S3 yet: ${ItemReader.Resource} cannot be read. Give the items with Items or ItemsPath.`,
    );
  if (ResultWriter?.Resource !== undefined)
    throw new StatesError(
      "States.ResultWriterFailed",
      "Flyball has no S3 yet: without ResultWriter the results are the state's output.",
    );
}

async function childInputs(at: AtMap, items: readonly Json[]): Promise<ChildInput[]> {
  const { state } = at;
  const inputs = [];
  for (const [index, value] of items.entries())
    inputs.push(await itemInput(state, languageOf(at), momentOf(at), { index, value }));
  return state.ItemBatcher
    ? await batched(state.ItemBatcher, languageOf(at), momentOf(at), inputs)
    : unbatched(inputs);
}

/** The states of the children are a machine of their own. */
function childDefinition({ turn, state }: AtMap): string {
  const { ProcessorConfig: _config, ...states } = processorOf(state);
  const { QueryLanguage } = turn.run.definition;
  return JSON.stringify({ ...(QueryLanguage ? { QueryLanguage } : {}), ...states });
}

function childMachine(
  machine: ExecutedMachine,
  state: MapState,
  label: string,
  definition: string,
): ExecutedMachine {
  return {
    ...machine,
    arn: `${machine.arn}/${label}`,
    name: `${machine.name}/${label}`,
    type: processorOf(state).ProcessorConfig?.ExecutionType ?? "STANDARD",
    definitionId: definitionIdOf(definition),
  };
}

/** A Map without a label has one that stays the same as long as its machine does. */
function generatedLabel(definitionId: string, stateName: string): string {
  const hash = createHash("sha256").update(`${definitionId} ${stateName}`).digest("hex");
  return hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
