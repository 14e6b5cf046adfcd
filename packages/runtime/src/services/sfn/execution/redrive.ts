import type { ExecutionRedriveStatus } from "@aws-sdk/client-sfn";
import type { Key, ReadTransaction, WriteTransaction } from "../../../store/store.ts";
import type { World } from "../machine-arn.ts";
import type { Execution } from "./execution.ts";
import type { Counters, Run } from "./run.ts";

/** Source: the developer guide, "Restarting state machine executions with redrive". */
export const REDRIVABLE_MS = 14 * 86_400_000;

export function keepForRedrive(tx: WriteTransaction, run: Run): void {
  const { nextEventId, nextBranchId, execution } = run;
  tx.put<Counters>(redriveKey(execution, execution.id), { nextEventId, nextBranchId });
}

export function redriveKey({ account, region }: World, executionId: string): Key {
  return ["sfn", account, region, "redrive", executionId];
}

export function redriveStatusOf(
  _tx: ReadTransaction,
  { status, stopDate }: Execution,
  now: number,
): { redriveStatus: ExecutionRedriveStatus; redriveStatusReason?: string } {
  const no = (redriveStatusReason: string) => ({
    redriveStatus: "NOT_REDRIVABLE" as const,
    redriveStatusReason,
  });
  if (status === "RUNNING" || status === "SUCCEEDED")
    return no(`Execution is ${status} and cannot be redriven`);
  if (stopDate !== undefined && stopDate + REDRIVABLE_MS < now)
    return no("Execution redrivable period exceeded");
  return { redriveStatus: "REDRIVABLE" };
}
