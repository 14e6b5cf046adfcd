import type { Json } from "./definition.ts";
import { StatesError } from "./states-error.ts";

/** Of the input or output of a state, a task or an execution, as UTF-8. Source: Step Functions, "Service quotas". */
export const DATA_BYTES_MAX = 262_144;
/** Of one variable, and of all that one `Assign` sets. Source: ibid. */
export const ASSIGN_BYTES_MAX = 262_144;

/**
 * How deep arrays and objects may nest in data. Source: Jackson, the parser that AWS has,
 * `StreamReadConstraints.DEFAULT_MAX_DEPTH`.
 */
const DATA_LEVELS_MAX = 1_000;
/** In Jackson's words. */
export const TOO_DEEP = `Document nesting depth (${DATA_LEVELS_MAX + 1}) exceeds the maximum allowed (${DATA_LEVELS_MAX}, from \`StreamReadConstraints.getMaxNestingDepth()\`)`;

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** A UTF-16 unit takes at most 3 bytes of UTF-8. */
const BYTES_PER_UNIT_MAX = 3;

/**
 * @param name of the state, or of what the task called (`lambda`, a function's ARN): AWS names it in the cause, as
 * recorded in LocalStack's snapshot tests of `States.DataLimitExceeded`.
 * @throws StatesError `States.DataLimitExceeded`; `States.Runtime` where it nests too deep.
 */
export function checkSize(value: Json, name: string): void {
  if (exceeds(value, DATA_BYTES_MAX)) {
    throw new StatesError(
      "States.DataLimitExceeded",
      `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
  }
}

/** The variables that a filled `Assign` sets, once their size is known to be within the limit. */
export function checkAssigned(assigned: Json): Record<string, Json> {
  if (exceeds(assigned, ASSIGN_BYTES_MAX)) {
    throw new StatesError(
      "States.DataLimitExceeded",
      "The variables assigned have a size exceeding the maximum number of bytes service limit.",
    );
  }
  // an Assign is an object, and so is what it is filled to
  return assigned as Record<string, Json>;
}

function exceeds(value: Json, bytesMax: number): boolean {
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) return false;
  const text = textOf(value);
  return text.length * BYTES_PER_UNIT_MAX > bytesMax && Buffer.byteLength(text) > bytesMax;
}

function textOf(value: Json): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    // Deeper than the stack.
    if (!(error instanceof RangeError)) throw error;
  }
  if (text === undefined || nestsTooDeep(text)) throw new StatesError("States.Runtime", TOO_DEEP);
  return text;
}

/** Whether a JSON text has more levels than {@link DATA_LEVELS_MAX}; found without recursion. */
export function nestsTooDeep(text: string): boolean {
  if (text.length <= DATA_LEVELS_MAX * 2) return false;
  let level = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (quoted && unit === BACKSLASH) at += 1;
    else if (unit === QUOTE) quoted = !quoted;
    else if (quoted) continue;
    else if (unit === OPEN_BRACKET || unit === OPEN_BRACE) {
      level += 1;
      if (level > DATA_LEVELS_MAX) return true;
    } else if (unit === CLOSE_BRACKET || unit === CLOSE_BRACE) level -= 1;
  }
  return false;
}
