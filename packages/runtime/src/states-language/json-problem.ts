import { nestsTooDeep, TOO_DEEP } from "./size.ts";

/** What keeps a text from being JSON. */
export interface JsonProblem {
  /** In the words of Jackson, the parser that AWS has: `Unexpected character ('}' (code 125)): …`. */
  readonly message: string;
  /** `[Source: (String)"…"; line: 1, column: 4]` */
  readonly source: string;
}

/** Characters of the text that Jackson shows. */
const SHOWN_LENGTH_MAX = 500;
const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/**
 * Undefined where the text is JSON. Wording: LocalStack's snapshot tests of ValidateStateMachineDefinition and of
 * StartExecution have two of AWS's answers; the others are Jackson's.
 */
export function jsonProblem(text: string): JsonProblem | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const { message, at } = new Scan(text).run();
    return { message, source: sourceAt(text, at) };
  }
}

/** Why a text is none that an execution can take as data, in Jackson's words; undefined where it is. */
export function dataProblem(text: string): string | undefined {
  return nestsTooDeep(text) ? TOO_DEEP : jsonProblem(text)?.message;
}

function sourceAt(text: string, at: number): string {
  const before = text.slice(0, at).split("\n");
  const shown =
    text.length > SHOWN_LENGTH_MAX
      ? `"${text.slice(0, SHOWN_LENGTH_MAX)}"[truncated ${text.length - SHOWN_LENGTH_MAX} chars]`
      : `"${text}"`;
  return `[Source: (String)${shown}; line: ${before.length}, column: ${before.at(-1)!.length + 1}]`;
}

class Problem {
  readonly message: string;
  readonly at: number;

  constructor(message: string, at: number) {
    this.message = message;
    this.at = at;
  }
}

type Container = { readonly kind: "Object" | "Array"; readonly start: number };

/** Goes over a text that is no JSON until it meets what is wrong. */
class Scan {
  private readonly text: string;
  private at = 0;
  private readonly open: Container[] = [];
  /** An empty container was the value. */
  private closed = false;

  constructor(text: string) {
    this.text = text;
  }

  run(): Problem {
    try {
      this.blanks();
      this.value();
      while (this.open.length > 0) this.next();
      this.blanks();
      return this.unexpected(`expected a valid value ${VALUES}`);
    } catch (problem) {
      if (problem instanceof Problem) return problem;
      throw problem;
    }
  }

  /** After a value in an object or a list: what may follow. */
  private next(): void {
    this.blanks();
    const { kind } = this.open.at(-1)!;
    const close = kind === "Object" ? "}" : "]";
    if (this.text[this.at] === close) {
      this.at++;
      this.open.pop();
      return;
    }
    if (this.text[this.at] !== ",")
      throw this.unexpected(`was expecting comma to separate ${kind} entries`);
    this.at++;
    this.blanks();
    if (kind === "Object") this.name();
    this.value();
  }

  private name(): void {
    if (this.text[this.at] !== '"')
      throw this.unexpected("was expecting double-quote to start field name");
    this.string("field name");
    this.blanks();
    if (this.text[this.at] !== ":") {
      throw this.unexpected("was expecting a colon to separate field name and value");
    }
    this.at++;
    this.blanks();
  }

  private value(): void {
    while (this.opens()) if (this.open.at(-1)!.kind === "Object") this.name();
    if (this.closed) return;
    this.scalar();
  }

  /** Whether a container that is not empty begins here. */
  private opens(): boolean {
    const first = this.text[this.at];
    this.closed = false;
    if (first !== "{" && first !== "[") return false;
    const start = this.at++;
    this.blanks();
    if (this.text[this.at] === (first === "{" ? "}" : "]")) {
      this.at++;
      this.closed = true;
      return false;
    }
    this.open.push({ kind: first === "{" ? "Object" : "Array", start });
    return true;
  }

  private scalar(): void {
    const first = this.text[this.at];
    if (first === '"') {
      this.string("a string value");
      return;
    }
    const number = match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y, this.text, this.at);
    if (number) {
      this.at += number.length;
      return;
    }
    const word = match(/[\p{L}_$][\p{L}\p{N}_$]*/uy, this.text, this.at);
    if (word === "null" || word === "true" || word === "false") {
      this.at += word.length;
      return;
    }
    if (word) {
      const message = `Unrecognized token '${word}': was expecting ${VALUES}`;
      throw new Problem(message, this.at + word.length);
    }
    throw this.unexpected(`expected a valid value ${VALUES}`);
  }

  private string(of: string): void {
    for (this.at++; this.at < this.text.length; this.at++) {
      const character = this.text[this.at]!;
      if (character === '"') {
        this.at++;
        return;
      }
      if (character < " ") {
        throw new Problem(
          `Illegal unquoted character ((CTRL-CHAR, code ${character.charCodeAt(0)})): has to be escapedd using ` +
            "backslash to be included in string value",
          this.at + 1,
        );
      }
      if (character !== "\\") continue;
      const escaped = match(/\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y, this.text, this.at);
      if (!escaped) {
        const wrong = this.text[this.at + 1] ?? "";
        throw new Problem(
          `Unrecognized character escape '${wrong}' (code ${wrong.charCodeAt(0)})`,
          this.at + 2,
        );
      }
      this.at += escaped.length - 1;
    }
    throw new Problem(`Unexpected end-of-input: was expecting closing quote for ${of}`, this.at);
  }

  private blanks(): void {
    while (this.at < this.text.length && " \t\r\n".includes(this.text[this.at]!)) this.at++;
  }

  private unexpected(expectation: string): Problem {
    const character = this.text[this.at];
    if (character === undefined) {
      const inside = this.open.at(-1);
      if (!inside) return new Problem("No content to map due to end-of-input", this.at);
      const start = sourceAt(this.text, inside.start);
      return new Problem(
        `Unexpected end-of-input: expected close marker for ${inside.kind} (start marker at ${start})`,
        this.at,
      );
    }
    return new Problem(
      `Unexpected character ('${character}' (code ${character.charCodeAt(0)})): ${expectation}`,
      this.at + 1,
    );
  }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
