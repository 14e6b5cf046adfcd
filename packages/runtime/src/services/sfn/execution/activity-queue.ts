import type { Cloud } from "../../../cloud.ts";
import type { Key } from "../../../store/store.ts";
import { activityKey } from "../activity.ts";
import { parseActivityArn } from "../machine-arn.ts";
import type { Branch, WorkingTask } from "./branch.ts";
import type { Turn } from "./turn.ts";

/** A task of an activity that no worker has taken yet. */
export interface OfferedTask {
  readonly executionId: string;
  readonly branchId: number;
  readonly token: string;
}

export function activityExists(cloud: Cloud, activityArn: string): boolean {
  const { name, ...world } = parseActivityArn(activityArn);
  return cloud.store.read((tx) => tx.get(activityKey(world, name))) !== undefined;
}

/** The tasks of an activity, the oldest first. */
export function offersKey(activityArn: string): Key {
  const { account, region, name } = parseActivityArn(activityArn);
  return ["sfn", account, region, "offered", name];
}

/** Woken when an activity has a task to offer. */
export function offerChannel(activityArn: string): string {
  return `sfn:activity:${activityArn}`;
}

/** Puts the task of a branch into its activity's queue, with what the turn writes. */
export function offerTask(turn: Turn, branch: Branch, activityArn: string): void {
  const { run } = turn;
  // The token was made for it just now.
  const { token } = branch.doing as WorkingTask & { token: string };
  const offered: OfferedTask = { executionId: run.execution.id, branchId: branch.id, token };
  const at = run.cloud.clock.now();
  turn.writes.push((tx) => {
    tx.put([...offersKey(activityArn), at, run.execution.id, branch.id], offered);
    tx.afterCommit(() => run.cloud.wakes.wake(offerChannel(activityArn)));
  });
}
