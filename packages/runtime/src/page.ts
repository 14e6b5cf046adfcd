import type { Entry, Key, ReadTransaction } from "./store/store.ts";

/** One page of a list, and the token with which a client asks for the next one, when there is more. */
export interface Page<T> {
  readonly items: T[];
  readonly nextToken?: string;
}

/** The first `limit` of `candidates`, and the token with the position of the last one when there are more. */
export function takePage<T>(
  candidates: Iterable<T>,
  limit: number,
  positionOf: (item: T) => unknown,
): Page<T> {
  const items: T[] = [];
  for (const candidate of candidates) {
    if (items.length === limit)
      return { items, nextToken: encodePageToken(positionOf(items[limit - 1]!)) };
    items.push(candidate);
  }
  return { items };
}

/** A token for a position in a list, which is any JSON value. AWS's expire; these say where to go on and never go bad. */
export function encodePageToken(position: unknown): string {
  return Buffer.from(JSON.stringify(position), "utf8").toString("base64url");
}

/**
 * The position that a token holds; undefined where a list is asked for from its beginning. Throws the service's own
 * error when the token is anybody else's, or of another list whose positions `isPosition` does not know.
 */
export function decodePageToken<Position>(
  token: string | undefined,
  isPosition: (value: unknown) => value is Position,
  refusal: () => Error,
): Position | undefined {
  if (token === undefined) return undefined;
  const position = parse(Buffer.from(token, "base64url").toString("utf8"));
  if (!isPosition(position)) throw refusal();
  return position;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The position in a list that is in the order of its names. */
export function isName(value: unknown): value is string {
  return typeof value === "string";
}

/** The position in a list that is in the order of its keys: the last parts of one, all of them strings. */
export function isKeyOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isName);
}

/** What lies below `prefix`, in the order of the keys, behind the one that goes on with `after`. */
export function* entriesAfter<T>(
  tx: ReadTransaction,
  prefix: Key,
  after: readonly string[] | undefined,
): Generator<Entry<T>> {
  for (const entry of tx.range<T>({ prefix, ...(after === undefined ? {} : { from: after }) }))
    if (after === undefined || !endsIn(entry.key, prefix.length, after)) yield entry;
}

function endsIn(key: Key, start: number, end: readonly string[]): boolean {
  return (
    key.length === start + end.length && end.every((part, index) => key[start + index] === part)
  );
}
