import { ServiceError } from "../../errors.ts";
import { decodePageToken, encodePageToken } from "../../page.ts";

/**
 * One page of a list, and the token of the next. A token says how far the list was told; things that come and go
 * between two pages may be missed or told twice, as lists of AWS's may.
 */
export function pageOf<T>(
  items: readonly T[],
  size: number,
  token: string | undefined,
): { page: T[]; NextToken: string | undefined } {
  const start = toldBefore(token);
  const end = start + size;
  return {
    page: items.slice(start, end),
    NextToken: end < items.length ? encodePageToken(end) : undefined,
  };
}

/** How much the pages before this one told. Throws `InvalidNextToken`. */
export function toldBefore(token: string | undefined): number {
  return decodePageToken(token, isCount, invalidNextToken) ?? 0;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function invalidNextToken(): ServiceError {
  return new ServiceError("InvalidNextToken", "The specified NextToken is invalid.");
}
