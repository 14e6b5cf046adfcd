import { Cursor } from "./cursor.ts";
import { type FilterPattern, NOTHING_EXTRACTED } from "./match.ts";

type Test = (message: string) => boolean;

/**
 * Terms that a message has to contain anywhere, as they are written: `ERROR "not found" -retry %[45]\d\d%`, or
 * `?ERROR ?WARN` for any of several. Next to other terms those with `?` have no effect, as AWS documents. No terms
 * match everything.
 */
export function compileTerms(source: string): FilterPattern {
  const cursor = new Cursor(source);
  const required: Test[] = [];
  const excluded: Test[] = [];
  const optional: Test[] = [];
  let regularExpressions = 0;
  for (cursor.skipSpace(); !cursor.done; cursor.skipSpace()) {
    const kind = cursor.takes("?") ? optional : cursor.takes("-") ? excluded : required;
    if (kind === excluded) cursor.skipSpace();
    const expression = cursor.takeRegularExpression();
    if (expression) {
      regularExpressions += 1;
      kind.push((message) => expression.test(message));
    } else {
      const term = cursor.takeQuoted() ?? cursor.take(/[\p{L}\p{N}_]+/uy);
      if (term === undefined) throw cursor.refuse();
      // `" "` is AWS's way to match everything.
      kind.push(term.trim() === "" ? () => true : (message) => message.includes(term));
    }
    if (!cursor.done && !/\s/.test(source[cursor.at]!)) throw cursor.refuse();
  }
  const onlyOptional = required.length === 0 && excluded.length === 0 && optional.length > 0;
  const matches: Test = onlyOptional
    ? (message) => optional.some((test) => test(message))
    : (message) =>
        required.every((test) => test(message)) && !excluded.some((test) => test(message));
  return {
    match: (message) => (matches(message) ? NOTHING_EXTRACTED : undefined),
    regularExpressions,
  };
}
