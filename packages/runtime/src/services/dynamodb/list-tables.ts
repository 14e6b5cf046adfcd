import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { tablesPrefix } from "./table.ts";
import { NAME_PATTERN } from "./table-checks.ts";

/** Source: API reference of ListTables. */
const PAGE_MAX = 100;

/** ListTables, in the order of their names, behind `ExclusiveStartTableName` (which need not be there any more). */
export const listTables: OperationOf<"dynamodb", "ListTables"> = ({ cloud, caller }, input) => {
  const { ExclusiveStartTableName: start, Limit = PAGE_MAX } = input;
  new Constraints()
    .pattern("exclusiveStartTableName", start, NAME_PATTERN)
    .length("exclusiveStartTableName", start, { min: 3, max: 255 })
    .range("limit", Limit, { min: 1, max: PAGE_MAX })
    .check("ValidationException");
  const prefix = tablesPrefix(caller);
  return cloud.store.read((tx) => {
    const names: string[] = [];
    for (const { key } of tx.range({ prefix, ...(start !== undefined && { from: [start] }) })) {
      const name = String(key[prefix.length]);
      if (name === start) continue;
      if (names.length === Limit)
        return { TableNames: names, LastEvaluatedTableName: names.at(-1)! };
      names.push(name);
    }
    return { TableNames: names };
  });
};
