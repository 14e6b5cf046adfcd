import { refusal } from "../refusal.ts";

/** Which parameter of a request an expression stands in: its errors name it. */
export type ExpressionKind =
  | "ConditionExpression"
  | "FilterExpression"
  | "KeyConditionExpression"
  | "ProjectionExpression"
  | "UpdateExpression";

/** An expression's text may have this many bytes in UTF-8. Source: "Quotas", Expression parameters. */
export const MAX_EXPRESSION_BYTES = 4096;

/** Parentheses may stand in one another this deep, more than an expression of the allowed operators can need. */
const MAX_PARENTHESES_DEPTH = 300;

interface Token {
  readonly kind: "identifier" | "name" | "value" | "number" | "symbol" | "end";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Identifiers begin with a letter; `#name` and `:value` stand for names and values given beside the expression.
 * What is none of these is a token of one character, which no grammar knows.
 */
const TOKEN =
  /[ \t\r\n]*(?:([A-Za-z][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|([0-9]+)|(<>|<=|>=|[^ \t\r\n]))/uy;

/** An expression as its parser reads it: tokens, one after another, and the errors that point at them. */
export class Tokens {
  readonly kind: ExpressionKind;
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #depth = 0;

  constructor(kind: ExpressionKind, text: string) {
    this.kind = kind;
    this.#text = text;
    if (text === "") throw this.error("The expression can not be empty;");
    const bytes = Buffer.byteLength(text, "utf8");
    if (bytes > MAX_EXPRESSION_BYTES) throw this.error(tooLong(kind, bytes));
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
      const [whole, identifier, name, value, number, symbol] = match;
      const token = identifier ?? name ?? value ?? number ?? symbol!;
      const end = match.index + whole.length;
      this.#tokens.push({ kind: kindOf(match), text: token, start: end - token.length, end });
    }
    this.#tokens.push({ kind: "end", text: "<EOF>", start: text.length, end: text.length });
  }

  error(message: string): Error {
    return refusal(`Invalid ${this.kind}: ${message}`);
  }

  /** The error for the token that stands next: DynamoDB shows it between its neighbours. */
  syntaxError(): Error {
    const token = this.#tokens[this.#at]!;
    const from = this.#tokens[this.#at - 1] ?? token;
    const to = this.#tokens[this.#at + 1] ?? token;
    const near = this.#text.slice(from.start, to.end).trim();
    return this.error(`Syntax error; token: "${token.text}", near: "${near}"`);
  }

  get next(): Token {
    return this.#tokens[this.#at]!;
  }

  get afterNext(): Token | undefined {
    return this.#tokens[this.#at + 1];
  }

  take(): Token {
    return this.#tokens[this.#at++]!;
  }

  /** Takes the next token where it is this symbol. */
  takeSymbol(symbol: string): boolean {
    const found = this.next.kind === "symbol" && this.next.text === symbol;
    if (found) this.#at++;
    return found;
  }

  /** Takes the next token where it is this keyword, in any case. */
  takeKeyword(keyword: string): boolean {
    const found = this.nextIsKeyword(keyword);
    if (found) this.#at++;
    return found;
  }

  nextIsKeyword(...keywords: string[]): boolean {
    return this.next.kind === "identifier" && keywords.includes(this.next.text.toUpperCase());
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.syntaxError();
  }

  /** Counts a parenthesis that was opened, so that no text can exhaust the parser's stack. */
  enter(): void {
    this.#depth++;
    if (this.#depth > MAX_PARENTHESES_DEPTH) throw this.syntaxError();
  }

  leave(): void {
    this.#depth--;
  }

  expectEnd(): void {
    if (this.next.kind !== "end") throw this.syntaxError();
  }
}

function kindOf([, identifier, name, value, number]: RegExpExecArray): Token["kind"] {
  if (identifier !== undefined) return "identifier";
  if (name !== undefined) return "name";
  if (value !== undefined) return "value";
  return number !== undefined ? "number" : "symbol";
}

/** Only conditions and filters are told their size (seen on DynamoDB: tests of ExtendDB, expression size limits). */
function tooLong(kind: ExpressionKind, bytes: number): string {
  const message = "Expression size has exceeded the maximum allowed size;";
  const tellsSize = kind === "ConditionExpression" || kind === "FilterExpression";
  return tellsSize ? `${message} expression size: ${bytes}` : message;
}
