import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { checkGroupName, constrainGroupName, updateGroup } from "./group.ts";
import { sweeper } from "./sweeper.ts";

/** Source: the documentation of `PutRetentionPolicy`, `retentionInDays`. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const;

export const putRetentionPolicy: OperationOf<"logs", "PutRetentionPolicy"> = async (
  { cloud, caller },
  { logGroupName = "", retentionInDays = 0 },
) => {
  constrainGroupName(new Constraints(), logGroupName)
    .oneOf("retentionInDays", retentionInDays, RETENTION_DAYS)
    .check("InvalidParameterException");
  await cloud.store.write((tx) => {
    updateGroup(tx, caller, logGroupName, (group) => ({ ...group, retentionInDays }));
    tx.afterCommit(() => cloud.derived(sweeper).watch(caller, logGroupName));
  });
  return {};
};

export const deleteRetentionPolicy: OperationOf<"logs", "DeleteRetentionPolicy"> = async (
  { cloud, caller },
  { logGroupName },
) => {
  checkGroupName(logGroupName);
  await cloud.store.write((tx) =>
    updateGroup(tx, caller, logGroupName, ({ retentionInDays: _, ...group }) => group),
  );
  return {};
};
