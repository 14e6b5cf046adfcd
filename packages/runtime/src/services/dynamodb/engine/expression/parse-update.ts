import {
  checkOperatorCount,
  checkPathSyntax,
  countOperators,
  type OperandSyntax,
  type PathSyntax,
  parseOperands,
  parsePath,
} from "./syntax.ts";
import { Tokens } from "./tokens.ts";

const CLAUSES = ["SET", "REMOVE", "ADD", "DELETE"] as const;
type Clause = (typeof CLAUSES)[number];

/** Functions of SET, by their number of operands. */
export const UPDATE_FUNCTIONS = new Map([
  ["if_not_exists", 2],
  ["list_append", 2],
]);
const CONDITION_FUNCTIONS = [
  "attribute_exists",
  "attribute_not_exists",
  "attribute_type",
  "begins_with",
  "contains",
  "size",
];

/** What SET assigns, as it is written. */
export type SetSyntax =
  | OperandSyntax
  | {
      readonly kind: "arithmetic";
      readonly operator: "+" | "-";
      readonly left: OperandSyntax;
      readonly right: OperandSyntax;
    };

export type ActionSyntax =
  | { readonly clause: "SET"; readonly path: PathSyntax; readonly value: SetSyntax }
  | { readonly clause: "REMOVE"; readonly path: PathSyntax }
  | { readonly clause: "ADD" | "DELETE"; readonly path: PathSyntax; readonly placeholder: string };

/**
 * Parses an update. Nothing is looked up yet, so that the result can be kept for the text.
 *
 * Throws ValidationException for wrong syntax, reserved words, unknown functions and repeated clauses.
 */
export function parseUpdate(text: string): readonly ActionSyntax[] {
  const tokens = new Tokens("UpdateExpression", text);
  const clauses: { clause: Clause; actions: ActionSyntax[] }[] = [];
  do {
    const clause = CLAUSES.find((keyword) => tokens.takeKeyword(keyword));
    if (clause === undefined) throw tokens.syntaxError();
    const actions = [parseAction(tokens, clause)];
    while (tokens.takeSymbol(",")) actions.push(parseAction(tokens, clause));
    clauses.push({ clause, actions });
  } while (tokens.next.kind !== "end");
  for (const { actions } of clauses) for (const action of actions) checkAction(tokens, action);
  for (const [i, { clause }] of clauses.entries()) {
    if (clauses.findIndex((other) => other.clause === clause) === i) continue;
    throw tokens.error(`The "${clause}" section can only be used once in an update expression;`);
  }
  const actions = clauses.flatMap((clause) => clause.actions);
  checkOperatorCount(
    tokens,
    actions.reduce((count, action) => count + operatorsOf(action), 0),
  );
  return actions;
}

/** Assignments and clauses are none: `SET a = b + c` has one operator. */
function operatorsOf(action: ActionSyntax): number {
  if (action.clause !== "SET") return 0;
  const { value } = action;
  if (value.kind !== "arithmetic") return countOperators(value);
  return 1 + countOperators(value.left) + countOperators(value.right);
}

function parseAction(tokens: Tokens, clause: Clause): ActionSyntax {
  const path = parsePath(tokens, CLAUSES);
  if (clause === "REMOVE") return { clause, path };
  if (clause === "SET") {
    tokens.expectSymbol("=");
    return { clause, path, value: parseSetValue(tokens) };
  }
  if (tokens.next.kind !== "value") throw tokens.syntaxError();
  return { clause, path, placeholder: tokens.take().text };
}

/** One operand, or the sum or difference of two; all of it may stand in parentheses, and each operand too. */
function parseSetValue(tokens: Tokens): SetSyntax {
  if (!tokens.takeSymbol("(")) return parseSum(tokens, parseOperand(tokens));
  const inner = parseSum(tokens, parseOperand(tokens));
  tokens.expectSymbol(")");
  return inner.kind === "arithmetic" ? inner : parseSum(tokens, inner);
}

function parseSum(tokens: Tokens, left: OperandSyntax): SetSyntax {
  const operator = tokens.takeSymbol("+") ? "+" : tokens.takeSymbol("-") ? "-" : undefined;
  if (operator === undefined) return left;
  return { kind: "arithmetic", operator, left, right: parseOperand(tokens) };
}

function parseOperand(tokens: Tokens): OperandSyntax {
  if (tokens.takeSymbol("(")) {
    tokens.enter();
    const operand = parseOperand(tokens);
    tokens.expectSymbol(")");
    tokens.leave();
    return operand;
  }
  const { kind } = tokens.next;
  if (kind === "value") return { kind: "value", placeholder: tokens.take().text };
  if (kind === "identifier" && tokens.afterNext?.text === "(") {
    const name = tokens.take().text;
    tokens.take();
    return { kind: "call", name, operands: parseOperands(tokens, () => parseOperand(tokens)) };
  }
  return { kind: "path", steps: parsePath(tokens, CLAUSES) };
}

function checkAction(tokens: Tokens, action: ActionSyntax): void {
  checkPathSyntax(tokens, action.path);
  if (action.clause !== "SET") return;
  const { value } = action;
  const operands = value.kind === "arithmetic" ? [value.left, value.right] : [value];
  for (const operand of operands) checkOperand(tokens, operand, false);
}

function checkOperand(tokens: Tokens, operand: OperandSyntax, nested: boolean): void {
  if (operand.kind === "path") checkPathSyntax(tokens, operand.steps);
  if (operand.kind !== "call") return;
  const { name } = operand;
  if (CONDITION_FUNCTIONS.includes(name)) {
    throw tokens.error(`The function is not allowed in an update expression; function: ${name}`);
  }
  if (!UPDATE_FUNCTIONS.has(name)) {
    throw tokens.error(`Invalid function name; function: ${name}`);
  }
  // Seen on DynamoDB: Scylla's test_update_expression.py, test_update_expression_function_nesting.
  if (nested && name === "list_append") {
    throw tokens.error(
      `The function is not allowed to be used this way in an expression; function: ${name}`,
    );
  }
  for (const inner of operand.operands) checkOperand(tokens, inner, true);
}
