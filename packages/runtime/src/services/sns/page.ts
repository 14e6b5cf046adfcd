import { decodePageToken, entriesAfter, isKeyOfNames, takePage } from "../../page.ts";
import type { Key, ReadTransaction } from "../../store/store.ts";
import { invalidParameter } from "./errors.ts";

/** Topics and subscriptions that are listed at a time. Source: API reference, ListTopics and ListSubscriptions. */
const ITEMS_PER_PAGE = 100;

/** One page of what lies below a key. Throws `InvalidParameter` on a token that was never given. */
export function pageOf<T>(
  tx: ReadTransaction,
  prefix: Key,
  token: string | undefined,
): { items: T[]; NextToken?: string } {
  const after = decodePageToken(token, isKeyOfNames, () => invalidParameter("NextToken"));
  const { items, nextToken } = takePage(
    entriesAfter<T>(tx, prefix, after),
    ITEMS_PER_PAGE,
    ({ key }) => key.slice(prefix.length),
  );
  return {
    items: items.map(({ value }) => value),
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  };
}
