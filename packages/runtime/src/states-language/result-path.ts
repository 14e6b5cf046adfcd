import type { Json } from "./definition.ts";
import { isObject, memberOf, setMember } from "./jsonpath/equal.ts";
import { evaluate } from "./jsonpath/evaluate.ts";
import { compilePath, PathError, shownInCause } from "./jsonpath/path.ts";
import type { Token } from "./jsonpath/token.ts";
import type { Scope } from "./scope.ts";
import { StatesError } from "./states-error.ts";

/**
 * Puts a value into a copy of a state's input, where a reference path says (`ResultPath`); the input itself, and all of
 * it that the path does not touch, stays as it is. `$` replaces the input. Objects that are missing on the way are made;
 * of an array only elements that are there can be set.
 * Source: states-language.net/spec.html, "Reference Paths" and "ResultPath".
 * @throws PathError where the path is no reference path.
 * @throws StatesError `States.ReferencePathConflict` where the input has something else on the way. The specification
 * calls it `States.ResultPathMatchFailure`; what executions on AWS show is this name.
 */
export function writeReferencePath(path: string, input: Json, value: Json): Json {
  const steps = referenceSteps(path);
  if (steps.length === 0) return value;
  const holder: Json[] = [input];
  let target: Container = holder;
  let at: string | number = 0;
  for (const step of steps) {
    const next = ownCopy(stepInto(target, at));
    if (!accepts(next, step)) throw conflict(path, input, step);
    put(target, at, next);
    target = next;
    at = step;
  }
  put(target, at, value);
  return holder[0]!;
}

/**
 * What a path names that should be a reference path (`ItemsPath`); its root may be the Context object or a variable too.
 * Another path is read as any: AWS takes them there ("$.jar[?(@.a >= 5)]" in the developer guide, "Reference Paths").
 * @throws PathError where it is no path.
 * @throws StatesError `States.ReferencePathConflict` where there is nothing: `Unable to apply step "items" to input {…}`
 * is what people report from AWS for an `ItemsPath` that finds nothing.
 */
export function readReferencePath(path: string, input: Json, scope: Scope): Json {
  const { parsed, isReference } = compilePath(path);
  for (let count = 1; isReference && count <= parsed.tokens.length; count++) {
    const tokens = parsed.tokens.slice(0, count);
    const { values } = evaluate({ ...parsed, tokens }, { input, scope });
    if (values === undefined) throw stepConflict(stepOf(tokens.at(-1)!), input);
  }
  return compilePath(path).read(input, scope);
}

/** The names and indexes of a reference path. */
export function referenceSteps(path: string): readonly (string | number)[] {
  const compiled = compilePath(path);
  if (!compiled.isReference || compiled.parsed.root.kind !== "input")
    throw new PathError(`Invalid path '${path}' : not a reference path`);
  return compiled.parsed.tokens.map(stepOf);
}

/** The one name or index of a reference path's step. */
function stepOf(token: Token): string | number {
  if (token.kind === "properties") return token.names[0]!;
  if (token.kind === "indexes") return token.indexes[0]!;
  throw new Error(`A reference path has no step of kind ${token.kind}`);
}

type Container = Json[] | Record<string, Json>;

/** What stands at a step; a missing member begins as an object. */
function stepInto(target: Container, at: string | number): Json {
  if (Array.isArray(target)) return target[at as number] ?? null;
  return memberOf(target, String(at)) ?? (Object.hasOwn(target, at) ? null : {});
}

function ownCopy(value: Json): Json {
  if (Array.isArray(value)) return [...value];
  return isObject(value) ? { ...value } : value;
}

function accepts(value: Json, step: string | number): value is Container {
  if (typeof step === "string") return isObject(value);
  return Array.isArray(value) && step >= 0 && step < value.length;
}

function put(target: Container, at: string | number, value: Json): void {
  if (Array.isArray(target)) target[at as number] = value;
  else setMember(target, String(at), value);
}

/** As AWS words it: qiita.com/tsubasaogawa/items/4fe341bdb6ae7d2fd8ee shows the first form. */
function conflict(path: string, input: Json, step: string | number): StatesError {
  if (isObject(input)) return stepConflict(step, input);
  return new StatesError(
    "States.ReferencePathConflict",
    `Unable to apply ReferencePath ${path} to input ${shownInCause(input)}`,
  );
}

function stepConflict(step: string | number, input: Json): StatesError {
  return new StatesError(
    "States.ReferencePathConflict",
    `Unable to apply step "${step}" to input ${shownInCause(input)}`,
  );
}
