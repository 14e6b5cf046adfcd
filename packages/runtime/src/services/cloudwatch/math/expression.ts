/** A metric math expression, as it is written. */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  /** The id of a query, or a word that a function knows (`REPEAT`, `DESC`, `AVG`). */
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "array"; readonly items: readonly Expression[] }
  | { readonly kind: "call"; readonly name: string; readonly arguments: readonly Expression[] }
  | { readonly kind: "negated"; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    };

/** Loosest first; operators of one row bind alike. */
const PRECEDENCE = [
  ["||"],
  ["&&"],
  ["==", "!=", "<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/"],
  ["^"],
] as const;

export type Operator = (typeof PRECEDENCE)[number][number];

/** An expression that means nothing; the message says why, without naming the query that it stands in. */
export class ExpressionError extends Error {}

/** How deep an expression may nest, so that none exhausts the stack. */
const DEPTH_MAX = 100;

const TOKEN =
  /\s*(?:(?<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<string>"[^"]*"|'(?:[^'\\]|\\.)*')|(?<sign>\|\||&&|[=!<>]=|[-+*/^<>()[\],]))/y;

interface Token {
  readonly kind: "number" | "name" | "string" | "sign" | "end";
  readonly text: string;
}

/**
 * Reads an expression; throws {@link ExpressionError}.
 * Source: CloudWatch user guide, "Metric math syntax and functions".
 */
export function parseExpression(text: string): Expression {
  return new Parser(tokensOf(text)).whole();
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== "") {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) throw new ExpressionError(`Invalid syntax at '${text.slice(at).trim()}'`);
    const [kind, token] = Object.entries(groups).find(([, found]) => found !== undefined) ?? [];
    if (kind === "name" && token === "AND") tokens.push({ kind: "sign", text: "&&" });
    else if (kind === "name" && token === "OR") tokens.push({ kind: "sign", text: "||" });
    // The pattern's groups are named as the kinds of tokens are.
    else tokens.push({ kind: kind as Token["kind"], text: token ?? "" });
  }
  return [...tokens, { kind: "end", text: "the end" }];
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#binary(0);
    if (this.#next.kind !== "end") throw this.#unexpected();
    return expression;
  }

  get #next(): Token {
    // The last token is "end", and nothing goes past it.
    return this.#tokens[this.#at] as Token;
  }

  #unexpected(): ExpressionError {
    return new ExpressionError(`Invalid syntax at '${this.#next.text}'`);
  }

  #takes(sign: string): boolean {
    if (this.#next.kind !== "sign" || this.#next.text !== sign) return false;
    this.#at += 1;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#takes(sign)) throw this.#unexpected();
  }

  #binary(level: number): Expression {
    const operators = PRECEDENCE[level];
    if (!operators) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = operators.find((candidate) => this.#takes(candidate));
      if (!operator) return left;
      left = { kind: "binary", operator, left, right: this.#binary(level + 1) };
    }
  }

  #unary(): Expression {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new ExpressionError("The expression is nested too deeply");
    const expression = this.#takes("-")
      ? // -2^2 is -(2^2).
        ({ kind: "negated", operand: this.#binary(PRECEDENCE.length - 1) } as const)
      : this.#primary();
    this.#depth -= 1;
    return expression;
  }

  #primary(): Expression {
    if (this.#takes("(")) {
      const inner = this.#binary(0);
      this.#expect(")");
      return inner;
    }
    if (this.#takes("[")) return { kind: "array", items: this.#list("]") };
    const { kind, text } = this.#next;
    if (kind === "sign" || kind === "end") throw this.#unexpected();
    this.#at += 1;
    if (kind === "number") return { kind: "number", value: Number(text) };
    if (kind === "string") return { kind: "string", value: unquoted(text) };
    if (this.#takes("(")) return { kind: "call", name: text, arguments: this.#list(")") };
    return { kind: "name", name: text };
  }

  #list(close: string): Expression[] {
    if (this.#takes(close)) return [];
    const items = [this.#binary(0)];
    while (this.#takes(",")) items.push(this.#binary(0));
    this.#expect(close);
    return items;
  }
}

function unquoted(text: string): string {
  const inner = text.slice(1, -1);
  return text.startsWith("'") ? inner.replaceAll(/\\(.)/g, "$1") : inner;
}

/** The ids of queries that an expression may mean. */
export function namesIn(expression: Expression): string[] {
  switch (expression.kind) {
    case "name":
      return [expression.name];
    case "array":
      return expression.items.flatMap(namesIn);
    case "call":
      return expression.arguments.flatMap(namesIn);
    case "negated":
      return namesIn(expression.operand);
    case "binary":
      return [...namesIn(expression.left), ...namesIn(expression.right)];
    default:
      return [];
  }
}

/** The names of the functions that an expression calls. */
export function functionsIn(expression: Expression): string[] {
  switch (expression.kind) {
    case "array":
      return expression.items.flatMap(functionsIn);
    case "call":
      return [expression.name, ...expression.arguments.flatMap(functionsIn)];
    case "negated":
      return functionsIn(expression.operand);
    case "binary":
      return [...functionsIn(expression.left), ...functionsIn(expression.right)];
    default:
      return [];
  }
}
