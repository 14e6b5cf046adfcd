import { compileCidr } from "./cidr.ts";
import { compileNumeric } from "./numeric.ts";
import { PatternError } from "./pattern-error.ts";
import { compileWildcard } from "./wildcard.ts";

/**
 * `eventbridge` is the language of rules, pipes and Lambda's event filtering; `sns` that of subscription filter
 * policies.
 */
export type Dialect = "sns" | "eventbridge";

/** A leaf of an event. */
export type Scalar = string | number | boolean | null;

export type ScalarTest = (value: Scalar) => boolean;

/** A compiled list of conditions on one field, of which one has to hold. */
export interface FieldConditions {
  readonly exact: ReadonlySet<Scalar>;
  readonly tests: readonly ScalarTest[];
  /** `{"exists": false}` is among them. */
  readonly absent: boolean;
}

/** Compiles the array that stands at a leaf of a pattern. Throws {@link PatternError}. */
export function compileConditions(
  conditions: readonly unknown[],
  path: string,
  dialect: Dialect,
): FieldConditions {
  if (conditions.length === 0) throw new PatternError("Empty arrays are not allowed", path);
  const exact = new Set<Scalar>();
  const tests: ScalarTest[] = [];
  let absent = false;
  for (const [index, condition] of conditions.entries()) {
    const at = `${path}[${index}]`;
    if (isScalar(condition)) exact.add(condition);
    else if (!isObject(condition))
      throw new PatternError("Match value must be String, number, true, false, or null", at);
    else {
      const { operator, operand } = soleMember(condition, at);
      if (operator !== "exists") tests.push(compileOperator(operator, operand, at, dialect));
      else if (operand === true) tests.push(() => true);
      else if (operand === false) absent = true;
      else throw new PatternError("exists match pattern must be either true or false.", at);
    }
  }
  return { exact, tests, absent };
}

/** Whether one of the conditions holds for a value that is there. */
export function holdsFor({ exact, tests }: FieldConditions, value: Scalar): boolean {
  if (exact.has(value)) return true;
  for (const test of tests) if (test(value)) return true;
  return false;
}

function compileOperator(
  operator: string,
  operand: unknown,
  path: string,
  dialect: Dialect,
): ScalarTest {
  switch (operator) {
    case "prefix":
    case "suffix":
      return onText(compileAffix(operator, operand, path));
    case "equals-ignore-case":
      return onText(equalsIgnoreCase(textOf(operator, operand, path)));
    case "wildcard":
      return onText(compileWildcard(textOf(operator, operand, path), path));
    case "cidr":
      return onText(compileCidr(operand, path));
    case "numeric": {
      const inRange = compileNumeric(operand, path, dialect === "eventbridge");
      return (value) => typeof value === "number" && inRange(value);
    }
    case "anything-but":
      return compileAnythingBut(operand, path);
    default:
      throw new PatternError(`Unrecognized match type ${operator}`, path);
  }
}

function compileAffix(
  operator: "prefix" | "suffix",
  operand: unknown,
  path: string,
): (text: string) => boolean {
  if (isObject(operand)) {
    const inner = soleMember(operand, path);
    if (inner.operator !== "equals-ignore-case")
      throw new PatternError(`Unsupported ${operator} pattern: ${inner.operator}`, path);
    const affix = lower(textOf(inner.operator, inner.operand, path));
    return operator === "prefix"
      ? (text) => lower(text).startsWith(affix)
      : (text) => lower(text).endsWith(affix);
  }
  const affix = textOf(operator, operand, path);
  if (affix === "") throw new PatternError("Null prefix/suffix not allowed", path);
  return operator === "prefix" ? (text) => text.startsWith(affix) : (text) => text.endsWith(affix);
}

/**
 * Anything that is there and is none of the operands. Where the operands are texts or a pattern of texts, a value of
 * another type matches too: it is something else.
 */
function compileAnythingBut(operand: unknown, path: string): ScalarTest {
  if (isObject(operand)) {
    const { operator, operand: inner } = soleMember(operand, path);
    const excluded = listOf(inner).map((each) => compileExclusion(operator, each, path));
    if (excluded.length === 0) throw new PatternError("Empty arrays are not allowed", path);
    return (value) => typeof value !== "string" || !excluded.some((test) => test(value));
  }
  const excluded = listOf(operand);
  if (excluded.length === 0) throw new PatternError("Empty arrays are not allowed", path);
  const types = new Set(excluded.map((each) => typeof each));
  if (![...types].every((type) => type === "string" || type === "number"))
    throw new PatternError(
      Array.isArray(operand)
        ? "Inside anything but list, start|null|boolean is not supported."
        : "Value of anything-but must be an array or single string/number value.",
      path,
    );
  if (types.size > 1)
    throw new PatternError(
      "Inside anything but list, either all values are number or string, mixed type is not supported",
      path,
    );
  const values = new Set(excluded as Scalar[]);
  return (value) => !values.has(value);
}

function compileExclusion(
  operator: string,
  operand: unknown,
  path: string,
): (text: string) => boolean {
  if (typeof operand !== "string" && !isObject(operand))
    throw new PatternError(`${operator} match pattern must be a string`, path);
  switch (operator) {
    case "prefix":
    case "suffix":
      return compileAffix(operator, operand, path);
    case "equals-ignore-case":
      return equalsIgnoreCase(textOf(operator, operand, path));
    case "wildcard":
      return compileWildcard(textOf(operator, operand, path), path);
    default:
      throw new PatternError(`Unsupported anything-but pattern: ${operator}`, path);
  }
}

function onText(test: (text: string) => boolean): ScalarTest {
  return (value) => typeof value === "string" && test(value);
}

function equalsIgnoreCase(text: string): (text: string) => boolean {
  const folded = lower(text);
  return (value) => lower(value) === folded;
}

function lower(text: string): string {
  return text.toLowerCase();
}

function textOf(operator: string, operand: unknown, path: string): string {
  if (typeof operand !== "string")
    throw new PatternError(`${operator} match pattern must be a string`, path);
  return operand;
}

function soleMember(
  object: Readonly<Record<string, unknown>>,
  path: string,
): { operator: string; operand: unknown } {
  const [only, ...more] = Object.entries(object);
  if (!only) throw new PatternError("Empty objects are not allowed", path);
  if (more.length > 0) throw new PatternError("Only one key allowed in match expression", path);
  return { operator: only[0], operand: only[1] };
}

function listOf(operand: unknown): unknown[] {
  return Array.isArray(operand) ? operand : [operand];
}

export function isScalar(value: unknown): value is Scalar {
  return (
    value === null ||
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "boolean"
  );
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
