import { decodePageToken, isName, takePage } from "../../page.ts";
import { invalidParameter } from "./errors.ts";

/** Results that a list answers with at most (API reference of ListQueues). */
const RESULTS_MAX = 1_000;

/** A page as it is asked for. */
export interface PageAsked {
  readonly limit: number;
  /** Whether a token is given for what follows: only to those who set MaxResults. */
  readonly tokens: boolean;
  /** What the page before ended with. */
  readonly after: string | undefined;
}

/** Throws `InvalidParameterValue` for a count outside of 1 to 1000 and for a token that was never given. */
export function requirePage(maxResults: number | undefined, token: string | undefined): PageAsked {
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
  const after = decodePageToken(token, isName, () =>
    invalidParameter("Invalid or expired next token."),
  );
  return { limit: maxResults ?? RESULTS_MAX, tokens: maxResults !== undefined, after };
}

/** One page of items that come in the order of their names. */
export function pageOf<T>(
  { limit, tokens, after }: PageAsked,
  all: Iterable<T>,
  nameOf: (item: T) => string,
): { items: T[]; NextToken?: string } {
  // A queue's name is ASCII, whose order is the same in UTF-16 as in the store's UTF-8.
  const candidates = Iterator.from(all).filter(
    (item) => after === undefined || nameOf(item) > after,
  );
  const { items, nextToken } = takePage(candidates, limit, nameOf);
  return tokens && nextToken !== undefined ? { items, NextToken: nextToken } : { items };
}
