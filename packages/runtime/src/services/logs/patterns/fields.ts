import { type Comparison, takeComparison } from "./comparison.ts";
import { type Condition, takeConditions } from "./condition.ts";
import { Cursor } from "./cursor.ts";
import type { FilterPattern } from "./match.ts";
import { invalidPattern } from "./refusal.ts";

interface Field {
  /** Undefined for a field that is left blank. */
  readonly name: string | undefined;
  readonly holds: Condition<string>;
}

type Slot = Field | "ellipsis";

/** A field's name: anything but what separates and compares. */
const NAME = /[^\s,()[\]=<>!&|"%]+/y;
const BARE_OPERAND = /[^\s,()[\]&|=<>!"%]+/y;

/**
 * `[ip, user, ..., status = 4* && status != 403, bytes > 1000]`: the fields of a message, which spaces separate;
 * what stands in brackets or double quotes is one. The ellipsis stands for any number of fields; without one, the
 * last field takes the rest of the message, which is how `[w1 = ERROR, w2]` finds every message whose first word is
 * ERROR.
 */
export function compileFields(source: string): FilterPattern {
  const cursor = new Cursor(source);
  let regularExpressions = 0;
  const slots: Slot[] = [];
  do {
    const { slot, expressions } = takeSlot(cursor);
    slots.push(slot);
    regularExpressions += expressions;
    cursor.skipSpace();
  } while (cursor.takes(","));
  if (!cursor.done) throw cursor.refuse();
  if (slots.filter((slot) => slot === "ellipsis").length > 1) throw invalidPattern();
  return {
    regularExpressions,
    match: (message) => {
      const fields = assign(slots, message);
      if (fields?.some(({ field, text }) => field !== undefined && !field.holds(text)) ?? true)
        return undefined;
      const values = Object.fromEntries(
        fields!.map(({ field, text }, index) => [`$${field?.name ?? index + 1}`, text]),
      );
      return { extractedValues: values, valueOf: (selector) => values[selector] };
    },
  };
}

function takeSlot(cursor: Cursor): { slot: Slot; expressions: number } {
  cursor.skipSpace();
  if (cursor.takes("...")) return { slot: "ellipsis", expressions: 0 };
  if (cursor.done || cursor.text[cursor.at] === ",")
    return { slot: { name: undefined, holds: () => true }, expressions: 0 };
  let name: string | undefined;
  let expressions = 0;
  const takeOne = (): Condition<string> => {
    cursor.skipSpace();
    const own = cursor.take(NAME);
    if (own === undefined) throw cursor.refuse();
    // All conditions between two commas are about one field.
    if (name !== undefined && own !== name) throw invalidPattern();
    name = own;
    const comparison: Comparison | undefined = takeComparison(cursor, BARE_OPERAND);
    if (comparison?.isRegularExpression) expressions += 1;
    return comparison?.holds ?? (() => true);
  };
  const holds = takeConditions(cursor, takeOne);
  return { slot: { name, holds }, expressions };
}

interface Assigned {
  /** Undefined for a field that the ellipsis stands for. */
  readonly field: Field | undefined;
  readonly text: string;
}

/** Which text each field gets; undefined when the message has too few. */
function assign(slots: readonly Slot[], message: string): Assigned[] | undefined {
  const ellipsis = slots.indexOf("ellipsis");
  const wanted = slots.filter((slot) => slot !== "ellipsis");
  const texts = splitFields(message, ellipsis === -1 ? wanted.length : Number.POSITIVE_INFINITY);
  if (texts.length < wanted.length) return undefined;
  const behind = wanted.length - ellipsis;
  return texts.map((text, index) => {
    if (ellipsis === -1 || index < ellipsis) return { field: wanted[index], text };
    const fromEnd = texts.length - index;
    return { field: fromEnd <= behind ? wanted[wanted.length - fromEnd] : undefined, text };
  });
}

/** Splits at spaces, into `limit` fields at most: the last is then the rest, as it stands. */
function splitFields(message: string, limit: number): string[] {
  const cursor = new Cursor(message.trimEnd());
  const fields: string[] = [];
  for (cursor.skipSpace(); !cursor.done; cursor.skipSpace()) {
    if (fields.length === limit - 1) {
      const rest = cursor.text.slice(cursor.at);
      const single = cursor.take(FIELD);
      fields.push(cursor.done && single !== undefined ? unwrapped(single) : rest);
      return fields;
    }
    fields.push(unwrapped(cursor.take(FIELD)!));
  }
  return fields;
}

/** What begins like a bracket or a quotation and never ends is a word like any other. */
const FIELD = /\[[^\]]*\](?!\S)|"(?:[^"\\]|\\.)*"(?!\S)|\S+/sy;

function unwrapped(field: string): string {
  return /^\[[^\]]*\]$|^".*"$/s.test(field) && field.length > 1 ? field.slice(1, -1) : field;
}
