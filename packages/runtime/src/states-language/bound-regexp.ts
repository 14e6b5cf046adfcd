import { createContext, Script } from "node:vm";

/** Real time for one match. */
const MATCH_MS_MAX = 1_000;
/** A text this short can't keep a pattern with a single unbounded quantifier busy. */
const SHORT_TEXT_LENGTH = 5_000;

const sandbox = createContext({ match: undefined });
const runMatch = new Script("match()");

/** Thrown by a match that would have kept all others waiting. */
export class MatchTimeout extends Error {
  constructor() {
    super("Expression evaluation timeout: Check for infinite loop");
  }
}

/**
 * A regular expression of a user: one that may go on for ever, as `/(a+)+b/` does, is stopped. Such a match runs
 * under the clock of a `vm` context, which costs some 0.4 ms, so patterns that can't are matched as they are.
 */
export class BoundRegExp extends RegExp {
  override exec(text: string): RegExpExecArray | null {
    const quantifiers = unboundedQuantifiers(this.source);
    if (quantifiers === 0 || (quantifiers === 1 && text.length <= SHORT_TEXT_LENGTH)) {
      return super.exec(text);
    }
    sandbox.match = () => super.exec(text);
    try {
      return runMatch.runInContext(sandbox, { timeout: MATCH_MS_MAX }) as RegExpExecArray | null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
      throw new MatchTimeout();
    } finally {
      sandbox.match = undefined;
    }
  }
}

/** How many `*`, `+` and `{n,}` a pattern has, those in a class `[…]` counted too. */
function unboundedQuantifiers(source: string): number {
  return source.replace(/\\./g, "").match(/[*+]|\{\d+,\}/g)?.length ?? 0;
}
