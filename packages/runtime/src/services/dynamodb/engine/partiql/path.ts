import type { DocumentPath } from "../expression/path.ts";
import { refusal } from "../refusal.ts";
import { malformed, type Tokens } from "./tokens.ts";

const MAX_LIST_INDEX = 2 ** 31 - 1;
/** Words that can't be a name without quotes: they go on with the statement. */
const KEYWORDS = new Set(
  "SELECT FROM WHERE INSERT INTO VALUE UPDATE SET REMOVE DELETE AND OR NOT IN IS MISSING BETWEEN RETURNING ORDER BY TRUE FALSE NULL".split(
    " ",
  ),
);

/** A name, in quotes or not. */
export function parseName(tokens: Tokens): string {
  const { kind, text } = tokens.next;
  const named = kind === "quoted" || (kind === "word" && !KEYWORDS.has(text.toUpperCase()));
  if (!named) throw malformed("Unexpected term");
  if (text === "") throw refusal("Path component cannot be an empty string");
  return tokens.take().text;
}

/** Whether a path stands next, and not a value. */
export function nextIsName(tokens: Tokens): boolean {
  const { kind, text } = tokens.next;
  return kind === "quoted" || (kind === "word" && !KEYWORDS.has(text.toUpperCase()));
}

/** `name`, followed by any number of `.name` and `[index]`. Throws ValidationException. */
export function parsePath(tokens: Tokens): DocumentPath {
  const path: [string, ...(string | number)[]] = [parseName(tokens)];
  for (;;) {
    if (tokens.takeSymbol(".")) path.push(parseName(tokens));
    else if (tokens.takeSymbol("[")) path.push(parseIndex(tokens));
    else return path;
  }
}

function parseIndex(tokens: Tokens): number {
  const negative = tokens.takeSymbol("-");
  const token = tokens.take();
  const index = Number(token.text);
  if (token.kind !== "number" || !Number.isInteger(index)) throw malformed("Unexpected term");
  if (index > MAX_LIST_INDEX || (negative && index !== 0)) {
    throw refusal(
      `List index is not within the allowable range; index: [${negative ? "-" : ""}${token.text}] at ${tokens.placeOf(token)}`,
    );
  }
  tokens.expectSymbol("]");
  return index;
}
