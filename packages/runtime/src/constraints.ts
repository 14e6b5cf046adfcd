import { ServiceError } from "./errors.ts";

/**
 * The checks of ranges, lengths, patterns and enumerations that AWS's services do before anything else, told in the
 * one sentence that all of them have in common:
 *
 * `1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy
 * regular expression pattern: [\.\-_/#A-Za-z0-9]+`
 *
 * Only a missing member violates {@link required}; every other check passes over `undefined`.
 */
export class Constraints {
  readonly #violations: string[] = [];

  required(member: string, value: unknown): this {
    return value === undefined || value === null
      ? this.#violated(member, value, "Member must not be null")
      : this;
  }

  /** The length of a string in UTF-16 units, or of a list. */
  length(
    member: string,
    value: string | readonly unknown[] | undefined,
    { min = 0, max = Number.POSITIVE_INFINITY }: { min?: number; max?: number },
  ): this {
    if (value === undefined) return this;
    if (value.length < min)
      this.#violated(member, value, `Member must have length greater than or equal to ${min}`);
    if (value.length > max)
      this.#violated(member, value, `Member must have length less than or equal to ${max}`);
    return this;
  }

  range(
    member: string,
    value: number | undefined,
    {
      min = Number.NEGATIVE_INFINITY,
      max = Number.POSITIVE_INFINITY,
    }: { min?: number; max?: number },
  ): this {
    if (value === undefined) return this;
    if (value < min)
      this.#violated(member, value, `Member must have value greater than or equal to ${min}`);
    if (value > max)
      this.#violated(member, value, `Member must have value less than or equal to ${max}`);
    return this;
  }

  /** `pattern` is AWS's own; it has to match the whole value. */
  pattern(member: string, value: string | undefined, pattern: string): this {
    if (value === undefined || wholeMatch(pattern).test(value)) return this;
    return this.#violated(
      member,
      value,
      `Member must satisfy regular expression pattern: ${pattern}`,
    );
  }

  oneOf(
    member: string,
    value: string | number | undefined,
    allowed: readonly (string | number)[],
  ): this {
    if (value === undefined || allowed.includes(value)) return this;
    return this.#violated(
      member,
      value,
      `Member must satisfy enum value set: [${allowed.join(", ")}]`,
    );
  }

  /** Throws all that was violated as one error of this code, with status 400. */
  check(code: string): void {
    if (this.#violations.length > 0) throw refusal(code, this.#violations);
  }

  #violated(member: string, value: unknown, constraint: string): this {
    this.#violations.push(told(member, value, constraint));
    return this;
  }
}

/** What AWS does not repeat in an error: the value of a member that its model marks as sensitive. */
export const SENSITIVE = Symbol("a sensitive value");

/** The error for one constraint that {@link Constraints} does not know, in AWS's words for it. */
export function violation(
  code: string,
  member: string,
  value: unknown,
  constraint: string,
): ServiceError {
  return refusal(code, [told(member, value, constraint)]);
}

function refusal(code: string, violations: readonly string[]): ServiceError {
  const { length } = violations;
  const counted = length === 1 ? "1 validation error" : `${length} validation errors`;
  return new ServiceError(code, `${counted} detected: ${violations.join("; ")}`, {
    httpStatus: 400,
  });
}

function told(member: string, value: unknown, constraint: string): string {
  const shown = value === SENSITIVE ? "" : ` ${shownValue(value)}`;
  return `Value${shown} at '${member}' failed to satisfy constraint: ${constraint}`;
}

const wholeMatches = new Map<string, RegExp>();

/** The patterns are a few constants of the services, so each is compiled once. */
function wholeMatch(pattern: string): RegExp {
  let compiled = wholeMatches.get(pattern);
  if (!compiled) {
    compiled = compile(`^(?:${pattern})$`);
    wholeMatches.set(pattern, compiled);
  }
  return compiled;
}

/** AWS's patterns are Java's: `\\p{L}` needs JavaScript's Unicode mode, which in turn knows no needless escapes. */
function compile(source: string): RegExp {
  try {
    return new RegExp(source, "su");
  } catch {
    return new RegExp(source, "s");
  }
}

function shownValue(value: unknown): string {
  if (value === undefined || value === null) return "null";
  return `'${Array.isArray(value) ? `[${value.join(", ")}]` : value}'`;
}
