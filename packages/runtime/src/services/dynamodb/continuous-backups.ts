import type { ContinuousBackupsDescription } from "@aws-sdk/client-dynamodb";
import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import { changeTable, findTable, parseTableArn, type Table, type TableRecord } from "./table.ts";
import { checkTableName } from "./table-checks.ts";

/** Source: API reference of PointInTimeRecoverySpecification. */
const RECOVERY_DAYS = { min: 1, max: 35 };
const DAY_MS = 24 * 60 * 60 * 1000;

/** DescribeContinuousBackups. The setting is kept and shown; nothing is backed up. */
export const describeContinuousBackups: OperationOf<"dynamodb", "DescribeContinuousBackups"> = (
  call,
  input,
) => {
  const table = requireNamed(call, input.TableName);
  return { ContinuousBackupsDescription: descriptionOf(table, call.cloud.clock.now()) };
};

/** UpdateContinuousBackups: switches point-in-time recovery on or off, for the show of it. */
export const updateContinuousBackups: OperationOf<"dynamodb", "UpdateContinuousBackups"> = async (
  call,
  input,
) => {
  checkTableName(input.TableName);
  const { PointInTimeRecoverySpecification: wanted } = input;
  const path = "pointInTimeRecoverySpecification";
  new Constraints()
    .required(path, wanted)
    .required(`${path}.pointInTimeRecoveryEnabled`, wanted?.PointInTimeRecoveryEnabled)
    .range(`${path}.recoveryPeriodInDays`, wanted?.RecoveryPeriodInDays, RECOVERY_DAYS)
    .check("ValidationException");
  const named = requireNamed(call, input.TableName);
  const now = call.cloud.clock.now();
  const enabled = wanted!.PointInTimeRecoveryEnabled === true;
  const table = await call.cloud.store.write((tx) =>
    changeTable(call.cloud, tx, named, ({ pointInTimeRecovery: before, ...rest }) =>
      enabled
        ? {
            ...rest,
            pointInTimeRecovery: {
              days: wanted!.RecoveryPeriodInDays ?? before?.days ?? RECOVERY_DAYS.max,
              since: before?.since ?? now,
            },
          }
        : rest,
    ),
  );
  return { ContinuousBackupsDescription: descriptionOf(table ?? named, now) };
};

function descriptionOf(
  { pointInTimeRecovery }: TableRecord,
  now: number,
): ContinuousBackupsDescription {
  if (!pointInTimeRecovery) {
    return {
      ContinuousBackupsStatus: "ENABLED",
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "DISABLED" },
    };
  }
  const { days, since } = pointInTimeRecovery;
  return {
    ContinuousBackupsStatus: "ENABLED",
    PointInTimeRecoveryDescription: {
      PointInTimeRecoveryStatus: "ENABLED",
      RecoveryPeriodInDays: days,
      EarliestRestorableDateTime: new Date(Math.max(since, now - days * DAY_MS)),
      LatestRestorableDateTime: new Date(now),
    },
  };
}

function requireNamed(call: Call, nameOrArn: string | undefined): Table {
  checkTableName(nameOrArn);
  const table = findTable(call, nameOrArn!);
  if (!table) {
    const name = parseTableArn(nameOrArn!)?.name ?? nameOrArn;
    throw new ServiceError("TableNotFoundException", `Table not found: ${name}`);
  }
  return table;
}
