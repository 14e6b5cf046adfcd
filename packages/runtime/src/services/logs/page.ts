import { ServiceError } from "../../errors.ts";

/**
 * The tokens by which a client asks for the next page. AWS's are opaque and good for 24 hours; these say where the
 * next page begins and never go bad.
 */
export function encodePageToken(position: unknown): string {
  return Buffer.from(JSON.stringify(position), "utf8").toString("base64url");
}

/** What the token says, as far as `isPosition` knows it. Throws `InvalidParameterException` on any other token. */
export function decodePageToken<Position>(
  token: string,
  isPosition: (value: unknown) => value is Position,
): Position {
  try {
    const position: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (isPosition(position)) return position;
  } catch {
    // Not one of ours: refused below.
  }
  throw new ServiceError("InvalidParameterException", "The specified nextToken is invalid.");
}

export function isName(value: unknown): value is string {
  return typeof value === "string";
}

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
