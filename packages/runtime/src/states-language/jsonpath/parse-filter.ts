import { BoundRegExp } from "../bound-regexp.ts";
import type { Json } from "../definition.ts";
import { FILTER_DEPTH_MAX, readInnerPath } from "./parse.ts";
import type { Reader } from "./reader.ts";
import type { Comparator, Filter, Operand } from "./token.ts";

/**
 * Reads a filter in its parentheses: `(@.a > 1 && (@.b || !@.c))`; the reader stands on the opening one.
 * The grammar is Jayway's (README, "Filter Operators").
 */
export function parseFilter(reader: Reader, depth: number): Filter {
  if (depth > FILTER_DEPTH_MAX) reader.fail(`filters nest at most ${FILTER_DEPTH_MAX} deep`);
  reader.expect("(");
  const filter = readOr(reader, depth);
  reader.skipBlanks();
  reader.expect(")");
  return filter;
}

function readOr(reader: Reader, depth: number): Filter {
  return readJoined(reader, "||", "or", () => readAnd(reader, depth));
}

function readAnd(reader: Reader, depth: number): Filter {
  return readJoined(reader, "&&", "and", () => readPart(reader, depth));
}

function readJoined(
  reader: Reader,
  operator: string,
  kind: "and" | "or",
  readOne: () => Filter,
): Filter {
  const first = readOne();
  const parts = [first];
  for (;;) {
    reader.skipBlanks();
    if (!reader.take(operator)) return parts.length === 1 ? first : { kind, parts };
    parts.push(readOne());
  }
}

function readPart(reader: Reader, depth: number): Filter {
  reader.skipBlanks();
  let negations = 0;
  while (reader.peek() === "!" && reader.peek(1) !== "=") {
    reader.expect("!");
    reader.skipBlanks();
    negations++;
  }
  const part =
    reader.peek() === "(" ? parseFilter(reader, depth + 1) : readComparison(reader, depth);
  return negations % 2 === 0 ? part : { kind: "not", part };
}

function readComparison(reader: Reader, depth: number): Filter {
  const left = parseOperand(reader, depth);
  reader.skipBlanks();
  const comparator = readComparator(reader);
  if (comparator === undefined) {
    if (left.kind === "path") return { kind: "exists", path: left.path };
    if (left.kind === "literal" && typeof left.value === "boolean")
      return { kind: "constant", value: left.value };
    return reader.fail("expected an operator");
  }
  reader.skipBlanks();
  return { kind: "compare", left, comparator, right: parseOperand(reader, depth) };
}

/** Longest first, so that `==` is not read where `===` stands. */
const SYMBOLS: readonly Comparator[] = ["===", "!==", "==", "!=", "<=", ">=", "=~", "<", ">"];
const WORDS: ReadonlySet<string> = new Set([
  "in",
  "nin",
  "subsetof",
  "anyof",
  "noneof",
  "all",
  "contains",
  "size",
  "empty",
] satisfies Comparator[]);

function readComparator(reader: Reader): Comparator | undefined {
  const symbol = SYMBOLS.find((candidate) => reader.take(candidate));
  if (symbol !== undefined) return symbol;
  const word = reader.match(/[a-zA-Z]+/y)?.toLowerCase();
  if (word === undefined) return undefined;
  if (!WORDS.has(word)) reader.fail(`there is no operator '${word}'`);
  // The set holds nothing but comparators.
  return word as Comparator;
}

/** What stands on either side of an operator: a path, a literal, a list, a pattern. */
export function parseOperand(reader: Reader, depth: number): Operand {
  if (depth > FILTER_DEPTH_MAX) reader.fail(`filters nest at most ${FILTER_DEPTH_MAX} deep`);
  const next = reader.peek();
  if (next === "@" || next === "$") return { kind: "path", path: readInnerPath(reader, depth) };
  if (next === "/") return readPattern(reader);
  return { kind: "literal", value: readLiteral(reader, depth) };
}

const PATTERN_FLAGS = /[a-zA-Z]*/y;
/** Java's flags that JavaScript has too; the others (`x`, `U`, `d`) have no counterpart. */
const KNOWN_FLAGS = /^[imsu]*$/;

function readPattern(reader: Reader): Operand {
  const source = reader.match(/\/(?:[^\\/]|\\[\s\S])*\//y);
  if (source === undefined) return reader.fail("a pattern is not closed");
  const flags = reader.match(PATTERN_FLAGS) ?? "";
  if (!KNOWN_FLAGS.test(flags)) reader.fail(`unknown flag of a pattern in '${flags}'`);
  return { kind: "pattern", pattern: compilePattern(reader, source.slice(1, -1), flags) };
}

/** A pattern has to match the whole of a value, as `java.util.regex.Matcher.matches` does. */
function compilePattern(reader: Reader, source: string, flags: string): RegExp {
  try {
    return new BoundRegExp(`^(?:${source})$`, [...new Set(flags.replace("u", ""))].join(""));
  } catch {
    return reader.fail(`'${source}' is no regular expression`);
  }
}

const NUMBER = /-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?/y;

function readLiteral(reader: Reader, depth: number): Json {
  if (depth > FILTER_DEPTH_MAX) reader.fail(`literals nest at most ${FILTER_DEPTH_MAX} deep`);
  const next = reader.peek();
  if (next === "'" || next === '"') return reader.quoted();
  if (next === "[") return readList(reader, depth);
  if (next === "{") return readObject(reader, depth);
  const word = reader.match(/true|false|null/y);
  if (word !== undefined) return word === "null" ? null : word === "true";
  const number = reader.match(NUMBER);
  if (number === undefined) return reader.fail("expected a path or a value");
  return Number(number);
}

function readList(reader: Reader, depth: number): Json {
  reader.expect("[");
  const list: Json[] = [];
  reader.skipBlanks();
  while (!reader.take("]")) {
    if (list.length > 0) reader.expect(",");
    reader.skipBlanks();
    list.push(readLiteral(reader, depth + 1));
    reader.skipBlanks();
  }
  return list;
}

function readObject(reader: Reader, depth: number): Json {
  reader.expect("{");
  const entries: [string, Json][] = [];
  reader.skipBlanks();
  while (!reader.take("}")) {
    if (entries.length > 0) reader.expect(",");
    reader.skipBlanks();
    if (reader.peek() !== "'" && reader.peek() !== '"') reader.fail("expected a name in quotes");
    const name = reader.quoted();
    reader.skipBlanks();
    reader.expect(":");
    reader.skipBlanks();
    entries.push([name, readLiteral(reader, depth + 1)]);
    reader.skipBlanks();
  }
  return Object.fromEntries(entries);
}
