/** JSON with source text access, which Node has and TypeScript's library does not know yet (ECMAScript proposal). */
interface JsonWithSource {
  rawJSON(text: string): object;
}

/** More digits than a double keeps. */
const LONG_NUMBER = /\d{16}/;

/**
 * Parses JSON so that it is written again with the numbers that it had, of which a double would lose digits. They are
 * objects that only JSON.stringify knows what to do with: this is for values that are handed on, not looked at.
 */
export function parseToWrite(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  // See JsonWithSource.
  const { rawJSON } = JSON as unknown as JsonWithSource;
  return JSON.parse(text, (_name, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source;
    if (typeof value !== "number" || source === undefined || source === String(value)) return value;
    return rawJSON(source);
  });
}
