import {
  compileConditions,
  type Dialect,
  type FieldConditions,
  holdsFor,
  isObject,
  isScalar,
} from "./condition.ts";
import { checkFilterPolicyLimits } from "./filter-policy-limits.ts";
import { PatternError } from "./pattern-error.ts";

export type { Dialect } from "./condition.ts";
export { PatternError } from "./pattern-error.ts";

export interface CompiledPattern {
  /** Whether the event, as parsed from JSON, is one that the pattern describes. Never throws. */
  matches(event: unknown): boolean;
}

/** An object of a pattern: all fields have to match, and one of the alternatives of each `$or`. */
interface ObjectPattern {
  readonly fields: readonly FieldPattern[];
  readonly either: readonly (readonly ObjectPattern[])[];
}

interface FieldPattern {
  readonly name: string;
  /** The field's name from the event's root on. */
  readonly path: readonly string[];
  readonly inner: ObjectPattern | undefined;
  readonly conditions: FieldConditions | undefined;
}

/** A `$or` whose alternatives use these as names is a field of that name. Source: event-ruler's README, "The $or primitive". */
const RESERVED_IN_OR = new Set([
  "exactly",
  "prefix",
  "suffix",
  "equals-ignore-case",
  "anything-but",
  "numeric",
  "cidr",
  "exists",
  "wildcard",
]);

/**
 * Compiles an event pattern (parsed from JSON) of EventBridge and of Lambda's event filtering, or a subscription
 * filter policy of SNS. SNS's message attributes are matched as an object of their values, its bodies as parsed.
 *
 * Throws {@link PatternError} on what AWS refuses; an empty pattern is one that EventBridge refuses and that matches
 * everything in SNS. Sources: EventBridge user guide, "Comparison operators for use in event patterns"; SNS
 * developer guide, "Subscription filter policies"; github.com/aws/event-ruler for what both leave open.
 */
export function compilePattern(pattern: unknown, dialect: Dialect): CompiledPattern {
  if (!isObject(pattern)) throw new PatternError("Filter is not an object", "$");
  if (dialect === "sns") checkFilterPolicyLimits(pattern);
  else if (Object.keys(pattern).length === 0)
    throw new PatternError("Empty patterns are not allowed", "$");
  const root = compileObject(pattern, [], dialect);
  return { matches: (event) => isObject(event) && matchesObject(root, event, event) };
}

function compileObject(
  pattern: Readonly<Record<string, unknown>>,
  path: readonly string[],
  dialect: Dialect,
): ObjectPattern {
  const fields: FieldPattern[] = [];
  const either: ObjectPattern[][] = [];
  for (const [name, value] of Object.entries(pattern)) {
    if (name === "$or" && isEither(value)) {
      either.push(value.map((alternative) => compileObject(alternative, path, dialect)));
      continue;
    }
    const fieldPath = [...path, name];
    const at = `$.${fieldPath.join(".")}`;
    if (Array.isArray(value)) {
      const conditions = compileConditions(value, at, dialect);
      fields.push({ name, path: fieldPath, inner: undefined, conditions });
    } else if (isObject(value)) {
      if (Object.keys(value).length === 0)
        throw new PatternError("Empty objects are not allowed", at);
      const inner = compileObject(value, fieldPath, dialect);
      fields.push({ name, path: fieldPath, inner, conditions: undefined });
    } else {
      throw new PatternError(`"${name}" must be an object or an array`, at);
    }
  }
  return { fields, either };
}

function isEither(value: unknown): value is Readonly<Record<string, unknown>>[] {
  return (
    Array.isArray(value) &&
    value.length >= 2 &&
    value.every(
      (alternative) =>
        isObject(alternative) &&
        Object.keys(alternative).length > 0 &&
        !Object.keys(alternative).some((name) => RESERVED_IN_OR.has(name)),
    )
  );
}

/** `object` is undefined where the event has none: fields that have to be absent are then the only ones that match. */
function matchesObject(
  { fields, either }: ObjectPattern,
  object: Readonly<Record<string, unknown>> | undefined,
  event: Readonly<Record<string, unknown>>,
): boolean {
  for (const field of fields) if (!matchesField(field, object, event)) return false;
  for (const alternatives of either)
    if (!alternatives.some((alternative) => matchesObject(alternative, object, event)))
      return false;
  return true;
}

function matchesField(
  { name, path, inner, conditions }: FieldPattern,
  object: Readonly<Record<string, unknown>> | undefined,
  event: Readonly<Record<string, unknown>>,
): boolean {
  const value = object === undefined ? undefined : memberOf(object, name);
  if (inner) return matchesInner(inner, value, event);
  if (!conditions) return false;
  if (matchesValue(conditions, value)) return true;
  // A field in an array of objects is absent only if no element has it, so the whole event is asked.
  return conditions.absent && !hasLeaf(event, path, 0);
}

/** One element of an array has to match the whole inner pattern: fields of two elements don't add up to a match. */
function matchesInner(
  inner: ObjectPattern,
  value: unknown,
  event: Readonly<Record<string, unknown>>,
): boolean {
  if (Array.isArray(value) && value.length > 0)
    return value.some((element) => matchesInner(inner, element, event));
  return matchesObject(inner, isObject(value) ? value : undefined, event);
}

/** An array matches if one of its elements does. */
function matchesValue(conditions: FieldConditions, value: unknown): boolean {
  if (isScalar(value)) return holdsFor(conditions, value);
  return Array.isArray(value) && value.some((element) => matchesValue(conditions, element));
}

function hasLeaf(value: unknown, path: readonly string[], depth: number): boolean {
  if (Array.isArray(value)) return value.some((element) => hasLeaf(element, path, depth));
  if (depth === path.length) return isScalar(value);
  return isObject(value) && hasLeaf(memberOf(value, path[depth]!), path, depth + 1);
}

/** A name with dots in it is a member of that name, or else a path to one. */
function memberOf(object: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  if (!name.includes(".")) return undefined;
  let value: unknown = object;
  for (const part of name.split(".")) {
    if (!isObject(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}
