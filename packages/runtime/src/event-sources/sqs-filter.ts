import type { CompiledPattern } from "../patterns/pattern.ts";

/**
 * Whether any of the patterns matches the record. A body that is JSON is matched as what it says, any other body as
 * the string that it is: so a pattern for one form never matches the other, and the guide's table holds (Lambda
 * developer guide, "Using event filtering with an Amazon SQS event source").
 */
export function passesFilters(
  filters: readonly CompiledPattern[],
  record: { readonly body: string },
): boolean {
  if (filters.length === 0) return true;
  const event = { ...record, body: parsedBody(record.body) };
  return filters.some((filter) => filter.matches(event));
}

function parsedBody(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    // A lone number or word is a plain string to the guide: its patterns for those are conditions on strings.
    return typeof parsed === "object" && parsed !== null ? parsed : body;
  } catch {
    return body;
  }
}
