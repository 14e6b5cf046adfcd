import type { Json } from "../definition.ts";
import type { Scope } from "../scope.ts";
import { isObject, memberOf, setMember } from "./equal.ts";
import { holdsFor } from "./filter.ts";
import { callFunction } from "./functions.ts";
import { isDefiniteToken, type ParsedPath, type Token, tokenText } from "./token.ts";

/** What a path is evaluated against. */
export interface Documents {
  /** `$`. */
  readonly input: Json;
  readonly scope: Scope;
  /** `@`, in a filter. */
  readonly element?: Json;
}

/** What a path found: the values, or, where a definite path found none, why, in Jayway's words. */
export type Found =
  | { readonly values: readonly Json[] }
  | { readonly values?: undefined; readonly reason: string };

/**
 * Applies a path's steps one after another, each to all values that the one before found; nothing recurses, so that
 * neither a long path nor a deep document can exhaust the stack.
 */
export function evaluate(path: ParsedPath, documents: Documents): Found {
  const start = rootValue(path, documents);
  if (start === undefined) return { reason: `No results for path: ${pathText(path, 0)}` };
  let values: readonly Json[] = [start];
  let definite = true;
  for (let at = 0; at < path.tokens.length; at++) {
    const token = path.tokens[at]!;
    if (token.kind === "scan") {
      const next = path.tokens[++at]!;
      values = values.flatMap((value) => scan(value, next, documents));
      definite = false;
      continue;
    }
    if (definite) {
      const reason = whyNotApplicable(path, at, values[0]!);
      if (reason !== undefined) return { reason };
    }
    values =
      token.kind === "function"
        ? callOn(token, values, definite, documents)
        : values.flatMap((value) => step(value, token, documents));
    definite &&= isDefiniteToken(token, at === path.tokens.length - 1);
  }
  if (definite && values.length === 0)
    return { reason: `No results for path: ${pathText(path, path.tokens.length)}` };
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

/** A function gets the one value of a definite path, else the list of all. */
function callOn(
  token: Token & { kind: "function" },
  values: readonly Json[],
  definite: boolean,
  documents: Documents,
): readonly Json[] {
  const subject = definite ? values[0]! : [...values];
  return [callFunction(token.name, subject, token.parameters, documents)];
}

function step(value: Json, token: Token, documents: Documents): readonly Json[] {
  switch (token.kind) {
    case "properties":
      return properties(value, token.names);
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

/** Of one name its value; of several an object of those that are there. */
function properties(value: Json, names: readonly string[]): readonly Json[] {
  if (!isObject(value)) return [];
  const [name] = names;
  if (names.length === 1 && name !== undefined) {
    const member = memberOf(value, name);
    return member === undefined ? [] : [member];
  }
  const merged = {};
  for (const each of names) {
    const member = memberOf(value, each);
    if (member !== undefined) setMember(merged, each, member);
  }
  return [merged];
}

function element(list: readonly Json[], index: number): readonly Json[] {
  const found = list[index < 0 ? list.length + index : index];
  return found === undefined ? [] : [found];
}

function slice(list: readonly Json[], from?: number, to?: number): readonly Json[] {
  const end = to === undefined ? list.length : to < 0 ? list.length + to : to;
  const start = from === undefined ? 0 : from < 0 ? list.length + from : from;
  return list.slice(Math.max(0, start), Math.max(0, end));
}

/** Values of an object's members in their order, elements of a list; of anything else nothing. */
export function childrenOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

/** A filter picks elements of a list; an object it lets pass or not. */
function filtered(
  value: Json,
  token: Token & { kind: "filter" },
  documents: Documents,
): readonly Json[] {
  const candidates = Array.isArray(value) ? value : isObject(value) ? [value] : [];
  return candidates.filter((candidate) => holdsFor(token.filter, candidate, documents));
}

/**
 * A step applied to a value and to all that is in it, in the order of the document. A filter picks, of all these, the
 * objects for which it holds.
 */
function scan(root: Json, token: Token, documents: Documents): Json[] {
  const found: Json[] = [];
  const pending: Json[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (token.kind !== "filter") found.push(...hits(value, token, documents));
    else if (isObject(value) && holdsFor(token.filter, value, documents)) found.push(value);
    const children = childrenOf(value);
    for (let at = children.length - 1; at >= 0; at--) pending.push(children[at]!);
  }
  return found;
}

/** Below `..`, names count only where an object has them all. */
function hits(value: Json, token: Token, documents: Documents): readonly Json[] {
  if (token.kind !== "properties" || token.names.length === 1) return step(value, token, documents);
  const hasAll = isObject(value) && token.names.every((name) => Object.hasOwn(value, name));
  return hasAll ? properties(value, token.names) : [];
}

/** Why a step of a path, definite so far, cannot be applied to the value that it meets; in Jayway's words. */
function whyNotApplicable(path: ParsedPath, at: number, value: Json): string | undefined {
  const token = path.tokens[at]!;
  const isLast = at === path.tokens.length - 1;
  if (token.kind === "properties") {
    if (!isObject(value))
      return `Expected to find an object with property ${tokenText(token)} in path ${pathText(path, at)} but found '${javaTypeOf(value)}'. This is not a json object according to the JsonProvider: '${JSON_PROVIDER}'.`;
    const [name] = token.names;
    if (token.names.length === 1 && name !== undefined && !Object.hasOwn(value, name))
      return `${isLast ? "No results for path:" : "Missing property in path"} ${pathText(path, at + 1)}`;
  } else if (token.kind === "indexes" || token.kind === "slice") {
    if (value === null) return `The path ${pathText(path, at)} is null`;
    if (!Array.isArray(value))
      return `Filter: ${tokenText(token)} can only be applied to arrays. Current context is: ${JSON.stringify(value)}`;
  } else if (token.kind === "filter" && !Array.isArray(value) && !isObject(value))
    return `Filter: ${tokenText(token)} can not be applied to primitives. Current context is: ${JSON.stringify(value)}`;
  return undefined;
}

const JSON_PROVIDER = "com.jayway.jsonpath.spi.json.JacksonJsonProvider";

function javaTypeOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "java.util.ArrayList";
  if (typeof value === "string") return "java.lang.String";
  if (typeof value === "boolean") return "java.lang.Boolean";
  return Number.isInteger(value) ? "java.lang.Integer" : "java.lang.Double";
}

/** The first `count` steps of a path as Jayway writes them; its root is `$`, whichever document that is. */
function pathText(path: ParsedPath, count: number): string {
  return `${path.root.kind === "element" ? "@" : "$"}${path.tokens.slice(0, count).map(tokenText).join("")}`;
}
