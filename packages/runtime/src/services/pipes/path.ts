const STEP = /\.([^.[\]'"<>\s*]+)|\.(\*)|\[(\d+)\]|\[(\*)\]|\['([^']+)'\]/y;
const EVERY = Symbol("every member or element");
type Step = string | number | typeof EVERY;

/**
 * What stands at a path of an event; undefined where there is nothing, and where the text is no path. With a wildcard
 * in it, an array of all that does. Source: EventBridge user guide, "Amazon EventBridge Pipes input transformation",
 * the note on JSON paths.
 */
export function valueAt(event: unknown, path: string): unknown {
  const steps = parsePath(path);
  return steps && walk(withParsedBody(event), steps);
}

export function isPath(text: string): boolean {
  return parsePath(text) !== undefined;
}

function parsePath(path: string): readonly Step[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: Step[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (!match) return undefined;
    const [, name, , index, , quoted] = match;
    const member = name ?? quoted;
    if (member !== undefined) steps.push(member);
    else steps.push(index === undefined ? EVERY : Number(index));
  }
  return steps;
}

function walk(value: unknown, steps: readonly Step[]): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (typeof value !== "object" || value === null) return undefined;
  if (step === EVERY) {
    const found = Object.values(value).map((member) => walk(member, rest));
    const defined = found.filter((member) => member !== undefined);
    return rest.includes(EVERY) ? defined.flat() : defined;
  }
  if (Array.isArray(value) !== (typeof step === "number") || !Object.hasOwn(value, step))
    return undefined;
  return walk((value as Readonly<Record<string | number, unknown>>)[step], rest);
}

/**
 * The event with what its body says, where that is JSON. Source: the same page, "Implicit body data parsing": a queue's
 * `body` is transformed to valid JSON, so that its values can be referenced directly.
 */
export function withParsedBody(event: unknown): unknown {
  if (typeof event !== "object" || event === null || !("body" in event)) return event;
  return typeof event.body === "string" ? { ...event, body: parsed(event.body) } : event;
}

/** What JSON text says, and any other text as it is. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
