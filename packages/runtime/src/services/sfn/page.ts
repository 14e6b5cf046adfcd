import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import { decodePageToken, type Page, takePage } from "../../page.ts";

/** For all List operations of the service. Source: API reference, ListStateMachines, `maxResults` and `nextToken`. */
const RESULTS_MAX = 1_000;
const RESULTS = 100;
const TOKEN_LENGTH_MAX = 1_024;

export interface PageAsked {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

export interface PageRequest<Position> {
  readonly limit: number;
  /** What the page before ended with. */
  readonly after: Position | undefined;
}

/** Throws `ValidationException` on a size out of range, `InvalidToken` on a token of another list. */
export function pageAsked<Position>(
  { maxResults, nextToken }: PageAsked,
  isPosition: (value: unknown) => value is Position,
): PageRequest<Position> {
  constrainPage(new Constraints(), { maxResults, nextToken }).check("ValidationException");
  return {
    // 0 stands for the default.
    limit: maxResults || RESULTS,
    after: decodePageToken(nextToken, isPosition, invalidToken),
  };
}

export function constrainPage(
  constraints: Constraints,
  { maxResults, nextToken }: PageAsked,
): Constraints {
  return constraints
    .range("maxResults", maxResults, { min: 0, max: RESULTS_MAX })
    .length("nextToken", nextToken, { min: 1, max: TOKEN_LENGTH_MAX });
}

export function pageOf<T>(
  candidates: Iterable<T>,
  limit: number,
  positionOf: (item: T) => unknown,
): Page<T> {
  return takePage(candidates, limit, positionOf);
}

function invalidToken(): ServiceError {
  return new ServiceError("InvalidToken", "Invalid Token: 'Invalid token'");
}
