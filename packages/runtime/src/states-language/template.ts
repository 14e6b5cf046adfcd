import type { Json, JsonObject } from "./definition.ts";
import { callIntrinsic, isIntrinsic } from "./intrinsics/intrinsic.ts";
import { type Randomness, SYSTEM_RANDOMNESS } from "./intrinsics/randomness.ts";
import { isObject, setMember } from "./jsonpath/equal.ts";
import { PathError, PathNotFound, readPath, shownInCause } from "./jsonpath/path.ts";
import type { Scope } from "./scope.ts";
import { StatesError } from "./states-error.ts";

/** Objects in objects of a template; a definition that nests deeper is refused before it can run. */
export const TEMPLATE_DEPTH_MAX = 1_000;

/**
 * Fills a payload template (`Parameters`, `ResultSelector`, `ItemSelector`, `Assign`, …): a field whose name ends in
 * `.$` loses the suffix, and gets what its path or intrinsic function gives; all else stays as it is.
 * Source: states-language.net/spec.html, "Payload Template".
 * @throws StatesError `States.Runtime` where a path finds nothing or a function fails. The specification's name is
 * `States.ParameterPathFailure`; executions on AWS show `States.Runtime`.
 */
export function fillTemplate(
  template: Json,
  input: Json,
  scope: Scope,
  randomness: Randomness = SYSTEM_RANDOMNESS,
): Json {
  return fill(template, { input, scope, randomness }, 0);
}

interface Source {
  readonly input: Json;
  readonly scope: Scope;
  readonly randomness: Randomness;
}

function fill(template: Json, source: Source, depth: number): Json {
  if (depth > TEMPLATE_DEPTH_MAX)
    throw new StatesError("States.Runtime", `A template nests at most ${TEMPLATE_DEPTH_MAX} deep`);
  if (Array.isArray(template)) return template.map((element) => fill(element, source, depth + 1));
  if (!isObject(template)) return template;
  const filled: JsonObject = {};
  for (const [name, value] of Object.entries(template)) {
    if (!name.endsWith(".$")) setMember(filled, name, fill(value, source, depth + 1));
    else setMember(filled, name.slice(0, -2), evaluateField(name, value, source));
  }
  return filled;
}

function evaluateField(name: string, expression: Json, source: Source): Json {
  if (typeof expression !== "string")
    throw new PathError(`The value for the field '${name}' must be a valid JSONPath`);
  if (isIntrinsic(expression))
    return callIntrinsic(expression, source.input, source.scope, source.randomness);
  try {
    return readPath(expression, source.input, source.scope);
  } catch (error) {
    if (error instanceof PathNotFound) throw notFoundForField(expression, name, source.input);
    throw error;
  }
}

/**
 * The error of a path that finds nothing, for the field that it stands in (`value.$`, `CausePath`).
 * Source: AWS's answers recorded in localstack's test_base_scenarios.snapshot.json (INVALID_JSONPATH_IN_STRING_EXPR…).
 */
export function notFoundForField(path: string, field: string, input: Json): StatesError {
  return new StatesError(
    "States.Runtime",
    `The JSONPath '${path}' specified for the field '${field}' could not be found in the input '${shownInCause(input)}'`,
  );
}
