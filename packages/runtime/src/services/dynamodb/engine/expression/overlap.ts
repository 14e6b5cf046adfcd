import { refusal } from "../refusal.ts";
import { type DocumentPath, pathText } from "./path.ts";
import type { ExpressionKind } from "./tokens.ts";

/** A place in the tree of an expression's paths: what goes on below it, and whether a path ends there. */
interface Branch {
  readonly path: DocumentPath;
  ends: boolean;
  readonly below: Map<string | number, Branch>;
}

/**
 * Throws ValidationException where of two paths one is the other or leads into it (they overlap), or where they use one
 * place both as a list and as a map (they conflict).
 */
export function requireApart(kind: ExpressionKind, paths: readonly DocumentPath[]): void {
  if (paths.length < 2) return;
  const root: Branch["below"] = new Map();
  for (const path of paths) insert(kind, root, path);
}

function insert(kind: ExpressionKind, root: Branch["below"], path: DocumentPath): void {
  let below = root;
  for (const [i, step] of path.entries()) {
    const [sibling] = below.values();
    if (sibling !== undefined && typeof sibling.path[i] !== typeof step) {
      throw clash(kind, "conflict", sibling.path, path);
    }
    const last = i === path.length - 1;
    let branch = below.get(step);
    if (branch !== undefined && (branch.ends || last)) {
      throw clash(kind, "overlap", branch.path, path);
    }
    if (branch === undefined) {
      branch = { path, ends: last, below: new Map() };
      below.set(step, branch);
    }
    below = branch.below;
  }
}

function clash(
  kind: ExpressionKind,
  how: "conflict" | "overlap",
  one: DocumentPath,
  two: DocumentPath,
): Error {
  return refusal(
    `Invalid ${kind}: Two document paths ${how} with each other; must remove or rewrite one of these paths; path one: ${pathText(one)}, path two: ${pathText(two)}`,
  );
}
