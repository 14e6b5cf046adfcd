import { Constraints } from "../../../constraints.ts";
import type { OperationOf } from "../../../service.ts";
import { consumedCapacity } from "../capacity.ts";
import { parseStatement, refusal } from "../engine/index.ts";
import { checkReturns } from "../request-checks.ts";
import { returned, writeDraft } from "../write-item.ts";
import { select } from "./select.ts";
import { draftOf, returningOf, tableNameOf } from "./write.ts";

/** Source: API reference of ExecuteStatement. */
export const STATEMENT_LENGTH = { min: 1, max: 8192 };

/** ExecuteStatement: one PartiQL statement. A write answers with what it was to return, in a list. */
export const executeStatement: OperationOf<"dynamodb", "ExecuteStatement"> = async (
  call,
  input,
) => {
  const constraints = new Constraints()
    .required("statement", input.Statement)
    .length("statement", input.Statement, STATEMENT_LENGTH)
    .length("parameters", input.Parameters, { min: 1 })
    .range("limit", input.Limit, { min: 1 });
  checkReturns(constraints, input).check("ValidationException");
  const statement = parseStatement(input.Statement!, input.Parameters);
  if (statement.kind === "select") return select(call, statement, input);
  if (statement.kind === "exists")
    throw refusal("EXISTS is only supported in ExecuteTransaction statements");
  const tableName = tableNameOf(statement);
  const { draft, written, consumption } = await writeDraft(
    call,
    tableName,
    draftOf(statement, input),
  );
  const attributes = returned(draft, written, returningOf(statement));
  const capacity = consumedCapacity(tableName, consumption, input.ReturnConsumedCapacity);
  return {
    Items: attributes ? [attributes] : [],
    ...(capacity && { ConsumedCapacity: capacity }),
  };
};
