import type { Comparator } from "./condition.ts";
import {
  type ConditionSyntax,
  checkOperatorCount,
  checkPathSyntax,
  countOperators,
  type OperandSyntax,
  parseOperands,
  parsePath,
  parseSteps,
} from "./syntax.ts";
import { type ExpressionKind, Tokens } from "./tokens.ts";

const KEYWORDS = ["AND", "OR", "NOT", "BETWEEN", "IN"];
const COMPARATORS: readonly string[] = ["=", "<>", "<", "<=", ">", ">="];

/** Functions by their number of operands. `size` is an operand, the others are conditions. */
const CONDITION_FUNCTIONS = new Map([
  ["attribute_exists", 1],
  ["attribute_not_exists", 1],
  ["attribute_type", 2],
  ["begins_with", 2],
  ["contains", 2],
]);
const SIZE = "size";
const SIZE_OPERANDS = 1;
const UPDATE_FUNCTIONS = ["if_not_exists", "list_append"];

/** The most candidates of IN. Source: "Quotas", Expression parameters. */
export const MAX_IN_OPERANDS = 100;

/** What was read where both a condition and an operand can stand, and in how many parentheses. */
interface Read {
  readonly node: ConditionSyntax | OperandSyntax;
  readonly parentheses: number;
}

/**
 * Parses a condition: comparisons bind first, then NOT, AND, OR. Nothing is looked up yet, so that the result can be
 * kept for the text.
 *
 * Throws ValidationException for wrong syntax, redundant parentheses, reserved words, and functions out of place.
 */
export function parseCondition(kind: ExpressionKind, text: string): ConditionSyntax {
  const tokens = new Tokens(kind, text);
  const { node } = parseOr(tokens);
  const condition = asCondition(tokens, node);
  tokens.expectEnd();
  checkCondition(tokens, condition);
  checkOperatorCount(tokens, countOperators(condition));
  return condition;
}

function parseOr(tokens: Tokens): Read {
  let left = parseAnd(tokens);
  while (tokens.nextIsKeyword("OR")) {
    const first = asCondition(tokens, left.node);
    tokens.take();
    const right = asCondition(tokens, parseAnd(tokens).node);
    left = { node: { kind: "or", left: first, right }, parentheses: 0 };
  }
  return left;
}

function parseAnd(tokens: Tokens): Read {
  let left = parseNot(tokens);
  while (tokens.nextIsKeyword("AND")) {
    const first = asCondition(tokens, left.node);
    tokens.take();
    const right = asCondition(tokens, parseNot(tokens).node);
    left = { node: { kind: "and", left: first, right }, parentheses: 0 };
  }
  return left;
}

function parseNot(tokens: Tokens): Read {
  if (!tokens.takeKeyword("NOT")) return parseComparison(tokens);
  const condition = asCondition(tokens, parseNot(tokens).node);
  return { node: { kind: "not", condition }, parentheses: 0 };
}

function parseComparison(tokens: Tokens): Read {
  const read = parsePrimary(tokens);
  const { next } = tokens;
  const compares = next.kind === "symbol" && COMPARATORS.includes(next.text);
  if (!compares && !tokens.nextIsKeyword("BETWEEN", "IN")) return read;
  const operand = asOperand(tokens, read.node);
  if (compares) {
    // One of COMPARATORS, as was just tested.
    const operator = tokens.take().text as Comparator;
    return bare({ kind: "compare", operator, left: operand, right: parseOperand(tokens) });
  }
  if (tokens.takeKeyword("BETWEEN")) {
    const low = parseOperand(tokens);
    if (!tokens.takeKeyword("AND")) throw tokens.syntaxError();
    return bare({ kind: "between", operand, low, high: parseOperand(tokens) });
  }
  tokens.take();
  tokens.expectSymbol("(");
  return bare({
    kind: "in",
    operand,
    candidates: parseOperands(tokens, () => parseOperand(tokens)),
  });
}

function bare(node: ConditionSyntax): Read {
  return { node, parentheses: 0 };
}

/** An operand, a function, or anything in parentheses. */
function parsePrimary(tokens: Tokens): Read {
  const { kind } = tokens.next;
  if (tokens.takeSymbol("(")) return parseParenthesized(tokens);
  if (kind === "value") {
    return { node: { kind: "value", placeholder: tokens.take().text }, parentheses: 0 };
  }
  const isCall = kind === "identifier" && tokens.afterNext?.text === "(";
  if (isCall && !tokens.nextIsKeyword(...KEYWORDS)) {
    const name = tokens.take().text;
    tokens.take();
    const operands = parseOperands(tokens, () => parseOperand(tokens));
    return { node: { kind: "call", name, operands }, parentheses: 0 };
  }
  return { node: { kind: "path", steps: parsePath(tokens, KEYWORDS) }, parentheses: 0 };
}

function parseParenthesized(tokens: Tokens): Read {
  tokens.enter();
  const inner = parseOr(tokens);
  tokens.expectSymbol(")");
  tokens.leave();
  if (inner.parentheses > 0) throw tokens.error("The expression has redundant parentheses;");
  const node = inner.node;
  if (node.kind !== "path") return { node, parentheses: 1 };
  return {
    node: { kind: "path", steps: parseSteps(tokens, node.steps, KEYWORDS) },
    parentheses: 1,
  };
}

function parseOperand(tokens: Tokens): OperandSyntax {
  return asOperand(tokens, parsePrimary(tokens).node);
}

/** A path or a value is no condition: the token behind it, where an operator should stand, is what is wrong. */
function asCondition(tokens: Tokens, node: Read["node"]): ConditionSyntax {
  if (node.kind === "path" || node.kind === "value") throw tokens.syntaxError();
  return node;
}

function asOperand(tokens: Tokens, node: Read["node"]): OperandSyntax {
  if (node.kind !== "path" && node.kind !== "value" && node.kind !== "call") {
    throw tokens.syntaxError();
  }
  return node;
}

/** What can be wrong before any placeholder is looked up, in the order in which it is written. */
function checkCondition(tokens: Tokens, node: ConditionSyntax): void {
  switch (node.kind) {
    case "and":
    case "or":
      checkCondition(tokens, node.left);
      checkCondition(tokens, node.right);
      return;
    case "not":
      checkCondition(tokens, node.condition);
      return;
    case "compare":
      checkOperands(tokens, [node.left, node.right]);
      return;
    case "between":
      checkOperands(tokens, [node.operand, node.low, node.high]);
      return;
    case "in":
      checkOperands(tokens, [node.operand, ...node.candidates]);
      return;
    case "call":
      checkFunction(tokens, node.name);
      if (node.name === SIZE) throw misplaced(tokens, SIZE);
      checkCount(tokens, node.name, node.operands.length, CONDITION_FUNCTIONS.get(node.name));
      checkOperands(tokens, node.operands);
  }
}

function checkOperands(tokens: Tokens, operands: readonly OperandSyntax[]): void {
  for (const operand of operands) {
    if (operand.kind === "path") checkPathSyntax(tokens, operand.steps);
    if (operand.kind !== "call") continue;
    checkFunction(tokens, operand.name);
    if (operand.name !== SIZE) throw misplaced(tokens, operand.name);
    checkCount(tokens, SIZE, operand.operands.length, SIZE_OPERANDS);
    checkOperands(tokens, operand.operands);
  }
}

function checkFunction(tokens: Tokens, name: string): void {
  if (CONDITION_FUNCTIONS.has(name) || name === SIZE) return;
  throw tokens.error(
    UPDATE_FUNCTIONS.includes(name)
      ? `The function is not allowed in a condition expression; function: ${name}`
      : `Invalid function name; function: ${name}`,
  );
}

function misplaced(tokens: Tokens, name: string): Error {
  return tokens.error(
    `The function is not allowed to be used this way in an expression; function: ${name}`,
  );
}

function checkCount(tokens: Tokens, name: string, count: number, expected?: number): void {
  if (count === expected) return;
  throw tokens.error(
    `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${count}`,
  );
}
