import type { Json } from "../definition.ts";
import type { Scope } from "../scope.ts";
import { type Documents, evaluate } from "./evaluate.ts";
import { parsePath } from "./parse.ts";
import { PathError, PathNotFound, shownInCause } from "./path-error.ts";
import { isDefinite, type ParsedPath } from "./token.ts";

export { PathError, PathNotFound, shownInCause };

/**
 * JSONPath as Step Functions has it, which is Jayway's (github.com/json-path/JsonPath), with two more roots: `$$`, the
 * Context object, and `$name`, a variable. A definite path (`$.a[0]`) gives the value, and fails where there is none; an
 * indefinite one (`..`, `*`, slices, filters, several indexes) gives the list of what it found. No library on npm has
 * these semantics: they answer every path with a list, and run filters as JavaScript.
 */
export class CompiledPath {
  readonly text: string;
  /** Names at most one value. */
  readonly isDefinite: boolean;
  readonly parsed: ParsedPath;

  constructor(text: string) {
    this.text = text;
    this.parsed = parsePath(text);
    this.isDefinite = isDefinite(this.parsed.tokens);
  }

  /** Whether it can be written to: definite, no function, names one at a time. */
  get isReference(): boolean {
    return this.parsed.tokens.every(
      (token) =>
        (token.kind === "properties" && token.names.length === 1) ||
        (token.kind === "indexes" && token.indexes.length === 1),
    );
  }

  /**
   * What the path names in an input.
   * @throws PathNotFound (`States.Runtime`) where a definite path finds nothing.
   */
  read(root: Json, scope: Scope): Json {
    const documents: Documents = { input: root, scope };
    const found = evaluate(this.parsed, documents);
    if (found.values === undefined) throw new PathNotFound(this.text, found.reason);
    return this.isDefinite ? found.values[0]! : [...found.values];
  }
}

/** More paths than this, and the cache of compiled ones begins anew. */
const CACHE_MAX = 10_000;
const compiled = new Map<string, CompiledPath>();

/**
 * @throws PathError where the text is no path.
 */
export function compilePath(text: string): CompiledPath {
  let path = compiled.get(text);
  if (path === undefined) {
    path = new CompiledPath(text);
    if (compiled.size >= CACHE_MAX) compiled.clear();
    compiled.set(text, path);
  }
  return path;
}

/**
 * What a path names in a state's input.
 * @throws PathError, PathNotFound (`States.Runtime`).
 */
export function readPath(text: string, input: Json, scope: Scope): Json {
  return compilePath(text).read(input, scope);
}

/** Whether a path names something, were it null (a Choice's `IsPresent`). An indefinite path has to find one value. */
export function exists(text: string, input: Json, scope: Scope): boolean {
  const path = compilePath(text);
  const { values } = evaluate(path.parsed, { input, scope });
  return values !== undefined && values.length > 0;
}
