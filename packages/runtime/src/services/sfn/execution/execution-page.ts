import { Constraints } from "../../../constraints.ts";
import { ServiceError } from "../../../errors.ts";
import { decodePageToken } from "../../../page.ts";
import type { PageAsked, PageRequest } from "../page.ts";

/** Of the lists of executions and of histories. Source: API reference, ListExecutions; recorded errors of AWS. */
const RESULTS_MAX = 1_000;
const RESULTS = 100;
const TOKEN_LENGTH_MAX = 3_096;

/** Throws `ValidationException` on a size out of range, `InvalidToken` on a token of another list. */
export function executionPage<Position>(
  { maxResults, nextToken }: PageAsked,
  isPosition: (value: unknown) => value is Position,
): PageRequest<Position> {
  new Constraints()
    .range("maxResults", maxResults, { min: 0, max: RESULTS_MAX })
    .length("nextToken", nextToken, { min: 1, max: TOKEN_LENGTH_MAX })
    .check("ValidationException");
  return {
    // 0 stands for the default.
    limit: maxResults || RESULTS,
    after: decodePageToken(
      nextToken,
      isPosition,
      () => new ServiceError("InvalidToken", "Invalid Token: 'Invalid token'"),
    ),
  };
}
