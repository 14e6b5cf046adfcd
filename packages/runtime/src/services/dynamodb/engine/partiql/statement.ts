import { type AttributeValue, attributeOf, type Item, setAttribute } from "../attribute-value.ts";
import type { Condition } from "../expression/condition.ts";
import { requireApart } from "../expression/overlap.ts";
import { type DocumentPath, valueAt } from "../expression/path.ts";
import type { Update, UpdateAction } from "../expression/update.ts";
import { refusal } from "../refusal.ts";
import { parseMembers } from "./literal.ts";
import { Parameters } from "./parameters.ts";
import { parseName, parsePath } from "./path.ts";
import { parseAssignment } from "./set-clause.ts";
import { malformed, Tokens } from "./tokens.ts";
import { parseWhere } from "./where.ts";

/** Which of an item's states a statement returns, as `ReturnValues` calls it. */
export type Returning = "NONE" | "ALL_OLD" | "ALL_NEW" | "UPDATED_OLD" | "UPDATED_NEW";

/** A part of an item, and the name under which a SELECT returns it: the path's last name, and indexes behind it. */
export interface Column {
  readonly path: DocumentPath;
  readonly name: string;
}

export interface SelectStatement {
  readonly kind: "select";
  readonly table: string;
  readonly index: string | undefined;
  /** undefined is `*`. */
  readonly columns: readonly Column[] | undefined;
  readonly where: Condition | undefined;
  readonly orderBy: readonly { readonly attribute: string; readonly descending: boolean }[];
}

/** What a PartiQL statement says, its parameters put in. */
export type Statement =
  | SelectStatement
  | { readonly kind: "insert"; readonly table: string; readonly item: Item }
  | {
      readonly kind: "update";
      readonly table: string;
      readonly update: Update;
      readonly where: Condition | undefined;
      readonly returning: Returning;
    }
  | {
      readonly kind: "delete";
      readonly table: string;
      readonly where: Condition | undefined;
      readonly returning: Returning;
    }
  /** A condition of a transaction. */
  | { readonly kind: "exists"; readonly select: SelectStatement };

/**
 * Parses a statement and puts its parameters in.
 *
 * Throws ValidationException for parameters that are no values or don't match the question marks, for wrong syntax,
 * and for what DynamoDB's PartiQL leaves out. Source of the messages: DynamoDB's answers, as recorded in the tests of
 * floci (DynamoDbPartiQLEdgeCaseIntegrationTest) and DynamoDB local's own list.
 */
export function parseStatement(text: string, values: readonly AttributeValue[] = []): Statement {
  const parameters = new Parameters(values);
  const tokens = new Tokens(text);
  const statement = parseKind(tokens, parameters);
  tokens.takeSymbol(";");
  if (tokens.next.kind !== "end") throw malformed("Unexpected token after expression");
  parameters.checkTaken();
  return statement;
}

function parseKind(tokens: Tokens, parameters: Parameters): Statement {
  if (tokens.takeKeyword("SELECT")) return parseSelect(tokens, parameters);
  if (tokens.takeKeyword("INSERT")) return parseInsert(tokens, parameters);
  if (tokens.takeKeyword("UPDATE")) return parseUpdate(tokens, parameters);
  if (tokens.takeKeyword("DELETE")) return parseDelete(tokens, parameters);
  if (tokens.takeCall() !== "exists") throw malformed("Expected data manipulation");
  tokens.expectKeyword("SELECT");
  const select = parseSelect(tokens, parameters);
  tokens.expectSymbol(")");
  return { kind: "exists", select };
}

function parseSelect(tokens: Tokens, parameters: Parameters): SelectStatement {
  const columns = parseColumns(tokens);
  tokens.expectKeyword("FROM");
  const { table, index } = parseSource(tokens);
  const where = tokens.takeKeyword("WHERE") ? parseWhere(tokens, parameters) : undefined;
  return { kind: "select", table, index, columns, where, orderBy: parseOrder(tokens) };
}

function parseColumns(tokens: Tokens): Column[] | undefined {
  if (tokens.takeSymbol("*")) {
    if (!tokens.nextIsSymbol(",")) return undefined;
    throw refusal("Other attributes should not be present in the projection when '*' is used.");
  }
  const columns: Column[] = [];
  do {
    const start = tokens.next;
    const path = parsePath(tokens);
    if (tokens.nextIsSymbol("(")) {
      throw refusal(`Unexpected path component at ${tokens.placeOf(start)}`);
    }
    const name = columnName(path);
    if (columns.some((column) => column.name === name)) {
      throw refusal(`Duplicate identifiers in select clause: ${name}`);
    }
    columns.push({ path, name });
  } while (tokens.takeSymbol(","));
  return columns;
}

function columnName(path: DocumentPath): string {
  const last = path.findLastIndex((step) => typeof step === "string");
  return (
    path[last] +
    path
      .slice(last + 1)
      .map((index) => `[${index}]`)
      .join("")
  );
}

/** What a SELECT returns of an item. */
export function selectColumns(item: Item, columns: readonly Column[] | undefined): Item {
  if (columns === undefined) return item;
  const result: Item = {};
  for (const { path, name } of columns) {
    const value = path.length === 1 ? attributeOf(item, path[0]) : valueAt(item, path);
    if (value !== undefined) setAttribute(result, name, value);
  }
  return result;
}

function parseSource(tokens: Tokens): { table: string; index: string | undefined } {
  const table = parseName(tokens);
  const index = tokens.takeSymbol(".") ? parseName(tokens) : undefined;
  if (tokens.nextIsSymbol(".")) {
    throw refusal("A path may contain at most 2 components in the FROM clause");
  }
  return { table, index };
}

function parseOrder(tokens: Tokens): SelectStatement["orderBy"] {
  const terms: { attribute: string; descending: boolean }[] = [];
  if (!tokens.takeKeyword("ORDER")) return terms;
  tokens.expectKeyword("BY");
  do {
    const attribute = parseName(tokens);
    const descending = tokens.takeKeyword("DESC");
    if (!descending) tokens.takeKeyword("ASC");
    terms.push({ attribute, descending });
  } while (tokens.takeSymbol(","));
  return terms;
}

function parseInsert(tokens: Tokens, parameters: Parameters): Statement {
  tokens.expectKeyword("INTO");
  const table = parseName(tokens);
  if (tokens.nextIsSymbol(".")) throw refusal("FROM clause may only contain a single table name");
  tokens.expectKeyword("VALUE");
  if (!tokens.takeSymbol("{")) {
    throw refusal(
      "Unsupported format in item expression. Please use struct format {...} to express item values for insert statement.",
    );
  }
  const item = parseMembers(tokens, parameters, undefined, 0);
  if (tokens.nextIsKeyword("RETURNING")) throw refusal("RETURNING is not supported in INSERT");
  return { kind: "insert", table, item };
}

function parseUpdate(tokens: Tokens, parameters: Parameters): Statement {
  const table = parseTarget(tokens);
  const actions: UpdateAction[] = [];
  for (;;) {
    if (tokens.takeKeyword("SET")) {
      do actions.push(parseAssignment(tokens, parameters));
      while (tokens.takeSymbol(","));
    } else if (tokens.takeKeyword("REMOVE")) {
      do actions.push({ kind: "remove", path: parsePath(tokens) });
      while (tokens.takeSymbol(","));
    } else break;
  }
  if (actions.length === 0) throw malformed("Expected SET or REMOVE");
  requireApart(
    "UpdateExpression",
    actions.map(({ path }) => path),
  );
  const where = tokens.takeKeyword("WHERE") ? parseWhere(tokens, parameters) : undefined;
  const update: Update = { form: "expression", actions };
  return { kind: "update", table, update, where, returning: parseReturning(tokens) };
}

function parseDelete(tokens: Tokens, parameters: Parameters): Statement {
  tokens.expectKeyword("FROM");
  const table = parseTarget(tokens);
  const where = tokens.takeKeyword("WHERE") ? parseWhere(tokens, parameters) : undefined;
  const returning = parseReturning(tokens);
  if (returning !== "NONE" && returning !== "ALL_OLD") {
    const clause = returning.replace("UPDATED", "MODIFIED").replace("_", " ");
    throw refusal(
      `Invalid returning clause: RETURNING ${clause} *. Only RETURNING ALL OLD * is allowed in DELETE statements.`,
    );
  }
  return { kind: "delete", table, where, returning };
}

/** The table that a statement writes to. */
function parseTarget(tokens: Tokens): string {
  const { table, index } = parseSource(tokens);
  if (index !== undefined) throw refusal("This operation is not supported on an index");
  return table;
}

function parseReturning(tokens: Tokens): Returning {
  if (!tokens.takeKeyword("RETURNING")) return "NONE";
  const scope = tokens.take().text.toUpperCase();
  const age = tokens.take().text.toUpperCase();
  const known = (scope === "ALL" || scope === "MODIFIED") && (age === "OLD" || age === "NEW");
  if (!known || !tokens.takeSymbol("*")) {
    throw refusal("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause");
  }
  return `${scope === "ALL" ? "ALL" : "UPDATED"}_${age}`;
}
