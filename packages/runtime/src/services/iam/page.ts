import { Constraints } from "../../constraints.ts";
import { decodePageToken, entriesAfter, isName, takePage } from "../../page.ts";
import type { Entry, Key, ReadTransaction } from "../../store/store.ts";
import { invalid } from "./errors.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html */
const ITEMS_MAX = 1_000;
const ITEMS = 100;

export interface PageAsked {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface PageShown {
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

/** One page of what lies below a key, in the order of the last part of the keys, and the marker of the next page. */
export function pageOf<T>(
  tx: ReadTransaction,
  prefix: Key,
  { Marker, MaxItems = ITEMS }: PageAsked,
  wanted: (value: T) => boolean = () => true,
): { entries: Entry<T>[] } & PageShown {
  new Constraints()
    .range("maxItems", MaxItems, { min: 1, max: ITEMS_MAX })
    .check("ValidationError");
  const after = decodePageToken(Marker, isName, () => invalid(`Invalid Marker: ${Marker}`));
  const candidates = entriesAfter<T>(tx, prefix, after === undefined ? undefined : [after]);
  const { items: entries, nextToken } = takePage(
    candidates.filter(({ value }) => wanted(value)),
    MaxItems,
    lastPart,
  );
  if (nextToken === undefined) return { entries, IsTruncated: false };
  return { entries, IsTruncated: true, Marker: nextToken };
}

export function lastPart({ key }: { key: Key }): string {
  return String(key.at(-1));
}
