import { ServiceError } from "../../errors.ts";

/**
 * Errors that SQS answers with and its model has no shape for, with the codes that every client shows. In the JSON
 * protocol AWS adds `x-amzn-query-error: <code>;Sender`.
 */
export function invalidParameter(message: string): ServiceError {
  return new ServiceError("InvalidParameterValue", message, { httpStatus: 400 });
}

/** `Value <value> for parameter <name> is invalid. Reason: <reason>` */
export function invalidValue(name: string, value: unknown, reason: string): ServiceError {
  return invalidParameter(`Value ${value} for parameter ${name} is invalid. Reason: ${reason}`);
}

export function missingParameter(name: string): ServiceError {
  return new ServiceError("MissingParameter", `The request must contain the parameter ${name}.`, {
    httpStatus: 400,
  });
}
