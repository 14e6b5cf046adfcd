import { ServiceError } from "../../errors.ts";
import { InvalidInput } from "./input.ts";

/**
 * Why a target was not reached, as a dead letter's `ERROR_CODE` says it. Source: EventBridge user guide, "Using
 * dead-letter queues to process undelivered events".
 */
export type FailureCode =
  | "ERROR_FROM_TARGET"
  | "INTERNAL_ERROR"
  | "INVALID_JSON"
  | "INVALID_PARAMETER"
  | "NO_PERMISSIONS"
  | "NO_RESOURCE"
  | "RESOURCE_LIMIT_EXCEEDED"
  | "SDK_CLIENT_ERROR"
  | "THIRD_ACCOUNT_HOP_DETECTED"
  | "THROTTLING";

export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  readonly retryable: boolean;
  /** The target was not so much as asked, since events would go round in a loop. */
  readonly wouldLoop: boolean;
}

/** A failure that is known before its target is asked. */
export class DeliveryFailure extends Error {
  override readonly name = "DeliveryFailure";
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.code = code;
  }
}

const SERVER_ERROR_STATUS = 500;
const NOT_IMPLEMENTED_STATUS = 501;
const THROTTLED_STATUS = 429;

const THROTTLES = new Set([
  "EC2ThrottledException",
  "KMSThrottlingException",
  "KmsThrottled",
  "OverLimit",
  "RequestThrottled",
  "Throttled",
  "ThrottledException",
  "ThrottlingException",
  "TooManyRequestsException",
]);
const SERVER_ERRORS = new Set([
  "InternalError",
  "InternalErrorException",
  "InternalException",
  "InternalFailure",
  "ServiceException",
  "ServiceUnavailable",
  "ServiceUnavailableException",
]);
const NO_RESOURCE =
  /DoesNotExist|NotFound|NonExistentQueue|StateMachineDeleting|ActivityDoesNotExist/;
const NO_PERMISSIONS = /AccessDenied|AuthorizationError|NotAuthorized/;
const LIMITS = /LimitExceeded/;

/**
 * What an error means. Throttles and errors of the target's service are tried again; a target that is gone, that
 * may not be reached or that refuses the input is not. Source: EventBridge user guide, "How EventBridge retries
 * delivering events"; re:Post, "How do I resolve FailedInvocations errors": 5xx and 429 are retried, other 4xx not.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof DeliveryFailure)
    return {
      ...final(error.code, error.message),
      wouldLoop: error.code === "THIRD_ACCOUNT_HOP_DETECTED",
    };
  if (error instanceof InvalidInput) return final("INVALID_JSON", error.message);
  if (!(error instanceof ServiceError)) return passing("INTERNAL_ERROR", String(error));
  const { code, httpStatus, message } = error;
  if (THROTTLES.has(code) || httpStatus === THROTTLED_STATUS) return passing("THROTTLING", message);
  if (SERVER_ERRORS.has(code) || isServerStatus(httpStatus))
    return passing("ERROR_FROM_TARGET", message);
  // The door's answer where loops that AWS would let run are stopped.
  if (code === "RecursiveInvocationException")
    return { ...final("ERROR_FROM_TARGET", message), wouldLoop: true };
  if (NO_RESOURCE.test(code)) return final("NO_RESOURCE", message);
  if (NO_PERMISSIONS.test(code)) return final("NO_PERMISSIONS", message);
  if (LIMITS.test(code)) return final("RESOURCE_LIMIT_EXCEEDED", message);
  if (httpStatus === NOT_IMPLEMENTED_STATUS) return final("SDK_CLIENT_ERROR", message);
  return final("INVALID_PARAMETER", message);
}

function final(code: FailureCode, message: string): Failure {
  return { code, message, retryable: false, wouldLoop: false };
}

/** What may be over the next time. */
function passing(code: FailureCode, message: string): Failure {
  return { code, message, retryable: true, wouldLoop: false };
}

function isServerStatus(status: number | undefined): boolean {
  return status !== undefined && status >= SERVER_ERROR_STATUS && status !== NOT_IMPLEMENTED_STATUS;
}
