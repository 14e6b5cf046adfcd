import { decodePageToken, isName, type Page, takePage } from "../../page.ts";
import { invalidParameter } from "./errors.ts";

/** AWS lists no more than this at a time, whatever is asked for. */
const PAGE_ITEMS_MAX = 50;

/** What List operations ask for. */
export interface PageAsked {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/**
 * One page of items that each have a name of their own. The marker is the last name that was listed: what comes or
 * goes elsewhere between two pages moves nothing.
 */
export function pageOf<Item>(
  items: Iterable<Item>,
  nameOf: (item: Item) => string,
  { Marker, MaxItems = PAGE_ITEMS_MAX }: PageAsked,
): Page<Item> {
  const after = decodeMarker(Marker);
  const candidates = after === undefined ? items : itemsAfter(items, nameOf, after);
  return takePage(candidates, Math.min(MaxItems, PAGE_ITEMS_MAX), nameOf);
}

/** The name that the page before ended with. Throws InvalidParameterValueException. */
export function decodeMarker(marker: string | undefined): string | undefined {
  return decodePageToken(marker, isName, () => invalidParameter("Invalid Marker"));
}

function* itemsAfter<Item>(
  items: Iterable<Item>,
  nameOf: (item: Item) => string,
  after: string,
): Generator<Item> {
  let found = false;
  for (const item of items) {
    if (found) yield item;
    else found = nameOf(item) === after;
  }
}
