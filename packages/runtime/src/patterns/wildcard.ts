import { PatternError } from "./pattern-error.ts";

/**
 * Compiles `*` wildcards: `*` stands for any characters or none, `\*` and `\\` for themselves. Matching is linear in
 * the text for each piece between wildcards, with no backtracking.
 *
 * Throws {@link PatternError} on two wildcards in a row and on any other escape. Source: EventBridge user guide,
 * "Comparison operators", "Wildcard matching".
 */
export function compileWildcard(wildcard: string, path: string): (text: string) => boolean {
  const pieces = literalPieces(wildcard, path);
  const first = pieces[0]!;
  if (pieces.length === 1) return (text) => text === first;
  const last = pieces.at(-1)!;
  const middle = pieces.slice(1, -1);
  return (text) => {
    if (text.length < first.length + last.length) return false;
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let position = first.length;
    for (const piece of middle) {
      const found = text.indexOf(piece, position);
      if (found < 0) return false;
      position = found + piece.length;
      if (position > end) return false;
    }
    return true;
  };
}

/** What stands before, between and after the wildcards, unescaped. */
function literalPieces(wildcard: string, path: string): string[] {
  const pieces: string[] = [];
  let piece = "";
  let afterWildcard = false;
  for (let at = 0; at < wildcard.length; at += 1) {
    const character = wildcard[at]!;
    if (character === "*") {
      if (afterWildcard)
        throw new PatternError(`Consecutive wildcard characters at pos ${at - 1}`, path);
      pieces.push(piece);
      piece = "";
      afterWildcard = true;
      continue;
    }
    afterWildcard = false;
    if (character === "\\") {
      const escaped = wildcard[at + 1];
      if (escaped !== "*" && escaped !== "\\")
        throw new PatternError(`Invalid escape character at pos ${at}`, path);
      piece += escaped;
      at += 1;
    } else {
      piece += character;
    }
  }
  pieces.push(piece);
  return pieces;
}
