import type {
  BatchStatementErrorCodeEnum,
  BatchStatementRequest,
  BatchStatementResponse,
} from "@aws-sdk/client-dynamodb";
import type { Call } from "../../../call.ts";
import { Constraints } from "../../../constraints.ts";
import { isServiceError, type ServiceError } from "../../../errors.ts";
import type { OperationOf } from "../../../service.ts";
import { Consumption } from "../capacity.ts";
import {
  evaluateCondition,
  type Item,
  itemOfWhere,
  parseStatement,
  refusal,
  type Statement,
  selectColumns,
} from "../engine/index.ts";
import { getOf, read } from "../get-item.ts";
import { emitConsumed } from "../metrics.ts";
import { checkReturns } from "../request-checks.ts";
import { requireTable } from "../table.ts";
import { capacitiesOf } from "../transact-write.ts";
import { returned, writeDraft } from "../write-item.ts";
import { STATEMENT_LENGTH } from "./execute-statement.ts";
import { draftOf, returningOf, tableNameOf } from "./write.ts";

/** Source: API reference of BatchExecuteStatement. */
const STATEMENTS_MAX = 25;

const CODES: Readonly<Record<string, BatchStatementErrorCodeEnum>> = {
  ConditionalCheckFailedException: "ConditionalCheckFailed",
  DuplicateItemException: "DuplicateItem",
  ResourceNotFoundException: "ResourceNotFound",
  ValidationException: "ValidationError",
};

interface Done extends BatchStatementResponse {
  readonly consumption?: Consumption;
}

/** BatchExecuteStatement: up to 25 statements, each done or refused by itself; all read, or all write. */
export const batchExecuteStatement: OperationOf<"dynamodb", "BatchExecuteStatement"> = async (
  call,
  input,
) => {
  const { Statements: requests } = input;
  const constraints = new Constraints().required("statements", requests);
  constraints.length("statements", requests?.map(String), { min: 1, max: STATEMENTS_MAX });
  for (const [i, { Statement }] of (requests ?? []).entries()) {
    const path = `statements.${i + 1}.member.statement`;
    constraints.required(path, Statement).length(path, Statement, STATEMENT_LENGTH);
  }
  checkReturns(constraints, input).check("ValidationException");
  const parsed = requests!.map(parse);
  const reads = parsed.filter((one) => !(one instanceof Error) && one.kind === "select").length;
  const writes = parsed.filter((one) => !(one instanceof Error) && one.kind !== "select").length;
  if (reads > 0 && writes > 0)
    throw refusal("Batch can not contain both read and write statements");
  const done = await Promise.all(parsed.map((one, i) => run(call, one, requests![i]!)));
  const capacities = capacitiesOf(sumOf(done), input.ReturnConsumedCapacity, "together");
  return {
    Responses: done.map(({ consumption: _consumption, ...response }) => response),
    ...(capacities && { ConsumedCapacity: capacities }),
  };
};

function parse({ Statement, Parameters }: BatchStatementRequest): Statement | ServiceError {
  try {
    return parseStatement(Statement!, Parameters);
  } catch (error) {
    if (isServiceError(error)) return error;
    throw error;
  }
}

async function run(
  call: Call,
  statement: Statement | ServiceError,
  request: BatchStatementRequest,
): Promise<Done> {
  if (statement instanceof Error) return { Error: errorOf(statement) };
  const tableName = tableNameOf(statement);
  try {
    if (statement.kind === "select") return readOne(call, statement, request);
    const { draft, written, consumption } = await writeDraft(
      call,
      tableName,
      draftOf(statement, request),
    );
    const item = returned(draft, written, returningOf(statement));
    return { TableName: tableName, ...(item && { Item: item }), consumption };
  } catch (error) {
    if (!isServiceError(error)) throw error;
    return { TableName: tableName, Error: errorOf(error) };
  }
}

function readOne(
  call: Call,
  statement: Extract<Statement, { kind: "select" }>,
  { ConsistentRead }: BatchStatementRequest,
): Done {
  const { table: tableName, columns, index, where } = statement;
  const table = requireTable(call, tableName);
  const whole = index === undefined ? itemOfWhere(where, table.key) : undefined;
  if (!whole) {
    throw refusal(
      "Select statements within BatchExecuteStatement must specify the primary key in the where clause.",
    );
  }
  const consumption = new Consumption("read");
  const get = getOf(table, whole.key, undefined);
  const { item } = call.cloud.store.read((tx) =>
    read(tx, get, ConsistentRead ? "strong" : "eventual", consumption),
  );
  emitConsumed(call.cloud, table, consumption);
  const met = item && (!whole.rest || evaluateCondition(whole.rest, item));
  return {
    TableName: tableName,
    ...(met && { Item: selectColumns(item, columns) }),
    consumption,
  };
}

function errorOf(error: ServiceError): NonNullable<BatchStatementResponse["Error"]> {
  // Only conditionFailed has this field.
  const item = error.fields.Item as Item | undefined;
  return {
    Code: CODES[error.code] ?? "InternalServerError",
    Message: error.message,
    ...(item && { Item: item }),
  };
}

function sumOf(done: readonly Done[]): Map<string, Consumption> {
  const sums = new Map<string, Consumption>();
  for (const { TableName, consumption } of done) {
    if (TableName === undefined || !consumption) continue;
    const sum = sums.get(TableName) ?? new Consumption(consumption.kind);
    sum.include(consumption);
    sums.set(TableName, sum);
  }
  return sums;
}
