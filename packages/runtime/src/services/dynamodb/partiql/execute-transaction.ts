import type { Call } from "../../../call.ts";
import { Constraints } from "../../../constraints.ts";
import type { OperationOf } from "../../../service.ts";
import {
  evaluateCondition,
  type Item,
  itemOfWhere,
  parseStatement,
  refusal,
  type Statement,
  selectColumns,
} from "../engine/index.ts";
import { checkReturns } from "../request-checks.ts";
import { requireTable } from "../table.ts";
import { readAll } from "../transact-get.ts";
import { capacitiesOf, transact } from "../transact-write.ts";
import { STATEMENT_LENGTH } from "./execute-statement.ts";
import { draftOf, tableNameOf, type WriteStatement } from "./write.ts";

/** Source: API reference of ExecuteTransaction. */
const STATEMENTS_MAX = 100;
const TOKEN_LENGTH = { min: 1, max: 36 };

/**
 * ExecuteTransaction: up to 100 statements, all done or none. They all read or all write; EXISTS is a condition among
 * writes.
 */
export const executeTransaction: OperationOf<"dynamodb", "ExecuteTransaction"> = async (
  call,
  input,
) => {
  const { TransactStatements: requests, ClientRequestToken: token } = input;
  const constraints = new Constraints()
    .length("clientRequestToken", token, TOKEN_LENGTH)
    .required("transactStatements", requests)
    .length("transactStatements", requests?.map(String), { min: 1, max: STATEMENTS_MAX });
  for (const [i, { Statement }] of (requests ?? []).entries()) {
    const path = `transactStatements.${i + 1}.member.statement`;
    constraints.required(path, Statement).length(path, Statement, STATEMENT_LENGTH);
  }
  checkReturns(constraints, input).check("ValidationException");
  const statements = requests!.map(({ Statement, Parameters }) =>
    parseStatement(Statement!, Parameters),
  );
  const selects = statements.filter(isSelect);
  if (selects.length > 0) {
    if (selects.length < statements.length) {
      throw refusal("Transaction can not contain both read and write statements");
    }
    const { responses, consumptions } = readAll(call, wantedBy(call, selects));
    const capacities = capacitiesOf(consumptions, input.ReturnConsumedCapacity);
    return {
      Responses: responses.map(({ Item }, i) => shown(call, selects[i]!, Item)),
      ...(capacities && { ConsumedCapacity: capacities }),
    };
  }
  const actions = statements.map((statement, i) => ({
    tableName: tableNameOf(statement),
    // No statement is a SELECT.
    draftFor: draftOf(statement as WriteStatement, requests![i]!),
  }));
  const { consumptions } = await transact(call, actions, { token, content: requests });
  const capacities = capacitiesOf(consumptions, input.ReturnConsumedCapacity);
  return { Responses: [], ...(capacities && { ConsumedCapacity: capacities }) };
};

type Select = Extract<Statement, { kind: "select" }>;

function isSelect(statement: Statement): statement is Select {
  return statement.kind === "select";
}

function wholeKey(call: Call, { table, index, where }: Select) {
  const { key: schema } = requireTable(call, table);
  const whole = index === undefined ? itemOfWhere(where, schema) : undefined;
  if (whole) return whole;
  throw refusal(
    "Select statements within ExecuteTransaction must specify the primary key in the where clause.",
  );
}

function wantedBy(call: Call, selects: readonly Select[]) {
  return selects.map((select) => ({
    tableName: select.table,
    key: wholeKey(call, select).key,
    projection: undefined,
  }));
}

function shown(call: Call, select: Select, item: Item | undefined) {
  const { rest } = wholeKey(call, select);
  if (!item || (rest && !evaluateCondition(rest, item))) return {};
  return { Item: selectColumns(item, select.columns) };
}
