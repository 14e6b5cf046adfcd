import { parseFilter } from "./parse-filter.ts";
import { PathError } from "./path-error.ts";
import { Reader } from "./reader.ts";
import type { ParsedPath, Root, Token } from "./token.ts";

/** A path longer than this is refused; a definition of 1 MB could hold one that is. */
export const PATH_LENGTH_MAX = 65_536; // characters
/** Filters in filters, parentheses in parentheses. */
export const FILTER_DEPTH_MAX = 100;

/**
 * Reads a path: `$`, `$$` or `$variable`, then its steps, in dot or bracket notation.
 * @throws PathError where it is no path.
 */
export function parsePath(text: string): ParsedPath {
  if (text.length > PATH_LENGTH_MAX)
    throw new PathError(`A path has at most ${PATH_LENGTH_MAX} characters`);
  const reader = new Reader(text);
  const root = readRoot(reader);
  const tokens = readTokens(reader, 0, false);
  if (!reader.done) reader.fail("unexpected character");
  return { root, tokens };
}

/** A path inside a filter or an argument list: it begins with `@` or `$`, and ends where the expression goes on. */
export function readInnerPath(reader: Reader, depth: number): ParsedPath {
  const root: Root = reader.take("@") ? { kind: "element" } : readRoot(reader);
  return { root, tokens: readTokens(reader, depth, true) };
}

function readRoot(reader: Reader): Root {
  if (!reader.take("$")) reader.fail("a path begins with '$'");
  if (reader.take("$")) return { kind: "context" };
  const name = reader.match(VARIABLE_NAME);
  return name === undefined ? { kind: "input" } : { kind: "variable", name };
}

const VARIABLE_NAME = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;

function readTokens(reader: Reader, depth: number, inner: boolean): Token[] {
  const tokens: Token[] = [];
  while (!reader.done) {
    if (reader.take("..")) {
      if (reader.done) reader.fail("'..' needs a name, '*' or '[' after it");
      tokens.push({ kind: "scan" });
      if (reader.peek() !== "[") tokens.push(readDotted(reader, inner));
    } else if (reader.take(".")) {
      // `$.['name']`, which Jayway takes for `$['name']`.
      tokens.push(reader.peek() === "[" ? readBracket(reader, depth) : readDotted(reader, inner));
    } else if (reader.peek() === "[") tokens.push(readBracket(reader, depth));
    else break;
  }
  return tokens;
}

/**
 * A name in dot notation: `-`, `:`, `é` are characters like others; inside a filter, an operator ends it. `length()`
 * and the like are names too: Step Functions knows none of Jayway's functions, and looks for a field of that name
 * (repost.aws, "sum function returns error about not finding path"; aws-step-functions-developer-guide pull request 5).
 */
const NAME = /[^.[\](){}\s'",]+(?:\([^()]*\))?/uy;
const INNER_NAME = /[^.[\](){}\s'",=<>!&|~]+(?:\([^()]*\))?/uy;

function readDotted(reader: Reader, inner: boolean): Token {
  if (reader.take("*")) return { kind: "wildcard" };
  const name = reader.match(inner ? INNER_NAME : NAME);
  return name === undefined
    ? reader.fail("a name is missing")
    : { kind: "properties", names: [name] };
}

function readBracket(reader: Reader, depth: number): Token {
  reader.expect("[");
  reader.skipBlanks();
  const next = reader.peek();
  if (next === "'" || next === '"') return readNames(reader);
  if (next === "?") return readFilters(reader, depth);
  if (next === "*") {
    reader.expect("*");
    close(reader);
    return { kind: "wildcard" };
  }
  return readIndexes(reader);
}

function close(reader: Reader): void {
  reader.skipBlanks();
  reader.expect("]");
}

function readNames(reader: Reader): Token {
  const names: string[] = [];
  do {
    reader.skipBlanks();
    if (reader.peek() !== "'" && reader.peek() !== '"') reader.fail("a name in quotes is missing");
    names.push(reader.quotedName());
    reader.skipBlanks();
  } while (reader.take(","));
  close(reader);
  return { kind: "properties", names };
}

function readFilters(reader: Reader, depth: number): Token {
  const parts = [];
  do {
    reader.skipBlanks();
    reader.expect("?");
    reader.skipBlanks();
    if (reader.peek() !== "(") reader.fail("a filter stands in parentheses: [?(…)]");
    parts.push(parseFilter(reader, depth + 1));
    reader.skipBlanks();
  } while (reader.take(","));
  close(reader);
  const [first] = parts;
  const filter =
    parts.length === 1 && first !== undefined ? first : ({ kind: "and", parts } as const);
  return { kind: "filter", filter };
}

function readIndexes(reader: Reader): Token {
  const from = readInteger(reader);
  reader.skipBlanks();
  if (reader.take(":")) {
    reader.skipBlanks();
    const to = readInteger(reader);
    if (from === undefined && to === undefined) reader.fail("a slice needs a beginning or an end");
    close(reader);
    return { kind: "slice", ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  }
  if (from === undefined) reader.fail("expected an index, a name in quotes, '*' or a filter");
  const indexes = [from];
  while (reader.take(",")) {
    reader.skipBlanks();
    const index = readInteger(reader);
    if (index === undefined) reader.fail("expected an index");
    indexes.push(index);
    reader.skipBlanks();
  }
  close(reader);
  return { kind: "indexes", indexes };
}

/** Java's `int` is what an index is read as. */
const INDEX_MAX = 2_147_483_647;

function readInteger(reader: Reader): number | undefined {
  const digits = reader.match(/-?[0-9]+/y);
  if (digits === undefined) return undefined;
  const value = Number(digits);
  if (Math.abs(value) > INDEX_MAX) reader.fail("an index is too large");
  return value;
}
