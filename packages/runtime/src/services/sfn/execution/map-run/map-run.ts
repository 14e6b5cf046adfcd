import { randomUUID } from "node:crypto";
import type { MapRunStatus } from "@aws-sdk/client-sfn";
import { arn } from "../../../../arn.ts";
import type { Cloud } from "../../../../cloud.ts";
import type { Json } from "../../../../states-language/definition.ts";
import type { Key, ReadTransaction, WriteTransaction } from "../../../../store/store.ts";
import type { World } from "../../../../world.ts";
import { resourceNotFound } from "../../errors.ts";
import { invalidArn, parseStatesArn } from "../../machine-arn.ts";
import { endExecution } from "../ending.ts";
import {
  type Dispatch,
  definitionText,
  type ExecutedMachine,
  type Execution,
  getExecution,
  startedKey,
} from "../execution.ts";
import { newExecution, writeStart } from "../new-execution.ts";
import { runsOf } from "../runs.ts";

/**
 * How many child executions run at once where the definition sets no limit. AWS runs up to 10,000; a machine of one's
 * own has done the same work in the same time with fewer.
 */
const CONCURRENCY_MAX = 1_000;

/** A distributed Map that runs, or has run: its children are executions of their own. */
export interface MapRun extends World {
  /** `<machine>/<label>:<unique>`, the end of its ARN. */
  readonly id: string;
  readonly arn: string;
  /** The execution, and its branch, that the Map is a state of. */
  readonly parent: {
    readonly executionId: string;
    readonly arn: string;
    readonly branchId: number;
  };
  readonly label: string;
  readonly machine: ExecutedMachine;
  readonly traceHeader?: string;
  readonly testCase?: string;
  readonly status: MapRunStatus;
  readonly startDate: number;
  readonly stopDate?: number;
  /** 0: as many as there are. */
  readonly maxConcurrency: number;
  /** Undefined: not limited, as long as the other one is. */
  readonly toleratedFailureCount?: number;
  readonly toleratedFailurePercentage?: number;
  /** How many children there are to be, and how many of them were begun. */
  readonly total: number;
  readonly begun: number;
  readonly executions: Counts;
  readonly items: Counts & { readonly total: number };
  readonly redriveCount: number;
  readonly redriveDate?: number;
}

/** Of the children that were begun, or of the items in them. */
export interface Counts {
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly aborted: number;
}

export const NO_COUNTS: Counts = { running: 0, succeeded: 0, failed: 0, timedOut: 0, aborted: 0 };

/** What a child starts with: an item, or a batch of them. */
export interface ChildInput {
  readonly input: Json;
  readonly itemCount: number;
}

export function mapRunArn({ account, region }: World, id: string): string {
  return arn("states", region, account, `mapRun:${id}`);
}

export function mapRunKey({ account, region }: World, id: string): Key {
  return ["sfn", account, region, "mapRun", id];
}

/** The map runs of an execution, by their starts. */
export function mapRunsKey({ account, region }: World, executionId: string): Key {
  return ["sfn", account, region, "mapRunOf", executionId];
}

export function childInputsKey({ account, region }: World, id: string): Key {
  return ["sfn", account, region, "mapRunInput", id];
}

export function childOutputsKey({ account, region }: World, id: string): Key {
  return ["sfn", account, region, "mapRunOutput", id];
}

/** Throws `InvalidArn`, `ResourceNotFound`. */
export function requireMapRun(tx: ReadTransaction, text: string): MapRun {
  const { type, rest, ...world } = parseStatesArn(text);
  if (type !== "mapRun") throw invalidArn(text);
  const mapRun = tx.get<MapRun>(mapRunKey(world, rest.join(":")));
  if (!mapRun) throw resourceNotFound(text);
  return mapRun;
}

/** Begins a map run, whose children run from the moment that this is durable. */
export function writeMapRun(
  tx: WriteTransaction,
  cloud: Cloud,
  mapRun: MapRun,
  children: readonly ChildInput[],
): void {
  const inputs = childInputsKey(mapRun, mapRun.id);
  for (const [index, child] of children.entries()) tx.put<ChildInput>([...inputs, index], child);
  tx.put(
    [...mapRunsKey(mapRun, mapRun.parent.executionId), mapRun.startDate, mapRun.id],
    mapRun.id,
  );
  goOn(tx, cloud, mapRun);
}

/** Keeps a map run after a change: children begin as far as they may, or it is over. */
export function goOn(tx: WriteTransaction, cloud: Cloud, mapRun: MapRun): void {
  const next = beginChildren(tx, cloud, mapRun);
  const isOver = next.executions.running === 0 && next.begun === next.total;
  putMapRun(tx, isOver ? { ...next, status: "SUCCEEDED", stopDate: cloud.clock.now() } : next);
  if (isOver) tellParent(tx, cloud, next);
}

/** A child has ended, as part of the same transaction: the next one begins, or the map run is over. */
export function settleDispatched(
  tx: WriteTransaction,
  cloud: Cloud,
  ended: Execution,
  { mapRunId, index, itemCount }: Dispatch,
): void {
  const former = tx.get<MapRun>(mapRunKey(ended, mapRunId));
  if (!former) return;
  const mapRun: MapRun = {
    ...former,
    executions: moved(former.executions, "running", countOf(ended), 1),
    items: { ...former.items, ...moved(former.items, "running", countOf(ended), itemCount) },
  };
  if (ended.status === "SUCCEEDED")
    tx.put([...childOutputsKey(ended, mapRunId), index], ended.output);
  if (mapRun.status !== "RUNNING") putMapRun(tx, mapRun);
  else if (toleratesFailures(mapRun)) goOn(tx, cloud, mapRun);
  else stopMapRun(tx, cloud, mapRun, "FAILED");
}

/** The state that a map run is of is over before it: its children are stopped. */
export function abortMapRun(tx: WriteTransaction, cloud: Cloud, world: World, id: string): void {
  const mapRun = tx.get<MapRun>(mapRunKey(world, id));
  if (mapRun?.status === "RUNNING") stopMapRun(tx, cloud, mapRun, "ABORTED");
}

/** The executions that a map run has begun, in the order of their starts. */
export function* childrenOf(tx: ReadTransaction, mapRun: MapRun): Generator<Execution> {
  for (const { value } of tx.range<string>({ prefix: startedKey(mapRun, mapRun.id) })) {
    const child = getExecution(tx, mapRun, value);
    if (child) yield child;
  }
}

/** A child with the input of this place begins. */
export function beginChild(
  tx: WriteTransaction,
  cloud: Cloud,
  mapRun: MapRun,
  index: number,
): ChildInput {
  const child = tx.get<ChildInput>([...childInputsKey(mapRun, mapRun.id), index])!;
  const { account, region, machine, label, traceHeader, testCase } = mapRun;
  const { itemCount, input } = child;
  const execution = newExecution({
    account,
    region,
    name: randomUUID(),
    machine,
    input: JSON.stringify(input),
    startDate: cloud.clock.now(),
    ...(traceHeader === undefined ? {} : { traceHeader }),
    ...(testCase === undefined ? {} : { testCase }),
    dispatch: { mapRunArn: mapRun.arn, mapRunId: mapRun.id, label, index, itemCount },
  });
  writeStart(tx, cloud, execution, definitionText(tx, mapRun, machine.definitionId));
  return child;
}

/** Moves some from one count to another. */
export function moved<C extends Counts>(
  counts: C,
  from: keyof Counts,
  to: keyof Counts,
  by: number,
): C {
  const less = { ...counts, [from]: counts[from] - by };
  return { ...less, [to]: less[to] + by };
}

export function countOf({ status }: Execution): keyof Counts {
  switch (status) {
    case "SUCCEEDED":
      return "succeeded";
    case "TIMED_OUT":
      return "timedOut";
    case "ABORTED":
      return "aborted";
    default:
      return "failed";
  }
}

export function putMapRun(tx: WriteTransaction, mapRun: MapRun): void {
  tx.put<MapRun>(mapRunKey(mapRun, mapRun.id), mapRun);
}

function beginChildren(tx: WriteTransaction, cloud: Cloud, mapRun: MapRun): MapRun {
  const limit = Math.min(mapRun.maxConcurrency || CONCURRENCY_MAX, CONCURRENCY_MAX);
  let { begun } = mapRun;
  let [executions, items] = [mapRun.executions.running, mapRun.items.running];
  for (; begun < mapRun.total && executions < limit; begun += 1, executions += 1)
    items += beginChild(tx, cloud, mapRun, begun).itemCount;
  return {
    ...mapRun,
    begun,
    executions: { ...mapRun.executions, running: executions },
    items: { ...mapRun.items, running: items },
  };
}

/**
 * Whether as many items have failed as may. Without either limit none may. Source: the Step Functions developer guide,
 * "Setting failure thresholds for Distributed Map states".
 */
function toleratesFailures({
  items,
  toleratedFailureCount,
  toleratedFailurePercentage,
}: MapRun): boolean {
  const failures = items.failed + items.timedOut + items.aborted;
  if (toleratedFailureCount === undefined && toleratedFailurePercentage === undefined)
    return failures === 0;
  const percentage = (failures / items.total) * 100;
  return (
    failures <= (toleratedFailureCount ?? Infinity) &&
    percentage <= (toleratedFailurePercentage ?? Infinity)
  );
}

function stopMapRun(
  tx: WriteTransaction,
  cloud: Cloud,
  mapRun: MapRun,
  status: "FAILED" | "ABORTED",
): void {
  putMapRun(tx, { ...mapRun, status, stopDate: cloud.clock.now() });
  tx.afterCommit(() => {
    const running = cloud.store.read((tx) => [...childrenOf(tx, mapRun)]);
    for (const { id } of running)
      runsOf(cloud)
        .find(mapRun, id)
        ?.post({ what: { kind: "end", end: (turn) => endExecution(turn, { status: "ABORTED" }) } });
  });
  tellParent(tx, cloud, mapRun);
}

function tellParent(tx: WriteTransaction, cloud: Cloud, mapRun: MapRun): void {
  const { executionId, branchId } = mapRun.parent;
  tx.afterCommit(() =>
    runsOf(cloud)
      .find(mapRun, executionId)
      ?.post({ what: { kind: "mapRun", branchId } }),
  );
}
