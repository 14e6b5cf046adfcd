import type { Json } from "../definition.ts";
import { StatesError } from "../states-error.ts";

/** What is wrong with a path, an intrinsic function or a template as it is written; seen before anything runs. */
export class PathError extends Error {
  override readonly name = "PathError";
}

/**
 * A path that is well formed, and names nothing in what it was applied to. The error that a state machine sees is
 * `States.Runtime`; who knows the field that the path stands in says it in that field's words ({@link reason} is
 * Jayway's sentence).
 */
export class PathNotFound extends StatesError {
  readonly path: string;
  readonly reason: string;

  constructor(path: string, reason: string) {
    super("States.Runtime", `Invalid path '${path}' : ${reason}`);
    this.path = path;
    this.reason = reason;
  }
}

/** A value as a cause shows it; what nests too deep for `JSON.stringify` is not shown, as the error is about the path. */
export function shownInCause(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return "…";
    throw error;
  }
}
