import type { OperationOf } from "../../service.ts";
import { describe } from "./describe-table.ts";
import { emptySpaces } from "./empty-space.ts";
import { refusal } from "./engine/index.ts";
import { switchStreamOff } from "./stream/switch.ts";
import { findTable, noSuchTable, readTable, removeTable } from "./table.ts";
import { checkTableName } from "./table-checks.ts";

/**
 * DeleteTable. The answer says `DELETING`, and the table is gone: its name is free, and its items are cleared away
 * behind it. Its stream stays readable for a day.
 */
export const deleteTable: OperationOf<"dynamodb", "DeleteTable"> = async (call, input) => {
  const { cloud } = call;
  checkTableName(input.TableName);
  const named = findTable(call, input.TableName!);
  if (!named) throw noSuchTable(input.TableName!);
  const TableDescription = await cloud.store.write((tx) => {
    const table = readTable(tx, named);
    if (!table) throw noSuchTable(input.TableName!);
    if (table.deletionProtected) {
      throw refusal(
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
      );
    }
    const description = describe(tx, table, "DELETING");
    switchStreamOff(cloud, tx, table);
    removeTable(cloud, tx, table);
    emptySpaces(cloud, tx, call.caller, {
      tableSpace: table.space,
      spaces: [table.space, ...table.indexes.map(({ space }) => space)],
    });
    // A table that is going shows nothing of its keys and indexes.
    const { TableName, TableStatus, TableArn, TableId, ProvisionedThroughput } = description;
    const { ItemCount, TableSizeBytes, BillingModeSummary, DeletionProtectionEnabled } =
      description;
    return {
      TableName,
      TableStatus,
      TableArn,
      TableId,
      ProvisionedThroughput,
      ItemCount,
      TableSizeBytes,
      DeletionProtectionEnabled,
      ...(BillingModeSummary && { BillingModeSummary }),
    };
  });
  return { TableDescription };
};
