import type { CancellationReason } from "@aws-sdk/client-dynamodb";
import { isServiceError, ServiceError } from "../../errors.ts";
import type { Item } from "./engine/index.ts";

/** What came of one action of a transaction. */
export type Outcome = CancellationReason;

export const PASSED: Outcome = { Code: "None" };

/**
 * How a refusal that cancels a transaction is shown among its reasons. A key that is empty is refused at once on AWS,
 * before the transaction, and is thrown on, as is whatever is no refusal.
 */
export function reasonOf(error: unknown): Outcome {
  if (isServiceError(error, "ConditionalCheckFailedException")) {
    // Only conditionFailed makes this error.
    const item = error.fields.Item as Item | undefined;
    return {
      Code: "ConditionalCheckFailed",
      Message: error.message,
      ...(item && { Item: item }),
    };
  }
  if (isServiceError(error, "ValidationException") && !refusesEmptyKey(error))
    return { Code: "ValidationError", Message: error.message };
  if (isServiceError(error, "DuplicateItemException"))
    return { Code: "DuplicateItem", Message: error.message };
  throw error;
}

function refusesEmptyKey({ message }: ServiceError): boolean {
  return message.includes("for a key attribute cannot contain an empty");
}

export function cancelled(outcomes: readonly Outcome[]): ServiceError {
  const codes = outcomes.map(({ Code }) => Code).join(", ");
  return new ServiceError(
    "TransactionCanceledException",
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { fields: { CancellationReasons: outcomes } },
  );
}
