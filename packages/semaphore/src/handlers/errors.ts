/**
 * The errors that a state machine catches by name: Lambda reports an error's `name` as its `errorType`, and that is
 * what `Catch` and `Retry` compare with. They are named as those of the original function.
 */
export type LockErrorName =
  /** A key of the event (or the environment variable in its place) is missing or is not what it has to be. */
  | "MalformedRequest"
  /** Full, too early, or held already; at a release, not held. */
  | "Lambda_ConditionalCheckFailedException"
  /** The semaphore's item does not exist. (A table that does not is `Lambda_OtherDynamoDBError`.) */
  | "Lambda_DynamoDBResourceNotFound"
  /** DynamoDB throttled, and went on to when the SDK tried again. */
  | "Lambda_DynamoDBThrottlingException"
  | "Lambda_OtherDynamoDBError";

export class LockError extends Error {
  override readonly name: LockErrorName;

  constructor(name: LockErrorName, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = name;
  }
}

const THROTTLED = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
]);

/** What went wrong with a request other than its condition, as a state machine is to see it. */
export function lockErrorOf(error: unknown, operation: string): LockError {
  const name = error instanceof Error ? error.name : "";
  return new LockError(
    THROTTLED.has(name) ? "Lambda_DynamoDBThrottlingException" : "Lambda_OtherDynamoDBError",
    describe(error, operation),
    error,
  );
}

/** A service's error in the words of boto3, which logs and alarms may look for; any other in its own. */
export function describe(error: unknown, operation: string): string {
  if (!(error instanceof Error)) return String(error);
  if (!isServiceException(error)) return error.message;
  const { attempts = 1 } = error.$metadata;
  const retried = attempts > 1 ? ` (reached max retries: ${attempts - 1})` : "";
  return `An error occurred (${error.name}) when calling the ${operation} operation${retried}: ${error.message}`;
}

/** By its members, not by its class: the caller's client may come from another copy of the SDK. */
function isServiceException(
  error: Error,
): error is Error & { readonly $metadata: { readonly attempts?: number } } {
  return "$fault" in error && "$metadata" in error && typeof error.$metadata === "object";
}
