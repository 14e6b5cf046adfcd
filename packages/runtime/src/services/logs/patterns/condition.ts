import type { Cursor } from "./cursor.ts";

/** Whether a log event, taken apart as its pattern's kind does, fulfils something. */
export type Condition<Event> = (event: Event) => boolean;

/** How deep parentheses nest at most: a pattern has no more than 1,024 characters, and a stack is not endless. */
const DEPTH_MAX = 100;

/**
 * Reads conditions joined by `||` and, binding tighter, `&&`, with parentheses; a single one is read by `takeOne`.
 */
export function takeConditions<Event>(
  cursor: Cursor,
  takeOne: () => Condition<Event>,
  depth = 0,
): Condition<Event> {
  if (depth > DEPTH_MAX) throw cursor.refuse();
  const takeFactor = (): Condition<Event> => {
    cursor.skipSpace();
    if (!cursor.takes("(")) return takeOne();
    const inner = takeConditions(cursor, takeOne, depth + 1);
    cursor.skipSpace();
    if (!cursor.takes(")")) throw cursor.refuse();
    return inner;
  };
  const takeJoined = (sign: "&&" | "||", takePart: () => Condition<Event>): Condition<Event>[] => {
    const parts = [takePart()];
    for (cursor.skipSpace(); cursor.takes(sign); cursor.skipSpace()) parts.push(takePart());
    return parts;
  };
  const takeAll = (): Condition<Event> => {
    const parts = takeJoined("&&", takeFactor);
    return (event) => parts.every((holds) => holds(event));
  };
  const alternatives = takeJoined("||", takeAll);
  return (event) => alternatives.some((holds) => holds(event));
}
