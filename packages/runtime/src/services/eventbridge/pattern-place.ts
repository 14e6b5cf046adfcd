/** How much of a pattern AWS's messages repeat. */
const SHOWN_LENGTH_MAX = 500;

const BLANK = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^\s,\]}]+/y;

/**
 * Where in a pattern a value stands, in the words of the parser that AWS uses: behind what that had read when it
 * stopped, which of a string is its first quote.
 *
 * @param text JSON
 * @param path `$.detail.state[0]`
 */
export function placeInPattern(text: string, path: string): string {
  const offset = new Scan(text, path).offset;
  const before = text.slice(0, offset).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  const cut = text.length - SHOWN_LENGTH_MAX;
  const shown = `"${text.slice(0, SHOWN_LENGTH_MAX)}"${cut > 0 ? `[truncated ${cut} chars]` : ""}`;
  return ` at [Source: (String)${shown}; line: ${before.length}, column: ${column}]`;
}

/** Reads JSON up to the value at a path. */
class Scan {
  readonly #text: string;
  readonly #path: string;
  #at = 0;
  #found: number | undefined;

  constructor(text: string, path: string) {
    this.#text = text;
    this.#path = path;
    this.#value("$");
  }

  /** How much of the text was read when the value was; all where there is none at the path. */
  get offset(): number {
    return this.#found ?? this.#text.length;
  }

  #value(path: string): void {
    this.#skip(BLANK);
    const wanted = path === this.#path;
    const opening = this.#text[this.#at];
    if (opening === "{" || opening === "[") {
      this.#at += 1;
      const start = this.#at;
      const isEmpty = this.#members(path, opening === "{", wanted);
      // What is wrong with something empty is seen at its end; that a pattern is an array, at once.
      if (wanted) this.#found ??= isEmpty && !(opening === "[" && path === "$") ? this.#at : start;
      return;
    }
    if (opening === '"') {
      if (wanted) this.#found ??= this.#at + 1;
      this.#skip(STRING);
      return;
    }
    this.#skip(SCALAR);
    if (wanted) this.#found ??= this.#at;
  }

  /** Reads to the end of an object or array; returns whether it is empty. */
  #members(path: string, named: boolean, wanted: boolean): boolean {
    for (let index = 0; ; index += 1) {
      this.#skip(BLANK);
      const character = this.#text[this.#at];
      if (character === undefined) return index === 0;
      if (character === "}" || character === "]") {
        this.#at += 1;
        return index === 0;
      }
      if (character === ",") this.#at += 1;
      this.#skip(BLANK);
      this.#value(named ? `${path}.${this.#name()}` : `${path}[${index}]`);
      // What is wrong with an operator, as with `{"prefix": 1}`, is seen at its value.
      if (wanted && named && path.endsWith("]")) this.#found ??= this.#at;
    }
  }

  #name(): string {
    const start = this.#at;
    this.#skip(STRING);
    const name = this.#text.slice(start, this.#at);
    this.#skip(BLANK);
    this.#at += 1;
    return String(JSON.parse(name));
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    if (pattern.test(this.#text)) this.#at = pattern.lastIndex;
  }
}
