/** One step of a path: a member's name, an index into an array, or all of either. */
export type Step = string | number | typeof EVERY;

export const EVERY = Symbol("every member or element");

const STEP = /\.([^.[\]'"\s*]+)|\.(\*)|\[(\d+)\]|\[(\*)\]/y;

/**
 * Reads a path as EventBridge has them: dot notation with array indices and wildcards. Undefined for what is none.
 * Source: EventBridge user guide, "Amazon EventBridge input transformation": dots, dashes, alphanumeric characters,
 * array indices and wildcards.
 */
export function parsePath(text: string): readonly Step[] | undefined {
  if (!text.startsWith("$")) return undefined;
  const steps: Step[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text);
    if (!match) return undefined;
    const [, name, , index] = match;
    if (name !== undefined) steps.push(name);
    else steps.push(index === undefined ? EVERY : Number(index));
  }
  return steps;
}

/** What stands at the path; undefined where there is nothing. With a wildcard in it, an array of all that does. */
export function valueAt(value: unknown, steps: readonly Step[]): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (typeof value !== "object" || value === null) return undefined;
  if (step === EVERY) {
    const found = Object.values(value).map((member) => valueAt(member, rest));
    const defined = found.filter((member) => member !== undefined);
    return rest.includes(EVERY) ? defined.flat() : defined;
  }
  if (typeof step === "number")
    return Array.isArray(value) ? valueAt(value[step], rest) : undefined;
  if (Array.isArray(value) || !Object.hasOwn(value, step)) return undefined;
  return valueAt((value as Readonly<Record<string, unknown>>)[step], rest);
}
