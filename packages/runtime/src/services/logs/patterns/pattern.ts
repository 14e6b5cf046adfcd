import { compileFields } from "./fields.ts";
import { compileJson } from "./json.ts";
import { invalidPattern } from "./refusal.ts";
import { compileTerms } from "./terms.ts";

/** A value of a log event: what a JSON selector or a field's name leads to. */
export type Value = string | number | boolean;

/** What a message that matches shows of itself. */
export interface Match {
  /** As `TestMetricFilter` tells them: `$.latency` or `$bytes` by the value's text. */
  readonly extractedValues: Readonly<Record<string, string>>;
  /** The value that `$.latency` (JSON) or `$bytes` (fields) names, for a metric's value or dimension. */
  valueOf(selector: string): Value | undefined;
}

export interface FilterPattern {
  /** Undefined when the message doesn't match. */
  match(message: string): Match | undefined;
  readonly regularExpressions: number;
}

/** For a pattern that takes nothing out of the message. */
export const NOTHING_EXTRACTED: Match = { extractedValues: {}, valueOf: () => undefined };

/**
 * Source: the quotas in https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html, which
 * is the source of all that is in this folder.
 */
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
