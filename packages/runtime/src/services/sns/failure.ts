import { ServiceError } from "../../errors.ts";

/** A delivery that failed. Only a server's error may be over the next time. */
export class DeliveryFailure extends Error {
  override readonly name = "DeliveryFailure";
  readonly retryable: boolean;

  constructor(message: string, retryable: boolean) {
    super(message);
    this.retryable = retryable;
  }
}

const SERVER_ERROR_STATUS = 500;
const NOT_IMPLEMENTED_STATUS = 501;
const THROTTLED_STATUS = 429;

/** Errors of SQS and Lambda that are the service's own, or its plea for less. */
const SERVER_ERRORS = new Set([
  "EC2ThrottledException",
  "InternalError",
  "InternalFailure",
  "KmsThrottled",
  "OverLimit",
  "RequestThrottled",
  "ServiceException",
  "ServiceUnavailable",
  "ThrottlingException",
  "TooManyRequestsException",
]);

/**
 * What a failed delivery means. Client errors (the queue or function is gone, access is denied) are final; server
 * errors are tried again. Source: SNS developer guide, "Dead-letter queues", "Why do message deliveries fail?".
 */
export function failureOf(error: unknown): DeliveryFailure {
  if (error instanceof DeliveryFailure) return error;
  if (!(error instanceof ServiceError)) return new DeliveryFailure(String(error), true);
  const { code, httpStatus, message } = error;
  const retryable = SERVER_ERRORS.has(code) || isServerStatus(httpStatus);
  return new DeliveryFailure(`${code}: ${message}`, retryable);
}

/** Source: "HTTP/S delivery": 5XX and 429 are tried again, other failures are final. */
export function isServerStatus(status: number | undefined): boolean {
  if (status === undefined || status === NOT_IMPLEMENTED_STATUS) return false;
  return status >= SERVER_ERROR_STATUS || status === THROTTLED_STATUS;
}
