import { compileFields } from "./fields.ts";
import { compileJson } from "./json.ts";
import type { FilterPattern } from "./match.ts";
import { invalidPattern } from "./refusal.ts";
import { compileTerms } from "./terms.ts";

/**
 * Source: the quotas in https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html, which
 * is the source of all that is in this folder.
 */
export const PATTERN_LENGTH_MAX = 1024;
const REGULAR_EXPRESSIONS_MAX = 2;
const COMPILED_MAX = 500;

const compiled = new Map<string, FilterPattern>();

/** Compiles a filter pattern, or finds it compiled. Throws `InvalidParameterException` in AWS's words. */
export function compilePattern(source: string): FilterPattern {
  const known = compiled.get(source);
  if (known) return known;
  const pattern = compile(source.trim());
  if (pattern.regularExpressions > REGULAR_EXPRESSIONS_MAX)
    throw invalidPattern(
      `A filter pattern can have no more than ${REGULAR_EXPRESSIONS_MAX} regular expressions`,
    );
  if (compiled.size === COMPILED_MAX) compiled.clear();
  compiled.set(source, pattern);
  return pattern;
}

function compile(source: string): FilterPattern {
  if (source.startsWith("{")) {
    if (!source.endsWith("}"))
      throw invalidPattern("If a filter pattern starts with '{' it must end with '}'");
    return compileJson(source.slice(1, -1));
  }
  if (source.startsWith("[")) {
    if (!source.endsWith("]"))
      throw invalidPattern("If a filter pattern starts with '[' it must end with ']'");
    return compileFields(source.slice(1, -1));
  }
  return compileTerms(source);
}
