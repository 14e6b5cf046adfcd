import type jsonata from "jsonata";

/** What one evaluation of an expression keeps; bound under {@link evaluationKey}. */
export interface Evaluation {
  /** ms since 1970, for `$now()` and `$millis()`. */
  readonly now: number;
  depth: number;
  /** When it must have ended, and when it last let others run; of the process's own monotonic clock, in ms. */
  deadline?: number;
  yielded?: number;
  visits?: number;
}

/** No variable of JSONata can have this name. */
export const evaluationKey = " evaluation";

/** Nesting of one expression. Source: AWS answers "Depth=101 max=100" (floci-io/floci issue 2737). */
const DEPTH_MAX = 100;
/** The size of one value on the way, a number counted as 8 bytes and a character as 1. Source: ibid., pull request 2783. */
const VALUE_BYTES_MAX = 6_990_256;
const NUMBER_BYTES = 8;
/** Real time for one expression; AWS has a limit too, and does not tell it. What a payload allows takes some 100 ms. */
const EVALUATION_MS_MAX = 2_000;
/** Others run at least this often while an expression computes. */
const YIELD_MS = 10;
/** The clock is read every so many nodes of the expression. */
const VISITS_BETWEEN_LOOKS = 256;

/**
 * Ends an expression that nests too deep, builds too much or runs too long, through the hooks of jsonata's evaluator;
 * wording and counting are those of jsonata-exerciser's `timebox.js`, which AWS's own messages show it uses.
 */
export function boundExpression(expression: jsonata.Expression): void {
  // assign takes symbols too, which its type doesn't say
  const assign = expression.assign as (name: string | symbol, value: unknown) => void;
  assign(
    Symbol.for("jsonata.__evaluate_entry"),
    (_node: unknown, _input: unknown, environment: HookEnvironment) => {
      // elements of a list are evaluated side by side: only the first counts
      if (environment.isParallelCall) return;
      const evaluation = environment.lookup(evaluationKey) as Evaluation;
      evaluation.depth++;
      if (evaluation.depth > DEPTH_MAX) {
        throw new Error(
          "Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as " +
            `tail-recursive. Depth=${evaluation.depth} max=${DEPTH_MAX}`,
        );
      }
      evaluation.visits = (evaluation.visits ?? 0) + 1;
      if (evaluation.visits % VISITS_BETWEEN_LOOKS === 0) return lookAtTheClock(evaluation);
    },
  );
  assign(
    Symbol.for("jsonata.__evaluate_exit"),
    (_node: unknown, _input: unknown, environment: HookEnvironment, result: unknown) => {
      if (bytesOf(result) > VALUE_BYTES_MAX) {
        throw new Error(
          "Expression evaluation memory limit exceeded: Check for excessive memory usage",
        );
      }
      if (environment.isParallelCall) return;
      (environment.lookup(evaluationKey) as Evaluation).depth--;
    },
  );
}

interface HookEnvironment {
  lookup(name: string): unknown;
  readonly isParallelCall?: boolean;
}

function lookAtTheClock(evaluation: Evaluation): Promise<void> | undefined {
  const now = performance.now();
  evaluation.deadline ??= now + EVALUATION_MS_MAX;
  if (now > evaluation.deadline) {
    throw new Error("Expression evaluation timeout: Check for infinite loop");
  }
  evaluation.yielded ??= now;
  if (now - evaluation.yielded < YIELD_MS) return undefined;
  return new Promise((resolve) =>
    setImmediate(() => {
      evaluation.yielded = performance.now();
      resolve();
    }),
  );
}

function bytesOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  return Array.isArray(value) ? value.length * NUMBER_BYTES : 0;
}
