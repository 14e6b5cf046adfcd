import { ServiceError } from "../../errors.ts";
import { decodePageToken } from "../../page.ts";

/** Where the page before ended. Throws `InvalidParameterException` on a token that is not this list's. */
export function decodeNextToken<Position>(
  token: string | undefined,
  isPosition: (value: unknown) => value is Position,
): Position | undefined {
  return decodePageToken(token, isPosition, invalidNextToken);
}

export function invalidNextToken(): ServiceError {
  return new ServiceError("InvalidParameterException", "The specified nextToken is invalid.");
}
