import { compareBy, isOfType } from "./choice-operators.ts";
import type { ChoiceTest, Json } from "./definition.ts";
import { exists, PathNotFound, readPath } from "./jsonpath/path.ts";
import type { Scope } from "./scope.ts";
import { StatesError } from "./states-error.ts";

/** And, Or and Not in each other; a definition that nests deeper is refused before it can run. */
export const CHOICE_DEPTH_MAX = 1_000;

/** The fields of a rule that are no comparison. */
const NO_COMPARISON: ReadonlySet<string> = new Set([
  "Variable",
  "Next",
  "Comment",
  "Assign",
  "Output",
]);

/**
 * Whether a rule of a Choice state holds (JSONPath). Values of different types do not compare: the rule does not hold.
 * Source: states-language.net/spec.html, "Choice State".
 * @throws StatesError `States.Runtime` where the `Variable`, or the path to compare with, finds nothing; only `IsPresent`
 * may ask for what is not there.
 */
export function holds(test: ChoiceTest, input: Json, scope: Scope): boolean {
  return evaluate(test, input, scope, 0);
}

function evaluate(test: ChoiceTest, input: Json, scope: Scope, depth: number): boolean {
  if (depth > CHOICE_DEPTH_MAX)
    throw new StatesError("States.Runtime", `A rule nests at most ${CHOICE_DEPTH_MAX} deep`);
  if (test.And !== undefined)
    return test.And.every((part) => evaluate(part, input, scope, depth + 1));
  if (test.Or !== undefined) return test.Or.some((part) => evaluate(part, input, scope, depth + 1));
  if (test.Not !== undefined) return !evaluate(test.Not, input, scope, depth + 1);
  return compare(test, input, scope);
}

function compare(test: ChoiceTest, input: Json, scope: Scope): boolean {
  const comparison = Object.keys(test).find((name) => !NO_COMPARISON.has(name));
  const { Variable: variable } = test;
  if (comparison === undefined || variable === undefined)
    throw new StatesError("States.Runtime", "A rule needs a Variable and a comparison");
  // A definition is JSON, whatever its fields' types say.
  const expected = test[comparison] as Json;
  if (comparison === "IsPresent") return exists(variable, input, scope) === expected;
  const value = read(variable, input, scope);
  const isType = isOfType(comparison, value);
  if (isType !== undefined) return isType === expected;
  if (!comparison.endsWith("Path")) return compareBy(comparison, value, expected);
  const other = read(String(expected), input, scope);
  return compareBy(comparison.slice(0, -"Path".length), value, other);
}

/** As AWS words it: seen in "Invalid path '$.approved': The choice state's condition path references an invalid value." */
function read(path: string, input: Json, scope: Scope): Json {
  try {
    return readPath(path, input, scope);
  } catch (error) {
    if (!(error instanceof PathNotFound)) throw error;
    throw new StatesError(
      "States.Runtime",
      `Invalid path '${path}': The choice state's condition path references an invalid value.`,
    );
  }
}
