import { ServiceError } from "../../../errors.ts";

/** The error that DynamoDB answers with when a request is wrong in itself: `ValidationException`, HTTP 400. */
export function refusal(message: string): ServiceError {
  return new ServiceError("ValidationException", message, { httpStatus: 400 });
}

/** A refusal with the words that DynamoDB puts before most complaints about a parameter's value. */
export function invalidParameter(message: string): ServiceError {
  return refusal(`One or more parameter values were invalid: ${message}`);
}
