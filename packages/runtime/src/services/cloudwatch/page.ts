import { ServiceError } from "../../errors.ts";

/**
 * One page of a list, and the token of the next. A token says how far the list was told; things that come and go
 * between two pages may be missed or told twice, as lists of AWS's may.
 */
export function pageOf<T>(
  items: readonly T[],
  size: number,
  token: string | undefined,
): { page: T[]; NextToken: string | undefined } {
  const start = token === undefined ? 0 : offsetIn(token);
  const end = start + size;
  return {
    page: items.slice(start, end),
    NextToken: end < items.length ? Buffer.from(`after:${end}`).toString("base64url") : undefined,
  };
}

function offsetIn(token: string): number {
  const offset = /^after:(\d+)$/.exec(Buffer.from(token, "base64url").toString())?.[1];
  if (offset === undefined)
    throw new ServiceError("InvalidNextToken", "The specified NextToken is invalid.");
  return Number(offset);
}
