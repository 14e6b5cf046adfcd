import { ExpressionError } from "./math/expression.ts";
import type { KnownMetric } from "./metric.ts";

/** How many metrics a search finds at most. */
export const FOUND_MAX = 500;

type Matches = (metric: KnownMetric) => boolean;

const SCHEMA = /^\s*\{([^}]*)\}/;
const TERM =
  /\s*(?:(?<sign>[()])|(?<property>:?[\w./-]+|"[^"]*")\s*=\s*(?<value>"[^"]*"|[^\s()"]+|\()|(?<word>"[^"]*"|[^\s()"]+))/y;

/**
 * Compiles a search: `{AWS/Lambda,FunctionName} MetricName="Errors" orders`. The braces name a namespace and exactly
 * the dimensions that a metric must have; terms are matched by whole words of its names and values, quoted ones
 * as a whole. Throws {@link ExpressionError}. Source: CloudWatch user guide, "CloudWatch search expression syntax".
 */
export function compileSearch(text: string): Matches {
  const schema = SCHEMA.exec(text);
  const inSchema: Matches = schema ? schemaMatches(schema[1] ?? "") : () => true;
  const terms = new Terms(text.slice(schema?.[0].length ?? 0)).whole();
  return (metric) => inSchema(metric) && terms(metric);
}

function schemaMatches(schema: string): Matches {
  const [namespace = "", ...names] = [...schema.matchAll(/"([^"]*)"|([^,"]+)/g)]
    .map(([, quoted, plain]) => quoted ?? plain?.trim() ?? "")
    .filter((part) => part !== "");
  return (metric) =>
    metric.namespace === namespace &&
    metric.dimensions.length === names.length &&
    metric.dimensions.every(({ name }) => names.includes(name));
}

class Terms {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Matches {
    const matches = this.#either();
    if (this.#peek() !== undefined) throw new ExpressionError("Invalid search expression");
    return matches;
  }

  #peek(): Record<string, string | undefined> | undefined {
    if (this.#text.slice(this.#at).trim() === "") return undefined;
    TERM.lastIndex = this.#at;
    const groups = TERM.exec(this.#text)?.groups;
    if (!groups) throw new ExpressionError("Invalid search expression");
    return groups;
  }

  #advance(): void {
    this.#at = TERM.lastIndex;
  }

  #either(): Matches {
    let left = this.#all();
    while (this.#peek()?.word === "OR") {
      this.#advance();
      const [a, b] = [left, this.#all()];
      left = (metric) => a(metric) || b(metric);
    }
    return left;
  }

  #all(): Matches {
    let left: Matches = () => true;
    for (let next = this.#peek(); next; next = this.#peek()) {
      if (next.word === "OR" || next.sign === ")") return left;
      if (next.word === "AND") {
        this.#advance();
        continue;
      }
      const [a, b] = [left, this.#one(next)];
      left = (metric) => a(metric) && b(metric);
    }
    return left;
  }

  #one(term: Record<string, string | undefined>): Matches {
    this.#advance();
    if (term.word === "NOT") {
      const next = this.#peek();
      if (!next) throw new ExpressionError("Invalid search expression");
      const not = this.#one(next);
      return (metric) => !not(metric);
    }
    if (term.sign === "(") return this.#inParentheses();
    if (term.value === "(") return this.#anyValue(unquoted(term.property ?? ""));
    if (term.value !== undefined) return property(unquoted(term.property ?? ""), term.value);
    if (term.word === undefined) throw new ExpressionError("Invalid search expression");
    return anywhere(term.word);
  }

  #inParentheses(): Matches {
    const inner = this.#either();
    if (this.#peek()?.sign !== ")") throw new ExpressionError("Invalid search expression");
    this.#advance();
    return inner;
  }

  /** `FunctionName=("a" OR "b")`. */
  #anyValue(name: string): Matches {
    const values: Matches[] = [];
    for (let next = this.#peek(); next && next.sign !== ")"; next = this.#peek()) {
      this.#advance();
      if (next.word === undefined) throw new ExpressionError("Invalid search expression");
      if (next.word !== "OR") values.push(property(name, next.word));
    }
    if (this.#peek()?.sign !== ")") throw new ExpressionError("Invalid search expression");
    this.#advance();
    return (metric) => values.some((matches) => matches(metric));
  }
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1) : text;
}

function property(name: string, value: string): Matches {
  return (metric) => {
    if (name === "MetricName") return matchesText(metric.name, value);
    if (name === "Namespace") return matchesText(metric.namespace, value);
    const dimension = metric.dimensions.find((candidate) => candidate.name === name);
    return dimension !== undefined && matchesText(dimension.value, value);
  };
}

function anywhere(value: string): Matches {
  return ({ namespace, name, dimensions }) =>
    [namespace, name, ...dimensions.flatMap((d) => [d.name, d.value])].some((text) =>
      matchesText(text, value),
    );
}

/** A quoted value is the whole text; others are words of it, in any case. */
function matchesText(text: string, value: string): boolean {
  if (value.startsWith('"')) return text === unquoted(value);
  if (text.toLowerCase() === value.toLowerCase()) return true;
  const words = wordsOf(text);
  return wordsOf(value).every((word) => words.includes(word));
}

/** `CPUUtilization-v2` has the words cpu, utilization, v, 2, and itself. */
function wordsOf(text: string): string[] {
  return text
    .split(/[^A-Za-z0-9]+/)
    .flatMap((part) => [part, ...(part.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? [])])
    .map((word) => word.toLowerCase())
    .filter((word) => word !== "");
}
