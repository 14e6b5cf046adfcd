import { PathError } from "./path-error.ts";

/** Reads a text from left to right; the parsers of paths, filters and intrinsic functions share it. */
export class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  /** The next character; "" at the end. */
  peek(ahead = 0): string {
    return this.text.charAt(this.at + ahead);
  }

  startsWith(expected: string): boolean {
    return this.text.startsWith(expected, this.at);
  }

  /** Takes `expected` if it stands here. */
  take(expected: string): boolean {
    if (!this.startsWith(expected)) return false;
    this.at += expected.length;
    return true;
  }

  expect(expected: string): void {
    if (!this.take(expected)) this.fail(`expected '${expected}'`);
  }

  /** Takes what a sticky pattern matches here. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  skipBlanks(): void {
    while (BLANKS.has(this.peek())) this.at++;
  }

  /**
   * A string in quotes; the reader stands on the opening one. A backslash takes the next character as it is, but for
   * the escapes of Java and JSON (`\n`, `\u00e9`).
   */
  quoted(): string {
    const quote = this.peek();
    const start = this.at++;
    let value = "";
    while (!this.done) {
      const char = this.text.charAt(this.at++);
      if (char === quote) return value;
      value += char === "\\" ? this.#escaped() : char;
    }
    this.at = start;
    return this.fail("a string is not closed");
  }

  /**
   * A name in quotes. A backslash takes away the meaning of the quote and of a backslash; before all else it is itself,
   * where Java's would not be. Source: localstack's test_base_scenarios.snapshot.json, ESCAPE_SEQUENCES_JSONPATH, where
   * AWS finds the field `Test\""Name"` by a path in single quotes.
   */
  quotedName(): string {
    const quote = this.peek();
    const found = this.match(quote === "'" ? /'(?:[^'\\]|\\[\s\S])*'/y : /"(?:[^"\\]|\\[\s\S])*"/y);
    if (found === undefined) return this.fail("a string is not closed");
    return found
      .slice(1, -1)
      .replace(/\\([\s\S])/g, (all, char: string) =>
        char === quote || char === "\\" ? char : all,
      );
  }

  #escaped(): string {
    if (this.done) this.fail("a string is not closed");
    const char = this.text.charAt(this.at++);
    if (char !== "u") return ESCAPES[char] ?? char;
    const digits = this.match(/[0-9a-fA-F]{4}/y);
    if (digits === undefined) return this.fail("\\u needs four hexadecimal digits");
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  fail(problem: string): never {
    throw new PathError(`Invalid path '${this.text}' : ${problem} at position ${this.at}`);
  }
}

const BLANKS = new Set([" ", "\t", "\n", "\r"]);
const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
