import { refusal } from "../refusal.ts";

interface Token {
  readonly kind: "word" | "quoted" | "text" | "number" | "symbol" | "end";
  /** A quoted name or text without its quotes. */
  readonly text: string;
  readonly start: number;
  readonly length: number;
}

/** Spaces, `-- comments` to the end of a line, and comments between slashes and stars. */
const SPACE = /(?:\s+|--[^\r\n]*|\/\*[\s\S]*?\*\/)*/y;
const TOKEN =
  /([A-Za-z_$][A-Za-z0-9_$]*)|"((?:[^"]|"")*)"|'((?:[^']|'')*)'|((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(<<|>>|<>|<=|>=|!=|\|\||[^\s\w"'])/uy;
/** Literals and parentheses may stand in one another this deep before a statement is taken for an attack. */
const MAX_DEPTH = 300;

/** A PartiQL statement as its parser reads it. */
export class Tokens {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #depth = 0;

  /** Throws ValidationException where the text has what no token begins with: an open quote or comment. */
  constructor(text: string) {
    this.#text = text;
    for (let at = skipped(text, 0); at < text.length; ) {
      TOKEN.lastIndex = at;
      const match = TOKEN.exec(text);
      const opensComment = text.startsWith("/*", at);
      if (match === null || opensComment) throw malformed("Unexpected character");
      this.#tokens.push(tokenOf(match));
      at = skipped(text, at + match[0].length);
    }
    this.#tokens.push({ kind: "end", text: "", start: text.length, length: 0 });
  }

  get next(): Token {
    return this.#tokens[this.#at]!;
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== "end") this.#at++;
    return token;
  }

  nextIsSymbol(...symbols: string[]): boolean {
    return this.next.kind === "symbol" && symbols.includes(this.next.text);
  }

  takeSymbol(symbol: string): boolean {
    const found = this.nextIsSymbol(symbol);
    if (found) this.#at++;
    return found;
  }

  nextIsKeyword(...keywords: string[]): boolean {
    return this.next.kind === "word" && keywords.includes(this.next.text.toUpperCase());
  }

  takeKeyword(keyword: string): boolean {
    const found = this.nextIsKeyword(keyword);
    if (found) this.#at++;
    return found;
  }

  /** Takes a function's name and its parenthesis where both stand next; the name in lower case. */
  takeCall(): string | undefined {
    const behind = this.#tokens[this.#at + 1];
    if (this.next.kind !== "word" || behind?.kind !== "symbol" || behind.text !== "(") {
      return undefined;
    }
    const name = this.next.text.toLowerCase();
    this.#at += 2;
    return name;
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw malformed(`Expected ${symbol}`);
  }

  expectKeyword(keyword: string): void {
    if (!this.takeKeyword(keyword)) throw malformed(`Expected ${keyword}`);
  }

  /** Where a token stands, as DynamoDB appends it to messages: line, column, length. */
  placeOf({ start, length }: { readonly start: number; readonly length: number }): string {
    const before = this.#text.slice(0, start).split("\n");
    return `${before.length}:${before.at(-1)!.length + 1}:${length}`;
  }

  /** Reads what stands in brackets, unless too much does. */
  nested<T>(read: () => T): T {
    this.#depth++;
    if (this.#depth > MAX_DEPTH) throw malformed("Too many nested terms");
    const result = read();
    this.#depth--;
    return result;
  }
}

function skipped(text: string, at: number): number {
  SPACE.lastIndex = at;
  return at + SPACE.exec(text)![0].length;
}

function tokenOf(match: RegExpExecArray): Token {
  const [whole, word, quoted, text, number, symbol] = match;
  const place = { start: match.index, length: whole.length };
  if (word !== undefined) return { kind: "word", text: word, ...place };
  if (quoted !== undefined) return { kind: "quoted", text: quoted.replaceAll('""', '"'), ...place };
  if (text !== undefined) return { kind: "text", text: text.replaceAll("''", "'"), ...place };
  if (number !== undefined) return { kind: "number", text: number, ...place };
  return { kind: "symbol", text: symbol!, ...place };
}

export function malformed(what: string): Error {
  return refusal(`Statement wasn't well formed, can't be processed: ${what}`);
}
