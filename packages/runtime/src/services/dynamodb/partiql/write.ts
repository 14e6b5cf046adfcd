import type { ReturnValuesOnConditionCheckFailure } from "@aws-sdk/client-dynamodb";
import { type DraftFor, keyDraft, putOf, updateDraft } from "../draft.ts";
import type { Returning, Statement } from "../engine/index.ts";
import { itemOfWhere, keyOfWhere, refusal } from "../engine/index.ts";
import { storedItem } from "../storage.ts";
import type { Table } from "../table.ts";

/** A statement that writes, or that a transaction of writes may hold. */
export type WriteStatement = Exclude<Statement, { kind: "select" }>;

export interface Terms {
  readonly ReturnValuesOnConditionCheckFailure?: ReturnValuesOnConditionCheckFailure | undefined;
}

export function tableNameOf(statement: Statement): string {
  return statement.kind === "exists" ? statement.select.table : statement.table;
}

export function returningOf(statement: WriteStatement): Returning {
  return statement.kind === "update" || statement.kind === "delete" ? statement.returning : "NONE";
}

/**
 * A statement as the write that it means. INSERT does not replace an item, and UPDATE makes none: they fail with
 * `DuplicateItemException` and `ConditionalCheckFailedException`. What WHERE says beyond the key is a condition. Source:
 * developer guide, "PartiQL insert / update / delete statements for DynamoDB".
 */
export function draftOf(statement: WriteStatement, terms: Terms): DraftFor {
  switch (statement.kind) {
    case "insert":
      return putOf(statement.item, undefined, { ...terms, requires: "absence" });
    case "update": {
      const { update, where } = statement;
      return (table) => {
        const { key, rest } = keyOfWhere(where, table.key);
        return updateDraft(table, key, update, rest, { ...terms, requires: "presence" });
      };
    }
    case "delete":
      return (table) => {
        const { key, rest } = keyOfWhere(statement.where, table.key);
        return keyDraft("delete", table, key, rest, terms);
      };
    case "exists":
      return (table) => {
        const { key, rest } = keyOfExists(statement, table);
        return keyDraft(
          "check",
          table,
          key,
          rest,
          { ...terms, requires: "presence" },
          (item) => item && storedItem(item),
        );
      };
  }
}

function keyOfExists({ select }: Extract<WriteStatement, { kind: "exists" }>, table: Table) {
  const whole = itemOfWhere(select.where, table.key);
  if (!whole) {
    throw refusal(
      "Select statements within EXISTS must specify the primary key in the where clause.",
    );
  }
  return whole;
}
