import type { Comparator } from "./condition.ts";
import { isReservedWord } from "./reserved-words.ts";
import type { Tokens } from "./tokens.ts";

/** A path as it is written: names, `#placeholders` of names, indexes. */
export type PathSyntax = readonly [string, ...(string | number)[]];

/** An operand as it is written. */
export type OperandSyntax =
  | { readonly kind: "path"; readonly steps: PathSyntax }
  | { readonly kind: "value"; readonly placeholder: string }
  | CallSyntax;

export interface CallSyntax {
  readonly kind: "call";
  readonly name: string;
  readonly operands: readonly OperandSyntax[];
}

/** A condition as it is written, without parentheses. */
export type ConditionSyntax =
  | { readonly kind: "and" | "or"; readonly left: ConditionSyntax; readonly right: ConditionSyntax }
  | { readonly kind: "not"; readonly condition: ConditionSyntax }
  | {
      readonly kind: "compare";
      readonly operator: Comparator;
      readonly left: OperandSyntax;
      readonly right: OperandSyntax;
    }
  | {
      readonly kind: "between";
      readonly operand: OperandSyntax;
      readonly low: OperandSyntax;
      readonly high: OperandSyntax;
    }
  | {
      readonly kind: "in";
      readonly operand: OperandSyntax;
      readonly candidates: readonly OperandSyntax[];
    }
  | CallSyntax;

/** Indexes of lists are 32-bit integers. */
const MAX_LIST_INDEX = 2 ** 31 - 1;

/** Words that end an operand in a grammar, and so can't be its name. */
export type Keywords = readonly string[];

/** `name`, `#name`, each followed by any number of `.name` and `[index]`. */
export function parsePath(tokens: Tokens, keywords: Keywords): PathSyntax {
  return parseSteps(tokens, [parseName(tokens, keywords)], keywords);
}

/** What follows a path's first steps. */
export function parseSteps(tokens: Tokens, first: PathSyntax, keywords: Keywords): PathSyntax {
  const steps: [string, ...(string | number)[]] = [...first];
  for (;;) {
    if (tokens.takeSymbol(".")) {
      steps.push(parseName(tokens, keywords));
    } else if (tokens.takeSymbol("[")) {
      if (tokens.next.kind !== "number") throw tokens.syntaxError();
      steps.push(Number(tokens.take().text));
      tokens.expectSymbol("]");
    } else {
      return steps;
    }
  }
}

function parseName(tokens: Tokens, keywords: Keywords): string {
  const { kind } = tokens.next;
  if (kind === "name") return tokens.take().text;
  if (kind !== "identifier" || tokens.nextIsKeyword(...keywords)) throw tokens.syntaxError();
  return tokens.take().text;
}

/** `operand, operand, …)`, the parenthesis before it taken already. */
export function parseOperands(tokens: Tokens, parse: () => OperandSyntax): OperandSyntax[] {
  const operands = [parse()];
  while (tokens.takeSymbol(",")) operands.push(parse());
  tokens.expectSymbol(")");
  return operands;
}

/** Refuses reserved words and impossible indexes: what DynamoDB checks of a path before it looks up any placeholder. */
export function checkPathSyntax(tokens: Tokens, steps: PathSyntax): void {
  for (const step of steps) {
    if (typeof step === "number") {
      if (step <= MAX_LIST_INDEX) continue;
      throw tokens.error(`List index is not within the allowable range; index: [${step}]`);
    }
    if (!step.startsWith("#") && isReservedWord(step)) {
      throw tokens.error(`Attribute name is a reserved keyword; reserved keyword: ${step}`);
    }
  }
}

/** The most operators and functions of an expression. Source: "Quotas", Expression parameters. */
const MAX_OPERATORS = 300;

/** Throws ValidationException for too many operators; the message was seen on DynamoDB (aws-sdk-js issue 3721). */
export function checkOperatorCount(tokens: Tokens, count: number): void {
  if (count <= MAX_OPERATORS) return;
  throw tokens.error(`The expression contains too many operators; operator count: ${count}`);
}

/** How many operators and functions a condition or operand has. */
export function countOperators(node: ConditionSyntax | OperandSyntax): number {
  switch (node.kind) {
    case "and":
    case "or":
    case "compare":
      return 1 + countOperators(node.left) + countOperators(node.right);
    case "not":
      return 1 + countOperators(node.condition);
    case "between":
      return [node.operand, node.low, node.high].reduce(addOperators, 1);
    case "in":
      return [node.operand, ...node.candidates].reduce(addOperators, 1);
    case "call":
      return node.operands.reduce(addOperators, 1);
    default:
      return 0;
  }
}

function addOperators(count: number, node: OperandSyntax): number {
  return count + countOperators(node);
}
