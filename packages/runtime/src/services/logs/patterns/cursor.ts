import { invalidCharacter, invalidPattern } from "./refusal.ts";

/** A place in a pattern's text, from which the three grammars read what they have in common. */
export class Cursor {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  skipSpace(): void {
    this.take(/\s*/y);
  }

  /** The sticky expression's match here, taken; undefined (and nothing taken) without one. */
  take(expression: RegExp): string | undefined {
    expression.lastIndex = this.at;
    const [match] = expression.exec(this.text) ?? [];
    if (match !== undefined) this.at += match.length;
    return match;
  }

  /** Whether this text stands here; it is taken then. */
  takes(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** `"a phrase"`, in which `\"` and `\\` stand for what they escape; undefined where none begins. */
  takeQuoted(): string | undefined {
    if (this.text[this.at] !== '"') return undefined;
    const quoted = this.take(/"(?:[^"\\]|\\.)*"/sy);
    if (quoted === undefined) throw invalidPattern();
    return quoted.slice(1, -1).replaceAll(/\\(["\\])/g, "$1");
  }

  /** `%expression%`, compiled; undefined where none begins. */
  takeRegularExpression(): RegExp | undefined {
    if (this.text[this.at] !== "%") return undefined;
    const expression = this.take(/%[^%]*%/y);
    if (expression === undefined) throw invalidPattern();
    return compileRegularExpression(expression.slice(1, -1));
  }

  refuse(): Error {
    const character = this.text[this.at];
    return character === undefined ? invalidPattern() : invalidCharacter(character);
  }
}

/** Letters, digits, AWS's symbols and operators, and escapes; no groups, so matching cannot run away. */
const SUPPORTED =
  /^(?:[A-Za-z0-9 :_#=@/;,\-^$?[\]{}|*+.]|\\x[0-9A-Fa-f]{2}|\\[^\sa-zA-Z0-9]|\\[dDsSwWtn])*$/;

function compileRegularExpression(source: string): RegExp {
  if (!SUPPORTED.test(source)) {
    const unsupported = /[^A-Za-z0-9 :_#=@/;,\-^$?[\]{}|*+.\\]/u.exec(source)?.[0];
    throw invalidCharacter(unsupported ?? "\\");
  }
  try {
    // `{,3}` has no minimum: to JavaScript it would be text.
    return new RegExp(source.replaceAll(/\{\s*,/g, "{0,").replaceAll(/\{(\d+),\s+/g, "{$1,"), "s");
  } catch {
    throw invalidPattern();
  }
}
