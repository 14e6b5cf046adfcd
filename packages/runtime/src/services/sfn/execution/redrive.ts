import type { ExecutionRedriveStatus } from "@aws-sdk/client-sfn";
import type { Cloud } from "../../../cloud.ts";
import { Constraints } from "../../../constraints.ts";
import { ServiceError } from "../../../errors.ts";
import type { OperationOf } from "../../../service.ts";
import type { Key, ReadTransaction, WriteTransaction } from "../../../store/store.ts";
import type { World } from "../../../world.ts";
import { machineKey, runningKey, type StateMachine } from "../machine.ts";
import { checkArnGiven } from "../names.ts";
import { type Branch, branchesKey } from "./branch.ts";
import { type Execution, executionKey, runKey } from "./execution.ts";
import { requireExecution } from "./find-execution.ts";
import { historyKey, type RecordedEvent } from "./history.ts";
import { logEvents } from "./logging.ts";
import { redriveMapRun } from "./map-run/redrive.ts";
import { noteRedriven } from "./retention.ts";
import type { Counters, Run } from "./run.ts";
import { runStart, runsOf } from "./runs.ts";
import { oweStatusEvent } from "./status-event.ts";
import { HISTORY_EVENTS_MAX } from "./turn.ts";

/** Source: the developer guide, "Restarting state machine executions with redrive in Step Functions". */
export const REDRIVABLE_MS = 14 * 86_400_000;
const CLIENT_TOKEN_LENGTH_MAX = 64;

/** Where an execution that did not succeed stood, beside its branches. */
type LeftOff = Counters;

/** Keeps what a redrive needs, when an execution ends that may be redriven. */
export function keepForRedrive(tx: WriteTransaction, run: Run): void {
  const { counters, execution } = run;
  tx.put<LeftOff>(redriveKey(execution, execution.id), counters);
}

/**
 * Goes on with an execution that failed, timed out or was stopped: from the states that did not succeed, with the
 * definition that it started with. Asking again with the same `clientToken` while it runs changes nothing.
 *
 * Throws `ExecutionNotRedrivable`, `ExecutionDoesNotExist`, `InvalidArn`.
 */
export const redriveExecution: OperationOf<"sfn", "RedriveExecution"> = async (call, input) => {
  const { executionArn, clientToken } = input;
  checkArnGiven("executionArn", executionArn);
  new Constraints()
    .length("clientToken", clientToken, { min: 1, max: CLIENT_TOKEN_LENGTH_MAX })
    .check("ValidationException");
  const { cloud } = call;
  return await cloud.store.write((tx) => {
    const now = cloud.clock.now();
    const execution = requireExecution(tx, executionArn, now);
    const { redriveDate, lastClientToken } = execution;
    if (execution.status === "RUNNING" && redriveDate !== undefined && clientToken !== undefined)
      if (lastClientToken === clientToken) return { redriveDate: new Date(redriveDate) };
    const { redriveStatusReason } = redriveStatusOf(tx, execution, now);
    if (redriveStatusReason !== undefined)
      throw new ServiceError("ExecutionNotRedrivable", redriveStatusReason);
    writeRedrive(tx, cloud, {
      ...execution,
      ...(clientToken === undefined ? {} : { lastClientToken: clientToken }),
    });
    return { redriveDate: new Date(now) };
  });
};

/** Lets an execution go on, from the moment that this is durable. */
export function writeRedrive(tx: WriteTransaction, cloud: Cloud, former: Execution): void {
  const { id, machine, dispatch } = former;
  const now = cloud.clock.now();
  const leftOff = tx.get<LeftOff>(redriveKey(former, id))!;
  const { stopDate: _stop, error: _error, cause: _cause, ...kept } = former;
  const execution: Execution = {
    ...kept,
    status: "RUNNING",
    redriveCount: former.redriveCount + 1,
    redriveDate: now,
  };
  const redriven: RecordedEvent = {
    id: leftOff.nextEventId,
    previousEventId: 0,
    at: now,
    type: "ExecutionRedriven",
    details: { redriveCount: execution.redriveCount },
  };
  const nextEventId = goOnWithBranches(tx, cloud, execution, redriven.id + 1);
  tx.put<RecordedEvent>([...historyKey(execution, id), redriven.id], redriven);
  tx.put<Execution>(executionKey(execution, id), execution);
  tx.put<Counters>(runKey(execution, id), { ...leftOff, nextEventId });
  tx.delete(redriveKey(execution, id));
  noteRedriven(tx, former);
  if (!dispatch) tx.put(runningKey(execution, machine.name, id), now);
  oweStatusEvent(tx, cloud, execution);
  const start = runStart(tx, execution, id)!;
  tx.afterCommit(() => {
    logEvents(cloud, execution, [redriven]);
    runsOf(cloud).begin(start);
  });
}

/** Sets every line of states to the work that it did not get done; returns the id of the next event. */
function goOnWithBranches(
  tx: WriteTransaction,
  cloud: Cloud,
  execution: Execution,
  nextEventId: number,
): number {
  let next = nextEventId;
  const prefix = branchesKey(execution, execution.id);
  const branches = [...tx.range<Branch>({ prefix })].map(({ value }) => value);
  const parents = new Set(branches.map(({ parent }) => parent?.id));
  for (const branch of branches) {
    const goesOn: Branch = { ...branch, retries: {} };
    if (branch.doing.kind === "mapRun") {
      const event = redriveMapRun(tx, cloud, execution, branch.doing.mapRunId, {
        id: next,
        previousEventId: branch.lastEventId,
      });
      tx.put<RecordedEvent>([...historyKey(execution, execution.id), next], event);
      goesOn.lastEventId = next;
      next += 1;
    }
    // One whose branches did not all succeed waits for those that did not.
    else if (branch.doing.kind !== "gathering" || !parents.has(branch.id))
      goesOn.doing = { kind: "ready" };
    tx.put<Branch>([...prefix, branch.id], goesOn);
  }
  return next;
}

/** Whether an execution can be redriven now; in the words of DescribeExecution where not. */
export function redriveStatusOf(
  tx: ReadTransaction,
  execution: Execution,
  now: number,
): { redriveStatus: ExecutionRedriveStatus; redriveStatusReason?: string } {
  const { status, stopDate, startDate, machine, id, dispatch } = execution;
  const no = (redriveStatusReason: string) => ({
    redriveStatus: "NOT_REDRIVABLE" as const,
    redriveStatusReason,
  });
  if (status === "RUNNING" || status === "SUCCEEDED")
    return no(`Execution is ${status} and cannot be redriven`);
  if (dispatch) return { redriveStatus: "REDRIVABLE_BY_MAP_RUN" };
  const current = tx.get<StateMachine>(machineKey(execution, machine.name));
  if (current?.status !== "ACTIVE") return no("State machine is in DELETING status");
  const { nextEventId } = tx.get<LeftOff>(redriveKey(execution, id)) ?? { nextEventId: 0 };
  if (nextEventId >= HISTORY_EVENTS_MAX) return no("Execution history event limit exceeded");
  if (startDate + EXECUTION_MS_MAX < now)
    return no("Execution has exceeded the max execution time");
  if ((stopDate ?? now) + REDRIVABLE_MS < now) return no("Execution redrivable period exceeded");
  return { redriveStatus: "REDRIVABLE" };
}

/** Source: the developer guide, "Service quotas": an execution runs for a year at most, all its redrives together. */
const EXECUTION_MS_MAX = 365 * 86_400_000;

export function redriveKey({ account, region }: World, executionId: string): Key {
  return ["sfn", account, region, "redrive", executionId];
}
