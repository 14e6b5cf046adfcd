import { invalidParameter } from "./faults.ts";

/** Results that a list answers with at most (API reference of ListQueues). */
const RESULTS_MAX = 1_000;

export interface Page {
  readonly limit: number;
  /** Whether a token is given for what follows: only to those who set MaxResults. */
  readonly tokens: boolean;
  /** What the page before ended with. */
  readonly after: string | undefined;
}

/** Throws `InvalidParameterValue` for a count outside of 1 to 1000 and for a token that was never given. */
export function requirePage(maxResults: number | undefined, token: string | undefined): Page {
  if (
    maxResults !== undefined &&
    (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > RESULTS_MAX)
  )
    throw invalidParameter(
      "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.",
    );
  if (token !== undefined && maxResults === undefined)
    throw invalidParameter(
      "MaxResults is a mandatory parameter when you provide a value for NextToken.",
    );
  const after = token === undefined ? undefined : Buffer.from(token, "base64").toString();
  if (token !== undefined && !after) throw invalidParameter("Invalid or expired next token.");
  return { limit: maxResults ?? RESULTS_MAX, tokens: maxResults !== undefined, after };
}

/** One page of items that come in the order of their names. */
export function pageOf<T>(
  { limit, tokens, after }: Page,
  all: Iterable<T>,
  nameOf: (item: T) => string,
): { items: T[]; NextToken?: string } {
  const items: T[] = [];
  for (const item of all) {
    if (after !== undefined && Buffer.compare(Buffer.from(nameOf(item)), Buffer.from(after)) <= 0)
      continue;
    if (items.length === limit) {
      const last = Buffer.from(nameOf(items.at(-1)!)).toString("base64");
      return tokens ? { items, NextToken: last } : { items };
    }
    items.push(item);
  }
  return { items };
}
