import type { Json } from "../definition.ts";
import type { Scope } from "../scope.ts";
import { isObject, memberOf, setMember } from "./equal.ts";
import { holdsFor } from "./filter.ts";
import { shownInCause } from "./path-error.ts";
import { isDefinite, isDefiniteToken, type ParsedPath, type Token, tokenText } from "./token.ts";

/** What a path is evaluated against. */
export interface Documents {
  /** `$`. */
  readonly input: Json;
  readonly scope: Scope;
  /** `@`, in a filter. */
  readonly element?: Json;
}

/** What a path found: the values, or why there are none, in Jayway's words. */
export type Found =
  | { readonly values: readonly Json[] }
  | { readonly values?: undefined; readonly reason: string };

/**
 * Applies a path's steps one after another, each to all values that the one before found; nothing recurses, so that
 * neither a long path nor a deep document can exhaust the stack.
 *
 * An indefinite path that misses a field on its way (`$.items[*].id` where there are no `items`) finds the empty list,
 * but an index or a slice of what is no array is an error. Source: localstack's test_base.snapshot.json, recorded on
 * AWS: test_json_path_array_wildcard_or_slice_with_no_input, and the exceptions that it names.
 */
export function evaluate(path: ParsedPath, documents: Documents): Found {
  const { tokens } = path;
  const start = rootValue(path, documents);
  if (start === undefined) return { reason: `No results for path: ${pathText(path, 0)}` };
  let values: readonly Json[] = [start];
  let definite = true;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (token.kind === "scan") {
      const next = tokens[++at]!;
      values = values.flatMap((value) => scan(value, next, documents));
      definite = false;
      continue;
    }
    const isLast = at === tokens.length - 1;
    const obstacle = definite ? obstacleTo(path, at, values[0]!) : undefined;
    if (obstacle !== undefined)
      return obstacle.isMissing && !isDefinite(tokens) ? { values: [] } : obstacle;
    values = values.flatMap((value) => step(value, token, isLast, documents));
    definite &&= isDefiniteToken(token, isLast);
    if (definite && values.length === 0)
      return isDefinite(tokens)
        ? { reason: `No results for path: ${pathText(path, tokens.length)}` }
        : { values: [] };
  }
  return { values };
}

function rootValue(path: ParsedPath, documents: Documents): Json | undefined {
  switch (path.root.kind) {
    case "input":
      return documents.input;
    case "element":
      return documents.element;
    case "context":
      return documents.scope.context;
    case "variable": {
      const { name } = path.root;
      const { variables } = documents.scope;
      return Object.hasOwn(variables, name) ? variables[name] : undefined;
    }
  }
}

function step(value: Json, token: Token, isLast: boolean, documents: Documents): readonly Json[] {
  switch (token.kind) {
    case "properties":
      return properties(value, token.names, isLast);
    case "indexes":
      return Array.isArray(value) ? token.indexes.flatMap((index) => element(value, index)) : [];
    case "slice":
      return Array.isArray(value) ? slice(value, token.from, token.to) : [];
    case "wildcard":
      return childrenOf(value);
    case "filter":
      return filtered(value, token, documents);
    default:
      return [];
  }
}

/** Of one name its value; of several, at a path's end, an object of those that are there, else the value of each. */
function properties(value: Json, names: readonly string[], isLast: boolean): readonly Json[] {
  if (!isObject(value)) return [];
  const found = names.flatMap((name) => {
    const member = memberOf(value, name);
    return member === undefined ? [] : [{ name, member }];
  });
  if (names.length === 1 || !isLast) return found.map(({ member }) => member);
  const merged = {};
  for (const { name, member } of found) setMember(merged, name, member);
  return [merged];
}

function element(list: readonly Json[], index: number): readonly Json[] {
  const found = list[index < 0 ? list.length + index : index];
  return found === undefined ? [] : [found];
}

/** As Jayway's `ArrayPathToken` cuts: of `[a:b]` negative bounds are not counted from the end, but each index between is. */
function slice(list: readonly Json[], from: number | undefined, to: number | undefined): Json[] {
  const fromEnd = (bound: number) => Math.max(0, bound < 0 ? list.length + bound : bound);
  if (to === undefined) return list.slice(fromEnd(from ?? 0));
  if (from === undefined) return list.slice(0, fromEnd(to));
  const found: Json[] = [];
  // What lies further than the array is long before its end cannot be hit.
  for (let at = Math.max(from, -list.length); at < Math.min(to, list.length); at++)
    found.push(...element(list, at));
  return found;
}

/** Values of an object's members in their order, elements of a list; of anything else nothing. */
function childrenOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

/**
 * A filter picks elements of a list; an object it lets pass or not. Of the elements those that are no objects or lists
 * do not match, whatever the filter. Source: Step Functions developer guide, "Paths": `@` "does not match scalar values".
 */
function filtered(
  value: Json,
  token: Token & { kind: "filter" },
  documents: Documents,
): readonly Json[] {
  const candidates = Array.isArray(value) ? value : [value];
  return candidates.filter((each) => isContainer(each) && holdsFor(token.filter, each, documents));
}

function isContainer(value: Json): boolean {
  return typeof value === "object" && value !== null;
}

/**
 * A step applied to a value and to all that is in it, in the order of the document. A filter picks, of all these, the
 * objects for which it holds.
 */
function scan(root: Json, token: Token, documents: Documents): Json[] {
  const found: Json[] = [];
  const pending: Json[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (token.kind !== "filter") for (const hit of hits(value, token, documents)) found.push(hit);
    else if (isObject(value) && holdsFor(token.filter, value, documents)) found.push(value);
    const children = childrenOf(value);
    for (let at = children.length - 1; at >= 0; at--) pending.push(children[at]!);
  }
  return found;
}

/** Below `..`, several names count only where an object has them all. */
function hits(value: Json, token: Token, documents: Documents): readonly Json[] {
  if (token.kind === "properties" && token.names.length > 1) {
    const hasAll = isObject(value) && token.names.every((name) => Object.hasOwn(value, name));
    if (!hasAll) return [];
  }
  return step(value, token, true, documents);
}

interface Obstacle {
  readonly values?: undefined;
  readonly reason: string;
  /** Something is not there, as opposed to: there, and of the wrong kind. */
  readonly isMissing: boolean;
}

/**
 * Why a step of a path, definite so far, cannot be applied to the value that it meets. The sentences are Jayway 2.0's,
 * which AWS shows: "Missing property in path $['no']" (localstack's test_base_scenarios.snapshot.json), "Property
 * ['length()'] not found in path $['list']" (aws-step-functions-developer-guide pull request 5).
 */
function obstacleTo(path: ParsedPath, at: number, value: Json): Obstacle | undefined {
  const token = path.tokens[at]!;
  if (token.kind === "properties") {
    if (!isObject(value))
      return missing(`Property ${tokenText(token)} not found in path ${pathText(path, at)}`);
    const isLast = at === path.tokens.length - 1;
    if (isLast || token.names.length > 1 || Object.hasOwn(value, token.names[0]!)) return undefined;
    return missing(`Missing property in path ${pathText(path, at + 1)}`);
  }
  if (token.kind === "indexes" || token.kind === "slice") {
    if (value === null) return missing(`The path ${pathText(path, at)} is null`);
    if (!Array.isArray(value))
      return wrong(`Filter: ${tokenText(token)} can only be applied to arrays.`, value);
  }
  if (token.kind === "filter" && !isContainer(value))
    return wrong(`Filter: ${tokenText(token)} can not be applied to primitives.`, value);
  return undefined;
}

function missing(reason: string): Obstacle {
  return { reason, isMissing: true };
}

function wrong(problem: string, value: Json): Obstacle {
  const reason = `${problem} Current context is: ${shownInCause(value)}`;
  return { reason, isMissing: false };
}

/** The first `count` steps of a path as Jayway writes them; its root is `$`, whichever document that is. */
function pathText(path: ParsedPath, count: number): string {
  const root = path.root.kind === "element" ? "@" : "$";
  return root + path.tokens.slice(0, count).map(tokenText).join("");
}
