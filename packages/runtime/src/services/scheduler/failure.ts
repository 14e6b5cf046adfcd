import { ServiceError } from "../../errors.ts";

const THROTTLES = /Throttl|TooManyRequests|RequestLimitExceeded|OverLimit/;
const SERVER_ERRORS = /^(Internal|ServiceUnavailable|ServiceException)/;
const NOT_IMPLEMENTED_STATUS = 501;

export function isThrottle(error: unknown): boolean {
  return error instanceof ServiceError && (error.httpStatus === 429 || THROTTLES.test(error.code));
}

/** Whether it may go better the next time: throttles and errors of the target's service, and what nobody foresaw. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof ServiceError)) return true;
  const { code, httpStatus = 400 } = error;
  if (httpStatus === NOT_IMPLEMENTED_STATUS) return false;
  return isThrottle(error) || httpStatus >= 500 || SERVER_ERRORS.test(code);
}
