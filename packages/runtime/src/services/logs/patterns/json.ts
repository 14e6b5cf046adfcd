import { takeComparison } from "./comparison.ts";
import { type Condition, takeConditions } from "./condition.ts";
import { Cursor } from "./cursor.ts";
import type { FilterPattern, Value } from "./match.ts";
import { invalidPattern } from "./refusal.ts";
import {
  parseSelector,
  type Selector,
  select,
  selectorText,
  takeSelector,
  WILDCARD,
} from "./selector.ts";

/** What an unquoted operand may consist of: everything but space, quotes, parentheses and operators. */
const BARE_OPERAND = /[^\s"()&|=<>!%{}]+/y;
/** In a pattern, says the documentation; in a selector one. */
const WILDCARDS_MAX = 3;

/**
 * `{ $.latency > 100 && ($.status = 5* || $.error IS TRUE) }`. A message that is no JSON doesn't match. A selector
 * that leads to an object, an array or nowhere fulfils no comparison, `!=` included: the documentation says of it
 * that the pattern doesn't fit the format.
 */
export function compileJson(source: string): FilterPattern {
  const cursor = new Cursor(source);
  const selectors: Selector[] = [];
  let regularExpressions = 0;
  const takeOne = (): Condition<unknown> => {
    const selector = takeSelector(cursor);
    selectors.push(selector);
    const comparison = takeComparison(cursor, BARE_OPERAND);
    if (!comparison) return takeKeywords(cursor, selector);
    if (comparison.isRegularExpression) regularExpressions += 1;
    return (event) =>
      select(event, selector).some((found) => isValue(found) && comparison.holds(found));
  };
  const holds = takeConditions(cursor, takeOne);
  cursor.skipSpace();
  if (!cursor.done) throw cursor.refuse();
  if (selectors.flat().filter((step) => step === WILDCARD).length > WILDCARDS_MAX)
    throw invalidPattern();
  return {
    regularExpressions,
    match: (message) => {
      const event = parseObject(message);
      if (event === undefined || !holds(event)) return undefined;
      return {
        get extractedValues() {
          return extractValues(event, selectors);
        },
        valueOf: (selector) => {
          const parsed = parseSelector(selector);
          return parsed && select(event, parsed).find(isValue);
        },
      };
    },
  };
}

/** `IS NULL`, `IS TRUE`, `IS FALSE`, `NOT EXISTS`. AWS knows neither `IS NOT` nor `EXISTS`. */
function takeKeywords(cursor: Cursor, selector: Selector): Condition<unknown> {
  const keywords = cursor.take(/(?:IS\s+(?:NULL|TRUE|FALSE)|NOT\s+EXISTS)\b/iy);
  if (keywords === undefined) throw cursor.refuse();
  const [first, second] = keywords.toUpperCase().split(/\s+/);
  if (first === "NOT") return (event) => select(event, selector).length === 0;
  const expected = { NULL: null, TRUE: true, FALSE: false }[second as "NULL" | "TRUE" | "FALSE"];
  return (event) => select(event, selector).some((found) => found === expected);
}

/** Only objects and arrays can be selected from; what cannot be one is told from its first character. */
function parseObject(message: string): object | undefined {
  if (!/^\s*[{[]/.test(message)) return undefined;
  try {
    return JSON.parse(message) as object;
  } catch {
    return undefined;
  }
}

function isValue(found: unknown): found is Value {
  return typeof found === "string" || typeof found === "number" || typeof found === "boolean";
}

function extractValues(event: unknown, selectors: readonly Selector[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const selector of selectors) {
    const found = select(event, selector).find(isValue);
    if (found !== undefined) values[selectorText(selector)] = String(found);
  }
  return values;
}
