import { type CompiledPattern, compilePattern, PatternError } from "../../../patterns/pattern.ts";
import { invalidParameter } from "../errors.ts";

/** Compiles a mapping's filter patterns. Throws `InvalidParameterValueException` where one is none. */
export function compileFilters(patterns: readonly string[]): CompiledPattern[] {
  return patterns.map((pattern) => {
    try {
      return compilePattern(JSON.parse(pattern), "eventbridge");
    } catch (error) {
      if (error instanceof PatternError || error instanceof SyntaxError)
        throw invalidParameter("Invalid filter pattern definition.");
      throw error;
    }
  });
}
