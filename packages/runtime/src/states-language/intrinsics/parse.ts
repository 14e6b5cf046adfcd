import { PATH_LENGTH_MAX, readInnerPath } from "../jsonpath/parse.ts";
import { PathError } from "../jsonpath/path.ts";
import { Reader } from "../jsonpath/reader.ts";
import type { ParsedPath } from "../jsonpath/token.ts";

/** Intrinsic functions in a field, one in another. Source: Step Functions developer guide, "Intrinsic functions". */
export const NESTING_MAX = 10;

export type Argument =
  | { readonly kind: "path"; readonly path: ParsedPath; readonly text: string }
  /** `template` is the text with its escapes, in which `States.Format` finds its `{}`. */
  | { readonly kind: "string"; readonly value: string; readonly template: string }
  | { readonly kind: "literal"; readonly value: number | boolean | null }
  | { readonly kind: "call"; readonly call: IntrinsicCall };

export interface IntrinsicCall {
  /** `States.Format`. */
  readonly name: string;
  readonly arguments: readonly Argument[];
  /** As it is written. */
  readonly text: string;
}

/** Whether a text of a payload template calls a function; else it is a path. */
export function isIntrinsic(text: string): boolean {
  return text.startsWith("States.");
}

/**
 * Reads `States.Name(argument, …)`. Arguments are paths, strings in single quotes, numbers, `null`, `true`, `false`, and
 * other calls.
 * @throws PathError where it is no call, or nests deeper than {@link NESTING_MAX}.
 */
export function parseIntrinsic(text: string, knows: (name: string) => boolean): IntrinsicCall {
  if (text.length > PATH_LENGTH_MAX)
    throw new PathError(`An intrinsic function has at most ${PATH_LENGTH_MAX} characters`);
  const reader = new Reader(text);
  const call = readCall(reader, knows, 1);
  reader.skipBlanks();
  if (!reader.done) reader.fail("unexpected character");
  return call;
}

function readCall(reader: Reader, knows: (name: string) => boolean, depth: number): IntrinsicCall {
  if (depth > NESTING_MAX) reader.fail(`intrinsic functions nest at most ${NESTING_MAX} deep`);
  const start = reader.at;
  const name = reader.match(/States\.[A-Za-z0-9]+/y);
  if (name === undefined) return reader.fail("expected an intrinsic function");
  if (!knows(name)) reader.fail(`there is no intrinsic function ${name}`);
  reader.expect("(");
  const parsed: Argument[] = [];
  reader.skipBlanks();
  while (!reader.take(")")) {
    if (parsed.length > 0) reader.expect(",");
    reader.skipBlanks();
    parsed.push(readArgument(reader, knows, depth));
    reader.skipBlanks();
  }
  return { name, arguments: parsed, text: reader.text.slice(start, reader.at) };
}

function readArgument(reader: Reader, knows: (name: string) => boolean, depth: number): Argument {
  const start = reader.at;
  const next = reader.peek();
  if (next === "$") {
    const path = readInnerPath(reader, 0);
    return { kind: "path", path, text: reader.text.slice(start, reader.at) };
  }
  if (next === "'") return readString(reader);
  if (reader.startsWith("States."))
    return { kind: "call", call: readCall(reader, knows, depth + 1) };
  const word = reader.match(/(?:null|true|false)(?![A-Za-z0-9_])/y);
  if (word !== undefined)
    return { kind: "literal", value: word === "null" ? null : word === "true" };
  const number = reader.match(/-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y);
  if (number === undefined) return reader.fail("expected an argument");
  return { kind: "literal", value: Number(number) };
}

/** What a backslash may stand before. Source: developer guide, "Reserved characters in intrinsic functions". */
const STRING = /'((?:[^'\\]|\\['{}\\])*)'/y;

function readString(reader: Reader): Argument {
  const template = reader.match(STRING)?.slice(1, -1);
  if (template === undefined)
    return reader.fail("a string is not closed, or has a backslash before other than ' { } \\");
  return { kind: "string", value: withoutEscapes(template), template };
}

/** `\\'`, `\\{`, `\\}` and `\\\\` stand for the character; before any other, which only a path can bring, a backslash is itself. */
export function withoutEscapes(template: string): string {
  return template.replace(/\\(['{}\\])/g, "$1");
}
