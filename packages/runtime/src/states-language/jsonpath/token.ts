import type { Json } from "../definition.ts";

/** One step of a path, applied to every value that the steps before it found. */
export type Token =
  /** `.name`, `['name']`; several names: `['a','b']`. */
  | { readonly kind: "properties"; readonly names: readonly string[] }
  /** `[0]`, `[-1]`; several: `[0,2]`. */
  | { readonly kind: "indexes"; readonly indexes: readonly number[] }
  /** `[1:3]`, `[-2:]`, `[:2]`. */
  | { readonly kind: "slice"; readonly from?: number; readonly to?: number }
  /** `.*`, `[*]`. */
  | { readonly kind: "wildcard" }
  /** `..`: the next step, applied to the value and to all that is in it. */
  | { readonly kind: "scan" }
  /** `[?(…)]`; several: `[?(…),?(…)]`, which have to hold together. */
  | { readonly kind: "filter"; readonly filter: Filter };

/** Where a path begins: the input, the Context object (`$$`), a variable (`$name`), or in a filter the element (`@`). */
export type Root =
  | { readonly kind: "input" }
  | { readonly kind: "context" }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "element" };

export interface ParsedPath {
  readonly root: Root;
  readonly tokens: readonly Token[];
}

export type Comparator =
  | "=="
  | "!="
  | "==="
  | "!=="
  | "<"
  | "<="
  | ">"
  | ">="
  | "=~"
  | "in"
  | "nin"
  | "subsetof"
  | "anyof"
  | "noneof"
  | "all"
  | "contains"
  | "size"
  | "empty";

export type Operand =
  | { readonly kind: "path"; readonly path: ParsedPath }
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "pattern"; readonly pattern: RegExp };

export type Filter =
  | { readonly kind: "and" | "or"; readonly parts: readonly Filter[] }
  | { readonly kind: "not"; readonly part: Filter }
  | { readonly kind: "exists"; readonly path: ParsedPath }
  /** A literal that stands alone: `[?(true)]`. */
  | { readonly kind: "constant"; readonly value: boolean }
  | {
      readonly kind: "compare";
      readonly left: Operand;
      readonly comparator: Comparator;
      readonly right: Operand;
    };

/**
 * Whether a path names at most one value. Names joined at the end of a path (`$['a','b']`) count as one: they make one
 * object of both. Source: github.com/json-path/JsonPath, README, "When is a path definite?", and its `PropertyPathToken`.
 */
export function isDefinite(tokens: readonly Token[]): boolean {
  return tokens.every((token, at) => isDefiniteToken(token, at === tokens.length - 1));
}

/** Whether a step names at most one value. */
export function isDefiniteToken(token: Token, isLast: boolean): boolean {
  switch (token.kind) {
    case "properties":
      return token.names.length === 1 || isLast;
    case "indexes":
      return token.indexes.length === 1;
    default:
      return false;
  }
}

/** A step as Jayway writes it: `['name']`, `[0]`, `[*]`. */
export function tokenText(token: Token): string {
  switch (token.kind) {
    case "properties":
      return `[${token.names.map((name) => `'${name}'`).join(",")}]`;
    case "indexes":
      return `[${token.indexes.join(",")}]`;
    case "slice":
      return `[${token.from ?? ""}:${token.to ?? ""}]`;
    case "wildcard":
      return "[*]";
    case "scan":
      return "..";
    case "filter":
      return "[?]";
  }
}
