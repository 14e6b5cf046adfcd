import { PatternError } from "./pattern-error.ts";

/** What EventBridge accepts as a bound of a numeric range. Source: user guide, "Numeric matching". */
const NUMERIC_MAGNITUDE_MAX = 5e9;

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

/**
 * Compiles `[">", 0, "<=", 5]`: one comparison, or a lower bound and then an upper one. Only JSON numbers match.
 * Throws {@link PatternError}; the wording is that of AWS's rule compiler (github.com/aws/event-ruler).
 */
export function compileNumeric(
  range: unknown,
  path: string,
  bounded: boolean,
): (value: number) => boolean {
  if (!Array.isArray(range)) throw new PatternError("Value of numeric must be an array.", path);
  const [operator, bound, upperOperator, upperBound, ...rest] = range as unknown[];
  if (typeof operator !== "string")
    throw new PatternError(`Invalid member in numeric match: ${textOf(operator)}`, path);
  const compare = COMPARISONS[operator];
  if (!compare) throw new PatternError(`Unrecognized numeric range operator: ${operator}`, path);
  const low = numberOf(bound, operator, path, bounded);
  if (range.length <= 2) return (value) => compare(value, low);

  if (operator !== ">" && operator !== ">=")
    throw new PatternError("Too many elements in numeric expression", path);
  if (typeof upperOperator !== "string")
    throw new PatternError(`Bad value in numeric range: ${textOf(upperOperator)}`, path);
  if (upperOperator !== "<" && upperOperator !== "<=")
    throw new PatternError(`Bad numeric range operator: ${upperOperator}`, path);
  const high = numberOf(upperBound, upperOperator, path, bounded);
  if (high <= low) throw new PatternError("Bottom must be less than top", path);
  if (rest.length > 0) throw new PatternError("Too many terms in numeric range expression", path);
  const compareUpper = COMPARISONS[upperOperator]!;
  return (value) => compare(value, low) && compareUpper(value, high);
}

function numberOf(value: unknown, operator: string, path: string, bounded: boolean): number {
  if (typeof value !== "number")
    throw new PatternError(
      `Value of ${operator === "=" ? "equals" : operator} must be numeric`,
      path,
    );
  if (bounded && Math.abs(value) > NUMERIC_MAGNITUDE_MAX)
    throw new PatternError("Value must be between -5.0E9 and 5.0E9, inclusive", path);
  return value;
}

function textOf(value: unknown): string {
  return value === undefined ? "]" : JSON.stringify(value);
}
