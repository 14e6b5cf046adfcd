import { Cursor } from "./cursor.ts";
import { invalidPattern } from "./refusal.ts";

/** Any element of an array, or any field of an object. */
export const WILDCARD: unique symbol = Symbol("*");

/** The way from an event's root to a value: `$.users[0].name`, `$.users[*]`, `$.*`, `$.['cluster.name']`. */
export type Selector = readonly (string | number | typeof WILDCARD)[];

export function takeSelector(cursor: Cursor): Selector {
  cursor.skipSpace();
  if (!cursor.takes("$")) throw cursor.refuse();
  const steps: Selector[number][] = [];
  for (let step = takeStep(cursor); step !== undefined; step = takeStep(cursor)) steps.push(step);
  if (steps.length === 0) throw cursor.refuse();
  if (steps.filter((step) => step === WILDCARD).length > 1) throw invalidPattern();
  return steps;
}

/** A selector that stands alone, as in a metric's value; undefined when the text is none. */
export function parseSelector(text: string): Selector | undefined {
  const cursor = new Cursor(text);
  try {
    const selector = takeSelector(cursor);
    return cursor.done ? selector : undefined;
  } catch {
    return undefined;
  }
}

function takeStep(cursor: Cursor): Selector[number] | undefined {
  const index = cursor.take(/\[\d+\]/y);
  if (index !== undefined) return Number(index.slice(1, -1));
  if (cursor.take(/\.?\[\*\]|\.\*/y) !== undefined) return WILDCARD;
  const named = cursor.take(/\.?\['[^']*'\]/y);
  if (named !== undefined) return named.slice(named.indexOf("'") + 1, -2);
  return cursor.take(/\.[^\s.[\](){}"'=<>!&|,*%$]+/y)?.slice(1);
}

/** All that the selector leads to: none, one, or with a wildcard several. */
export function select(event: unknown, selector: Selector): unknown[] {
  let found = [event];
  for (const step of selector) found = found.flatMap((value) => follow(value, step));
  return found;
}

function follow(value: unknown, step: Selector[number]): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (step === WILDCARD) return Object.values(value);
  if (typeof step === "number")
    return Array.isArray(value) && step < value.length ? [value[step]] : [];
  // Own fields only: an event has no `constructor` that it didn't bring along.
  return !Array.isArray(value) && Object.hasOwn(value, step)
    ? [(value as Record<string, unknown>)[step]]
    : [];
}

export function selectorText(selector: Selector): string {
  const steps = selector.map((step) => {
    if (step === WILDCARD) return "[*]";
    if (typeof step === "number") return `[${step}]`;
    return step.includes(".") ? `.['${step}']` : `.${step}`;
  });
  return `$${steps.join("")}`;
}
