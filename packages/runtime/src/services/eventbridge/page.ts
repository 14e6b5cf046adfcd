import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import { decodePageToken, isName, type Page, takePage } from "../../page.ts";

/** What one list answers with at most, and by default. Source: API reference, `Limit` of ListRules. */
const ITEMS_PER_PAGE_MAX = 100;

/**
 * One page of what is listed in the order of its names. Throws `ValidationException` for a limit out of 1 to 100,
 * `InvalidToken` for a token that was never given.
 */
export function pageByName<T>(
  sorted: Iterable<T>,
  nameOf: (item: T) => string,
  {
    limit,
    nextToken,
  }: { readonly limit: number | undefined; readonly nextToken: string | undefined },
): Page<T> {
  new Constraints()
    .range("limit", limit, { min: 1, max: ITEMS_PER_PAGE_MAX })
    .check("ValidationException");
  const after = decodePageToken(nextToken, isName, invalidToken);
  return takePage(itemsAfter(sorted, nameOf, after), limit ?? ITEMS_PER_PAGE_MAX, nameOf);
}

function* itemsAfter<T>(
  sorted: Iterable<T>,
  nameOf: (item: T) => string,
  after: string | undefined,
): Generator<T> {
  let reached = after === undefined;
  for (const item of sorted) {
    if (reached) yield item;
    else if (nameOf(item) === after) reached = true;
  }
}

/** Source: API reference, `NextToken` of ListRules: "an HTTP 400 InvalidToken error". */
function invalidToken(): ServiceError {
  return new ServiceError("InvalidToken", "The NextToken is not valid.", { httpStatus: 400 });
}
